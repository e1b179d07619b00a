#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What replay, compare, audit and doctor judge, in the forms of CI: each is valid, says the same, and exits alike.

usage: ci_formats.py RECORDING
WAKEPATH names the program.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HOSTILE = b"<b>&\"'|`@you]]>\x01\x1b[2J\xff\r::error::x%0A"


def run(*arguments):
    done = subprocess.run([os.environ["WAKEPATH"], *arguments], capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8")


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def results_of_junit(text, where):
    root = xml.etree.ElementTree.fromstring(text.encode())
    cases = root.findall("testsuite/testcase")
    words = {"failure": "failed", "error": "not_judged", "skipped": "skipped", "system-out": "passed"}
    found = collections.Counter(words[case[0].tag] for case in cases)
    for suite in [root] + root.findall("testsuite"):
        check(int(suite.get("tests")) == len(cases), f"{where}: tests")
        check(int(suite.get("failures")) == found["failed"], f"{where}: failures")
        check(int(suite.get("errors")) == found["not_judged"], f"{where}: errors")
        check(int(suite.get("skipped")) == found["skipped"], f"{where}: skipped")
    return found


BUDGET = """
target = "1ms"
[[budget]]
name = "%s"
vm = "gue*"
fail-on = ["p50(total) > 1us", "p99.9(total) > 1us"]
[[budget]]
vm = "%s"
target = "1s"
"""


def hostile_budget(path):
    name = "".join(f"\\u{byte:04x}" for byte in HOSTILE)
    with open(path, "w", encoding="utf-8") as file:
        file.write(BUDGET % (name, name))
    return path


def main():
    with tempfile.TemporaryDirectory() as tree:
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["bash", f"{here}/audit/tree.sh", tree, "bad"], check=True)
        check_all(sys.argv[1], tree)


# Names in the tree become hostile.
def check_all(recording, tree):
    with open(f"{tree}/proc/300/task/300/comm", "wb") as file:
        file.write(HOSTILE)
    with open(f"{tree}/proc/95/cmdline", "wb") as file:
        file.write(b"qemu-kvm\0-name\0guest=" + HOSTILE + b"\0")
    asks = ["--fail-on", "p50(total) > 1us", "--fail-on", "lost > 0", "--fail-on", "p99.9(total) > 1us"]
    judged = 0
    budget = hostile_budget(f"{tree}/wakepath.toml")
    for command in (["replay", recording] + asks, ["replay", recording, "--budget", budget], ["replay", recording], ["compare", recording, recording],
                    ["compare", recording, recording, "--fail-on", "p50(total) > +10%"],
                    ["audit", "--root", tree], ["audit", "--root", tree, "--fail-at", "never"], ["audit", recording]):
        where = " ".join(command[:1] + command[2:])
        code, _ = run(*command)
        told = {}
        for form in ("json", "junit", "github", "markdown"):
            other, told[form] = run(*command, "--format", form)
            check(other == code, f"{where} --format {form}: exit code {other}, not {code}")
            check(not re.search("[\x00-\x09\x0b-\x1f\x7f]", told[form]), f"{where} --format {form}: control characters")
        cases = json.loads(told["json"])
        counts = collections.Counter(case["result"] for case in cases["cases"])
        check(all(cases[name] == counts[name] for name in ("passed", "noted", "failed", "not_judged", "skipped")), where)
        check((counts["failed"] + counts["not_judged"] > 0) == (code == 1), f"{where}: exit code {code}: {counts}")
        junit = results_of_junit(told["junit"], where)
        check(junit["passed"] == counts["passed"] + counts["noted"], f"{where}: JUnit passes {junit}")
        check(all(junit[name] == counts[name] for name in ("failed", "not_judged", "skipped")), f"{where}: {junit}")
        lines = told["github"].splitlines()
        check(all(re.match("::(error|warning) (file=[^,:]*,line=[0-9]+,)?title=wakepath [a-z]+::", line) for line in lines[:-1]), f"{where}: {lines}")
        check(len(lines) - 1 == counts["failed"] + counts["not_judged"] + counts["noted"], f"{where}: {len(lines)} lines")
        rows = [line for line in told["markdown"].splitlines() if line.startswith("|")][2:]
        check(len(rows) == len(cases["cases"]), f"{where}: {len(rows)} rows")
        for row in rows:
            check(row.count("|") == 4 and not re.search("[`@]", row), f"{where}: {row}")
            check(not re.search("<(?!/?code>|br>)", row), f"{where}: {row}")
        judged += len(cases["cases"])
    check(judged > 60, f"{judged} cases")
    code, _ = run("irqs", "--root", tree, "--format", "junit")
    check(code == 2, "irqs judges nothing, and takes no JUnit")


if __name__ == "__main__":
    main()
