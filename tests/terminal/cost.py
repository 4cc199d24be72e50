#!/usr/bin/python3
"""What the live table costs: cost.py PROGRAM [--pairs N]

The same run on a terminal of 24 x 80 that can draw (TERM=xterm) and on one that cannot (TERM=dumb), in pairs, which of
them first by turns. Of the time per trial, and of what the cases achieved, comes the median ratio with its 95 %
interval by order statistics: drawn over not drawn.
"""
import argparse
import json
import math
import os
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
from screen import Terminal

CONFIG = {"name": "cost", "models": ["serial", "thread-mutex", "coroutine"], "cores": [1],
          "workloads": [{"workload": "counter", "batch": [1, 4, 16, 64, 256, 1024]}],
          "sampling": {"rounds": 4, "warmup_ms": 5, "window_ms": 10, "windows": 4, "budget_s": 0}}


class Drain(Terminal):
    """Reads, and does nothing with it: a screen in Python would itself take a processor from what is measured."""

    def look(self, piece):
        pass


def measure(heddle, folder, term):
    """Seconds a trial, the medians of the cases, and how many bytes went to the terminal before the tables."""
    path = os.path.join(folder, "r.json")
    terminal = Drain([heddle, "run", "cost.json", "-f", "-o", path, "--seed", "1"], folder=folder, TERM=term)
    if terminal.finish(120) != 0:
        sys.exit(f"the run failed:\n{terminal.bytes.decode()}")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    trials = sum(len(case["trials"]) for case in result["cases"])
    medians = {case["name"]: case["metrics"]["throughput"]["median"] for case in result["cases"]}
    drawn = terminal.bytes[:terminal.bytes.index(b"\r\ncounter batch=1 ")]
    return result["run"]["elapsed_s"] / trials, medians, len(drawn) / trials


def interval(values):
    """The exact interval of the median, as core/stats.h says; None below 6 values."""
    n, below, rank = len(values), 0.0, 0
    for k in range(n):
        below += math.comb(n, k) / 2 ** n
        if 2 * below > 0.05:
            break
        rank = k + 1
    values = sorted(values)
    return (values[rank - 1], values[n - rank]) if n >= 6 else None


def tell(name, ratios):
    ends = interval(ratios)
    told = f"{ends[0]:.3f} ... {ends[1]:.3f}" if ends else "too few pairs for an interval"
    print(f"{name}  {statistics.median(ratios):.3f}  ({told}; {len(ratios)} pairs)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heddle")
    parser.add_argument("--pairs", type=int, default=20)
    arguments = parser.parse_args()
    times, rates, drawn = [], [], []
    with tempfile.TemporaryDirectory(prefix="heddle-cost-") as folder:
        with open(os.path.join(folder, "cost.json"), "w", encoding="utf-8") as file:
            json.dump(CONFIG, file)
        for pair in range(arguments.pairs):
            order = ["xterm", "dumb"] if pair % 2 else ["dumb", "xterm"]
            found = {term: measure(os.path.abspath(arguments.heddle), folder, term) for term in order}
            live, plain = found["xterm"], found["dumb"]
            times.append(live[0] / plain[0])
            rates.append(math.exp(statistics.mean(math.log(live[1][name] / plain[1][name]) for name in live[1])))
            drawn.append(live[2])
    tell("time per trial", times)
    tell("throughput    ", rates)
    print(f"bytes per trial  {statistics.median(drawn):.0f}")


main()
