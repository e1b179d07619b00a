#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What report writes says the same as replay, whatever the names, and asks for nothing: WAKEPATH is the program."""
import base64
import hashlib
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile

os.environ.setdefault("WAKEPATH", "wakepath")
from report_page import ESCAPES, LONG, SCRIPT, Page, hostile_recording  # noqa: E402

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["WAKEPATH"]
TEXT = HERE / "trace-text/ftrace-6.1-kworker.txt"
RECORDING = HERE / "audit/recorded.wkp"
TARGET = 200_000


def run(*arguments, code=0, **options):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False, **options)
    if done.returncode != code:
        sys.exit(f"{arguments}: exit code {done.returncode}, not {code}: {done.stderr.decode()}")
    return done


def check(condition, what):
    if not condition:
        sys.exit(what)


def check_policy(path, text, page):
    """Nothing is asked for, nothing but the page's own script runs."""
    policy = page.root.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    check(policy.startswith("default-src 'none'; ") and "unsafe" not in policy, f"{path}: {policy}")
    for name, element in (("style-src", "style"), ("script-src", "script")):
        (only,) = page.root.all(element)
        made = base64.b64encode(hashlib.sha256(only.text.encode()).digest()).decode()
        check(f"{name} 'sha256-{made}';" in policy, f"{path}: {element} is not what its hash says")
    names = {attribute for element in page.root.all() for attribute in element.attributes}
    check(not [name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action", "xlink:href")],
          f"{path}: {sorted(names)}")
    links = {element["href"] for element in page.root.all("a")}
    ids = [element["id"] for element in page.root.all() if element.get("id")]
    check(all(link.startswith("#") and link[1:] in ids for link in links), f"{path}: {links}")
    check(len(set(ids)) == len(ids), f"{path}: an id twice")
    check(not {element.name for element in page.root.all()} & {"link", "img", "iframe", "object", "embed", "form", "base", "image", "use"},
          f"{path}: something to fetch")
    check("//" not in re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.S).replace("//<", ""), f"{path}: an address")


def check_reach(path, page):
    """Who can't see it, or has no mouse, gets it all."""
    root = page.root
    check(root.one("html")["lang"] == "en" and len(list(root.all("main"))) == 1 and len(list(root.all("h1"))) == 1, f"{path}: landmarks")
    for table in root.all("table"):
        check(table.one("caption").text and all(head.get("scope") for head in table.all("th")), f"{path}: a table's heads")
    for drawing in root.all("div", class_="drawing"):
        svg = drawing.one("svg")
        check(drawing["tabindex"] == "0" and svg["role"] in ("img", "group") and svg["aria-label"], f"{path}: a drawing")
    for button in root.all("button"):
        check(button["type"] == "button" and button.text and root.one(id=button["data-copy"]).text, f"{path}: a button")
    for section in [*root.all("section"), *root.all("article")]:
        labelled = section.get("aria-labelledby")
        check(section.get("aria-label") or root.one(id=labelled).name in ("h2", "h3"), f"{path}: a section without a name")


def numbers(row, attribute="data-ns"):
    return [int(cell[attribute]) for cell in row.all("td") if cell.get(attribute)]


def check_tables(path, page, lines, summary):
    # Where too few wakes carry it, nothing stands.
    known = lambda row, *fields: [row[field] for field in fields if field not in row["too_few_for"]]  # noqa: E731
    rows = {(row["vm"], row["vcpu"], row["path"], row["stage"]): row for row in summary["latency"]}
    fields = ("p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns")
    paths = list(page.root.one(id="path-table").one("tbody").all("tr"))
    wanted = sorted([row["count"], *known(row, *fields)] for row in summary["latency"] if row["path"] != "*" and row["count"])
    check(sorted(numbers(row, "data-count") + numbers(row) for row in paths) == wanted, f"{path}: other paths than NDJSON's")
    stages = {row.one("th").text: numbers(row) for row in page.root.one(id="stage-table").one("tbody").all("tr")}
    blame = [line for line in lines if line["type"] == "blame"]
    for name, found in stages.items():
        ns = {line["of_ns"] for line in blame if line["vm"] == line["path"] == "*" and line["cpu"] is None and line["stage"] == name}
        check({found[0]} == ns, f"{path}: {name}: {found}, and blame has {ns}")
        check(found[1:] == known(rows["*", None, "*", name], "p50_ns", "p99_ns"), f"{path}: {name}: {found}")
    whole = [line for line in blame if line["vm"] == line["path"] == "*" and line["cpu"] is None and line["stage"] is None]
    culprits = [row for table in page.root.all(id="culprit-table") for row in table.one("tbody").all("tr")]
    many = rows["*", None, "*", "total"]["count"] >= 20  # fewer wakes show no habit
    check([numbers(row)[1] for row in culprits] == [line["ns"] for line in whole if many], f"{path}: other culprits")
    spread = page.root.one(id="spread-table").one("tbody").all("tr")
    check([numbers(row, "data-count")[0] for row in spread] == [row["count"] for row in summary["spread"]], f"{path}: another spread")
    check(sum(int(cell["data-count"]) for cell in page.root.one(id="heat-map").all("rect", class_="heat"))
          == sum(row["count"] for row in summary["spread"]), f"{path}: another heat map")
    found = page.root.one(id="findings").all("li", class_="finding")
    check([item["data-rule"] for item in found] == [line["rule"] for line in lines if line["type"] == "finding" and line["severity"] != "info"],
          f"{path}: other findings")


def check_bands(path, page, wakes):
    """Each part of time, against the wakes that ended in it."""
    seen = 0
    for band in page.root.all("g", class_="band"):
        begin, end = int(band["data-begin-ns"]), int(band["data-end-ns"])
        totals = sorted(wake["total_ns"] for wake in wakes if wake["complete"] and begin <= wake["end_ns"] < end)
        seen += len(totals)
        check([int(band["data-count"]), int(band["data-min-ns"]), int(band["data-max-ns"])] == [len(totals), totals[0], totals[-1]],
              f"{path}: {band.attributes}, and the wakes are {totals}")
        median = totals[(len(totals) + 1) // 2 - 1]
        check(abs(int(band["data-p50-ns"]) - median) <= median / 1000, f"{path}: p50 {band['data-p50-ns']}, not {median}")
    check(seen == sum(wake["complete"] for wake in wakes), f"{path}: {seen} wakes in the parts of time")


def check_wake(path, page, wake):
    """Each stage at its place: as long as it is, on the scale of the drawing."""
    article = page.root.one("article", id=f"wake-{wake['id']}")
    check([int(article["data-begin-ns"]), int(article["data-end-ns"])] == [wake["begin_ns"], wake["end_ns"]], f"{path}: {article.attributes}")
    stages = list(article.all("rect", class_="stage"))
    check([(one["data-stage"], int(one["data-begin-ns"]), int(one["data-end-ns"])) for one in stages]
          == [(one["name"], one["begin_ns"], one["end_ns"]) for one in wake["stages"]], f"{path}: other stages of wake {wake['id']}")
    first, last = stages[0], stages[-1]
    left = float(first["x"])
    scale = (float(last["x"]) + float(last["width"]) - left) / wake["total_ns"]
    check(scale * wake["total_ns"] > 500, f"{path}: wake {wake['id']} is drawn small")
    spans = 0
    for one in [*stages, *article.all("rect", class_="span")]:
        begin, end = int(one["data-begin-ns"]) - wake["begin_ns"], int(one["data-end-ns"]) - wake["begin_ns"]
        check(abs(float(one["x"]) - left - begin * scale) < 0.05, f"{path}: {one.attributes} stands elsewhere")
        check(abs(float(one["width"]) - max((end - begin) * scale, 0.3 if "span" in one["class"] else 0)) < 0.05, f"{path}: {one.attributes} is too long")
        spans += "span" in one["class"]
    arrows = [int(arrow["data-at-ns"]) for arrow in article.all("g", class_="arrow")]
    check(arrows == [hop["at_ns"] for hop in wake["hops"][1:]] + [wake["end_ns"]], f"{path}: arrows to {arrows}")
    check(spans >= 3, f"{path}: {spans} spans")
    why = article.one("ol", class_="causes")
    causes = [(item["data-rule"], int(item["data-ns"])) for item in why.all("li")]
    lines = [json.loads(line) for line in run("explain", path, "--wake", wake["id"], "--format", "ndjson").stdout.splitlines()]
    told = [(line["rule"], line["evidence"]["ns"]) for line in lines if line["type"] == "finding"]
    check(causes and causes == told[:len(causes)], f"{path}: {causes}, and explain says {told}")


def words_of(element):
    return " ".join(element.text.split())


def check_one(path, work):
    out = work / "report.html"
    options = ["--target", f"{TARGET}ns"]
    ndjson = run("replay", "--wakes", "--format", "ndjson", *options, path, code=1).stdout
    lines = [json.loads(line) for line in ndjson.splitlines()]
    summary = next(line for line in lines if line["type"] == "summary")
    wakes = [line for line in lines if line["type"] == "wake"]
    run("report", path, *options, "-o", out, "--force", code=1)
    check(stat.S_IMODE(out.stat().st_mode) == 0o600, "others can read the report")
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    check_policy(path, text, page)
    check_reach(path, page)
    check_tables(path, page, lines, summary)
    check_bands(path, page, wakes)
    first = " ".join(run("replay", *options, path, code=1).stdout.decode().split())
    for part in (page.root.one(class_="verdict"), page.root.one(class_="headline")):
        check(words_of(part) in first, f"{path}: {words_of(part)!r} is not what replay says first: {first[:400]}")
    audit = [json.loads(line)["rule"] for line in run("audit", "--format", "ndjson", "--fail-at", "never", path).stdout.splitlines()
             if b'"type":"finding"' in line]
    found = [item["data-rule"] for item in page.root.one(id="audit").all("li", class_="finding")]
    check(found == (audit if path == RECORDING else []), f"{path}: other findings than audit's: {found}")
    slowest = sorted((wake for wake in wakes if wake["complete"]), key=lambda wake: (-wake["total_ns"], wake["id"]))[:20]
    articles = [int(article["id"].split("-")[1]) for article in page.root.all("article")]
    check(articles == [wake["id"] for wake in slowest], f"{path}: other worst wakes: {articles}")
    points = page.root.one(id="course").all("circle")
    check([(int(one["data-wake"]), int(one["data-ns"])) for one in points] == [(wake["id"], wake["total_ns"]) for wake in slowest],
          f"{path}: other points")
    for wake in slowest[:3]:
        check_wake(path, page, wake)
    return text, page


def check_files(work):
    """Whole or not there; what is there is kept; never onto what is read."""
    out = work / "out.html"
    run("report", RECORDING, "-o", out)
    run("report", RECORDING, "-o", out, code=6)
    whole = out.read_bytes()
    check(run("report", RECORDING, "-o", "-").stdout == whole, "another report on standard output")
    check(run("report", "-", "-o", "-", input=RECORDING.read_bytes()).stdout
          == whole.replace(b"recorded.wkp", b"standard input"), "another report of a pipe")
    own = work / "own.wkp"
    own.write_bytes(RECORDING.read_bytes())
    run("report", own, "-o", own, "--force", code=2)
    check(own.read_bytes() == RECORDING.read_bytes(), "it wrote over what it reads")
    run("report", own, cwd=work)
    check((work / "own.html").read_bytes() == whole.replace(b"recorded.wkp", b"own.wkp"), "the default name")
    (work / "no-trace").write_text("no trace\n", encoding="utf-8")
    run("report", work / "no-trace", "-o", work / "none.html", code=5)
    run("report", RECORDING, "--vm", "none", "-o", work / "none.html", code=2)
    run("report", RECORDING, own, own, "-o", work / "none.html", code=2)
    run("report", "-", "-", "-o", work / "none.html", code=2)
    run("report", own, RECORDING, "-o", own, "--force", code=2)
    run("report", work / "no-trace", RECORDING, "-o", work / "none.html", code=5)
    run("report", RECORDING, "-o", work / "none/none.html", code=6)
    check(not [one.name for one in work.iterdir() if "none" in one.name or "unfinished" in one.name], "something is left")
    (work / "cut.wkp").write_bytes(RECORDING.read_bytes()[:-3000])
    run("report", work / "cut.wkp", "-o", work / "cut.html", code=5)
    check("the input ends in the middle" in Page((work / "cut.html").read_text(encoding="utf-8")).root.one(class_="headline").text,
          "a cut recording is not marked")
    few = Page(run("report", RECORDING, "--worst", "2", "-o", "-").stdout.decode())
    check(len(list(few.root.all("article"))) == 2, "--worst")


def check_comparison(work):
    """Of two recordings, what compare says of them, and the report of the second."""
    calm, busy, out = work / "calm.wkp", work / "busy.wkp", work / "changed.html"
    calm.write_bytes(hostile_recording(300))
    busy.write_bytes(hostile_recording(300, 50_000))
    for before, after, word in ((calm, busy, "WORSE"), (busy, busy, "NO CHANGE")):
        compared = subprocess.run([PROGRAM, "compare", before, after, "--target", f"{TARGET}ns", "--format", "ndjson"],
                                  capture_output=True, check=False)
        lines = [json.loads(line) for line in compared.stdout.splitlines()]
        run("report", before, after, "--target", f"{TARGET}ns", "-o", out, "--force", code=1 if word == "WORSE" else 0)
        text = out.read_text(encoding="utf-8")
        page = Page(text)
        check_policy(out, text, page)
        check_reach(out, page)
        section = page.root.one(id="comparison")
        check(section.one("strong").text == word, section.text[:200])
        changes = [line for line in lines if line["type"] == "change"]
        rows = list(section.one(id="change-table").one("tbody").all("tr"))
        check([row["class"] for row in rows] == ["change-" + line["change"] for line in changes], f"{before}: other changes than compare's")
        for row, line in zip(rows, changes):
            if line["quantity"] != "over":
                told = [line["before"], line["after"]] + ([] if line["low"] is None else [line["after"] - line["before"]])
                found = numbers(row)
                check(all(any(abs(one - value) <= 1 for value in told) for one in found), f"{before}: {found}, and compare has {told}")
        check(page.root.one("h1").text == "Wake latency: busy.wkp", "the report of another recording")


def check_hostile(work):
    path = work / "hostile.wkp"
    path.write_bytes(hostile_recording())
    text, page = check_one(path, work)
    check(len(text) < 2_000_000, f"{len(text)} bytes")
    vm = next(cell for cell in page.root.one(id="who-table").all("th", scope="row"))
    title = vm.one("span", class_="cut")["title"]
    check(title == LONG + " vCPU 0" and len(vm.text) < 60, f"the VM's name: {vm.text}, {len(title)}: {title[-200:]}")
    check(SCRIPT in page.root.one(id="losses").text, "a notice is no text")
    check("<b>hog</b>\\xe2\\x80\\xae (tid 178" in page.root.one(id="culprit-table").text, "the task's name is no text")
    shown = page.root.one("body").text + "".join(value or "" for element in page.root.all() for value in element.attributes.values())
    check(not set(ESCAPES) & set(shown) & set("\x1b\u202e\u2066\x9b"), "a name turns or hides text")
    check("\\xe2\\x80\\xae" in page.root.one(id="interrupt-table").text, "the device's name")


def check_empty(work):
    """No wakes, no times, or nothing of its host."""
    empty = work / "empty.txt"
    empty.write_text("\n".join(TEXT.read_text(encoding="utf-8").splitlines()[:14]) + "\n", encoding="utf-8")
    page = Page(run("report", empty, "-o", "-").stdout.decode())
    check("o wakes" in page.root.one(class_="headline").text, page.root.one(class_="headline").text)
    check("does not hold its host's settings" in page.root.one(id="audit").text, "an audit of nothing")


def main():
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for path in (RECORDING, TEXT):
            check_one(path, work)
        check_files(work)
        check_comparison(work)
        check_hostile(work)
        check_empty(work)


if __name__ == "__main__":
    main()
