#!/usr/bin/python3
"""What the figures hold, seen through the figure object: lines, labels, limits, intervals, ideal, colours."""
import copy
import json
import unittest
import warnings

from made import case, document, drawn, found, metric, sweep, texts
from matplotlib.colors import to_hex
from heddle_plot import documents, figures, fits, rows, style
from heddle_plot.words import Trouble, cut_apart, si

EVIL = "_a$\\frac{x}$<script>alert(1)</script>\n\x1b[31m" + "w" * 300


class Throughput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = document(sweep("thread-mutex", 1e6, 0.5) + sweep("coroutine", 2e6, 0.6)
                                + sweep("serial", 3e6, 0, title="copy file_kib=4"))
        cls.figure = drawn(cls.document)["throughput"]

    def test_a_panel_a_workload_and_a_line_a_model(self):
        self.assertEqual(len(self.figure.axes), 2)
        line = found(self.figure.axes[0], "median:thread-mutex")[0]
        self.assertEqual(list(line.get_xdata()), [1, 2, 4, 8])
        self.assertEqual(list(line.get_ydata()), [1e6, 1.5e6, 2.5e6, 4.5e6])
        self.assertFalse(found(self.figure.axes[1], "median:thread-mutex"))

    def test_intervals_reach_from_bound_to_bound(self):
        bars = found(self.figure.axes[0], "interval:coroutine")[0]
        low, high = bars.get_segments()[0][:, 1]
        self.assertAlmostEqual(low, 2e6 * (1 - 0.035))
        self.assertAlmostEqual(high, 2e6 * (1 + 0.035))

    def test_ideal_is_the_best_on_one_core_times_cores(self):
        ideal = found(self.figure.axes[0], "ideal")[0]
        for cores, value in zip(ideal.get_xdata(), ideal.get_ydata()):
            self.assertAlmostEqual(value, 2e6 * cores, delta=1)

    def test_colours_and_markers_are_those_of_the_table(self):
        for model in ("thread-mutex", "coroutine"):
            line = found(self.figure.axes[0], f"median:{model}")[0]
            self.assertEqual(to_hex(line.get_markeredgecolor()).upper(), style.look(model).colour)
            self.assertEqual(line.get_marker(), style.look(model).marker)

    def test_title_machine_units_and_legend(self):
        said = texts(self.figure)
        self.assertIn("test: throughput over cores", said)
        self.assertTrue(any("Test CPU" in text and "8 usable cores" in text for text in said))
        self.assertEqual(self.figure.axes[0].get_ylabel(), "throughput, ops/s")
        self.assertEqual(self.figure.axes[0].get_xlabel(), "cores")
        labels = [text.get_text() for legend in self.figure.legends for text in legend.get_texts()]
        self.assertEqual(labels[:3], ["thread-mutex", "coroutine", "serial"])

    def test_everything_lies_within_the_limits(self):
        for axes in self.figure.axes:
            low, high = axes.get_ylim()
            for line in axes.lines:
                if str(line.get_gid()).startswith("median"):
                    self.assertTrue(all(low <= value <= high for value in line.get_ydata()))

    def test_far_apart_is_logarithmic_and_near_begins_at_zero(self):
        far = drawn(document(sweep("serial", 1e9, 0) + sweep("fork-pipe", 1e5, 0)))["throughput"].axes[0]
        self.assertEqual((far.get_yscale(), self.figure.axes[0].get_yscale()), ("log", "linear"))
        self.assertEqual(self.figure.axes[0].get_ylim()[0], 0)
        self.assertIn("(log)", far.get_ylabel())

    def test_what_shares_cores_with_the_generator_is_hollow(self):
        cases = sweep("serial", 1e6)
        cases[-1]["shared"] = True
        marks = found(drawn(document(cases))["throughput"].axes[0], "median:serial")
        self.assertEqual([(list(mark.get_xdata()), to_hex(mark.get_markerfacecolor())) for mark in marks],
                         [([1, 2, 4], style.look("serial").colour.lower()), ([8], "#ffffff")])

    def test_failures_are_told_below(self):
        cases = sweep("serial", 1e6) + [case("futex", 2, 1, status="crashed", reason="it died", metrics=None)]
        self.assertIn("futex, 2 cores: crashed: it died", texts(drawn(document(cases))["throughput"]))

    def test_simulated_is_said(self):
        said = texts(drawn(document(sweep("serial", 1e6), machine={"simulated": "made up"}))["throughput"])
        self.assertTrue(any(text.startswith("test (simulated)") for text in said))

    def test_simulated_is_said_of_some_as_well(self):
        made = [document(sweep("serial", 1e6), machine={"simulated": "made up"}, run={"name": "simulated"}),
                document(sweep("serial", 1e6), machine={"simulated": None}, run={"name": "real"})]
        self.assertEqual([figures.heading(some)[0] for some in (made, made[:1], made[1:])],
                         ["simulated and real (1 of 2 simulated)", "simulated", "real"])
        self.assertEqual({row.machine for row in rows.rows_of(made)}, {"simulated", "measured"})


class Others(unittest.TestCase):
    def test_efficiency(self):
        axes = drawn(document(sweep("serial", 1e6, 0.5)), "efficiency")["efficiency"].axes[0]
        values = found(axes, "median:serial")[0].get_ydata()
        for value, wanted in zip(values, [1, 1.5 / 2, 2.5 / 4, 4.5 / 8]):
            self.assertAlmostEqual(value, wanted)
        self.assertEqual(set(found(axes, "ideal")[0].get_ydata()), {1.0})

    def test_efficiency_needs_one_core(self):
        made, left_out = figures.standard(*(lambda one: ([one], rows.rows_of([one])))(
            document(sweep("serial", 1e6, counts=(2, 4)))), fits.Fits())
        self.assertNotIn("efficiency", made)
        self.assertTrue(any(text.startswith("efficiency (") for text in left_out))

    def test_cost_is_in_seconds(self):
        axes = drawn(document(sweep("serial", 1e6, 1)), "cost")["cost"].axes[0]
        self.assertAlmostEqual(found(axes, "median:serial")[0].get_ydata()[0], 1e-6)
        self.assertEqual(axes.yaxis.get_major_formatter()(2e-6, 0), "2 µs")

    def test_latency_leaves_out_what_some_trials_could_not_tell(self):
        metrics = {f"latency_p{name}": metric(value, "ns") for name, value in (("50", 1e3), ("90", 2e3), ("99", 1.5e3))}
        metrics["latency_p99"]["trials"][0] = None
        axes = drawn(document([case("serial", 1, 1e6, metrics=metrics)]), "latency")["latency"].axes[0]
        self.assertEqual([round(value * 1e9) for value in found(axes, "first:serial")[0].get_ydata()], [1000, 2000])

    def test_latency_has_a_place_for_each_nine(self):
        names = {"p50": 1, "p90": 2, "p99": 4, "p999": 8, "max": 16}
        metrics = {f"{what}_{name}": metric(1000 * value * more, "ns") for name, value in names.items()
                   for what, more in (("latency", 1), ("response", 3))}
        axes = drawn(document([case("serial", 1, 1e6, metrics=metrics)]), "latency")["latency"].axes[0]
        first, second = found(axes, "first:serial")[0], found(axes, "second:serial")[0]
        for place, wanted in zip(first.get_xdata(), [2, 10, 100, 1000, 6000]):
            self.assertAlmostEqual(place, wanted, delta=wanted * 1e-9)
        self.assertEqual([round(value * 1e6) for value in first.get_ydata()], [3, 6, 12, 24, 48])
        self.assertEqual([round(value * 1e6) for value in second.get_ydata()], [1, 2, 4, 8, 16])
        self.assertEqual(axes.get_xscale(), "log")
        self.assertEqual([axes.xaxis.get_major_formatter()(place, 0) for place in (2, 1000, 6000)],
                         ["50 %", "99.9 %", "max"])

    def test_latency_has_a_gap_where_a_line_has_no_number(self):
        whole = {f"latency_{name}": metric(value, "ns") for name, value in
                 (("p50", 1e3), ("p99", 2e3), ("p999", 3e3), ("max", 4e3))}
        some = {name: value for name, value in whole.items() if name != "latency_p999"}
        axes = drawn(document([case("serial", 1, 1e6, metrics=whole), case("futex", 1, 1e6, metrics=some)]),
                     "latency")["latency"].axes[0]
        for model, wanted in (("serial", [1, 2, 3, 4]), ("futex", [1, 2, None, 4])):
            values = found(axes, f"first:{model}")[0].get_ydata()
            self.assertEqual([None if value != value else round(value * 1e6) for value in values], wanted)
        self.assertEqual(len(found(axes, "median:futex")[0].get_ydata()), 3)

    def test_fairness_only_where_it_tells(self):
        equal, unequal = ([case("serial", 2, 1e6, metrics={"fairness": metric(value, "1", 0)})] for value in (1.0, 0.5))
        self.assertNotIn("fairness", drawn(document(equal), "fairness"))
        axes = drawn(document(unequal), "fairness")["fairness"].axes[0]
        self.assertEqual(list(found(axes, "median:serial")[0].get_xdata()), [0.5])  # one core count: dots across

    def test_map_tells_the_best_of_each_row(self):
        cases = [case("serial", 2, 4e6), case("futex", 2, 1e6), case("serial", 2, 5, title="copy file_kib=4"),
                 case("futex", 2, 0, title="copy file_kib=4", status="crashed", metrics=None)]
        axes = drawn(document(cases), "heat")["heat"].axes[0]
        shares = axes.images[0].get_array()
        self.assertEqual((shares[0, 0], shares[0, 1]), (1, 0.25))
        self.assertEqual([found(axes, f"cell:{row}:{column}")[0].get_text() for row, column in
                          ((0, 0), (0, 1), (1, 0), (1, 1))], ["4M", "1M", "5", "✗"])
        self.assertEqual([label.get_text() for label in axes.get_xticklabels()], ["serial", "futex"])

    def test_map_tells_other_core_counts_than_its_own(self):
        cases = [one for model in ("serial", "futex") for one in
                 sweep(model, 1e6, 0, counts=(1, 2, 8)) + sweep(model, 5.0, 0, title="copy file_kib=4", counts=(1, 2))]
        figure = drawn(document(cases), "heat")["heat"]
        names = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
        self.assertEqual(names, [["counter batch=1, ops/s", "copy file_kib=4, ops/s"],
                                 ["counter batch=1, ops/s", "copy (2 cores) file_kib=4, ops/s"]])
        self.assertTrue(any("for 2 cores: --only cores=N" in text for text in texts(figure)))

    def test_trials_stand_in_the_order_they_ran(self):
        cases = [case("serial", 1, 1e6), case("futex", 1, 1e6)]
        for one in cases:
            for nth, trial in enumerate(one["trials"]):
                trial.update(round=nth + 1, order=0 if one["model"] == "futex" else 1)
        cases[0]["metrics"]["throughput"]["trials"][3] = None
        cases[0]["metrics"]["throughput"]["trials"][4] = 9e6
        axes = drawn(document(cases), "trials")["trials"].axes[0]
        self.assertEqual(list(found(axes, "trials:futex")[0].get_xdata()), list(range(0, 20, 2)))
        self.assertEqual(list(found(axes, "failed:serial")[0].get_xdata()), [7])
        self.assertEqual(list(found(axes, "beyond:serial")[0].get_xdata()), [9])


class Several(unittest.TestCase):
    def test_commits_are_lines_and_machines_are_panels(self):
        old, new = document(sweep("serial", 1e6)), document(sweep("serial", 2e6), tool={"revision": "def"},
                                                            run={"seed": 2})
        other = document(sweep("serial", 3e6), machine={"cpu_model": "Other CPU"})
        figure = drawn([old, new, other])["throughput"]
        self.assertEqual(len(figure.axes), 2)
        lines = [found(figure.axes[0], f"median:serial · {revision}")[0] for revision in ("abc", "def")]
        self.assertEqual([line.get_ydata()[0] for line in lines], [1e6, 2e6])
        self.assertNotEqual(lines[0].get_marker(), lines[1].get_marker())
        self.assertEqual(figure.axes[0].get_ylim(), figure.axes[1].get_ylim())
        self.assertTrue(any("Other CPU" in text for text in texts(figure)))


    def test_no_two_names_are_the_same(self):
        models = ("thread-mutex", "thread-pool threads=4 stack_kib=64", "thread-pool threads=4 stack_kib=128", "thread-per-job")
        for starts in (("2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z"), ("2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z"),
                       ("2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z", "2026-11-24T10:05:00Z")):
            made = [document([case(model, 2, 1e6) for model in models], run={"started": start}) for start in starts]
            figures_of = drawn(made, None)
            for labels in (figures_of["heat"].axes[0].get_xticklabels(), figures_of["trials"].axes[0].get_yticklabels()):
                self.assertEqual(len({label.get_text() for label in labels}), len(models) * len(starts))

    def test_the_run_is_told_by_what_is_not_shared(self):
        made = [document(sweep("thread-mutex", 1e6), run={"started": f"2026-11-23T10:0{nth}:00Z"}) for nth in (0, 5)]
        self.assertEqual(list(dict.fromkeys(row.line for row in rows.rows_of(made))),
                         ["thread-mutex · 10:00", "thread-mutex · 10:05"])

    def test_what_tells_runs_apart_is_cut_apart(self):
        self.assertEqual(cut_apart(["a", "b" * 20]), ["a", "b" * 12 + "…"])
        self.assertEqual(cut_apart(["the same 123456 1", "the same 123456 2"]), ["…ame 123456 1", "…ame 123456 2"])
        self.assertEqual(cut_apart([f"{'x' * 20}{nth}{'y' * 20}" for nth in (1, 2)]), ["run 1", "run 2"])


class Own(unittest.TestCase):
    def setUp(self):
        self.document = document([case(model, 2, 1e6 * size, title=f"counter batch={size}") for size in (1, 4, 64)
                                  for model in ("serial", "futex")])
        for one in self.document["cases"]:
            one["params"]["batch"] = int(one["params"]["batch"])
        self.rows = rows.rows_of([self.document])

    def test_any_field_on_the_axis(self):
        made, _ = figures.own([self.document], self.rows, "batch", "cpu_per_op", None)
        axes = made["cpu_per_op-by-batch"].axes
        self.assertEqual(len(axes), 1)
        self.assertEqual(list(found(axes[0], "median:futex")[0].get_xdata()), [1, 4, 64])
        self.assertEqual(axes[0].get_xlabel(), "batch")

    def test_words_on_the_axis_and_lines_by_a_parameter(self):
        made, _ = figures.own([self.document], self.rows, "model", None, "batch")
        axes = made["throughput-by-model"].axes[0]
        self.assertEqual([axes.xaxis.get_major_formatter()(place, place) for place in (0, 1)], ["serial", "futex"])
        self.assertEqual(list(found(axes, "median:batch=64")[0].get_ydata()), [64e6, 64e6])

    def test_only(self):
        kept = rows.filtered(self.rows, ["batch=1", "batch=4", "model=futex"])
        self.assertEqual([row.title for row in kept], ["counter batch=1", "counter batch=4"])
        with self.assertRaisesRegex(Trouble, 'did you mean "futex"'):
            rows.filtered(self.rows, ["model=futx"])


class Hostile(unittest.TestCase):
    def draw(self, made):
        """To the end: what is only laid out may still fail when it is drawn."""
        all_figures = drawn(made, None)
        for figure in all_figures.values():
            figure.canvas.draw()
        return all_figures

    def test_text_is_taken_as_it_stands(self):
        cases = sweep(EVIL, 1e6, title="counter $x$=1") + sweep("$y$", 2e6, title="counter $x$=1")
        made = document(cases, run={"name": EVIL}, machine={"cpu_model": EVIL})
        figure = self.draw(made)["throughput"]
        labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        self.assertIn("$y$", labels)
        self.assertTrue(any(label.startswith(" _a$\\frac{x}$<script>") for label in labels))
        self.assertFalse(any("\n" in text or "\x1b" in text for text in texts(figure)))
        for text in figure.texts:
            box = text.get_window_extent()
            self.assertLessEqual(box.x1, figure.bbox.x1 + 1, text.get_text())

    def test_no_numbers_failures_only_one_case_and_zeros(self):
        null = document(sweep("serial", 1e6))
        for one in null["cases"]:
            one["metrics"]["throughput"].update(median=None, ci95=None, trials=[])
        failed = document([case("serial", 1, 1, status="failed", reason="no", metrics=None)])
        zeros = document(sweep("serial", 0.0) + sweep("futex", 1e-90))
        for made in (null, failed, zeros, document([case("serial", 3, 1e6)])):
            self.draw(made)

    def test_many_cases_come_on_pages(self):
        cases = [one for nth in range(25) for model in ("serial", "futex", "atomic", "openmp", "io-uring")
                 for one in sweep(model, 1e6, title=f"counter batch={nth}")]
        self.assertEqual(len(cases), 500)
        made = document(cases)
        self.assertIn("throughput-2", drawn(made))
        self.assertIn("trials-2", drawn(made, "trials"))

    def test_what_is_no_result_is_told_with_its_place(self):
        good = document(sweep("serial", 1e6))
        for change, place in ((lambda bad: bad["cases"][1].pop("model"), r"cases\[1\].model: is missing"),
                              (lambda bad: bad["cases"][0].update(cores="a"), r"cases\[0\].cores: is \"a\""),
                              (lambda bad: bad["cases"][0].update(metrics=[1]), r"cases\[0\].metrics: is \[1\]"),
                              (lambda bad: bad.update(run=3), "run: is 3")):
            bad = copy.deepcopy(good)
            change(bad)
            with self.assertRaisesRegex(Trouble, place):
                documents.checked(bad)

    def test_numbers_beyond_what_axes_hold_are_refused_with_their_place(self):
        made = document(sweep("serial", 1e6))
        for key, value in (("median", 1e307), ("median", 1e-307), ("median", 10**400), ("ci95", [1, -1e101])):
            bad = copy.deepcopy(made)
            bad["cases"][2]["metrics"]["throughput"][key] = value
            with self.assertRaisesRegex(Trouble, rf"cases\[2\].metrics.throughput.{key}.*: is -?1.* where 0 or a number "
                                                 "from 1e-100 to 1e\\+100 is expected"):
                documents.parse("x.json", json.dumps(bad).encode())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.draw(document(sweep("serial", 1e100, 0, metrics={"cpu_per_op": metric(1e-100, "ns")})
                               + sweep("futex", 1e-100, 0, metrics={"cpu_per_op": metric(1e100, "ns")})))

    def test_what_is_no_json_is_refused(self):
        for number in ("NaN", "Infinity", "-Infinity"):
            with self.assertRaisesRegex(Trouble, f"x.json: not a result: {number} is no JSON"):
                documents.parse("x.json", f'{{"cases": [{number}]}}'.encode())
        with self.assertRaisesRegex(Trouble, "x.json: not a result: 'utf-8'"):
            documents.parse("x.json", b'"\xff"')

    def test_numbers_have_prefixes(self):
        self.assertEqual([si(value) for value in (0, 1, 999.9, 1000, 4.1e7, 2e-6, -5e9, 1e18)],
                         ["0", "1", "999.9", "1 k", "41 M", "2 µ", "-5 G", "1000 P"])


if __name__ == "__main__":
    unittest.main()
