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

from rig import HOSTILE, TOP, hostile, report, simulated, small, write

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
        self.assertEqual(page.names.count("figure"), len({case["title"] for case in LEAST["cases"]}))
        self.assertGreater(page.names.count("svg"), 4)

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
            out.append(next(columns[key]) if index else "")
            for name, colon in re.findall(r'("(?:[^"\\]|\\.)*")(\s*:)?', piece):
                key = name if colon else key
            out.append(piece)
        with open(os.path.join(self.folder, "result.json"), encoding="utf-8") as file:
            self.assertEqual("".join(out), file.read())

    def test_nothing_in_the_packed_document_ends_it(self):
        self.assertNotIn("<", self.page(hostile(LEAST)).blocks["packed"])

    def test_500_cases_stay_under_2_mib(self):
        self.page(simulated("--cases", "500"))
        self.assertLess(len(self.source.encode()), 2 << 20)

    def test_the_missing_fit_is_told(self):
        self.assertIn("The scalability fit is missing: there is no heddle", self.page(LEAST).text)

    def test_the_method_and_the_command(self):
        page = self.page(LEAST)
        self.assertIn(f"--seed {LEAST['run']['seed']}", page.text)
        self.assertIn("in 6 rounds", page.text)
        self.assertIn("from the smallest to the largest", page.text)

    def test_a_comparison_has_a_forest_plot(self):
        with open(SAMPLE, encoding="utf-8") as file:
            sample = json.load(file)
        page = self.page(sample)
        self.assertIn("1 regression", page.text)
        self.assertEqual(sum(attributes.get("class") == "diamond" for _, attributes in page.attributes), 6)
        self.assertIn("ticket-lock", page.text)
        self.assertIn("-14.2 %", page.text)

    def test_a_folder_is_lines_over_time(self):
        for day in (1, 2, 3):
            result = copy.deepcopy(LEAST)
            result["run"]["started"] = f"2026-01-0{day}T00:00:00Z"
            write(self.folder, f"{day}.json", result)
        write(self.folder, "other.json", {})
        done = report(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("left out: 1 file", done.stderr)
        with open(os.path.join(self.folder, "report.html"), encoding="utf-8") as file:
            page = Parsed(file.read())
        history = json.loads(page.blocks["facts"])["history"]
        self.assertEqual(len(history), sum("data-history" in attributes for _, attributes in page.attributes))
        self.assertEqual(history[0]["dates"][0], "2026-01-01 00:00")

    def test_what_is_wrong_is_named(self):
        for path, value, *words in (
                (("cases", 1, "cores"), "two", "cases[1].cores", '"two"', "whole number"),
                (("cases", 0, "metrics"), [], "cases[0].metrics", "a list"),
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


if __name__ == "__main__":
    unittest.main()
