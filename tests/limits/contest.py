# SPDX-License-Identifier: MIT
"""Who takes part in a comparison, how they take turns, and what their numbers say.

A participant is run again and again, each time afresh, and gives one dict of numbers. A contest runs
its participants forwards and backwards in turn (A B B A), so that drift meets all alike; a claim is
about the pairs that stood in the same pass.
"""

import contextlib
import importlib.util
import json
import math
import os
import re
import shutil
import signal
import subprocess
import tempfile


LIMITED = "the load generator is the limit"  # in a note of the echo workload


class Absent(Exception):
    """A participant that cannot run here, with the reason."""


class Broken(Exception):
    """A participant that ran and failed: there is no number."""


@contextlib.contextmanager
def started(argv, **rest):
    """A program in a session of its own, as a trial is: the kernel may give each session the same share of a busy
    machine. Whatever ends this early ends all that it started."""
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, **rest)
    except FileNotFoundError as error:
        raise Absent(f"{argv[0]} is not there") from error
    with process:
        try:
            yield process
        except BaseException:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has ended meanwhile
            raise


def execute(argv, env=None, timeout_s=300, any_end=False):
    """Runs a program to its end and returns what it said. `any_end`: whatever its exit status, stderr included."""
    with started(argv, env=env and {**os.environ, **env}, text=True, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE) as process:
        try:
            said, complained = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"{argv[0]} did not end within {timeout_s} s") from error
    if any_end:
        return said + complained
    if process.returncode:
        words = (complained or said).strip().splitlines()
        raise Broken(f"{os.path.basename(argv[0])} ended with {process.returncode}: {words[-1] if words else ''}")
    return said


class Sampling:
    """How long a trial lasts: the same for Heddle and for references."""

    def __init__(self, warmup_ms=50, window_ms=20, windows=10):
        self.config = {"rounds": 1, "warmup_ms": warmup_ms, "window_ms": window_ms, "windows": windows}
        self.flags = ["--warmup-ms", str(warmup_ms), "--window-ms", str(window_ms), "--windows", str(windows)]


class Heddle:
    """One trial of one case: all its metrics, and its gauges."""

    ours = True

    def __init__(self, arena, model, workload, cores=1, options=None, label=None, **params):
        self.arena = arena
        self.label = label or model
        self.config = {"name": "limits", "models": [{"model": model, **(options or {})}], "cores": [cores],
                       "generator_cores": 1, "workloads": [{"workload": workload, **params}], "limits": {"trial_timeout_s": 30}}

    def available(self):
        model = self.config["models"][0]["model"]
        if not os.path.exists(os.path.join(self.arena.build, "lib/heddle/plugins", model + ".so")):
            raise Absent(f"{model} is not built")

    def run(self):
        config = {**self.config, "sampling": self.arena.sampling.config}
        with tempfile.TemporaryDirectory(dir=self.arena.scratch) as folder:
            place, result = os.path.join(folder, "limits.json"), os.path.join(folder, "result.json")
            with open(place, "w", encoding="utf-8") as file:
                json.dump(config, file)
            execute([self.arena.heddle, "run", place, "-o", result])
            with open(result, encoding="utf-8") as file:
                document = json.load(file)
        self.arena.machine = {**document["machine"], "tool": document["tool"]}
        case = document["cases"][0]
        if case["status"] != "ok":
            raise (Absent if case["status"] == "skipped" else Broken)(f"{case['name']}: {case['reason']}")
        numbers = {name: metric["median"] for name, metric in case["metrics"].items()}
        numbers.update(case["trials"][0]["gauges"])
        numbers["overhead_ms"] = numbers["overhead_ns"] / 1e6
        numbers["limited"] = any(LIMITED in note for note in case["notes"])
        return numbers


class Program:
    """A reference or a peer: it prints one line of JSON. `cpu`: where one runs that cannot be told; `module`: of
    Python, that it needs."""

    def __init__(self, arena, label, argv, env=None, needs=None, sampled=True, ours=True, cpu=None, module=None):
        self.arena, self.label, self.argv, self.env, self.ours, self.module = arena, label, argv, env, ours, module
        self.needs = needs or argv[:1]
        self.flags = arena.sampling.flags if sampled else []
        self.prefix = ["taskset", "-c", str(cpu)] if cpu is not None else []

    def available(self):
        for place in self.needs:
            if not os.path.exists(place):
                raise Absent(f"{os.path.basename(place)} is not built or not installed")
        if self.module and not importlib.util.find_spec(self.module):
            raise Absent(f"Python's {self.module} is not installed")

    def run(self):
        numbers = json.loads(execute([*self.prefix, self.argv[0], *self.flags, *self.argv[1:]], self.env))
        numbers["limited"] = LIMITED in numbers.get("note", "")
        return numbers


class Function:
    """A participant that is a few lines of Python: what the harness itself costs, or a tool that is run."""

    def __init__(self, label, function, tool=None):
        self.label, self.function, self.tool = label, function, tool
        self.ours = tool is None

    def available(self):
        if self.tool and not shutil.which(self.tool):
            raise Absent(f"{self.tool} is not installed")

    def run(self):
        return self.function()


class Claim:
    """subject against reference: `at_least` or `at_most` times its `metric`, `more` above it, or, with
    no reference, an absolute bound; with no bound it is only told, in `column` of a table of such rows.
    `unit` tells how the bound and the value are printed. `by_hand`: the same thing written by hand, where the bound is
    a multiple of what a kernel or a language does: how far ahead of those one can be is the machine's, so where that
    does not reach the bound either, a tolerance is reckoned from what it reaches."""

    def __init__(self, row, subject, reference, metric, at_least=None, at_most=None, more=None, unit="x", column=None,
                 by_hand=None):
        self.row, self.subject, self.reference, self.metric, self.column = row, subject, reference, metric, column
        self.at_least, self.at_most, self.more, self.unit = at_least, at_most, more, unit
        self.by_hand = by_hand

    def value(self, numbers):
        """None where a number was not measured."""
        mine = numbers[self.subject][self.metric]
        theirs = numbers[self.reference][self.metric] if self.reference else None
        if mine is None or self.reference is None:
            return mine
        if self.more is not None:
            return mine - theirs if theirs is not None else None
        return mine / theirs if theirs else None

    def bound_text(self):
        if self.more is not None:
            return f"<= +{self.more:g} {self.unit}"
        if self.at_least is not None:
            return f">= {self.at_least:g} {self.unit}"
        return f"<= {self.at_most:g} {self.unit}" if self.at_most is not None else "-"

    def reach(self, numbers):
        """What is written by hand reaches in place of the subject; None where that is not known."""
        return Claim(self.row, self.by_hand, self.reference, self.metric).value(numbers) if self.by_hand else None

    def beyond(self, value, slack=1.0, reference=None, reach=None):
        """Whether the value lies on the wrong side of the bound, or of one `slack` times as wide: where it is
        a difference, `slack` times the reference's own number and the bound. `reach`: by hand, with a slack."""
        if self.more is not None:
            return value > self.more + (slack - 1) * ((reference or 0) + self.more)
        if self.at_least is not None:
            return value < min(self.at_least, self.at_least if reach is None else reach) / slack
        return self.at_most is not None and value > self.at_most * slack


def order_statistics_interval(values, confidence=0.95):
    """The exact distribution-free interval of the median, None below 6 values."""
    values, n = sorted(values), len(values)
    below, k = 0.0, 0
    while k < n // 2:
        below += math.comb(n, k) * 0.5 ** n
        if 2 * below > 1 - confidence:
            break
        k += 1
    return [values[k - 1], values[n - k]] if k else None


def median(values):
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2 if values else None


class Contest:
    """Participants that are compared with each other, and the claims about them."""

    def __init__(self, name, participants, claims, pairs=None, prepare=None):
        self.name, self.claims, self.pairs, self.prepare = name, claims, pairs, prepare
        self.participants = {participant.label: participant for participant in participants}
        self.absent = {}

    def matches(self, patterns):
        return not patterns or any(re.search(pattern, self.name) for pattern in patterns)

    def _turn(self, label):
        """One run; None where it is a peer that cannot, which then takes no further part."""
        participant = self.participants[label]
        try:
            return participant.run()
        except (Absent, Broken) as error:
            if participant.ours and isinstance(error, Broken):
                raise
            self.absent[label] = str(error)
            return None

    def _enter(self, label):
        try:
            self.participants[label].available()
        except Absent as error:
            self.absent[label] = str(error)

    def _passes(self, pairs, say):
        if self.prepare:
            self.prepare()
        for label in self.participants:
            self._enter(label)
        for number in range(-1 if pairs > 1 else 0, pairs):  # the first one warms caches and does not count
            say(f"{self.name}: pair {number + 1} of {pairs}")
            order = list(self.participants) if number % 2 == 0 else list(self.participants)[::-1]
            one = {label: self._turn(label) for label in order if label not in self.absent}
            if number >= 0:
                yield one

    def run(self, pairs, say):
        """A row for each claim. What is ours and breaks ends the contest, and the rows say why."""
        passes, broken, missing = [], None, None
        try:
            for one in self._passes(self.pairs or pairs, say):
                passes.append(one)
        except Absent as error:
            missing = str(error)
        except Exception as error:  # pylint: disable=broad-except; whatever it is, the other contests go on
            broken = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        return [self._row(claim, passes, broken, missing) for claim in self.claims]

    def _row(self, claim, passes, broken, missing):
        row = {"contest": self.name, "row": claim.row, "subject": claim.subject, "reference": claim.reference,
               "metric": claim.metric, "column": claim.column, "bound": claim.bound_text(), "unit": claim.unit,
               "pairs": 0, "value": None, "ci95": None, "subject_median": None, "reference_median": None,
               "by_hand": None,
               "verdict": "failed" if broken else "not measured", "reason": broken or missing}
        for label in (claim.subject, claim.reference):
            if label in self.absent and not row["reason"]:
                row["reason"] = f"{label}: {self.absent[label]}"
        if row["reason"]:
            return row
        passes = [one for one in passes if claim.value(one) is not None]
        if not passes:
            return {**row, "reason": f"{claim.metric} was never measured"}
        values = [claim.value(one) for one in passes]
        row.update(pairs=len(passes), value=median(values),
                   ci95=order_statistics_interval(values),
                   subject_median=median([one[claim.subject][claim.metric] for one in passes]))
        if claim.reference:
            row["reference_median"] = median([one[claim.reference][claim.metric] for one in passes])
        reached = [reach for reach in map(claim.reach, passes) if reach is not None]
        row["by_hand"] = median(reached) if reached else None
        row["verdict"] = self._verdict(claim, row)
        both = [label for label in (claim.subject, claim.reference) if label]
        limited = [one for one in passes if any(one[label].get("limited") for label in both)]
        if claim.metric == "throughput" and 2 * len(limited) > len(passes):
            row["reason"] = "the load generator was at its limit"
        return row

    @staticmethod
    def _verdict(claim, row):
        if claim.at_least is None and claim.at_most is None and claim.more is None:
            return "told"
        word = "missed" if claim.beyond(row["value"]) else "reached"
        ends = row["ci95"] or [row["value"]]
        settled = all(claim.beyond(end) == claim.beyond(row["value"]) for end in ends)
        return word if settled else f"{word}, not settled"
