#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The queries of docs/query.md in DuckDB, over CSV and over NDJSON, against the same in SQLite.

Exit code 77 where node or DuckDB is not there: WAKEPATH_DUCKDB is the node_modules with @duckdb/node-api. WAKEPATH is the program.
"""
import json
import math
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["WAKEPATH"]
MODULES = os.environ.get("WAKEPATH_DUCKDB", "")
RECORDINGS = [HERE / "lab-kworker/kworker.wkp", HERE / "audit/recorded.wkp"]
# Over two recordings, whose wakes have the same numbers, a join has the rows of both.
JOINED = "SELECT count(*), sum(ns), count(DISTINCT wake) FROM blame JOIN wakes USING (wake)"
DOCS = (HERE.parents[1] / "docs/query.md").read_text(encoding="utf-8")
# Reads [folder, views, queries] for each time that is to be asked, writes the rows of each query.
ASK = """
const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
  const answers = [];
  for (const [folder, views, queries] of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
    process.chdir(folder);
    const base = await (await DuckDBInstance.create(':memory:', {threads: '1'})).connect();
    await base.run(views);
    const rows = [];
    for (const sql of queries)
      rows.push((await base.runAndReadAll(sql)).getRowsJson());
    answers.push(rows);
  }
  console.log(JSON.stringify(answers));
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


def duckdb(asked):
    done = subprocess.run(["node", "-e", ASK], input=json.dumps([[str(folder), *rest] for folder, *rest in asked]), capture_output=True,
                          text=True, check=False, env={**os.environ, "NODE_PATH": MODULES})
    if done.returncode:
        sys.exit(f"DuckDB: {done.stderr}")
    return json.loads(done.stdout)


def wakepath(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=True).stdout


def export(recording, folder):
    """As docs/query.md says, and a database for SQLite."""
    name = recording.stem
    wakepath("export", recording, "--format", "csv", "-o", folder / name)
    wakepath("export", recording, "--format", "sqlite", "-o", folder / f"{name}.db")
    lines = wakepath("replay", "--wakes", "--format", "ndjson", recording).splitlines(keepends=True)
    (folder / f"{name}.ndjson").write_bytes(b"".join(line for line in lines if line.startswith(b'{"type":"wake"')))


def alike(mine, theirs):
    """A cell of DuckDB, in which integers are text, and one of SQLite."""
    if isinstance(theirs, float):
        return math.isclose(float(mine), theirs)
    if isinstance(theirs, int):  # a wake is called "RECORDING NUMBER" in DuckDB
        return str(mine).rsplit(" ", 1)[-1] == str(theirs)
    return mine == theirs


def check_one(what, queries, answers, expected):
    for query, mine, theirs in zip(queries, answers, expected, strict=True):
        if "ndjson" in what:  # of the first ten there may be one less, then
            theirs = [row for row in theirs if row[0] != "unexplained"]
            mine = mine[:len(theirs)]
        if len(mine) != len(theirs) or not theirs or not all(
                alike(a, b) for row, other in zip(mine, theirs) for a, b in zip(row, other, strict=True)):
            sys.exit(f"{what}: {mine[:3]}, and SQLite has {theirs[:3]}: {query}")


def main():
    if sys.argv[1] != "1":
        print("skipped: this wakepath writes no SQLite")
        sys.exit(77)
    if not shutil.which("node") or not pathlib.Path(MODULES, "@duckdb/node-api").is_dir() or not MODULES:
        print("skipped: needs node, and @duckdb/node-api below WAKEPATH_DUCKDB (docs/query.md)")
        sys.exit(77)
    queries, views = (re.findall(rf"```{kind}\n(.*?)```", DOCS, re.S) for kind in ("sql", "duckdb"))
    if (len(queries), len(views)) != (5, 2):
        sys.exit(f"docs/query.md has {len(queries)} queries and {len(views)} kinds of views")
    with tempfile.TemporaryDirectory() as name:
        work, expected = pathlib.Path(name), {}
        for recording in RECORDINGS:
            (work / recording.stem).mkdir()
            export(recording, work / recording.stem)
            shutil.copytree(work / recording.stem, work / "both", dirs_exist_ok=True)
            base = sqlite3.connect(work / recording.stem / f"{recording.stem}.db")
            expected[recording.stem] = [base.execute(query).fetchall() for query in queries]
            base.close()
        asked = [(kind, made, one) for kind, made in zip(("csv", "ndjson"), views) for one in [*expected, "both"]]
        answers = duckdb([(work / one, made, [*queries, JOINED]) for _, made, one in asked])
        of = {(kind, one): rows for (kind, _, one), rows in zip(asked, answers, strict=True)}
        for kind in ("csv", "ndjson"):
            joined = {one: list(map(int, of[kind, one].pop()[0])) for one in [*expected, "both"]}
            for one, rows in expected.items():
                check_one(f"{one}, {kind}", queries, of[kind, one], rows)
            if joined["both"] != [sum(cells) for cells in zip(*(joined[one] for one in expected))]:
                sys.exit(f"{kind}: rows of a join over both recordings, and over each: {joined}")
    print(f"{len(queries)} queries over {len(RECORDINGS)} recordings")


if __name__ == "__main__":
    main()
