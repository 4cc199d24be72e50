#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The price of gevent.sleep(0) between two greenlets. Options as in reference.h; prints one line of JSON."""

import argparse
import json
import statistics
import sys
import time

import gevent

parser = argparse.ArgumentParser()
for name, default in (("warmup-ms", 50), ("window-ms", 20), ("windows", 10)):
    parser.add_argument("--" + name, type=int, default=default)
options = parser.parse_args()
turns = [0, 0]


def give_away(task):
    while True:
        turns[task] += 1
        gevent.sleep(0)


other = gevent.spawn(give_away, 1)
rates, begin, last = [], time.monotonic(), 0
end = begin + options.warmup_ms / 1e3
while len(rates) <= options.windows:
    turns[0] += 1
    gevent.sleep(0)
    now = time.monotonic()
    if now >= end:
        rates.append((sum(turns) - last) / (now - begin))
        begin, last, end = now, sum(turns), now + options.window_ms / 1e3
if abs(turns[0] - turns[1]) > 1:
    print("wrong result: a greenlet was passed over", file=sys.stderr)
    sys.exit(3)
rate = statistics.median(rates[1:])
print(json.dumps({"throughput": rate, "time_per_op": 1e9 / rate}))
