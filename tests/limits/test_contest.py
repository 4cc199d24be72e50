#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tests of the referee itself: intervals, turns, verdicts, and what is said of who is absent or breaks."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from contest import (Absent, Broken, Claim, Contest, Function, execute, median, order_statistics_interval,
                     started)
from measures import make_tree
from report import markdown, number, table


def load_script():
    loader = importlib.machinery.SourceFileLoader("limits", os.path.join(HERE, "../../scripts/limits"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("limits", loader))
    loader.exec_module(module)
    return module


def fixed(label, *values, log=None):
    """A participant that gives these times in turn."""
    turns = iter(values * 1000)

    def run():
        if log is not None:
            log.append(label)
        return {"time": next(turns)}

    return Function(label, run)


def quiet(_):
    pass


def row_of(claim, *participants, pairs=20):
    return Contest("test", participants, [claim]).run(pairs, quiet)[0]


class Statistics(unittest.TestCase):
    def test_ranks_are_those_of_the_binomial_distribution(self):
        for n, k in ((6, 1), (10, 2), (20, 6), (30, 10), (40, 14)):
            self.assertEqual(order_statistics_interval(range(1, n + 1)), [k, n + 1 - k])
        self.assertIsNone(order_statistics_interval(range(5)))

    def test_median(self):
        self.assertEqual(median([3, 1, 2]), 2)
        self.assertEqual(median([4, 1, 2, 3]), 2.5)
        self.assertIsNone(median([]))


class Turns(unittest.TestCase):
    def test_a_b_b_a_after_a_first_time_that_does_not_count(self):
        log = []
        row_of(Claim("row", "a", "b", "time", at_most=1), fixed("a", 1, log=log), fixed("b", 1, log=log), pairs=4)
        self.assertEqual("".join(log), "ba" + "abba" * 2)


class Verdicts(unittest.TestCase):
    def verdict(self, mine, theirs, **bound):
        return row_of(Claim("row", "mine", "theirs", "time", **bound), fixed("mine", *mine), fixed("theirs", *theirs))

    def test_ratio(self):
        self.assertEqual(self.verdict([104], [100], at_most=1.05)["verdict"], "reached")
        self.assertEqual(self.verdict([106], [100], at_most=1.05)["verdict"], "missed")
        self.assertEqual(self.verdict([106, 106, 90], [100], at_most=1.05)["verdict"], "missed, not settled")
        self.assertEqual(self.verdict([104, 104, 110], [100], at_most=1.05)["verdict"], "reached, not settled")
        self.assertEqual(self.verdict([140], [100], at_least=1.35)["verdict"], "reached")
        self.assertEqual(self.verdict([130], [100], at_least=1.35)["verdict"], "missed")

    def test_difference(self):
        row = self.verdict([100.4], [100], more=0.5, unit="ns")
        self.assertEqual(row["verdict"], "reached")
        self.assertAlmostEqual(row["value"], 0.4)
        self.assertEqual(self.verdict([101], [100], more=0.5)["verdict"], "missed")

    def test_absolute_and_told(self):
        self.assertEqual(row_of(Claim("row", "a", None, "time", at_most=5), fixed("a", 4))["verdict"], "reached")
        self.assertEqual(row_of(Claim("row", "a", None, "time"), fixed("a", 4))["verdict"], "told")

    def test_who_is_absent_is_named_and_the_others_go_on(self):
        def absent():
            raise Absent("not there")

        claims = [Claim("row", "a", "b", "time", at_most=1), Claim("row", "a", "c", "time", at_most=1)]
        rows = Contest("test", [fixed("a", 1), Function("b", absent), fixed("c", 1)], claims).run(6, quiet)
        self.assertEqual(rows[0]["verdict"], "not measured")
        self.assertIn("not there", rows[0]["reason"])
        self.assertIsNone(rows[0]["value"])
        self.assertEqual(rows[1]["verdict"], "reached")

    def test_who_breaks_gives_no_number(self):
        runs = iter([{"time": 1}, {"time": 1}])

        def breaks():
            try:
                return next(runs)
            except StopIteration:
                raise Broken("wrong result") from None

        row = row_of(Claim("row", "a", "b", "time", at_most=1), fixed("a", 1), Function("b", breaks))
        self.assertEqual((row["verdict"], row["value"], row["reason"]), ("failed", None, "wrong result"))

    def test_who_never_runs_fails_where_it_is_ours_and_is_absent_where_it_is_a_peer(self):
        def breaks():
            raise Broken("wrong result")

        for ours, verdict in ((True, "failed"), (False, "not measured")):
            other = Function("b", breaks, tool=None if ours else "sh")
            row = row_of(Claim("row", "a", "b", "time", at_most=1), fixed("a", 1), other)
            self.assertEqual(row["verdict"], verdict)
            self.assertIn("wrong result", row["reason"])

    def test_a_peer_that_breaks_later_takes_no_further_part(self):
        runs = iter([{"time": 1}, {"time": 1}])

        def breaks():
            try:
                return next(runs)
            except StopIteration:
                raise Broken("hiccup") from None

        peer = Function("peer", breaks, tool="sh")
        claims = [Claim("row", "a", "peer", "time", at_most=1), Claim("row", "a", "b", "time", at_most=1)]
        rows = Contest("test", [fixed("a", 1), peer, fixed("b", 1)], claims).run(6, quiet)
        self.assertEqual([row["verdict"] for row in rows], ["not measured", "reached"])
        self.assertIn("hiccup", rows[0]["reason"])

    def test_whatever_goes_wrong_costs_one_contest(self):
        def breaks():
            raise ValueError("nonsense")

        row = row_of(Claim("row", "a", "b", "time", at_most=1), fixed("a", 1), Function("b", breaks))
        self.assertEqual((row["verdict"], row["reason"]), ("failed", "ValueError: nonsense"))

    def test_a_load_at_its_limit_is_told_beside_the_rate(self):
        def limited():
            return {"throughput": 1, "limited": True}

        row = row_of(Claim("row", "a", "b", "throughput", at_least=1), Function("a", limited), Function("b", limited))
        self.assertIn("limit", row["reason"])

    def test_what_was_not_measured_is_no_pair(self):
        claim = Claim("row", "a", "b", "time", at_most=1)
        row = row_of(claim, fixed("a", 1, 1), fixed("b", 1, None), pairs=8)
        self.assertEqual((row["verdict"], row["pairs"]), ("reached", 4))
        row = row_of(claim, fixed("a", 1), fixed("b", None), pairs=8)
        self.assertEqual((row["verdict"], row["value"]), ("not measured", None))

    def test_programs_that_fail_or_are_missing(self):
        with self.assertRaises(Broken):
            execute(["/bin/sh", "-c", "echo lost 3 >&2; exit 3"])
        with self.assertRaises(Broken):
            execute(["/bin/sleep", "5"], timeout_s=0.1)
        with self.assertRaises(Absent):
            execute(["/nowhere/at/all"])
        self.assertEqual(execute(["/bin/sh", "-c", "echo a; echo b >&2; exit 3"], any_end=True), "a\nb\n")

    def test_an_interrupt_gets_through_whether_the_program_has_ended_or_not(self):
        for command in (["/bin/true"], ["/bin/sleep", "60"]):
            with self.assertRaises(KeyboardInterrupt):
                with started(command) as process:
                    if command == ["/bin/true"]:
                        process.wait()
                    raise KeyboardInterrupt
            self.assertIsNotNone(process.returncode)

    def test_a_tree_that_was_begun_only_is_made_again(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            place = os.path.join(folder, "tree")
            with unittest.mock.patch("os.urandom", side_effect=[b"x", OSError("full")]):
                with self.assertRaises(OSError):
                    make_tree(place, 3, 1)
            make_tree(place, 3, 1)
            self.assertEqual([os.path.getsize(os.path.join(place, name)) for name in sorted(os.listdir(place))],
                             [1024] * 3)


class FarOff(unittest.TestCase):
    def far(self, claim, *participants):
        rows = Contest("test", participants, [claim]).run(3, quiet)
        return bool(load_script().far_off(Contest("test", participants, [claim]), rows, 1.5))

    def test_only_beyond_the_tolerance(self):
        ratio = Claim("row", "a", "b", "time", at_most=1.1)
        self.assertFalse(self.far(ratio, fixed("a", 160), fixed("b", 100)))
        self.assertTrue(self.far(ratio, fixed("a", 170), fixed("b", 100)))
        least = Claim("row", "a", "b", "time", at_least=0.9)
        self.assertFalse(self.far(least, fixed("a", 61), fixed("b", 100)))
        self.assertTrue(self.far(least, fixed("a", 59), fixed("b", 100)))
        more = Claim("row", "a", "b", "time", more=0.5)
        self.assertFalse(self.far(more, fixed("a", 1.4), fixed("b", 0.5)))
        self.assertTrue(self.far(more, fixed("a", 1.6), fixed("b", 0.5)))

    def test_from_what_is_reached_by_hand(self):
        claim = Claim("row", "a", "b", "time", at_least=100, by_hand="c")
        self.assertFalse(self.far(claim, fixed("a", 41), fixed("b", 1), fixed("c", 60)))
        self.assertTrue(self.far(claim, fixed("a", 39), fixed("b", 1), fixed("c", 60)))
        self.assertTrue(self.far(claim, fixed("a", 66), fixed("b", 1), fixed("c", 300)))
        self.assertTrue(self.far(claim, fixed("a", 66), fixed("b", 1), fixed("c", None)))
        self.assertEqual(row_of(claim, fixed("a", 80), fixed("b", 1), fixed("c", 60))["verdict"], "missed")

    def test_tried_again_the_whole_interval_counts(self):
        script, claim = load_script(), Claim("row", "a", "b", "time", at_most=1)
        contest = Contest("test", [fixed("a", 200, 200, 120), fixed("b", 100)], [claim])
        rows = contest.run(20, quiet)
        self.assertTrue(script.far_off(contest, rows, 1.5))
        self.assertFalse(script.far_off(contest, rows, 1.5, settled=True))


class Report(unittest.TestCase):
    def test_table_and_markdown_hold_every_row(self):
        rows = Contest("test", [fixed("a", 100), fixed("b", 100)],
                       [Claim("what", "a", "b", "time", at_most=1.05)]).run(6, quiet)
        document = {"date": "2026-01-31", "machine": {}, "rows": rows}
        for text in (table(document), markdown(document)):
            self.assertIn("what", text)
            self.assertIn("1 ... 1", text)
            self.assertIn("reached", text)

    def test_numbers(self):
        self.assertEqual([number(value) for value in (None, 0.5, 123.4, 20000, 1.2e6, 3e9)],
                         ["-", "0.5", "123", "20 k", "1.2 M", "3 G"])
        self.assertEqual(number(999700), "1 M")


if __name__ == "__main__":
    unittest.main()
