#!/usr/bin/python3
"""The command on a page does again what was done: run, with the config that the page hands out. Needs $HEDDLE_BUILT."""
import base64
import json
import os
import re
import shlex
import subprocess
import tempfile
import unittest
from html import unescape

from rig import TOP, as_measured, report, simulated, small, write

from heddle_report import command, document, method  # of scripts/, which rig knows of

HEDDLE = os.environ.get("HEDDLE_BUILT", "")


@unittest.skipUnless(HEDDLE, "HEDDLE_BUILT names no heddle")
class Command(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.folder = holder.name
        self.addCleanup(holder.cleanup)

    def heddle(self, *words):
        done = subprocess.run([HEDDLE, *words], cwd=self.folder, capture_output=True, text=True, check=False, timeout=120)
        self.assertNotIn(done.returncode, (2, 6), done.stderr)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return json.load(file)

    def told(self, name):
        """The words after `heddle`, once its config lies where they look for it."""
        path = os.path.join(self.folder, name)
        self.assertEqual(report("-f", path, "-o", path + ".html").returncode, 0)
        with open(path + ".html", encoding="utf-8") as file:
            page = file.read()
        words = shlex.split(unescape(re.search("<pre class=command[^>]*>(.*?)</pre>", page)[1]))
        self.assertEqual(words[0], "heddle")
        config = re.search(r'download=(\S+) href="data:application/json;base64,([^"]+)"', page)
        if config:
            with open(os.path.join(self.folder, config[1]), "wb") as file:
                file.write(base64.b64decode(config[2]))
        return words[1:]

    def test_the_fit_is_told_with_its_intervals(self):
        path = os.path.join(self.folder, "result.json")
        write(self.folder, "result.json", simulated())
        self.assertEqual(report(path, env=dict(os.environ, HEDDLE=HEDDLE)).returncode, 0)
        with open(path[:-5] + ".html", encoding="utf-8") as file:
            scaling = file.read().split("<section id=scaling ")[1].split("</section>")[0]
        found = re.findall(r"<tr><th [^>]*>([^<]*)<td><span [^>]*>([^<]*)</span><td>[^<]*" + "<td>([^<]*)" * 3, scaling)
        told = {tuple(row[:2]): row[2:] for row in found}
        self.assertGreater(len(told), 15)
        for alpha, beta, peak in told.values():
            self.assertRegex(alpha, r"^\S+ \[\S+, \S+\]$")
            self.assertRegex(beta, r"^\S+ \[\S+, \S+\]$")
            self.assertNotIn("∞", peak)
        self.assertEqual(told["counter batch=1", "serial"][2], "flat; Amdahl’s law tells it as well")
        self.assertRegex(told["counter batch=1", "process-pool"][2], r"^peak [0-9.]+ \[")

    def repeated(self, *words):
        self.heddle(*words, "--no-lock", "-o", "first.json")
        self.heddle(*self.told("first.json"), "--no-lock", "-o", "second.json")
        return self.read("first.json"), self.read("second.json")

    def test_a_run(self):
        first, second = self.repeated(
            "run", "quick", "--set", "sampling.rounds=2", "--cores", "1", "--model", "serial", "--model", "semaphore",
            "--only", "workload=counter", "--only", "workload=echo", "--with-empty", "--unprotected", "--no-warn", "W03,W04")
        self.assertEqual([case["key"] for case in first["cases"]], [case["key"] for case in second["cases"]])
        self.assertIn("empty", {case["model"] for case in second["cases"]})
        self.assertEqual({case["workload"] for case in second["cases"]}, {"counter", "echo"})
        orders = [[[(trial["round"], trial["order"]) for trial in case["trials"]] for case in document["cases"]]
                  for document in (first, second)]
        self.assertEqual(*orders)
        for key in ("seed", "rounds", "filter", "config"):
            self.assertEqual(first["run"][key], second["run"][key], key)
        self.assertIn("--unprotected", second["machine"]["unavailable"]["protection"])

    def test_pairs(self):
        first, second = self.repeated("ab", "quick", "--only", "workload=counter", "--only", "model=serial", "--only",
                                      "cores=1", "--pairs", "8", "--margin", "7", "--metric", "cpu_per_op")
        for key in ("kind", "margin_percent"):
            self.assertEqual(first[key], second[key], key)
        for key in ("seed", "pairs", "filter", "config"):
            self.assertEqual(first["run"][key], second["run"][key], key)
        judged = [[(verdict["case"], verdict["metric"]) for verdict in document["verdicts"]] for document in (first, second)]
        self.assertEqual(*judged)
        self.assertEqual(len(judged[0]), 2)

    def test_two_results(self):
        for name in ("a.json", "b.json"):
            self.heddle("run", "quick", "--only", "workload=counter", "--only", "model=serial", "--no-lock", "-o", name)
        self.heddle("compare", "a.json", "b.json", "--margin", "3%", "-o", "first.json")
        words = self.told("first.json")
        self.assertEqual(words, ["compare", "a.json", "b.json", "--margin", "3%"])
        self.heddle(*words, "-o", "second.json")
        self.assertEqual(self.read("first.json")["verdicts"], self.read("second.json")["verdicts"])


class Words(unittest.TestCase):
    """Without a heddle."""

    def test_a_side_is_a_folder_or_a_program(self):
        def side(place):
            return {"place": place, "plugins": {"serial": {"file": "/home/me/build-a/plugins/serial.so"}}}

        for place, expected in (("build-a/plugins", False), ("../build-a/plugins", False),
                                ("/home/me/build-a/plugins/serial.so", False), ("build-a/bin/heddle", True)):
            self.assertIs(command.is_program(side(place)), expected, place)

    def test_all_that_pairs_were_told(self):
        with open(os.path.join(TOP, "tests", "verdict", "sample.json"), encoding="utf-8") as file:
            text = file.read()
        told = document.parse("sample.json", text)
        told.run.update(filter={"only": ["cores=2"], "cores": "1,2", "models": ["mine.so"], "with_empty": True},
                        warnings=[{"id": "W03", "text": "busy", "silenced": True}])
        words = command.command(told)[0]
        for part in ("--only cores=2", "--cores 1,2", "--model mine.so", "--with-empty", "--no-warn W03",
                     f"--pairs {told.run['pairs']}", f"--seed {told.run['seed']}"):
            self.assertIn(part, words)

    def test_older_documents_say_that_they_do_not_know(self):
        old = as_measured(small())
        del old["run"]["filter"]
        self.assertIn(method.UNTOLD, method.method(document.Document("old.json", "", old)))
        old["run"]["filter"] = {}
        self.assertNotIn(method.UNTOLD, method.method(document.Document("old.json", "", old)))


if __name__ == "__main__":
    unittest.main()
