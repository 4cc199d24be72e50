#!/usr/bin/python3
"""What the page holds: every case, escaped texts, sizes, comparisons, folders; and what is refused, with which words."""
import base64
import copy
import gzip
import json
import os
import re
import tempfile
import unittest
from html.parser import HTMLParser

from rig import HOSTILE, TOP, as_measured, hostile, hostile_comparison, report, simulated, small, write

from heddle_report import banner  # of scripts/, which rig knows of
from heddle_report.panels import Looks

SAMPLE = os.path.join(TOP, "tests", "verdict", "sample.json")
LEAST = small()


class Parsed(HTMLParser):
    """Elements, texts, and the texts of scripts by id."""

    def __init__(self, text):
        super().__init__()
        self.names, self.attributes, self.words, self.blocks, self.inside = [], [], [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = dict(attrs).get("id", tag)

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.blocks[self.inside] = self.blocks.get(self.inside, "") + data
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


class Page(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.folder = self.holder.name
        self.addCleanup(self.holder.cleanup)

    def page(self, document, name="result.json"):
        path = write(self.folder, name, document)
        done = report(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.strip(), path[:-5] + ".html")
        with open(path[:-5] + ".html", encoding="utf-8") as file:
            self.source = file.read()
        return Parsed(self.source)

    def refused(self, document, *words):
        path = write(self.folder, "bad.json", document)
        done = report(path)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for word in ("bad.json", *words):
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists(path[:-5] + ".html"))

    def test_every_case_is_a_row_with_its_number(self):
        page = self.page(LEAST)
        rows = [attributes for tag, attributes in page.attributes if tag == "tr" and "data-case" in attributes]
        self.assertEqual([int(row["data-case"]) for row in rows], list(range(len(LEAST["cases"]))))
        self.assertIn("Simulated, not measured", page.text)
        panels = [attributes for _, attributes in page.attributes if "data-panel" in attributes]
        self.assertEqual(len(panels), len({case["title"] for case in LEAST["cases"]}))
        self.assertGreater(page.names.count("svg"), 4)

    def section(self, name):
        """The part of the page of that id, as text and elements."""
        return Parsed(self.source.split(f"<section id={name} ")[1].split("</section>")[0])

    @staticmethod
    def may_be_best(document):
        """The best of each row, and those whose interval meets its."""
        rows = {}
        for case in document["cases"]:
            if case["status"] == "ok":
                rows.setdefault((case["title"], case["cores"]), []).append(next(iter(case["metrics"].values())))
        return [metric for row in rows.values() for metric in row
                if metric["ci95"][1] >= max(row, key=lambda one: one["median"])["ci95"][0]]

    def test_the_map_has_a_cell_a_model_and_a_row_a_workload(self):
        self.page(LEAST)
        heat, titles = self.section("heat"), {case["title"] for case in LEAST["cases"]}
        counts = {case["cores"] for case in LEAST["cases"]}
        self.assertEqual(heat.names.count("tr"), len(counts) * (1 + len(titles)))
        self.assertEqual(heat.names.count("b"), len(self.may_be_best(LEAST)))
        cells = [attributes.get("class") for tag, attributes in heat.attributes if tag == "td"]
        good = [case for case in LEAST["cases"] if case["status"] == "ok"]
        self.assertEqual(sum(bool(re.fullmatch("h[0-8]", cell or "")) for cell in cells), len(good))
        self.assertEqual(cells.count("bad"), sum(case["status"] == "crashed" for case in LEAST["cases"]))

    def test_static_pictures_of_latency_efficiency_fairness(self):
        unfair = copy.deepcopy(LEAST)
        unfair["cases"][3]["metrics"]["fairness"]["median"] = 0.5
        self.page(unfair)
        latency = self.section("latency")
        self.assertEqual(latency.names.count("figure"), 4)  # two kinds of echo on two core counts
        self.assertIn("99.9 %", latency.text)
        self.assertIn("response time, from the planned send", latency.text)
        pictures = self.section("pictures").text
        self.assertIn("Efficiency over cores", pictures)
        self.assertIn("efficiency over cores of 5 models", pictures)
        self.assertIn("fairness over cores of", pictures)

    def test_no_line_passes_over_a_percentile_without_a_number(self):
        short = copy.deepcopy(LEAST)
        case = next(case for case in short["cases"] if case["title"] == "echo" and case["series"] == "coroutine")
        case["metrics"]["latency_p99"].update(median=None, ci95=None, trials=[None] * 6)
        self.page(short)
        paths = Parsed(self.source.split("<section id=latency ")[1].split("</figure>")[0]).attributes
        ways = [attributes["d"] for tag, attributes in paths if tag == "path" and attributes.get("class") == "way"]
        # serial has a gap too: too few messages for 99.9 %, and then the most that was seen
        self.assertEqual(sorted(way.count("M") for way in ways), [1, 1, 1, 2, 2])

    def test_axes_tell_what_a_rate_is_of(self):
        page = self.page(LEAST)
        self.assertRegex(page.text, "throughput, k round trips/s")
        self.assertIn("“/s” alone counts round trips.", page.text)

    def test_every_trial_has_a_place_in_its_strip(self):
        self.page(simulated("--rounds", "3"))
        trials = self.section("trials")
        drawn = [attributes for tag, attributes in trials.attributes if tag == "path"]
        dots = sum(one["d"].count("M") for one in drawn if one.get("class", "").startswith("dots"))
        absent = sum(one["d"].count("M") for one in drawn if one.get("class") == "absent")
        document = simulated("--rounds", "3")
        good = sum(len(case["trials"]) for case in document["cases"] if case["status"] == "ok")
        self.assertEqual(dots, good)
        self.assertEqual(absent, sum(len(case["trials"]) for case in document["cases"] if case["status"] == "crashed"))
        self.assertIn("×: no number", trials.text)
        self.assertNotIn("×: failed", trials.text)

    def test_two_machines_have_maps_and_trials_each(self):
        other = copy.deepcopy(LEAST)
        other["machine"]["cpu_model"], other["run"]["started"] = "Another processor", "2025-01-01T00:00:00Z"
        paths = [write(self.folder, name, document) for name, document in (("a.json", LEAST), ("b.json", other))]
        done = report(*paths)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(done.stdout.strip(), encoding="utf-8") as file:
            self.source = file.read()
        for name, number in (("heat", 4), ("trials", 10)):
            part = self.section(name)
            told = [text for text in part.words if "Another processor" in text]
            self.assertEqual(len(told), number / 2, name)
            self.assertEqual(part.names.count("figure") or part.names.count("table"), number)
        alive = [attributes for tag, attributes in self.section("latency").attributes if "data-latency" in attributes]
        self.assertEqual(len(alive), 4)  # of the newest machine alone: only that is packed

    def test_nothing_is_fetched_and_only_this_script_runs(self):
        page = self.page(LEAST)
        policy = next(attributes["content"] for tag, attributes in page.attributes if "http-equiv" in attributes)
        self.assertTrue(policy.startswith("default-src 'none'; script-src 'sha256-"))
        self.assertNotIn("unsafe", policy)
        for tag, attributes in page.attributes:
            self.assertNotIn("src", attributes)
            self.assertNotIn("style", attributes)
            self.assertFalse([key for key in attributes if key.startswith("on")])
            if tag == "a":
                self.assertRegex(attributes["href"], "^(#|data:application/json;)")

    def test_hostile_texts_stay_texts(self):
        plain, page = self.page(LEAST), self.page(hostile(LEAST))
        self.assertNotIn("img", page.names)
        self.assertEqual(page.names.count("script"), plain.names.count("script"))
        self.assertIn("<script>window.pwned=1</script>", page.text)
        self.assertNotIn("</script", page.blocks["facts"])

    def test_hostile_texts_of_a_comparison_stay_texts(self):
        with open(SAMPLE, encoding="utf-8") as file:
            sample = json.load(file)
        plain, page = self.page(sample), self.page(hostile_comparison(sample))
        self.assertNotIn("img", page.names)
        self.assertEqual(page.names.count("script"), plain.names.count("script"))
        self.assertIn("<script>window.pwned=1</script>", page.text)

    def test_failures_are_told_with_what_was_seen(self):
        page = self.page(hostile(LEAST))
        self.assertIn("Where it died, the innermost frame first", page.text)
        self.assertIn("The last that its processes printed", page.text)

    def test_the_document_is_packed_byte_for_byte(self):
        page = self.page(LEAST)
        parts = gzip.decompress(base64.b85decode(page.blocks["packed"].replace(",", "<"))).decode().split("\x02")
        columns = {key: iter(values.split("\n")) for key, values in zip(parts[1::2], parts[2::2])}
        key, out = "", []
        for index, piece in enumerate(parts[0].split("\x01")):
            out.append(next(columns[key]).replace(";", ", ") if index else "")
            for name, colon in re.findall(r'("(?:[^"\\]|\\.)*")(\s*:)?', piece):
                key = name if colon else key
            out.append(piece)
        with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
            self.assertEqual("".join(out), file.read())

    def test_nothing_in_the_packed_document_ends_it(self):
        self.assertNotIn("<", self.page(hostile(LEAST)).blocks["packed"])

    def test_500_cases_stay_under_2_mib(self):
        self.page(simulated("--cases", "500", "--counters"))
        self.assertLess(len(self.source.encode()), 1.95 * (1 << 20))  # room for what a real machine adds

    def test_the_missing_fit_is_told(self):
        self.assertIn("The scalability fit is missing: there is no heddle", self.page(LEAST).text)

    def test_the_method_and_the_command(self):
        page = self.page(as_measured(LEAST))
        self.assertIn(f"--seed {LEAST['run']['seed']}", page.text)
        self.assertIn("in 6 rounds", page.text)
        self.assertIn("from the smallest to the largest", page.text)

    def test_the_lead_is_that_of_the_best_not_of_fewer_cores(self):
        slow, best, rival = (copy.deepcopy(LEAST["cases"][0]) for _ in range(3))
        for case, series, cores, median in ((slow, "a", 1, 95), (best, "a", 4, 100), (rival, "b", 4, 98)):
            case.update(series=series, cores=cores)
            case["metrics"]["throughput"].update(median=median, ci95=[median - 10, median + 10])
        row = banner.winner_row("", [slow, best, rival], Looks([slow, rival]))
        self.assertEqual(row[2], "1 core")
        self.assertEqual(row[-1], "1.02 times b: within the noise")

    def test_what_no_run_made_has_no_command(self):
        page = self.page(LEAST)
        self.assertNotIn("heddle run", page.text)
        self.assertIn("No run made this, so no command repeats it", page.text)

    def test_the_fastest_is_told_on_the_fewest_cores_that_are_as_good(self):
        one, two, four = (copy.deepcopy(LEAST["cases"][0]) for _ in range(3))
        for case, cores, low, high in ((one, 1, 80, 100), (two, 2, 95, 115), (four, 4, 105, 125)):
            case["cores"] = cores
            case["metrics"]["throughput"].update(median=(low + high) / 2, ci95=[low, high])
        self.assertIs(banner.fewest_cores(four, [four, two, one]), two)
        two["metrics"]["throughput"]["ci95"] = None
        self.assertIs(banner.fewest_cores(four, [four, two, one]), four)

    def test_a_workload_has_one_name(self):
        self.page(LEAST)
        for name in ("heat", "pictures", "latency", "trials"):
            with self.subTest(section=name):
                text = self.section(name).text
                self.assertIn("echo", text)
                self.assertNotIn("rate=0", text.replace("rate=0.", ""))

    def test_a_comparison_has_a_forest_plot(self):
        with open(SAMPLE, encoding="utf-8") as file:
            sample = json.load(file)
        page = self.page(sample)
        self.assertIn("1 regression", page.text)
        self.assertEqual(sum(attributes.get("class") == "diamond" for _, attributes in page.attributes), 2 * 6)  # wide and narrow
        self.assertIn("ticket-lock", page.text)
        self.assertIn("-14.2 %", page.text)

    def test_a_folder_is_lines_over_time(self):
        for day in (1, 2, 3):
            result = copy.deepcopy(LEAST)
            result["run"]["started"] = f"2026-01-0{day}T00:00:00Z"
            write(self.folder, f"{day}.json", result)
        write(self.folder, "other.json", {})
        os.mkfifo(os.path.join(self.folder, "pipe.json"))  # is not waited for
        done = report(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("left out: 2 files", done.stderr)
        with open(os.path.join(self.folder, "report.html"), encoding="utf-8") as file:
            page = Parsed(file.read())
        history = json.loads(page.blocks["facts"])["history"]
        self.assertEqual(len(history), sum("data-history" in attributes for _, attributes in page.attributes))
        self.assertEqual(history[0]["dates"][0], "2026-01-01 00:00")

    def test_what_is_wrong_is_named(self):
        for path, value, *words in (
                (("cases", 1, "cores"), "two", "cases[1].cores", '"two"', "whole number"),
                (("cases", 0, "metrics"), [], "cases[0].metrics", "a list"),
                (("cases", 0, "metrics", "throughput", "median"), "x", "cases[0].metrics.throughput.median", '"x"'),
                (("cases", 0, "metrics", "throughput", "median"), 1e307, "1e+307", "nearer to zero than 1e+300"),
                (("cases", 2, "trials", 0, "status"), "odd", "cases[2].trials[0].status", "wrong-result"),
                (("machine",), None, "machine", "null"), (("version",), 2, "version", "2"),
                (("format",), "x", "format", "heddle-result"), (("cases",), [], "cases")):
            spoilt = copy.deepcopy(LEAST)
            at = spoilt
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            with self.subTest(path=path):
                self.refused(spoilt, *words)

    def test_numbers_that_no_picture_can_bear(self):
        odd = copy.deepcopy(LEAST)
        for metric in odd["cases"][0]["metrics"].values():
            metric["median"], metric["ci95"] = 0, [0, 0]
        for metric in odd["cases"][1]["metrics"].values():
            metric["median"] = -1e299
        self.assertIn("All cases", self.page(odd).text)

    def test_other_files_are_not_written_over(self):
        path = write(self.folder, "result.json", LEAST)
        with open(path[:-5] + ".html", "w", encoding="utf-8") as file:
            file.write("mine")
        done = report(path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("-f writes over it", done.stderr)
        self.assertEqual(report("-f", path).returncode, 0)
        self.assertEqual(report(path).returncode, 0)  # it is a page of ours now
        self.assertEqual(report(path, "-o", os.path.join(self.folder, "no", "x.html")).returncode, 2)
        self.assertEqual(report(os.path.join(self.folder, "absent.json")).returncode, 2)
        self.assertEqual(report(path, SAMPLE).returncode, 2)

    def test_a_path_that_cannot_be_told_is_no_regression(self):
        path = write(self.folder, "result.json", LEAST)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = report(path, stdout=full)
        self.assertEqual((done.returncode, done.stderr), (6, "report: standard output: No space left on device\n"))
        done = report("-f", path, stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        reading, writing = os.pipe()
        os.close(reading)
        with open(writing, "w", encoding="utf-8") as nobody:
            done = report("-f", path, stdout=nobody)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_the_script_did_not_reckon_with_is_no_regression(self):
        broken = copy.deepcopy(LEAST)
        broken["machine"]["caches"] = 1  # a list everywhere else
        done = report(write(self.folder, "result.json", broken))
        self.assertEqual(done.returncode, 6)
        self.assertIn("Traceback", done.stderr)

    def test_a_run_is_no_history_of_itself(self):
        path, copied = write(self.folder, "a.json", LEAST), write(self.folder, "b.json", LEAST)
        for words in ((path, path), (path, copied), (self.folder,)):
            done = report(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("the same run as", done.stderr)

    def test_a_link_stays_and_its_file_is_written(self):
        path = write(self.folder, "result.json", LEAST)
        page, link = os.path.join(self.folder, "page.html"), os.path.join(self.folder, "link.html")
        os.symlink("page.html", link)
        self.assertEqual(report(path, "-o", link).returncode, 0)
        self.assertTrue(os.path.islink(link))
        self.assertTrue(os.path.isfile(page))

    def test_standard_output_is_no_place_for_a_page(self):
        done = report(write(self.folder, "result.json", LEAST), "-o", "-", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("not to standard output", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "-")))


if __name__ == "__main__":
    unittest.main()
