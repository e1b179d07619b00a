# SPDX-License-Identifier: GPL-2.0-or-later
"""A report as a tree of elements; and a recording whose names would break a page."""
import html.parser
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "hostile"))
import recording as records  # noqa: E402

SCRIPT = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"
ESCAPES = "\x1b[2J\u202egnp.exe\u2066\x9b\"'&amp;"
LONG = "v" * 80 + SCRIPT + "m" * 90  # as long as a VM's name may be


class Element:
    def __init__(self, name, attributes, parent, page):
        self.name, self.attributes, self.parent, self.children = name, dict(attributes), parent, []
        # Of the page's elements, those below it: [begin, end).
        self.page, self.begin, self.end = page, len(page) + 1, None
        page.append(self)

    def __getitem__(self, attribute):
        return self.attributes[attribute]

    def get(self, attribute):
        return self.attributes.get(attribute)

    def all(self, name=None, **wanted):
        """Those below it, in order; class_ looks for one of its classes."""
        for child in self.page[self.begin:self.end]:
            if name in (None, child.name) and all(
                    value in (child.get("class") or "").split() if key == "class_" else child.get(key) == value
                    for key, value in wanted.items()):
                yield child

    def one(self, name=None, **wanted):
        return next(self.all(name, **wanted))

    @property
    def text(self):
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class Page(html.parser.HTMLParser):
    """Refuses what a browser would mend."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", (), None, [])
        self.feed(text)
        self.close()
        if self.at is not self.root:
            raise ValueError(f"<{self.at.name}> is not closed")

    def handle_starttag(self, tag, attrs):
        if len(dict(attrs)) != len(attrs):
            raise ValueError(f"<{tag}> has an attribute twice")
        self.at = Element(tag, attrs, self.at, self.at.page)
        self.at.parent.children.append(self.at)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if self.at.name != tag:
            raise ValueError(f"line {self.getpos()}: </{tag}> closes <{self.at.name}>")
        self.at.end = len(self.at.page)
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


def hostile_recording(wakes=30, longer_ns=0):
    """A task keeps the CPU of a vCPU whose interrupt has come, and each of 30 times a little longer."""
    vcpu, hog, action = 96, 178, 0x1000
    loaded = 1

    def switch(task, name, sleeps, flags=0):
        return struct.pack("<IIiBBBB16s", task, sleeps, 120, 0, flags, flags, 0, name.encode()[:15])

    events = []
    for number in range(1, wakes + 1):
        at = number * 10_000_000
        events += [
            (at, 23, vcpu, switch(hog, "<b>hog</b>\u202e", 1, loaded), 0),
            (at + 1_000_000, 1, hog, struct.pack("<IiQ", 57, 0, action), 0),
            (at + 1_005_000, 21, hog, struct.pack("<IIiI", vcpu, 0, 120, loaded), 5),
            (at + 1_010_000, 2, hog, struct.pack("<IiQ", 57, 1, action), 0),
            (at + 1_100_000 + number % 31 * 1000 + longer_ns, 23, hog, switch(vcpu, "<i>vcpu</i>", 0, loaded), 0),
            (at + 1_120_000 + number % 31 * 1000 + longer_ns, 27, vcpu, bytes(8), 0)]
    kinds = ("irq_handler_entry", "irq_handler_exit", "sched_waking", "sched_switch", "kvm_entry")
    facts = records.begin(2, "aarch64") + [
        *(records.fact(records.EVENT, [1], [kind]) for kind in kinds),
        records.fact(records.EVENT, [0], ["kvm_exit", SCRIPT]),
        records.fact(records.VM, [1, 95], [LONG]),
        records.fact(records.VCPU_SINCE, [vcpu, 1, 0xf000, 0], ["<i>vcpu</i>"]),
        records.fact(records.IRQ, [action, 57], [SCRIPT[:60], ESCAPES, "", "pci", "0000:04:00.0"]),
        records.fact(records.NOTICE, [], [SCRIPT + "n" * 4000])]
    made = [records.event(at, kind, tid, payload, context) for at, kind, tid, payload, context in events]
    end = [records.tick(wakes * 10_000_000 + 100_000_000, [(0, 0, len(made), 0, 0)])]
    return records.recording(facts + [records.batch(0, made[i:i + 600]) for i in range(0, len(made), 600)] + end)
