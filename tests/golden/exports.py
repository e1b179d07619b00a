#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What export writes says the same as replay: exports.py WITH_SQLITE."""
import csv
import json
import os
import pathlib
import re
import sqlite3
import stat
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["WAKEPATH"]
WITH_SQLITE = sys.argv[1] == "1"
TEXT = HERE / "trace-text/ftrace-6.1-kworker.txt"
RECORDINGS = [HERE / "lab-kworker/kworker.wkp", HERE / "audit/recorded.wkp", TEXT]
HOSTILE = "\x1b[31m;\",=\u202e"
TABLES = ["wakes", "stages", "blame", "hops", "deliveries", "losses", "interrupts", "findings", "recording"]


def run(*arguments, code=0, **options):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False, **options)
    if done.returncode != code:
        sys.exit(f"{arguments}: exit code {done.returncode}, not {code}: {done.stderr.decode()}")
    return done


def read_csv(folder):
    tables = {}
    for name in TABLES:
        raw = (folder / f"{name}.csv").read_bytes()
        with open(folder / f"{name}.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file, strict=True))
        if raw.count(b"\n") != len(rows) or raw.count(b"\r\n") != len(rows):
            sys.exit(f"{name}.csv: a row is not a line")
        if any(len(row) != len(rows[0]) for row in rows):
            sys.exit(f"{name}.csv: a row has another number of fields than the first")
        tables[name] = rows
    return tables


def escaped(text):
    """As for a terminal, of what stands in HOSTILE."""
    return text and "".join("".join(f"\\x{byte:02x}" for byte in c.encode()) if c in "\x1b\u202e" else c for c in text)


def as_csv(cell):
    text = "" if cell is None else str(cell)
    return f"\\x{ord(text[0]):02x}{text[1:]}" if isinstance(cell, str) and text[:1] in ("=", "+", "-", "@") else text


def check_alike(path, tables, base):
    for name in TABLES:
        cursor = base.execute(f"SELECT * FROM {name}")
        rows = [[column[0] for column in cursor.description]] + [[as_csv(cell) for cell in row] for row in cursor]
        if rows != tables[name]:
            sys.exit(f"{path}: {name} is another in SQLite")


def check_sums(path, ndjson, base):
    def one(sql):
        return base.execute(sql).fetchone()

    lines = [json.loads(line) for line in ndjson.splitlines()]
    summary = next(line for line in lines if line["type"] == "summary")
    wakes = [line for line in lines if line["type"] == "wake"]
    if one("SELECT count(*), sum(complete) FROM wakes") != (summary["wakes"], summary["complete"]) or not wakes:
        sys.exit(f"{path}: other counts of wakes than the summary's")
    if one("SELECT count(*) FROM deliveries") != (summary["deliveries"],):
        sys.exit(f"{path}: another count of deliveries than the summary's")
    mine = base.execute("SELECT wake, total_ns, begin_ns, end_ns, path, tid FROM wakes").fetchall()
    if mine != [(w["id"], w["total_ns"], w["begin_ns"], w["end_ns"], escaped(w["path"]), w["tid"]) for w in wakes]:
        sys.exit(f"{path}: other wakes than NDJSON's")
    stages = base.execute("SELECT wake, name, begin_ns, end_ns, cpu, actor FROM stages").fetchall()
    if stages != [(w["id"], s["name"], s["begin_ns"], s["end_ns"], s["cpu"], escaped(s["actor"]))
                  for w in wakes for s in w["stages"]]:
        sys.exit(f"{path}: other stages than NDJSON's")
    if one("SELECT count(*) FROM hops") != (sum(len(w["hops"]) for w in wakes),):
        sys.exit(f"{path}: other hops than NDJSON's")
    open_ones = one("SELECT count(*) FROM (SELECT wake, total_ns, (SELECT sum(ns) FROM stages WHERE stages.wake = wakes.wake) AS of_stages,"
                    " (SELECT sum(ns) FROM blame WHERE blame.wake = wakes.wake) AS of_blame FROM wakes)"
                    " WHERE total_ns > 0 AND (of_stages IS NOT total_ns OR of_blame IS NOT total_ns)")
    if open_ones != (0,):
        sys.exit(f"{path}: stages or blame of {open_ones} wakes do not sum to their total")
    for row in summary["latency"]:
        if row["vm"] == "*" and row["path"] == "*" and row["stage"].startswith("total"):
            got = one(f"SELECT count(*), min(total_ns), max(total_ns) FROM wakes WHERE total = '{row['stage']}'")
            if got[0] != row["count"] or (row["count"] and got[1:] != (row["min_ns"], row["max_ns"])):
                sys.exit(f"{path}: {got}, and the summary has {row}")
    for vm, count, p99 in base.execute("SELECT vm, wakes, p99_ns FROM latency WHERE total = 'total'"):
        if count <= 0 or p99 is None:
            sys.exit(f"{path}: no p99 of {vm}")
    if one("SELECT count(*) FROM findings") != (sum(line["type"] == "finding" for line in lines),):
        sys.exit(f"{path}: other findings than NDJSON's")
    if one("SELECT sum(stole_ns), sum(delayed) FROM interrupts") != (
            (sum(i["stole_ns"] for i in summary["interrupts"]), sum(i["delayed"] for i in summary["interrupts"]))
            if summary["interrupts"] else (None, None)):
        sys.exit(f"{path}: other interrupts than the summary's")
    return lines


def check_folded(path, lines, folded):
    ns = 0
    for line in folded.decode().splitlines():
        stack, number = line.rsplit(" ", 1)
        if len(stack.split(";")) != 5 or not line.isprintable():
            sys.exit(f"{path}: {line!r} is no stack")
        ns += int(number)
    of_all = {line["of_ns"] for line in lines if line["type"] == "blame" and line["vm"] == line["path"] == "*"
              and line["stage"] is None and line["cpu"] is None}
    if of_all != {ns}:
        sys.exit(f"{path}: the stacks sum to {ns}, and blame to {of_all}")


def check_queries(base):
    queries = re.findall(r"```sql\n(.*?)```", (HERE.parents[1] / "docs/query.md").read_text(encoding="utf-8"), re.S)
    if len(queries) != 5:
        sys.exit(f"docs/query.md has {len(queries)} queries")
    for query in queries:
        if not base.execute(query).fetchall():
            sys.exit(f"no rows: {query}")


def check_one(path, work):
    folder, file = work / "tables", work / "tables.db"
    ndjson = run("replay", "--wakes", "--format", "ndjson", path).stdout
    run("export", path, "--format", "csv", "--force", "-o", folder)
    tables = read_csv(folder)
    folded = run("export", path, "--format", "folded", "-o", "-").stdout
    if stat.S_IMODE(folder.stat().st_mode) != 0o700 or {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} != {0o600}:
        sys.exit("others can read the tables")
    if not WITH_SQLITE:
        return
    run("export", path, "--format", "sqlite", "--force", "-o", file)
    if stat.S_IMODE(file.stat().st_mode) != 0o600:
        sys.exit("others can read the database")
    base = sqlite3.connect(file)
    if base.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        sys.exit(f"{path}: a damaged database")
    check_alike(path, tables, base)
    lines = check_sums(path, ndjson, base)
    check_folded(path, lines, folded)
    for view in ("latency", "stage_latency", "steps", "culprits", "slowest"):
        if not base.execute(f"SELECT * FROM {view}").fetchall():
            sys.exit(f"{path}: nothing in {view}")
    check_queries(base)
    base.close()


def check_files(work):
    """Whole or not there; what is there is kept; never onto what is read."""
    path, folder = RECORDINGS[0], work / "kept"
    folder.mkdir()
    run("export", path, "--format", "csv", "-o", folder, code=6)
    (folder / "mine").write_text("kept", encoding="utf-8")
    run("export", path, "--format", "csv", "--force", "-o", folder, code=6)
    (folder / "mine").unlink()
    run("export", path, "--format", "csv", "--force", "-o", folder)
    own = folder / "wakes.csv"
    own.write_bytes(path.read_bytes())
    run("export", own, "--format", "csv", "--force", "-o", folder, code=2)
    run("export", own, "--format", "folded", "--force", "-o", own, code=2)
    if own.read_bytes() != path.read_bytes():
        sys.exit("it wrote over what it reads")
    run("export", path, "--format", "csv", "-o", "-", code=2)
    run("export", path, "--format", "folded", "-o", work / "none/stacks", code=6)
    run("export", path, "--format", "folded", "--vm", "none", "-o", work / "stacks", code=2)
    run("export", path, "--format", "folded", "--target", "1ms", "-o", work / "stacks", code=2)
    run("export", path, "--format", "folded", "--compress", "-o", work / "stacks", code=2)
    run("export", path, "--format", "folded", "--wake", "99999", "--around", "1ms", "-o", work / "stacks", code=2)
    (work / "no-trace").write_text("no trace\n", encoding="utf-8")
    run("export", work / "no-trace", "--format", "folded", "-o", work / "stacks", code=5)
    (work / "cut.wkp").write_bytes(path.read_bytes()[:-200])
    run("export", work / "cut.wkp", "--format", "csv", "-o", work / "cut", code=5)
    if dict(zip(*read_csv(work / "cut")["recording"]))["partial"] != "truncated":
        sys.exit("a cut recording is not marked")
    around = run("export", path, "--format", "csv", "--wake", "7", "--around", "15ms", "-o", work / "around")
    numbers = [row[0] for row in read_csv(work / "around")["wakes"][1:]]
    if numbers != ["6", "7", "8"]:
        sys.exit(f"around wake 7: {numbers}: {around.stderr.decode()}")
    run("export", "-", "--format", "csv", "--wake", "7", "--around", "15ms", "-o", work / "pipe", code=2, input=path.read_bytes())
    if left := [one.name for one in work.iterdir() if "unfinished" in one.name or one.name in ("stacks", "pipe")]:
        sys.exit(f"left: {left}")
    if WITH_SQLITE:
        run("export", path, "--format", "sqlite", "-o", "-", code=2)


def check_hostile(work):
    """Names that would break a row, a stack or a terminal."""
    path = work / "hostile.txt"
    path.write_text(TEXT.read_text(encoding="utf-8").replace("name=arch_timer", f"name={HOSTILE}").replace("aio_poll_put_work", "=cmd;\","),
                    encoding="utf-8")
    check_one(path, work)
    folded = run("export", path, "--format", "folded", "-o", "-").stdout
    if b"\\x3b" not in folded or b"\x1b" in folded:
        sys.exit(f"names in stacks: {folded}")


def check_memory(work):
    """Ten times the events take no more memory."""
    lines = [line for line in TEXT.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    stamp = re.compile(r"(?<= )(\d+)\.(\d{6})(?=: )")

    def peak(times, name, output):
        path = work / f"{times}.txt"
        if not path.exists():
            path.write_text("# tracer: nop\n#\n" + "".join(
                stamp.sub(lambda found, shift=shift: f"{int(found[1]) + shift}.{found[2]}", line) + "\n"
                for shift in range(times) for line in lines), encoding="utf-8")
        with subprocess.Popen([PROGRAM, "export", path, "--format", name, "--force", "-o", output], stderr=subprocess.DEVNULL) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 5):
            sys.exit(f"{name} of {times}: exit code {child.returncode}")
        return usage.ru_maxrss

    for name in ("csv", "folded", "perfetto", *(["sqlite"] if WITH_SQLITE else [])):
        few, many = (peak(times, name, work / f"{times}-{name}") for times in (10, 100))
        if many > few + 12 * 1024:
            sys.exit(f"{name}: {few} kB, and ten times as much takes {many} kB")


def check_golden():
    written = run("export", RECORDINGS[0], "--format", "folded", "-o", "-").stdout
    expected = HERE / "exports/kworker.folded"
    if os.environ.get("WAKEPATH_GOLDEN_UPDATE"):
        expected.write_bytes(written)
    if written != expected.read_bytes():
        sys.exit(f"not {expected}: {written.decode()}")


def main():
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for path in RECORDINGS:
            check_one(path, work)
        check_files(work)
        check_hostile(work)
        check_memory(work)
    check_golden()
    print(f"{len(RECORDINGS)} inputs")


if __name__ == "__main__":
    main()
