# SPDX-License-Identifier: GPL-2.0-or-later
"""wakepath's NDJSON, as far as it is held against ftrace."""

import json
from dataclasses import dataclass

from ftrace import Unfit


@dataclass
class Report:
    header: dict
    wakes: list
    deliveries: list
    summary: dict

    @property
    def begin(self):
        return self.header["begin_ns"]

    @property
    def end(self):
        return self.begin + self.summary["duration_ns"]


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if len(lines) < 2 or lines[0]["type"] != "header" or lines[-1]["type"] != "summary":
        raise Unfit(f"{path} does not begin with a header and end with a summary")
    summary = lines[-1]
    if summary["lost"]:
        raise Unfit(f"wakepath lost {summary['lost']} events: its rings were too small for this run")
    return Report(lines[0], [line for line in lines if line["type"] == "wake"],
                  [line for line in lines if line["type"] == "delivery"], summary)


def waking(wake):
    """When the vCPU was woken; its first known time where that is not known."""
    for stage in wake["stages"]:
        if stage["name"] in ("wake_delay", "poll_exit", "vcpu_entry"):
            return stage["begin_ns"]
    return wake["end_ns"]
