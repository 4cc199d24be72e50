#!/usr/bin/python3
"""Many of everything: what the core itself takes, its children left out, and what it leaves behind.

    load.py [--quick] [--time-only] HEDDLE [PART...]     parts: connections files cases trials

Prints Markdown tables. What a unit takes must not grow with their number, and nothing may be left behind.
--quick: a small version for the suite. --time-only: no bounds on memory, for builds with a sanitizer.
Exit: 0, 3 where something grew, was left behind or failed, 2 usage.
"""
import copy
import ctypes
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

MODELS = ["serial", "thread-mutex", "process-pool", "coroutine"]
BATCHES = [1, 8, 64, 512, 1024]
CASES_OF_TRIALS = len(MODELS) * len(BATCHES)
SETTLED = 100  # trials until all that is kept for good is there
OF_A_TRIAL = 8  # descriptors and the like that a trial holds: all looks of a short run may be at one
BYTES_A_TRIAL = 64  # what a trial may add to the core: its place in the journal and its number
# Less than so much more is not looked at: the clock and the heap have steps of their own.
SLACK = {"CPU": 0.01, "memory": 512 << 10}
PR_SET_CHILD_SUBREAPER = 36
LOOK_S = 0.004


def read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kib(pid, key):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def children(pid):
    return [int(word) for word in read(f"/proc/{pid}/task/{pid}/children").split()]


def descendants(pid):
    found = children(pid)
    for child in found:
        found += children(child)
    return found


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def groups(pids):
    return [path for pid in pids for path in glob.glob(f"/sys/fs/cgroup/**/heddle-{pid}*", recursive=True)]


class Look:
    """At a core between two moments of a run."""

    def __init__(self, pid, trials, folder):
        below = descendants(pid)
        keeper = below[:1]
        self.trials = trials
        self.values = {
            "descriptors": descriptors(pid),
            "keeper's descriptors": sum(map(descriptors, keeper)),
            "processes": len(below),
            "files": sum(len(folders) + len(files) for _, folders, files in os.walk(folder)),
            "control groups": len(groups([pid, *keeper])),
            "resident, KiB": kib(pid, "VmRSS"),
            "keeper's resident, KiB": sum(kib(one, "VmRSS") for one in keeper),
        }


class Core:
    """One heddle, looked at until it ends: its own CPU time, and the most memory that it held."""

    def __init__(self, words, place, journal=None):
        self.looks, self.peak, self.written_s, pids = [], 0, None, set()
        folder = tempfile.mkdtemp(dir=place)
        env = {**os.environ, "TMPDIR": folder, "HEDDLE_NO_LOCK": "1"}
        begun = time.monotonic()
        with open(f"{place}/out", "wb") as out, open(f"{place}/err", "wb") as err:
            child = subprocess.Popen(words, stdout=out, stderr=err, cwd=place, env=env)
        while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            self.peak = max(self.peak, kib(child.pid, "VmHWM") << 10)
            pids.update([child.pid], children(child.pid))
            if journal:
                self.follow(child.pid, journal, folder)
            time.sleep(LOOK_S)
        self.seconds = time.monotonic() - begun
        self.cpu = int(read(f"/proc/{child.pid}/schedstat").split()[0]) / 1e9
        self.code = child.wait()
        self.left = self.left_behind(folder, pids)
        with open(f"{place}/err", encoding="utf-8", errors="replace") as file:
            self.said = file.read()
        shutil.rmtree(folder)

    def follow(self, pid, journal, folder):
        try:
            with open(journal, "rb") as file:
                file.seek(getattr(self, "offset", 0))
                self.trials = getattr(self, "trials", -1) + file.read().count(b"\n")  # the first is its head
                self.offset = file.tell()
                self.appended_ns = os.fstat(file.fileno()).st_mtime_ns
        except FileNotFoundError:
            return
        self.looks.append(Look(pid, self.trials, folder))

    @staticmethod
    def left_behind(folder, pids):
        """What became an orphan is a child of ours now."""
        until = time.monotonic() + 1
        while (found := descendants(os.getpid())) and time.monotonic() < until:
            time.sleep(0.01)
        names = [read(f"/proc/{pid}/comm").strip() for pid in found]
        return names + os.listdir(folder) + groups(pids)


def tiny(rounds):
    return {"rounds": rounds, "warmup_ms": 0, "window_ms": 1, "windows": 1}


def mib(size):
    return f"{size / (1 << 20):.1f} MiB"


class Load:
    def __init__(self, heddle, quick, judge_memory):
        self.heddle, self.quick, self.judge_memory = os.path.abspath(heddle), quick, judge_memory
        self.bad = []
        self.place = tempfile.mkdtemp(prefix="heddle-load-")
        self.tree = tempfile.mkdtemp(prefix="heddle-load-", dir="/dev/shm")
        self.result = f"{self.place}/result.json"
        self.base = self.run(self.config(models=["serial"], workloads=[{"workload": "counter"}], sampling=tiny(1)))

    def close(self):
        shutil.rmtree(self.place)
        shutil.rmtree(self.tree)

    def config(self, **members):
        path = f"{self.place}/config.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"name": "load", "cores": [1], **members}, file)
        return path

    def call(self, *words, journal=None):
        core = Core([self.heddle, *words], self.place, journal)
        if core.code not in (0, 4):
            self.bad.append(f"{words[0]}: exit {core.code}: {core.said[-400:]}")
        if core.left:
            self.bad.append(f"{words[0]}: left behind: {' '.join(core.left)}")
        return core

    def run(self, config, *options, journal=None):
        return self.call("run", config, "-f", "-o", self.result, *options, journal=journal)

    def check_flat(self, what, points):
        """From the last but one number of units to the last, a unit takes no more than twice what it took before."""
        (n0, one), (n1, two), (n2, three) = points[-3:]
        for kind, take in (("CPU", lambda core: core.cpu), ("memory", lambda core: core.peak)):
            if kind == "memory" and not self.judge_memory:
                continue
            before = max(take(two) - take(one), SLACK[kind]) / (n1 - n0)
            after = (take(three) - take(two)) / (n2 - n1)
            if after > 2 * before:
                self.bad.append(f"{what}: {kind} of a unit: {before:.3g} up to {n1}, {after:.3g} up to {n2}")

    def rows(self, what, counts, measure):
        """`measure(units)` for each count: a row each. Returns nothing; what grows is noted."""
        points = []
        for units in counts:
            core = measure(units)
            points.append((units, core))
            print(f"| {what} | {units:,} | {core.cpu:.3f} s | {core.cpu / units * 1e6:.1f} µs | {mib(core.peak)} |"
                  f" {max(core.peak - self.base.peak, 0) / units:.0f} bytes |", flush=True)
        self.check_flat(what, points)

    @staticmethod
    def heading():
        print("| what | units | core's CPU | of a unit | core's peak | above a run of one trial, of a unit |")
        print("|:--|--:|--:|--:|--:|--:|")

    # ---- The parts

    def connections(self):
        counts, rounds = ((16, 256, 1024), 1) if self.quick else ((1, 16, 256, 4096), 3)
        print("| echo, CPU of the core a trial, its peak | " + " | ".join(f"{n:,}" for n in counts) + " |")
        print("|:--|" + "--:|" * len(counts))
        for transport in ["tcp", "unix"][:1 if self.quick else 2]:
            for model in ["coroutine"] if self.quick else ["coroutine", "thread-mutex", "process-pool"]:
                points = []
                for count in counts:
                    echo = {"workload": "echo", "transport": transport, "connections": count}
                    config = self.config(models=[model], workloads=[echo], limits={"trial_timeout_s": 60},
                                         sampling={"rounds": rounds, "warmup_ms": 50, "window_ms": 20, "windows": 5})
                    points.append((count, self.run(config)))
                cells = (f"{core.cpu / rounds * 1e3:.1f} ms, {mib(core.peak)}" for _, core in points)
                print(f"| {transport}, {model} | {' | '.join(cells)} |", flush=True)
                self.check_flat(f"{transport}, {model}", points)

    def files(self):
        def measure(files):
            tree = {"workload": "copy", "files": files, "file_kib": 1, "work_dir": self.tree}
            return self.run(self.config(models=["serial"], workloads=[tree], sampling=tiny(1),
                                        limits={"trial_timeout_s": 300}))

        self.heading()
        self.rows("copy of files of 1 KiB, a trial", (200, 2000, 6000) if self.quick else (1000, 10000, 100000), measure)

    def cases(self):
        def config(cases):
            counter = {"workload": "counter", "batch": list(range(1, cases // 10 + 1)), "turns": list(range(10))}
            return self.config(models=["serial"], workloads=[counter], sampling=tiny(1))

        def plan(cases):
            return min((self.call("run", config(cases), "--dry-run") for _ in range(3)), key=lambda core: core.cpu)

        self.heading()
        self.rows("cases, planned and printed", (100, 1000, 10000), plan)
        if not self.quick:
            self.rows("cases, a trial each", (100, 1000, 10000), lambda cases: self.run(config(cases)))

    def trials(self):
        kept = {}

        def measure(trials):
            counter = {"workload": "counter", "batch": BATCHES}
            config = self.config(models=MODELS, workloads=[counter], sampling=tiny(trials // CASES_OF_TRIALS))
            core = self.run(config, journal=self.result + ".journal")
            core.written_s = max(os.stat(self.result).st_mtime_ns - core.appended_ns, 0) / 1e9
            kept[trials] = f"{self.place}/result-{trials}.json"
            os.rename(self.result, kept[trials])
            last[:] = [trials, core]
            return core

        last = []
        self.heading()
        if self.quick:
            measure(400)
            kept = self.multiplied(kept[400])
        else:
            self.rows(f"trials of {CASES_OF_TRIALS} cases", (200, 2000, 20000), measure)
        for what, words in (("show", ["show"]), ("export", ["export", "--to", "csv"])):
            self.rows(f"{what} of so many trials", kept, lambda trials: self.call(*words, kept[trials]))
        self.rows("compare of so many trials", kept,
                  lambda trials: self.call("compare", kept[trials], self.of_another_day(kept[trials])))
        self.tell_growth(*last)

    def multiplied(self, path):
        """Results with more trials and more cases, made of a small one: no measurements, but for readers alike."""
        with open(path, encoding="utf-8") as file:
            small = json.load(file)
        kept = {}
        for times in (1, 5, 20):
            much = copy.deepcopy(small)
            much["cases"] = [self.renamed(of_case, i) for i in range(times) for of_case in small["cases"]]
            kept[400 * times] = f"{self.place}/result-{times}.json"
            with open(kept[400 * times], "w", encoding="utf-8") as file:
                json.dump(much, file)
        return kept

    @staticmethod
    def renamed(of_case, i):
        return {**of_case, "name": f"{of_case['name']}/{i}", "title": f"{of_case['title']} {i}",
                "key": f"{i:04x}{of_case['key'][4:]}"}

    def of_another_day(self, path):
        moved = f"{self.place}/moved.json"
        with open(path, encoding="utf-8") as file, open(moved, "w", encoding="utf-8") as out:
            for line in file:
                out.write(line.replace('"started":"2', '"started":"1').replace('"started": "2', '"started": "1'))
        return moved

    def tell_growth(self, trials, core):
        """What is there at the least within a time is what stays: trials come and go above it."""
        span = max(trials // 10, SETTLED)
        early = [look.values for look in core.looks if SETTLED <= look.trials < SETTLED + span]
        late = [look.values for look in core.looks if trials - span <= look.trials < trials]
        if len(early) < 10 or len(late) < 10:
            self.bad.append(f"trials: only {len(early)} and {len(late)} looks at the core")
            return
        print(f"\n| the least of | trials {SETTLED} ... {SETTLED + span} | {trials - span} ... {trials} |")
        print("|:--|--:|--:|")
        for key in early[0]:
            before, after = (min(look[key] for look in looks) for looks in (early, late))
            print(f"| {key} | {before} | {after} |")
            grown = after - before
            if "resident" not in key and grown > OF_A_TRIAL:
                self.bad.append(f"trials: {key}: {before} became {after}")
            elif "resident" in key and self.judge_memory and grown * 1024 > BYTES_A_TRIAL * trials + (256 << 10):
                self.bad.append(f"trials: {key}: {before} became {after}")
        print(f"\nthe document of {trials:,} trials was there {core.written_s:.2f} s after the last one")


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    flags = [word for word in sys.argv[1:] if word.startswith("--")]
    parts = ["connections", "files", "cases", "trials"]
    if not words or set(words[1:]) - set(parts) or set(flags) - {"--quick", "--time-only"}:
        print(__doc__, file=sys.stderr)
        return 2
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    load = Load(words[0], "--quick" in flags, "--time-only" not in flags)
    try:
        for part in words[1:] or parts:
            getattr(load, part)()
            print()
    finally:
        load.close()
    for line in load.bad:
        print("load:", line, file=sys.stderr)
    return 3 if load.bad else 0


if __name__ == "__main__":
    sys.exit(main())
