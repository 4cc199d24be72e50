#!/usr/bin/python3
"""Fits on the figures, what becomes of more lines than one can follow, and results over time."""
import contextlib
import io
import json
import os
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

from made import case, document, drawn, found, metric, sweep, texts
from matplotlib.colors import to_hex
from matplotlib.text import Text
from heddle_plot import documents, figures, fits, main, rows, style

MODELS = [model for model in style.MODELS if not model.startswith(("hazard", "empty"))][:18]


class Fitted(unittest.TestCase):
    ENTRY = {"title": "counter batch=1", "series": "serial", "reason": None, "lambda": {"value": 1e6},
             "alpha": {"value": 0.1}, "beta": {"value": 0.04}, "law": "usl",
             "points": [{"cores": cores, "fitted": 1e6 * cores / (1 + 0.1 * (cores - 1) + 0.04 * cores * (cores - 1))}
                        for cores in (1, 2, 4, 8)],
             "peak": {"cores": {"value": 4.7, "low": 4, "high": 6}}}

    def asked(self, script):
        """What becomes of a program that does this in place of heddle."""
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "heddle")
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return fits.ask(str(program), b"the result" * 100000)

    def test_heddle_is_given_what_was_read(self):
        self.assertEqual(self.asked('[ "$3" = /dev/stdin ] && wc -c < "$3"'), 1000000)

    def test_why_there_is_no_fit_is_told_without_a_path(self):
        for script, said in (("echo 'heddle fit: /dev/stdin: no case' >&2; exit 2", "heddle fit: no case"),
                             ("exit 3", "heddle fit: exit 3"), ("echo nonsense", "heddle fit: says what is no JSON")):
            with self.assertRaises(ValueError) as told:
                self.asked(script)
            self.assertEqual(str(told.exception), said)
        with self.assertRaises(ValueError) as told:
            fits.ask("/nowhere/heddle", b"")
        self.assertEqual(str(told.exception), "heddle fit: No such file or directory")
        with mock.patch.object(fits, "PATIENCE_S", 0.1), self.assertRaises(ValueError) as told:
            self.asked("exec sleep 30")
        self.assertEqual(str(told.exception), "heddle fit: took longer than 0.1 s")

    def answer(self, heddle, counts=(1, 2, 4, 8)):
        """The figure of a result on the disk, with a program that says so in place of heddle."""
        with tempfile.TemporaryDirectory() as folder:
            program, result = pathlib.Path(folder, "heddle"), pathlib.Path(folder, "result.json")
            program.write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'fit --json' ] || exit 9\ncat <<'END'\n{heddle}\nEND\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            result.write_text(json.dumps(document(sweep("serial", 1e6, counts=counts))))
            made, before = documents.read(result), os.environ.get("HEDDLE")
            os.environ["HEDDLE"] = str(program)
            try:
                return drawn(made, "throughput", fits.fits_of([str(result)], [made], [result.read_bytes()]))["throughput"]
            finally:
                os.environ.pop("HEDDLE") if before is None else os.environ.update(HEDDLE=before)

    def test_the_curve_is_the_law(self):
        figure = self.answer(json.dumps({"fits": [self.ENTRY]}))
        curve = found(figure.axes[0], "fit:serial")[0]
        self.assertAlmostEqual(curve.get_ydata()[-1], 1e6 * 8 / (1 + 0.1 * 7 + 0.04 * 8 * 7))
        self.assertEqual(to_hex(curve.get_color()).upper(), style.look("serial").colour)
        self.assertFalse(found(figure.axes[0], "line:serial"))
        self.assertIn("serial: α 0.1, β 0.04, peak 4.7 [4, 6]", texts(figure))

    def test_the_peak_is_marked_where_the_fit_gives_one(self):
        figure = self.answer(json.dumps({"fits": [self.ENTRY]}))
        self.assertEqual(list(found(figure.axes[0], "peak:serial")[0].get_xdata()), [4.7, 4.7])
        self.assertIn("peak of the fit", texts(figure))

    def test_no_peak_is_marked_where_there_is_none(self):
        flat = [{"cores": cores, "fitted": 1e6 + cores} for cores in (1, 2, 4, 8)]
        for peak, more, words in (({"value": 4.7, "low": 4, "high": None}, {}, "no peak below 4"),
                                  ({"value": 4.7, "low": 1, "high": None}, {}, "peak unknown"),
                                  ({"value": None, "low": 20, "high": None}, {}, "no peak"),
                                  ({"value": 20, "low": 15, "high": 40}, {}, "peak 20 [15, 40]"),
                                  ({"value": 4.7, "low": 4, "high": 6}, {"points": flat}, "flat")):
            figure = self.answer(json.dumps({"fits": [{**self.ENTRY, **more, "peak": {"cores": peak}}]}))
            self.assertTrue(found(figure.axes[0], "fit:serial"))
            self.assertFalse(found(figure.axes[0], "peak:serial"), peak)
            self.assertNotIn("peak of the fit", texts(figure))
            self.assertIn(f"serial: α 0.1, β 0.04, {words}", texts(figure))

    def test_no_peak_is_marked_beside_what_was_measured(self):
        figure = self.answer(json.dumps({"fits": [self.ENTRY]}), counts=(6, 8, 12))
        self.assertFalse(found(figure.axes[0], "peak:serial"))
        self.assertIn("serial: α 0.1, β 0.04, peak 4.7 [4, 6]", texts(figure))

    def test_no_curve_where_no_law_tells_the_data(self):
        figure = self.answer(json.dumps({"fits": [{**self.ENTRY, "law": "neither", "missed": 3,
                                                   "worst": {"cores": 8, "percent": -41.4}}]}))
        self.assertFalse(found(figure.axes[0], "fit:serial"))
        self.assertTrue(found(figure.axes[0], "line:serial"))
        self.assertIn("no fit: no such law: it misses 3 of 4 medians, that on 8 cores by -41 %", texts(figure))

    def test_the_reason_stands_in_place_of_a_fit(self):
        figure = self.answer(json.dumps({"fits": [{**self.ENTRY, "lambda": None, "reason": "too few"}]}))
        self.assertFalse(found(figure.axes[0], "fit:serial"))
        self.assertTrue(found(figure.axes[0], "line:serial"))
        self.assertIn("no fit: too few", texts(figure))

    def test_no_answer_is_no_fit(self):
        for answer in ("", "[]", '{"fits": [1]}', "nonsense"):
            self.assertFalse(found(self.answer(answer).axes[0], "fit:serial"))


class Crowded(unittest.TestCase):
    """18 models: rows where there are few core counts, groups before grey lines where there are many."""

    def many(self, counts, **more):
        return document([one for nth, model in enumerate(MODELS) for one in
                         sweep(model, 1e6 * (1 + nth * 7 % 18), 0.5, counts=counts, **more)])

    def test_few_core_counts_are_rows_the_best_first(self):
        figure = drawn(self.many((1, 2)))["throughput"]
        axes = figure.axes[0]
        names = [label.get_text() for label in axes.get_yticklabels()]
        self.assertEqual(len(names), 18)
        values = [found(axes, f"median:{name}")[1].get_xdata()[0] for name in names]
        self.assertEqual(values, sorted(values, reverse=True))
        one, two = found(axes, f"median:{names[3]}")
        self.assertLess(one.get_ydata()[0], two.get_ydata()[0])  # the axis points down: fewer cores stand above
        self.assertEqual(to_hex(two.get_markeredgecolor()).upper(), style.look(names[3]).colour)
        self.assertEqual(found(axes, "ideal")[0].get_xdata()[0], 18e6 * 2)
        self.assertTrue({"on 1 and 2 cores", "paler and higher up: fewer cores"} <= set(texts(figure)))

    def test_what_is_better_lower_has_its_least_first(self):
        cases = [case(model, 2, 1e6, metrics={"cpu_per_op": {**metric(100.0 + nth, "ns"), "better": "lower"}})
                 for nth, model in enumerate(reversed(MODELS))]
        axes = drawn(document(cases), "cost")["cost"].axes[0]
        self.assertEqual([label.get_text() for label in axes.get_yticklabels()], MODELS[::-1])

    def test_many_core_counts_are_groups(self):
        figure = drawn(self.many((1, 2, 4, 8)))["throughput"]
        self.assertEqual(len(figure.axes), 3)
        self.assertEqual(len({axes.get_ylim() for axes in figure.axes}), 1)
        for nth, axes in enumerate(figure.axes):
            inside = MODELS[6 * nth : 6 * nth + 6]
            self.assertEqual([model for model in MODELS if found(axes, f"median:{model}")], inside)
            self.assertEqual(len(found(axes, "ghost")), 12)
            self.assertEqual({text.get_text() for text in axes.texts}, set(inside))
        self.assertEqual([text.get_text() for legend in figure.legends for text in legend.get_texts()],
                         ["ideal: the best on one core, times cores", "lines of the panels beside"])

    def test_names_at_the_ends_do_not_touch(self):
        figure = drawn(self.many((1, 2, 4, 8)))["throughput"]
        figure.canvas.draw()
        for axes in figure.axes:
            boxes = sorted((Text.get_window_extent(name) for name in axes.texts), key=lambda box: box.y0)  # without its thread
            for lower, upper in zip(boxes, boxes[1:]):
                self.assertLessEqual(lower.y1, upper.y0)

    def test_groups_of_latency(self):
        names = {"p50": 1, "p90": 2, "p99": 4, "max": 16}
        cases = [case(model, 1, 1e6, metrics={f"{what}_{name}": metric(1000.0 * value * (nth + 1), "ns")
                                              for name, value in names.items() for what in ("latency", "response")})
                 for nth, model in enumerate(MODELS)]
        figure = drawn(document(cases), "latency")["latency"]
        self.assertEqual(len(figure.axes), 3)
        self.assertEqual(len(found(figure.axes[0], "ghost")), 24)
        self.assertTrue(found(figure.axes[0], "first:serial") and found(figure.axes[0], "second:serial"))

    def test_rows_of_another_field(self):
        made = document([case(model, 2, 1e6, title=f"counter batch={size}", params={"batch": size})
                         for size in (1, 4) for model in MODELS])
        figure = figures.own([made], rows.rows_of([made]), "batch", None, None)[0]["throughput-by-batch"]
        self.assertTrue({"batch 1 and 4", "paler and higher up: batch is lower"} <= set(texts(figure)))

    def test_efficiency_leaves_one_core_out_of_rows(self):
        figure = drawn(self.many((1, 2)), "efficiency")["efficiency"]
        self.assertEqual(len(found(figure.axes[0], "median:serial")), 1)
        self.assertIn("on 2 cores", texts(figure))

    def test_zero_is_told_where_it_has_no_place(self):
        cases = [case("serial", 2, 1e6), case("futex", 2, 1e9),
                 case("atomic", 2, 1e6, metrics={"throughput": metric(0.0)})]
        figure = drawn(document(cases))["throughput"]
        self.assertEqual(figure.axes[0].get_xscale(), "log")
        self.assertIn("0, which has no place here: atomic", texts(figure))

    def test_a_wide_interval_does_not_press_the_medians_down(self):
        cases = sweep("serial", 1e6) + sweep("futex", 2e6)
        cases[0]["metrics"]["throughput"]["ci95"] = [5e5, 9e8]
        axes = drawn(document(cases))["throughput"].axes[0]
        self.assertEqual(axes.get_yscale(), "log")
        self.assertGreaterEqual(axes.get_ylim()[1], 9e8)

    def test_the_map_tells_what_the_best_is_not_told_from(self):
        cases = [case("serial", 2, 100.0), case("futex", 2, 95.0), case("atomic", 2, 50.0)]
        axes = drawn(document(cases), "heat")["heat"].axes[0]
        self.assertEqual([found(axes, f"cell:0:{column}")[0].get_fontweight() for column in range(3)],
                         ["bold", "bold", "normal"])


class OverTime(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for value in (3, 1, 2):
            made = document(sweep("serial", 1e6 * value, counts=(1, 2)) + sweep("copy-only", 5.0, title="copy", counts=(1,)),
                            run={"started": f"202{value}-01-01T00:00:00Z"})
            for one in made["cases"]:
                if one["workload"] == "copy":
                    del one["metrics"]["cpu_per_op"]
            pathlib.Path(self.folder.name, f"{9 - value}.json").write_text(json.dumps(made))
        pathlib.Path(self.folder.name, "none.json").write_text("{}")

    def draw(self, *options):
        """{suffix: figure}, of the folder, as the command line asks for it."""
        with mock.patch.object(sys, "argv", ["plot", self.folder.name, *options]), \
                contextlib.redirect_stderr(io.StringIO()):
            return main.make(main.arguments())()

    def test_throughput(self):
        figure = self.draw()[0]["history"]
        self.assertEqual(len(figure.axes), 3)
        self.assertEqual(list(found(figure.axes[0], "median:serial")[0].get_ydata()), [1e6, 2e6, 3e6])
        self.assertIn("test: throughput over time", texts(figure))

    def test_another_metric(self):
        made, left_out = self.draw("--y", "cpu_per_op")
        figure = made["history-cpu_per_op"]
        self.assertEqual((list(made), left_out, len(figure.axes)), (["history-cpu_per_op"], [], 2))
        for value, wanted in zip(found(figure.axes[0], "median:serial")[0].get_ydata(), [1e-6, 5e-7, 1e-6 / 3]):
            self.assertAlmostEqual(value, wanted)
        self.assertEqual(figure.axes[0].get_ylabel(), "cpu per op")
        self.assertIn("test: cpu per op over time", texts(figure))

    def test_a_metric_without_a_number(self):
        with mock.patch.object(rows.Row, "metric", return_value=None):
            self.assertEqual(self.draw("--y", "cpu_per_op"), ({}, ["history (no case has cpu_per_op)"]))

    def test_what_is_no_metric_is_refused(self):
        for options, said in ((["--y", "cpu_per_opp"], 'did you mean "cpu_per_op"'),
                              (["--x", "cores"], "--x and --series are for results")):
            with self.assertRaisesRegex(main.Trouble, said):
                self.draw(*options)

    def test_many_models_are_groups(self):
        made = [document([one for model in MODELS for one in sweep(model, 1e6 * value, counts=(2,))],
                         run={"started": f"202{value}-01-01T00:00:00Z"}) for value in (1, 2)]
        figure = figures.over_time(made, rows.rows_of(made))[0]["history"]
        self.assertEqual([len(found(axes, "ghost")) for axes in figure.axes], [12, 12, 12])


if __name__ == "__main__":
    unittest.main()
