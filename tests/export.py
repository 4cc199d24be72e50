#!/usr/bin/python3
"""export.py HEDDLE SOURCE_DIR [unittest's options]: what `heddle export` writes, by the rules of what reads it.

The rules are those of the readers themselves: which fields they take, which values make them refuse a file, and
what they do with rows of one name. google-benchmark's own tool is run where it is installed.
"""
import collections
import csv
import functools
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import unittest

HEDDLE, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
COMPARE = "/usr/share/benchmark/compare.py"
PLACE = tempfile.TemporaryDirectory(prefix="heddle-export-")
CONFIG = {
    "name": "short", "cores": [1], "baseline": "thread-mutex",
    "models": ["serial", {"model": "thread-mutex", "label": "mine | \"first\", try=1"}],
    "workloads": [{"workload": "counter", "batch": [1, 16]}, {"workload": "copy", "files": 4, "file_kib": 16},
                  {"workload": "echo", "connections": 2}],
    "sampling": {"rounds": 6, "warmup_ms": 5, "window_ms": 10, "windows": 4, "budget_s": 0}}
HOSTILE = "\"'`|,;\n\r\t\\<b>&amp;*_#[x](y)\u2028\u00a0\u0085é漢😀=1+1@x"
RESULTS = {}


def path(name):
    return os.path.join(PLACE.name, name)


def heddle(*words, code=0):
    done = subprocess.run([HEDDLE, *words], capture_output=True, cwd=PLACE.name, timeout=120, check=False)
    if done.returncode != code:
        raise AssertionError(f"heddle {' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def export(to, *words):
    return heddle("export", "--to", to, *words)[0]


def load(text):
    """JSON as its standard has it: no NaN, no key twice."""
    def once(pairs):
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"keys twice: {keys}"
        return dict(pairs)

    def refuse(word):
        raise ValueError(word)
    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def good(document):
    return [case for case in document["cases"] if case["status"] == "ok"]


def timed(case):
    """A trial in which nothing was done has no time of a unit of work."""
    return [value for value in case["metrics"]["throughput"]["trials"] if value > 0]


def clean(name):
    name = re.sub(r"[\x80-\x9f]", "??", name)  # two bytes of UTF-8
    return re.sub(r"[\x00-\x1f\x7f]", "?", name)


def spoil(document):
    """Every text that a reader could trip over, numbers at the ends, a case that failed and one never tried."""
    for i, case in enumerate(document["cases"]):
        case["label"] = f"{HOSTILE}{i}"
        case["name"] = f"{case['workload']}/{case['model']}/({case['label']})/cores={case['cores']}"
        case["series"] = f"{case['model']} ({case['label']})"
        case["notes"] = [HOSTILE, ""]
    cases = document["cases"]
    cases[0].update(status="crashed", reason=HOSTILE)
    for metric in cases[0]["metrics"].values():
        metric.update(median=None, ci95=None, mad=None)
    cases[1].update(status="skipped", reason="no " + HOSTILE, metrics=None, trials=[])
    for name, value in (("throughput", 1e-200), ("cpu_per_op", 0)):
        metric = cases[2]["metrics"][name]
        metric.update(median=value, ci95=[value, value], trials=[value] * len(metric["trials"]))
    cases[3]["metrics"]["throughput"].update(median=1e300, ci95=None, trials=[1e300] * len(cases[3]["trials"]))
    document["machine"].update(hostname=HOSTILE, cpu_model=HOSTILE, kernel=None)
    document["run"]["name"] = HOSTILE
    return document


def setUpModule():
    with open(path("short.json"), "w", encoding="utf-8") as file:
        json.dump(CONFIG, file)
    for name in ("one", "two"):
        heddle("run", "short.json", "-o", f"{name}.json")
    broken = os.path.join(os.path.dirname(HEDDLE), "..", "tests", "plugins", "broken")
    heddle("run", "short.json", "-o", "failed.json", "--plugin-dir", os.path.abspath(broken), "--only",
           "workload=counter", "--model", "serial", "--model", "exit-at-once-3", code=3)
    with open(os.path.join(SOURCE, "results", "example.json"), encoding="utf-8") as file:
        example = json.load(file)
    for name, document in (("example", example), ("hostile", spoil(json.loads(json.dumps(example))))):
        with open(path(f"{name}.json"), "w", encoding="utf-8") as file:
            json.dump(document, file)
    for name in ("one", "two", "failed", "example", "hostile"):
        with open(path(f"{name}.json"), encoding="utf-8") as file:
            RESULTS[name] = json.load(file)


def tearDownModule():
    PLACE.cleanup()


def on_each_result(test):
    @functools.wraps(test)
    def tests(self):
        for name, document in RESULTS.items():
            with self.subTest(result=name):
                test(self, f"{name}.json", document)
    return tests


class Formats(unittest.TestCase):
    def close(self, a, b):
        self.assertTrue(math.isclose(a, b, rel_tol=1e-9), f"{a} and {b}")

    # ---- google-benchmark

    def google_rows(self, document):
        self.assertLessEqual({"date", "executable", "num_cpus", "caches", "load_avg", "library_build_type"},
                             set(document["context"]))
        self.assertIsInstance(document["context"]["caches"], list)  # Bencher's adapter refuses it else
        self.assertEqual(document["context"]["json_schema_version"], 1)
        for row in document["benchmarks"]:
            for field, kind in (("name", str), ("run_name", str), ("real_time", float), ("cpu_time", float),
                                ("iterations", int), ("threads", int), ("repetitions", int)):
                self.assertIsInstance(row[field], kind, field)
            self.assertIn(row["time_unit"], ("ns", "us", "ms", "s"))
            self.assertEqual(row.get("error_occurred", False), "error_message" in row)
        return document["benchmarks"]

    @on_each_result
    def test_google_benchmark_has_a_row_a_trial(self, name, document):
        rows = self.google_rows(load(export("google-benchmark", name)))
        for case in document["cases"]:
            mine = [row for row in rows if row["name"] == clean(case["name"])]
            if case["status"] != "ok":
                self.assertEqual([row["error_occurred"] for row in mine], [True])
                continue
            metric = case["metrics"]["throughput"]
            self.assertEqual(len(mine), len(case["trials"]))
            self.assertEqual([row["repetition_index"] for row in mine], list(range(len(mine))))
            for row, value in zip(mine, metric["trials"]):
                if "error_occurred" in row:
                    self.assertFalse(1e-290 < value < 1e290)
                    continue
                scale = 2 ** 20 if metric["unit"] == "bytes/s" else 1
                self.close(row["real_time"], scale * 1e9 / value)
                self.close(row["bytes_per_second" if scale > 1 else "items_per_second"], value)

    @on_each_result
    def test_googlecpp_summary_has_a_median_a_case(self, name, document):
        rows = self.google_rows(load(export("googlecpp-summary", name)))
        names = [row["name"] for row in rows]
        self.assertEqual(len(names), len(set(names)))
        self.assertFalse([row for row in rows if "error_occurred" in row])
        for case in good(document):
            median = case["metrics"]["throughput"]["median"]
            if not 1e-290 < median < 1e290:
                continue
            row, = (row for row in rows if row["run_name"] == clean(case["name"]))
            self.assertEqual((row["run_type"], row["aggregate_name"], row["aggregate_unit"], row["name"]),
                             ("aggregate", "median", "time", row["run_name"] + "_median"))

    # ---- github-action-benchmark, Bencher

    @on_each_result
    def test_github_action(self, name, document):
        for to, better in (("github-action-bigger", "higher"), ("github-action-smaller", "lower")):
            rows = load(export(to, name))
            self.assertGreater(len(rows), 0)  # the action throws else
            cases = {clean(case["name"]): case for case in good(document)}
            self.assertEqual([row["name"] for row in rows], list(cases))
            for row in rows:
                self.github_row(row, next(m for m in cases[row["name"]]["metrics"].values() if m["better"] == better))

    def github_row(self, row, metric):
        self.assertLessEqual(set(row), {"name", "unit", "value", "range", "extra"})
        self.assertIsInstance(row["value"], (int, float))
        self.assertEqual((row["unit"], row["value"]), (metric["unit"], metric["median"]))
        self.assertEqual("range" in row, metric["ci95"] is not None)
        if "range" in row:  # the action's own pattern
            found = re.search(r"((?:\+-|±)\s*)(\d.+)", row["range"])
            half = (metric["ci95"][1] - metric["ci95"][0]) / 2
            self.assertTrue(math.isclose(float(found[2]), half, rel_tol=1e-3, abs_tol=0.5), row)

    @on_each_result
    def test_bencher(self, name, document):
        measures = load(export("bencher", name))
        self.assertEqual(list(measures), [clean(case["name"]) for case in good(document)])
        for case in good(document):
            mine = measures[clean(case["name"])]
            wanted = [m for m in case["metrics"].values() if m["better"] and m["median"] is not None]
            self.assertEqual(len(mine), len(wanted))
            self.assertLessEqual(len(clean(case["name"])), 1024)
            for (slug, measure), metric in zip(mine.items(), wanted):
                self.assertRegex(slug, r"^[a-z0-9]+(-[a-z0-9]+)*$")
                self.assertLessEqual(set(measure), {"value", "lower_value", "upper_value"})
                self.assertEqual(measure["value"], metric["median"])
                self.assertNotEqual((slug, metric["unit"]), ("throughput", "bytes/s"))
                if metric["ci95"]:
                    self.assertLessEqual(measure["lower_value"], measure["value"])
                    self.assertGreaterEqual(measure["upper_value"], measure["value"])

    # ---- pyperf

    def metadata(self, metadata):
        for key, value in metadata.items():
            self.assertIsInstance(value, (int, float, str), key)
            if isinstance(value, str):
                self.assertTrue(value.strip() and not re.search("[\n\r]", value.strip()), (key, value))

    def pyperf_runs(self, text):
        """By name; all that pyperf raises an exception for."""
        suite = load(text)
        self.assertEqual(suite["version"], "1.0")
        self.assertGreater(len(suite["benchmarks"]), 0)
        self.metadata(suite["metadata"])
        self.assertIn(suite["metadata"]["unit"], ("second", "byte", "integer"))
        names = [benchmark["metadata"]["name"].strip() for benchmark in suite["benchmarks"]]
        self.assertEqual(len(names), len(set(names)))
        for benchmark in suite["benchmarks"]:
            self.metadata(benchmark["metadata"])
            self.assertGreater(len(benchmark["runs"]), 0)
            for run in benchmark["runs"]:
                self.metadata(run["metadata"])
                self.assertGreaterEqual(run["metadata"]["loops"], 1)
                self.assertIsInstance(run["metadata"]["loops"], int)
                self.assertRegex(run["metadata"]["date"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
                self.assertEqual(len(run["values"]), 1)
                self.assertGreater(run["values"][0], 0)
        return dict(zip(names, (benchmark["runs"] for benchmark in suite["benchmarks"])))

    @on_each_result
    def test_pyperf(self, name, document):
        runs = self.pyperf_runs(export("pyperf", name))
        for case in good(document):
            metric = case["metrics"]["throughput"]
            if clean(case["name"]) not in runs or not 1e-100 < metric["median"] < 1e100:
                continue
            mine, values = runs[clean(case["name"])], timed(case)
            self.assertEqual(len(mine), len(values))
            for run, value in zip(mine, values):
                self.close(run["values"][0], (2 ** 20 if metric["unit"] == "bytes/s" else 1) / value)
                # pyperf's check calls what took less than a millisecond unreliable.
                self.assertGreaterEqual(run["values"][0] * run["metadata"]["loops"], 1e-3)

    def test_pyperf_takes_two_results_as_more_runs(self):
        runs = self.pyperf_runs(export("pyperf", "one.json", "two.json"))
        wanted = collections.Counter()
        for case in good(RESULTS["one"]) + good(RESULTS["two"]):
            wanted[clean(case["name"])] += len(timed(case)) if case["metrics"]["throughput"]["median"] else 0
        self.assertEqual({name: len(of_name) for name, of_name in runs.items()}, dict(+wanted))

    # ---- benchfmt

    def benchmark_lines(self, text):
        """(name, iterations, {unit: value}) of every line, by the grammar that benchstat reads."""
        units, found = {}, []
        self.assertTrue(text.endswith("\n"))
        for line in text[:-1].split("\n"):  # Go's scanner ends lines at \n, and drops a \r before it
            if line.startswith("Unit"):
                _, unit, setting = line.split()
                self.assertRegex(setting, r"^better=(higher|lower)$")
                self.assertNotIn(unit, units)
                units[unit] = setting
            elif line.startswith("Benchmark"):
                fields = line.split()  # at all that Unicode calls blank
                self.assertRegex(fields[0], r"^Benchmark[^a-z].*-\d+$")
                self.assertRegex(fields[1], r"^\d+$")
                self.assertEqual(len(fields) % 2, 0)
                self.assertGreaterEqual(len(fields), 4)
                pairs = dict(zip(fields[3::2], map(float, fields[2::2])))
                self.assertTrue(all(map(math.isfinite, pairs.values())))
                found.append((fields[0], int(fields[1]), pairs))
            elif not line.startswith("#"):
                self.assertRegex(line, r"^cpu:( .*)?$")  # else old and new stand in tables apart
        return units, found

    @on_each_result
    def test_benchfmt(self, name, document):
        units, found = self.benchmark_lines(export("benchfmt", name))
        values = [(line[2], value) for line, (case, value) in zip(found, (
            (case, value) for case in good(document) for value in case["metrics"]["throughput"]["trials"]))]
        self.assertEqual(len(found), sum(len(case["trials"]) for case in good(document)))
        for pairs, value in values:
            unit, = set(pairs) - {"ns/op", "ns/MiB"}
            self.assertEqual(units[unit], "better=higher")
            self.close(pairs[unit], value)

    def test_benchfmt_names_have_keys(self):
        _, found = self.benchmark_lines(export("benchfmt", "example.json"))
        names = {line[0] for line in found}
        self.assertIn("BenchmarkCounter/batch=1024/model=thread-mutex/cores=2-2", names)
        self.assertTrue(all("/model=" in name for name in names))

    # ---- csv, markdown

    @on_each_result
    def test_csv(self, name, document):
        text = export("csv", name)
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        self.assertTrue(text.endswith("\r\n"))
        self.assertEqual(len(rows), sum(max(1, len(case["trials"])) for case in document["cases"]))
        wanted = []
        for case in document["cases"]:
            metric = (case["metrics"] or {}).get("throughput")
            wanted += [(case, trial, metric["trials"][i]) for i, trial in enumerate(case["trials"])]
            wanted += [(case, {"status": case["status"], "reason": case["reason"]}, None)] * (not case["trials"])
        for row, (case, trial, value) in zip(rows, wanted):
            self.assertNotIn(None, row)  # no field too many
            self.assertNotIn(None, row.values())  # nor too few
            self.assertEqual((row["result"], row["started"], row["name"], row["label"], row["key"]),
                             (name, document["run"]["started"], clean(case["name"]), case["label"] or "",
                              case["key"]))
            self.assertEqual((row["hostname"], row["cpu_model"]),
                             (document["machine"]["hostname"] or "", document["machine"]["cpu_model"] or ""))
            self.assertEqual((row["status"], row["reason"]), (trial["status"], trial["reason"] or ""))
            if value is None:
                self.assertEqual(row["value"], "")
            else:
                self.close(float(row["value"]), value)

    def test_csv_of_two_metrics_and_two_results(self):
        rows = list(csv.DictReader(io.StringIO(export("csv", "one.json", "two.json", "--metric", "throughput",
                                                      "--metric", "cpu_per_op", "--only", "workload=counter"),
                                               newline="")))
        self.assertEqual(len(rows), 2 * 2 * 6 * len([c for c in good(RESULTS["one"]) if c["workload"] == "counter"]))
        self.assertEqual({row["result"] for row in rows}, {"one.json", "two.json"})

    @on_each_result
    def test_markdown_is_a_table(self, name, document):
        text = export("markdown", name)
        rows = [line for line in text.split("\n") if line.startswith("|")]
        self.assertEqual(len(rows), 2 + len(document["cases"]))
        for row in rows:
            self.assertEqual(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)), 9, row)
            self.assertNotRegex(row, r"<|(?<!\\)(?:\\\\)*[`\[]")

    def test_locale_has_no_say(self):
        for to in ("google-benchmark", "benchfmt", "csv", "markdown"):
            plain = export(to, "example.json")
            for locale in ("C", "C.UTF-8", "de_DE.UTF-8"):
                done = subprocess.run([HEDDLE, "export", "--to", to, "example.json"], cwd=PLACE.name, check=True,
                                      stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": locale})
                self.assertEqual(done.stdout.decode("utf-8"), plain)


class CompareTool(unittest.TestCase):
    """google-benchmark's own."""

    def compare(self, *names):
        files = []
        for name in names:
            files.append(path(f"google-{name}"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(export("google-benchmark", name))
        done = subprocess.run(["/usr/bin/python3", "-B", COMPARE, "--no-color", "benchmarks", *files],
                              capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @on_each_result
    def test_compare_py_reads_them(self, name, document):
        shown = self.compare(name, name)
        for case in document["cases"]:
            self.assertIn(clean(case["name"]), shown)
        for line in shown.split("\n"):
            if re.search(r" [+-]\d\.\d{4} ", line) and "pvalue" not in line:
                self.assertRegex(line, r" \+0\.0000 +\+0\.0000")

    def test_compare_py_pairs_two_runs(self):
        shown = self.compare("one.json", "two.json")
        for case in good(RESULTS["one"]):
            self.assertEqual(shown.count(f"\n{case['name']} "), len(case["trials"]), case["name"])
            self.assertIn(f"\n{case['name']}_pvalue", shown)
            self.assertIn("Repetitions: 6 vs 6", shown)


class CommandLine(unittest.TestCase):
    def test_help_names_every_format(self):
        shown, _ = heddle("export", "--help")
        for word in ("google-benchmark", "googlecpp-summary", "github-action-bigger", "github-action-smaller",
                     "bencher", "pyperf", "benchfmt", "csv", "markdown", "--metric", "--only", "--force"):
            self.assertIn(word, shown)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)

    def test_misuse_writes_nothing(self):
        for words, message in (
                (("--to", "csvv", "one.json"), 'unknown format "csvv"; did you mean "csv"? (known: '),
                (("one.json",), "no format: --to NAME"), (("--to", "csv"), "no result"),
                (("--to", "csv", "none.json"), "none.json: No such file"),
                (("--to", "csv", "--only", "cores", "one.json"), "--only cores: write KEY=VALUE"),
                (("--to", "csv", "--nonsense", "one.json"), "unknown option --nonsense"),
                (("--to", "csv", "--metric", "speed", "one.json"), '--metric "speed": no case has it'),
                (("--to", "bencher", "one.json", "two.json"), "bencher holds a name once"),
                (("--to", "csv", "one.json", "./one.json"), "./one.json: the same run as one.json"),
                (("--to", "csv", "short.json"), "not a Heddle result")):
            with self.subTest(words=words):
                shown, told = heddle("export", "-o", "never", *words, code=2)
                self.assertEqual(shown, "")
                self.assertIn(message, told)
                self.assertFalse(os.path.exists(path("never")))

    def test_a_file_is_kept(self):
        with open(path("mine"), "w", encoding="utf-8") as file:
            file.write("mine")
        _, told = heddle("export", "--to", "csv", "one.json", "-o", "mine", code=2)
        self.assertIn("mine exists; -f writes over it", told)
        with open(path("mine"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")
        heddle("export", "--to", "csv", "one.json", "-o", "mine", "-f")
        with open(path("mine"), newline="", encoding="utf-8") as file:
            self.assertEqual(file.read(), export("csv", "one.json"))
        self.assertFalse(os.path.exists(path("mine.heddle.tmp")))

    def test_what_cannot_be_written(self):
        _, told = heddle("export", "--to", "csv", "one.json", "-o", "no/such/folder", code=6)
        self.assertIn("no/such/folder: No such file or directory", told)
        if os.path.exists("/dev/full"):
            _, told = heddle("export", "--to", "csv", "one.json", "-f", "-o", "/dev/full", code=6)
            self.assertIn("/dev/full: No space left on device", told)
            self.assertTrue(os.path.exists("/dev/full"))
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([HEDDLE, "export", "--to", "csv", path("one.json")], stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 6)
            self.assertIn("No space left on device", done.stderr)

    def test_the_lines_of_the_readme_work(self):
        with open(os.path.join(SOURCE, "results", "README.md"), encoding="utf-8") as file:
            lines = re.findall(r"`(heddle export --to [a-z][^`]*)`", file.read())
        self.assertEqual(len(lines), 9)
        with tempfile.TemporaryDirectory(dir=PLACE.name) as folder:
            os.symlink(os.path.join(SOURCE, "results", "example.json"), os.path.join(folder, "example.json"))
            for line in lines:
                done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=False, env={
                    **os.environ, "PATH": os.path.dirname(HEDDLE) + ":" + os.environ["PATH"],
                    "GITHUB_STEP_SUMMARY": os.path.join(folder, "example.md")})
                self.assertEqual((done.returncode, done.stderr), (0, ""), line)
            self.assertEqual(len([name for name in os.listdir(folder) if name != "example.json"]), 9)

    def test_failures_are_told(self):
        shown, told = heddle("export", "--to", "github-action-bigger", "failed.json")
        self.assertNotIn("exit-at-once-3", shown)
        self.assertIn("failed.json: counter/exit-at-once-3/cores=1 left out: crashed: ", told)
        _, told = heddle("export", "--to", "pyperf", "failed.json", "--only", "model=exit-at-once-3", code=2)
        self.assertIn("no case is left, and what reads pyperf refuses an empty file", told)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
