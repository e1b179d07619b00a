#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Perfetto export against NDJSON of the same recording: test_perfetto.py WAKEPATH TRACE RECORDING...

TRACE is text of ftrace, into which hostile names are put.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import decode
import fields
from decode import Wrong, one
from made import with_jumps

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
REALTIME, MONOTONIC, BOOTTIME = 1, 3, 6
BYTES_AN_EVENT = 60
SECOND = 1_000_000_000
RANK_SIGN = 1 << 63
HOSTILE = "\x1b[31m;\",=\u202e"


class Trace:
    """Slices by track, with their annotations as a dictionary; all in time order, as Perfetto sorts them."""

    def __init__(self, path):
        self.size = path.stat().st_size
        self.tracks, self.slices, self.instants, self.counters, self.ftrace = {}, [], [], [], []
        self.ranks, self.snapshots, self.first, self.attributes = {}, [], None, {}
        texts, events = {}, []
        for packet in decode.packets(path):
            if one(packet, "trusted_packet_sequence_id") != 1:
                raise Wrong("a packet of another sequence")
            if one(packet, "sequence_flags") & 1:
                texts = {}
                if one(one(packet, "trace_packet_defaults"), "timestamp_clock_id") != MONOTONIC:
                    raise Wrong("the clock of packets is not CLOCK_MONOTONIC")
            for kind, entries in one(packet, "interned_data", {}).items():
                for entry in entries:
                    if (kind, one(entry, "iid")) in texts:
                        raise Wrong(f"number {one(entry, 'iid')} of {kind} is given twice")
                    texts[kind, one(entry, "iid")] = one(entry, "name")
            what = next(iter(set(packet) - {"timestamp", "trusted_packet_sequence_id", "sequence_flags", "interned_data",
                                            "trace_packet_defaults"}))
            self.first = self.first or what
            if what == "track_event":
                events.append((one(packet, "timestamp"), self.texts(one(packet, what), texts)))
            elif what == "track_descriptor":
                self.describe(one(packet, what))
            elif what == "ftrace_events":
                bundle = one(packet, what)
                for event in bundle["event"]:
                    name = next(iter(set(event) - {"timestamp", "pid"}))
                    payload = {key: values[0] for key, values in event[name][0].items()}
                    if "function" in payload:
                        payload["function"] = texts["kernel_symbols", payload["function"]]
                    self.ftrace.append((one(event, "timestamp"), one(bundle, "cpu"), one(event, "pid"), name, payload))
            elif what == "trace_attributes":
                self.attributes = {one(each, "key"): one(each, "string_value") for each in one(packet, what)["attribute"]}
            elif what == "clock_snapshot":
                self.snapshots.append({one(clock, "clock_id"): one(clock, "timestamp") for clock in one(packet, what)["clocks"]})
        self.nest(sorted(events, key=lambda event: event[0]))

    def texts(self, event, texts):
        def value(annotation):
            if "dict_entries" in annotation:
                return {texts["debug_annotation_names", one(entry, "name_iid")]: one(entry, "uint_value")
                        for entry in annotation["dict_entries"]}
            if "string_value_iid" in annotation:
                return texts["debug_annotation_string_values", one(annotation, "string_value_iid")]
            return one(annotation, "uint_value", one(annotation, "bool_value"))
        notes = {}
        for annotation in event.get("debug_annotations", []):
            key = texts["debug_annotation_names", one(annotation, "name_iid")]
            if key in notes:
                raise Wrong(f"{key} is given twice")
            notes[key] = value(annotation)
        name = texts["event_names", one(event, "name_iid")] if "name_iid" in event else None
        return {"type": one(event, "type"), "track": one(event, "track_uuid"), "name": name, "notes": notes,
                "flows": event.get("flow_ids", []), "ends": event.get("terminating_flow_ids", []),
                "correlation": one(event, "correlation_id"), "value": one(event, "counter_value")}

    def describe(self, track):
        """Of two descriptions trace_processor keeps the first (v58.2, track_event_tracker.cc, ReserveDescriptorTrack)."""
        if one(track, "uuid") in self.tracks:
            raise Wrong(f"track {one(track, 'uuid')} is described twice")
        if "sibling_order_rank" in track:
            rank = one(track, "sibling_order_rank")
            self.ranks[one(track, "uuid")] = rank - 2 * RANK_SIGN if rank >= RANK_SIGN else rank
        self.tracks[one(track, "uuid")] = track

    def nest(self, events):
        """Begin and end of a slice are on one track, the last that began ends first, and none is left open."""
        open_slices = {}
        for time, event in events:
            if event["track"] not in self.tracks:
                raise Wrong(f"track {event['track']} is not described")
            stack = open_slices.setdefault(event["track"], [])
            if event["type"] == BEGIN:
                depth = len(stack)
                stack.append({**event, "begin": time, "depth": depth, "inside": stack[-1] if stack else None})
                self.slices.append(stack[-1])
            elif event["type"] == END:
                if not stack:
                    raise Wrong(f"a slice ends at {time} that did not begin")
                stack.pop()["end"] = time
            elif event["type"] == INSTANT:
                self.instants.append({**event, "at": time})
            else:
                self.counters.append((one(self.tracks[event["track"]], "name"), time, event["value"]))
        if any(open_slices.values()):
            raise Wrong("a slice does not end")

    def on(self, name):
        return [piece for piece in self.slices if one(self.tracks[piece["track"]], "name") == name]


def same(what, mine, theirs):
    if mine != theirs:
        raise Wrong(f"{what}: {mine} in the trace, {theirs} in NDJSON")


def escaped(text):
    """As for a terminal."""
    return "".join(c if c.isprintable() else "".join(f"\\x{byte:02x}" for byte in c.encode()) for c in text)


def texts_in(found):
    """All that a reader may show."""
    for value in found if isinstance(found, list) else found.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            yield from texts_in(value)


def check_stages(what, slices, stages):
    same(f"{what}: stages", [(piece["name"], piece["begin"], piece["end"]) for piece in slices],
         [(stage["name"], stage["begin_ns"], stage["end_ns"]) for stage in stages])
    for piece, stage in zip(slices, stages):
        same(f"{what}: CPU of {stage['name']}", piece["notes"]["cpu"], stage["cpu"])
        same(f"{what}: blame of {stage['name']}", sum(piece["notes"].get("blame", {}).values()),
             sum(blame["ns"] for blame in stage["blame"]))


def check_wakes(trace, lines):
    children = {}
    for piece in trace.slices:
        if piece["depth"] == 1:
            children.setdefault(id(piece["inside"]), []).append(piece)
    tops = [piece for piece in trace.on("wakes") if piece["depth"] == 0]
    slices = {piece["notes"]["wake"]: piece for piece in tops if piece["name"] != "delivery"}
    wakes = [line for line in lines if line["type"] == "wake"]
    same("wakes", sorted(slices), sorted(wake["id"] for wake in wakes))
    for wake in wakes:
        piece, what = slices[wake["id"]], f"wake {wake['id']}"
        same(f"{what}: path", piece["name"], escaped(wake["path"]))
        same(f"{what}: times", (piece["begin"], piece["end"]), (wake["begin_ns"], wake["end_ns"]))
        same(f"{what}: complete", bool(piece["notes"]["complete"]), wake["complete"])
        same(f"{what}: flags", sorted(piece["notes"].get("flags", "").split()), sorted(wake["flags"]))
        same(f"{what}: correlation", piece["correlation"], wake["id"])
        check_stages(what, children.get(id(piece), []), wake["stages"])
        thread = one(trace.tracks[one(trace.tracks[piece["track"]], "parent_uuid")], "thread")
        same(f"{what}: thread", one(thread, "tid"), wake["tid"])
        if wake["vm_pid"] is not None:
            same(f"{what}: VM", one(thread, "pid"), wake["vm_pid"])
        hops = [hop for hop in wake["hops"] if hop["kind"] != "vcpu"]
        told = [mark for mark in trace.instants if wake["id"] in mark["flows"]] if hops else []
        same(f"{what}: hops", sorted((mark["at"], mark["notes"]["kind"]) for mark in told),
             sorted((hop["at_ns"], hop["kind"]) for hop in hops))
        if wake["stages"]:
            same(f"{what}: where the arrow ends", children[id(piece)][-1]["ends"], [wake["id"]])
    deliveries = [line for line in lines if line["type"] == "delivery"]
    same("deliveries", sorted((piece["begin"], piece["end"]) for piece in tops if piece["name"] == "delivery"),
         sorted((line["begin_ns"], line["end_ns"]) for line in deliveries))
    return wakes


def check_states(trace, wakes):
    """Where a complete wake was blocked, waking, entering and in its guest, its thread has these states."""
    states = {}
    for piece in trace.on("state"):
        tid = one(one(trace.tracks[one(trace.tracks[piece["track"]], "parent_uuid")], "thread"), "tid")
        states.setdefault(tid, []).append(piece)
    checked = 0
    for wake in wakes:
        if not wake["complete"] or set(wake["flags"]) & {"early", "halt_poll", "reblocked", "preempted", "cut"}:
            continue
        begins = {stage["name"]: stage["begin_ns"] for stage in wake["stages"]}
        if "wake_delay" not in begins or wake["blocked_ns"] is None:
            continue
        want = [("blocked", begins["wake_delay"] - wake["blocked_ns"]), ("waking", begins["wake_delay"]),
                ("entering", begins["vcpu_entry"]), ("in guest", wake["end_ns"])]
        mine = [(piece["name"], piece["begin"]) for piece in states[wake["tid"]]]
        for state in want:
            if state not in mine:
                raise Wrong(f"wake {wake['id']}: no state {state}")
        checked += 1
    return checked


def check_clocks(trace, wakes):
    """trace_processor refuses a snapshot before the last one (v58.2, src/trace_processor/util/clock_synchronizer.cc). By the last
    one before it, each wake began when NDJSON says."""
    for snapshot in trace.snapshots:
        same("a snapshot's clocks", snapshot[MONOTONIC], snapshot[BOOTTIME])
    told = [snapshot[MONOTONIC] for snapshot in trace.snapshots]
    if told != sorted(set(told)):
        raise Wrong(f"snapshots do not ascend: {told}")
    for wake in wakes:
        last = [snapshot for snapshot in trace.snapshots if snapshot[MONOTONIC] <= wake["begin_ns"]][-1]
        mine = last[REALTIME] + wake["begin_ns"] - last[MONOTONIC] if REALTIME in last else None
        same(f"wake {wake['id']}: time of day", mine, nanoseconds_of(wake["time"]))


def nanoseconds_of(time):
    """Of 2026-11-30T18:17:35.300244512Z, since 1970."""
    if time is None:
        return None
    whole, _, fraction = time.rstrip("Z").partition(".")
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * SECOND + int(fraction)


def check_switches(trace, header):
    """Tasks leave their CPUs in states that trace_processor can read."""
    known = fields.STATES if header["kernel"] else fields.STATES_4_4
    states = {event[4]["prev_state"] for event in trace.ftrace if event[3] == "sched_switch"}
    if unknown := states - set(known.values()):
        raise Wrong(f"states of tasks of kernel {header['kernel']}: {[hex(state) for state in unknown]}")


def export(program, recording, path, *more):
    subprocess.run([program, "export", recording, "--format", "perfetto", "-o", path, "--force", *more], check=True,
                   stderr=subprocess.DEVNULL)
    return Trace(path)


def replay(program, recording, *more):
    done = subprocess.run([program, "replay", recording, "--format", "ndjson", *more], check=False, capture_output=True)
    if done.returncode not in (0, 1):  # 1: a verdict failed
        raise Wrong(f"replay {recording}: exit code {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_form(program, recording, directory):
    """Packets are compressed where that is asked for, and the same as those that are not."""
    packed, plain = directory / "packed.pftrace", directory / "out.pftrace"
    subprocess.run([program, "export", recording, "--format", "perfetto", "--compress", "-o", packed, "--force"], check=True,
                   stderr=subprocess.DEVNULL)
    if any("compressed_packets" not in packet for packet in decode.as_written(packed)):
        raise Wrong("packets are not compressed")
    if any("compressed_packets" in packet for packet in decode.as_written(plain)):
        raise Wrong("packets are compressed")
    if decode.packets(packed) != decode.packets(plain):
        raise Wrong("the compressed packets are others")


def check_slow(program, recording, directory, wakes):
    """A counter of the wakes of each second that are over the target; it is one that half of them are over."""
    totals = sorted(wake["total_ns"] for wake in wakes if wake["complete"])
    target = totals[len(totals) // 2]
    judged = replay(program, recording, "--target", f"{target}ns")[-1]["target"]
    trace = export(program, recording, directory / "slow.pftrace", "--target", f"{target}ns")
    told = [(time, value) for name, time, value in trace.counters if name == "slow in this second"]
    same("slow wakes", sum(value for _, value in told), judged["over"])
    want = {}
    for wake in wakes:
        if wake["complete"] and wake["total_ns"] > target:
            second = wake["end_ns"] // SECOND * SECOND
            want[second] = want.get(second, 0) + 1
    same("slow wakes by second", {time: value for time, value in told if value}, want)
    rates = [time for name, time, _ in trace.counters if name == "wakes in this second"]
    same("when slow wakes are told", [time for time, _ in told], rates)
    if trace.attributes.get("wakepath.target") is None:
        raise Wrong("the trace does not tell the target")


def check(program, recording, directory):
    trace, lines = export(program, recording, directory / "out.pftrace"), replay(program, recording)
    header, summary = lines[0], lines[-1]
    same("the first packet", trace.first, "clock_snapshot")
    wakes = check_wakes(trace, lines)
    check_clocks(trace, wakes)
    check_switches(trace, header)
    states = check_states(trace, wakes)
    counts = [value for name, _, value in trace.counters if name == "wakes in this second"]
    same("sum of the counter", sum(counts), len(wakes))
    same("counters", {name for name, _, _ in trace.counters} - {"wakes in this second", "p99, last second with 100 wakes"}, set())
    check_slow(program, recording, directory, wakes)
    check_form(program, recording, directory)
    same("findings", sorted(mark["name"] for mark in trace.instants if "text" in mark["notes"]),
         sorted(line["rule"] for line in lines if line["type"] == "finding"))
    same("commands", sorted(value for mark in trace.instants for key, value in mark["notes"].items() if key.startswith("command")),
         sorted(escaped(fix["command"]) for line in lines if line["type"] == "finding" for fix in line["fixes"] if fix["command"]))
    same("losses", len([mark for mark in trace.instants if mark["name"] == "loss"]),
         len([line for line in lines if line["type"] == "loss"]))
    switches = [event for event in trace.ftrace if event[3] == "sched_switch"]
    for cpu in {event[1] for event in switches}:
        mine = [event for event in switches if event[1] == cpu]
        broken = sum(before[4]["next_pid"] != after[4]["prev_pid"] for before, after in zip(mine, mine[1:]))
        if broken > summary["lost"] + summary["missed"]:
            raise Wrong(f"CPU {cpu}: {broken} switches from a task that was not there")
    if trace.size > BYTES_AN_EVENT * len(trace.ftrace):
        raise Wrong(f"{trace.size} bytes for {len(trace.ftrace)} events")
    ranks = [trace.ranks[uuid] for uuid, track in trace.tracks.items() if "process" in track]
    if sorted(ranks) != list(range(-len(ranks), 0)):
        raise Wrong(f"VMs have the ranks {ranks}")
    print(f"{pathlib.Path(recording).name}: {len(wakes)} wakes, {states} with their states, {len(trace.ftrace)} events of "
          f"{header['kernel']}, {trace.size} bytes")
    return trace, states


def check_hostile(program, trace, directory):
    """Names that would do something to a terminal, or end something, are text."""
    text = pathlib.Path(trace).read_text(encoding="utf-8")
    path = directory / "hostile.txt"
    path.write_text(text.replace("name=arch_timer", f"name={HOSTILE}").replace("aio_poll_put_work", "=cmd;\","), encoding="utf-8")
    exported, _ = check(program, path, directory)
    # Each of its lines has a letter. It tells no release of its kernel.
    same("states of tasks", sorted(event[4]["prev_state"] for event in exported.ftrace if event[3] == "sched_switch"),
         sorted(fields.STATES_4_4[state] for state in re.findall(r"prev_state=(\S+)", text)))
    texts = [text for packet in decode.packets(directory / "out.pftrace") for text in texts_in(packet)]
    if bad := [text for text in texts if not text.isprintable()]:
        raise Wrong(f"texts that are not escaped: {bad}")
    if not any(escaped(HOSTILE) in text for text in texts) or not any("=cmd;\"," in text for text in texts):
        raise Wrong("the names are not there")


def check_jumps(program, directory):
    """The time of day is told anew where it jumps, once."""
    path = directory / "jumps.wkp"
    path.write_bytes(with_jumps())
    trace, lines = export(program, path, directory / "jumps.pftrace"), replay(program, path)
    same("snapshots", len(trace.snapshots), 4)
    wakes = [line for line in lines if line["type"] == "wake"]
    begins = [wake["begin_ns"] for wake in wakes]
    same("wakes that are told after one that began later", sum(a > b for a, b in zip(begins, begins[1:])) > 100, True)
    check_clocks(trace, wakes)
    check_switches(trace, lines[0])


def main():
    program, trace, recordings = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as directory:
        try:
            check_hostile(program, trace, pathlib.Path(directory))
            check_jumps(program, pathlib.Path(directory))
            states = sum(check(program, recording, pathlib.Path(directory))[1] for recording in recordings)
        except Wrong as error:
            print(f"failed: {error}")
            return 1
    if states == 0:
        print("failed: no wake has states: nothing is shown of them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
