#!/usr/bin/python3
"""The pages that browser.test.mjs opens: make_pages.py FOLDER."""
import copy
import os
import re
import shutil
import sys

from rig import TOP, hostile, report, simulated, small, write

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
paths = [write(folder, "small.json", small()), write(folder, "hostile.json", hostile(small())),
         write(folder, "many.json", simulated("--cases", "500"))]
paths.append(shutil.copy(os.path.join(TOP, "tests", "verdict", "sample.json"), os.path.join(folder, "verdict.json")))
history = os.path.join(folder, "history")
os.makedirs(history, exist_ok=True)
for day in (1, 2, 3):
    result = copy.deepcopy(small())
    result["run"]["started"] = f"2026-01-0{day}T00:00:00Z"
    write(history, f"{day}.json", result)
for path in (*paths, history):
    done = report("-f", path)
    if done.returncode:
        sys.exit(done.stderr)
with open(os.path.join(folder, "small.html"), encoding="utf-8") as whole:
    text = whole.read()
with open(os.path.join(folder, "damaged.html"), "w", encoding="utf-8") as damaged:
    damaged.write(re.sub("(id=packed>.{100}).{400}", r"\1", text))
