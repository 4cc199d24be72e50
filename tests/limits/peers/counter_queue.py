#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`counter` by messages through multiprocessing's queues to a process that owns the counter: one message
under way. Options as in reference.h; prints one line of JSON."""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--cpus", default="0")
for name, default in (("warmup-ms", 50), ("window-ms", 20), ("windows", 10)):
    parser.add_argument("--" + name, type=int, default=default)
options = parser.parse_args()
cpus = [int(cpu) for cpu in options.cpus.split(",")]


def own(there, back):
    os.sched_setaffinity(0, {cpus[-1]})
    counter = 0
    while (message := there.get()) is not None:
        counter += message
        back.put(counter)


there, back = multiprocessing.Queue(), multiprocessing.Queue()
owner = multiprocessing.Process(target=own, args=(there, back), daemon=True)
owner.start()
os.sched_setaffinity(0, {cpus[0]})
done, rates, begin, last = 0, [], time.monotonic(), 0
end = begin + options.warmup_ms / 1e3
while len(rates) <= options.windows:
    there.put(1)
    done += 1
    if back.get() != done:
        print("wrong result: a message was lost", file=sys.stderr)
        sys.exit(3)
    now = time.monotonic()
    if now >= end:
        rates.append((done - last) / (now - begin))
        begin, last, end = now, done, now + options.window_ms / 1e3
there.put(None)
owner.join()
rate = statistics.median(rates[1:])
print(json.dumps({"throughput": rate, "time_per_op": 1e9 / rate}))
