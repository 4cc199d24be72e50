# SPDX-License-Identifier: MIT
"""What the harness itself costs: its plan, its memory over many trials, a connection's memory."""

import json
import os
import shutil
import subprocess
import tempfile
import time

from contest import Absent, Broken, execute, started


def make_tree(place, files, kib):
    """A folder of so many files with random bytes, made once. It, two copies and some room must fit."""
    if os.path.exists(place):
        return
    free = os.statvfs(os.path.dirname(place))
    if not place.startswith("/dev/shm/") or free.f_bavail * free.f_frsize < 4 * files * kib * 1024:
        raise Absent(f"no tmpfs at /dev/shm with {4 * files * kib >> 10} MiB free")
    part = place + ".part"  # one that was begun only is not taken for whole
    shutil.rmtree(part, ignore_errors=True)
    os.mkdir(part)
    for number in range(files):
        with open(os.path.join(part, f"{number:06}"), "wb") as file:
            file.write(os.urandom(kib * 1024))
    os.rename(part, place)


def _config(cases, sampling, cores="pow2"):
    return {"name": "limits", "models": ["serial"], "cores": cores,
            "workloads": [{"workload": "counter", "batch": {"from": 1, "to": cases, "step": 1}}]
            if cases <= 1024 else
            [{"workload": "counter", "turns": turns, "batch": {"from": 1, "to": 1000, "step": 1}}
             for turns in range(cases // 1000)],
            "sampling": sampling}


def _with_config(arena, config, call):
    with tempfile.TemporaryDirectory(dir=arena.scratch) as folder:
        place = os.path.join(folder, "limits.json")
        with open(place, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return call(folder, place)


def dry_run(arena, cases, synthetic=None):
    """Plans and prints a config of so many cases: whole time, and time and memory a case beyond those of one."""
    env = {"HWLOC_SYNTHETIC": synthetic} if synthetic else None
    peak = os.path.join(arena.build, "tests/limits/peak")

    def measure(_, place):
        return json.loads(execute([peak, arena.heddle, "run", place, "--dry-run"], env))

    sampling = {"rounds": 1}
    cores = "pow2" if synthetic else [1]
    one = _with_config(arena, _config(1, sampling, cores), measure)
    many = _with_config(arena, _config(cases, sampling, cores), measure)
    return {"ms": many["ms"], "us_a_case": (many["ms"] - one["ms"]) * 1e3 / cases,
            "bytes_a_case": (many["bytes"] - one["bytes"]) / cases}


def _resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def many_trials(arena, trials):
    """One case, one window a trial: how the core's memory grows from the first tenth to the last trials."""
    config = _config(1, {"rounds": trials // 2, "warmup_ms": 0, "window_ms": 1, "windows": 1}, [1])
    config["workloads"][0]["batch"] = [1, 64]

    def measure(folder, place):
        result = os.path.join(folder, "result.json")
        journal = result + ".journal"
        seen = []
        with started([arena.heddle, "run", place, "-o", result], stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                try:
                    seen.append((os.path.getsize(journal), _resident_bytes(process.pid)))
                except (OSError, ValueError, IndexError):
                    pass
                time.sleep(0.05)
        if process.returncode:
            raise Broken(f"heddle run ended with {process.returncode}")
        end = max(size for size, _ in seen)
        early = next(resident for size, resident in seen if size > end / 10)
        late = next(resident for size, resident in seen if size > 0.95 * end)
        return {"bytes_a_trial": (late - early) / (0.85 * trials)}

    return _with_config(arena, config, measure)


def memory_a_connection(heddle, model, connections):
    """What a connection takes of the model's memory: peak of many less peak of one."""
    many = heddle(model, "echo", connections=connections).run()["peak_resident_bytes"]
    one = heddle(model, "echo", connections=1).run()["peak_resident_bytes"]
    if many is None or one is None:
        return {"kib": None}
    return {"kib": (many - one) / (connections - 1) / 1024}
