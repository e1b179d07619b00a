#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""share/wakepath.sql and the queries of docs/export.md against NDJSON: test_sql.py TREE MACROS RECORDING...

trace_processor itself is not run. SQLite stands for it: the export is read by field number into tables that have the names
and columns of trace_processor's, and its few statements beyond SQLite's are put into SQLite's. WAKEPATH is the program.
"""
import json
import os
import pathlib
import re
import sqlite3
import sys
import tempfile

from decode import Wrong, one
from made import two_vms
from test_perfetto import escaped, export, replay, same

PROGRAM = os.environ["WAKEPATH"]
# google/perfetto v58.2, src/trace_processor/perfetto_sql/stdlib/prelude/after_eof/{views,tracks,cpu_scheduling}.sql
SHAPES = {
    "slice": "id ts dur track_id category name depth parent_id arg_set_id thread_ts thread_dur thread_instruction_count "
             "thread_instruction_delta cat slice_id",
    "args": "id arg_set_id flat_key key int_value string_value real_value value_type display_value",
    "process": "id upid pid name start_ts end_ts parent_upid uid android_appid android_user_id cmdline arg_set_id machine_id",
    "thread": "id utid tid name start_ts end_ts upid is_main_thread is_idle machine_id arg_set_id",
    "track": "id name type dimension_arg_set_id parent_id source_arg_set_id machine_id track_group_id",
    "thread_track": "id name type parent_id source_arg_set_id machine_id utid",
    "process_track": "id name type parent_id source_arg_set_id machine_id upid",
    "sched": "id ts dur cpu utid end_state priority ucpu ts_end",
}
PINNED = ["wakes in this second", "slow in this second", "p99, last second with 100 wakes"]


def key_of(name):
    """src/trace_processor/util/proto_to_args_parser.cc: SanitizeDebugAnnotationName"""
    return re.sub(r"[.\[\]]", "_", name)


class Processor:
    """A trace in SQLite. No two kinds of numbers are alike, so that no join by the wrong one finds anything."""

    def __init__(self, trace):
        self.base = sqlite3.connect(":memory:")
        for name, columns in SHAPES.items():
            self.base.execute(f"CREATE TABLE {name} ({columns.replace(' ', ', ')})")
        self.base.create_function("extract_arg", 2, self.extract)
        self.sets, self.set_numbers, self.upids, self.utids, self.tracks = {}, {}, {}, {}, {}
        for uuid, track in trace.tracks.items():
            self.add_track(uuid, track, trace.tracks)
        self.add_slices(trace)
        self.add_sched(trace)

    def insert(self, table, **cells):
        self.base.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({', '.join('?' * len(cells))})", list(cells.values()))

    def upid(self, pid, name=None):
        if pid not in self.upids:
            self.upids[pid] = 11 + len(self.upids)
            self.insert("process", id=self.upids[pid], upid=self.upids[pid], pid=pid)
        if name:
            self.base.execute("UPDATE process SET name = ? WHERE pid = ?", (name, pid))
        return self.upids[pid]

    def utid(self, tid, name=None, pid=None):
        if tid not in self.utids:
            self.utids[tid] = 201 + len(self.utids)
            self.insert("thread", id=self.utids[tid], utid=self.utids[tid], tid=tid, name=name)
        if pid is not None:
            self.base.execute("UPDATE thread SET name = ?, upid = ? WHERE tid = ?", (name, self.upid(pid), tid))
        return self.utids[tid]

    def add_track(self, uuid, track, tracks):
        """A track is of the thread or process of the nearest above it."""
        self.tracks[uuid] = number = 1001 + len(self.tracks)
        name = one(track, "name")
        self.insert("track", id=number, name=name)
        while "parent_uuid" in track:
            track = tracks[one(track, "parent_uuid")]
        if "thread" in track:
            thread = one(track, "thread")
            self.insert("thread_track", id=number, name=name,
                        utid=self.utid(one(thread, "tid"), one(thread, "thread_name"), one(thread, "pid")))
        elif "process" in track:
            process = one(track, "process")
            self.insert("process_track", id=number, name=name, upid=self.upid(one(process, "pid"), one(process, "process_name")))

    def arg_set(self, notes):
        args = {}
        for name, value in notes.items():
            inner = value.items() if isinstance(value, dict) else [(None, value)]
            for entry, of_entry in inner:
                args[".".join(["debug", key_of(name)] + ([key_of(entry)] if entry else []))] = of_entry
        if not args:
            return None
        content = tuple(args.items())
        if content not in self.set_numbers:
            self.set_numbers[content] = number = 500_001 + len(self.sets)
            self.sets[number] = args
            for key, value in args.items():
                is_text = isinstance(value, str)
                self.insert("args", arg_set_id=number, flat_key=key, key=key, display_value=str(value),
                            value_type="string" if is_text else "uint", **{"string_value" if is_text else "int_value": value})
        return self.set_numbers[content]

    def extract(self, number, key):
        return self.sets.get(number, {}).get(key)

    def add_slices(self, trace):
        numbers = {}
        told = [(piece["begin"], piece["end"], piece) for piece in trace.slices] + [(mark["at"], mark["at"], mark) for mark in trace.instants]
        for begin, end, piece in sorted(told, key=lambda each: each[0]):
            numbers[id(piece)] = number = 10_001 + len(numbers)
            self.insert("slice", id=number, slice_id=number, ts=begin, dur=end - begin, track_id=self.tracks[piece["track"]],
                        name=piece["name"], depth=piece.get("depth", 0), parent_id=numbers.get(id(piece.get("inside"))),
                        arg_set_id=self.arg_set(piece["notes"]))

    def add_sched(self, trace):
        running = {}
        for time, cpu, _, name, fields in trace.ftrace:
            if name == "sched_switch":
                if cpu in running:
                    began, tid, comm, prio = running[cpu]
                    self.insert("sched", id=None, ts=began, dur=time - began, cpu=cpu, utid=self.utid(tid, comm), priority=prio)
                running[cpu] = (time, fields["next_pid"], fields["next_comm"], fields["next_prio"])

    def run(self, sql):
        """Statements of PerfettoSQL."""
        sql = re.sub(r"INCLUDE PERFETTO MODULE [\w.]+;", "", sql)
        sql = re.sub(r"CREATE OR REPLACE PERFETTO (TABLE|VIEW|INDEX)\b", r"CREATE \1", sql)
        if re.search(r"\bPERFETTO\b|\w!\(|\$\w", sql):
            raise Wrong("a statement that SQLite can't stand for")
        self.base.executescript(sql)

    def ask(self, sql):
        return self.base.execute(sql).fetchall()


def check_wakes(base, lines):
    wakes = sorted((line for line in lines if line["type"] == "wake"), key=lambda wake: wake["id"])
    same("wakes", base.ask("SELECT count(*), sum(total_ns) FROM wakepath_wakes"), [(len(wakes), sum(wake["total_ns"] for wake in wakes))])
    same("each wake", base.ask("SELECT wake, tid, path, ts, ts + dur, total_ns, complete, root, irq, ends_at, blocked_ns, ran_ns"
                               " FROM wakepath_wakes ORDER BY wake"),
         [(wake["id"], wake["tid"], escaped(wake["path"]), wake["begin_ns"], wake["end_ns"], wake["total_ns"], wake["complete"],
           wake["root"]["kind"], wake["root"]["irq"], wake["ends_at"], wake["blocked_ns"], wake["ran_ns"]) for wake in wakes])
    same("VMs", base.ask("SELECT wake, vm, vm_pid, vcpu FROM wakepath_wakes ORDER BY wake"),
         [(wake["id"], f"VM {escaped(wake['vm'] or '')}", wake["vm_pid"] or wake["tid"], f"vCPU {wake['vcpu']}") for wake in wakes])
    same("flags", [(flags or "").split() for flags, in base.ask("SELECT flags FROM wakepath_wakes ORDER BY wake")],
         [wake["flags"] for wake in wakes])
    same("totals", sorted(base.ask("SELECT total, count(*) FROM wakepath_wakes WHERE total IS NOT NULL GROUP BY total")),
         sorted((row["stage"], row["count"]) for row in lines[-1]["latency"]
                if row["vm"] == row["path"] == "*" and row["stage"].startswith("total") and row["count"]))
    return wakes


def check_parts(base, wakes):
    stages = [(wake["id"], number, stage) for wake in wakes for number, stage in enumerate(wake["stages"], 1)]
    same("stages", base.ask("SELECT wake, stage, name, ts, ts + dur, cpu, actor FROM wakepath_stages ORDER BY wake, stage"),
         [(wake, number, stage["name"], stage["begin_ns"], stage["end_ns"], stage["cpu"], stage["actor"] and escaped(stage["actor"]))
          for wake, number, stage in stages])
    blame = {}
    for wake, number, stage in stages:
        for part in stage["blame"]:
            key = (wake, number, key_of(escaped(part["kind"] + (f"({part['what']})" if part["what"] else ""))))
            blame[key] = blame.get(key, 0) + part["ns"]
    same("blame", {row[:3]: row[3] for row in base.ask("SELECT wake, stage, who, ns FROM wakepath_blame")}, blame)
    same("sum of blame", base.ask("SELECT coalesce(sum(ns), 0) FROM wakepath_blame"), [(sum(blame.values()),)])
    same("causes", sorted(base.ask("SELECT wake, ts, cpu, kind, coalesce(tid, -1) FROM wakepath_causes")),
         sorted((wake["id"], hop["at_ns"], hop["cpu"], hop["kind"], -1 if hop["tid"] is None else hop["tid"])
                for wake in wakes for hop in wake["hops"] if hop["kind"] != "vcpu"))


def check_worst(base, trace, wakes):
    p99 = {}
    for wake in wakes:
        if wake["complete"]:
            p99.setdefault(wake["vm_pid"] or wake["tid"], []).append(wake["total_ns"])
    same("p99", dict(base.ask("SELECT pid, p99_ns FROM wakepath_latency JOIN process USING (upid) WHERE total = 'total'")),
         {pid: sorted(totals)[(len(totals) * 990 + 999) // 1000 - 1] for pid, totals in p99.items()})
    ranks = {one(one(track, "process"), "pid"): trace.ranks[uuid] for uuid, track in trace.tracks.items() if "process" in track}
    pinned = base.ask("SELECT DISTINCT process.pid FROM wakepath_worst_vm JOIN slice USING (id) JOIN thread_track ON thread_track.id = track_id"
                      " JOIN thread USING (utid) JOIN process USING (upid)")
    same("the worst VM", pinned, [(min(ranks, key=ranks.get),)])
    same("its tracks", sorted({track for track, in base.ask("SELECT track FROM wakepath_worst_vm")}), ["state", "wakes"])


def check_macros(tree, macros, base):
    sql = (tree / "share/wakepath.sql").read_text(encoding="utf-8")
    runs = [command for macro in json.loads(macros.read_text(encoding="utf-8")) for command in macro["run"]]
    for command in runs:
        argument, = command["args"]
        if command["id"] == "dev.perfetto.RunQuery":
            same("the SQL of a macro", argument, sql)
        elif command["id"] == "dev.perfetto.PinTracksByRegex":
            same("tracks that a macro pins", [name for name in [*PINNED, "wakes", "state"] if re.search(argument, name)], PINNED)
        elif command["id"] == "dev.perfetto.PinSliceTracksFromSqlQuery":
            same("columns of slices to pin", [column[0] for column in base.base.execute(argument).description], ["id"])
        else:
            raise Wrong(f"a macro has the command {command['id']}")


def check_queries(tree, base):
    queries = re.findall(r"```sql\n(.*?)```", (tree / "docs/export.md").read_text(encoding="utf-8"), re.S)
    if len(queries) < 5:
        raise Wrong(f"docs/export.md has {len(queries)} queries")
    for query in queries:
        if not base.ask(query):
            raise Wrong(f"no rows: {query}")


def main():
    tree, macros, recordings = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), [pathlib.Path(name) for name in sys.argv[3:]]
    with tempfile.TemporaryDirectory() as name:
        made = pathlib.Path(name) / "two-vms.wkp"
        made.write_bytes(two_vms())
        for recording in [made, *recordings]:
            try:
                lines, trace = replay(PROGRAM, recording), export(PROGRAM, recording, pathlib.Path(name) / "out.pftrace", "--target", "1500us")
                base = Processor(trace)
                base.run((tree / "share/wakepath.sql").read_text(encoding="utf-8"))
                wakes = check_wakes(base, lines)
                check_parts(base, wakes)
                check_worst(base, trace, wakes)
                if recording == made:
                    same("VMs", len(base.ask("SELECT DISTINCT upid FROM wakepath_latency")), 2)
                    same("counters", sorted({name for name, _, _ in trace.counters} | {PINNED[2]}), sorted(PINNED))
                    check_macros(tree, macros, base)
                    check_queries(tree, base)
            except Wrong as error:
                print(f"failed: {recording}: {error}")
                return 1
            print(f"{recording.name}: {len(wakes)} wakes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
