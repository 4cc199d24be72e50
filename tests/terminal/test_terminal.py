#!/usr/bin/python3
"""What a person sees on a terminal: test_terminal.py PROGRAM BROKEN_PLUGIN_DIR SOURCE_DIR"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
from screen import Screen, Terminal

HEDDLE, BROKEN, SOURCE = (os.path.abspath(word) for word in sys.argv[1:4])
EXAMPLE = os.path.join(SOURCE, "results", "example.json")
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128]
MODELS = ["serial", "thread-mutex"]
ROUNDS = 3
CASES = len(BATCHES) * len(MODELS)


class AScreen(unittest.TestCase):
    """The measure itself."""

    def test_moves_as_terminals_do(self):
        screen = Screen(3, 5)
        screen.feed("one\r\ntwo\r\nlonger!\r")
        self.assertEqual(screen.all_lines(), ["one", "two", "longe", "r!"])
        screen.feed("\x1b[1")
        screen.feed("A\x1b[Kx\r\n\x1b[J")
        self.assertEqual(screen.all_lines(), ["one", "two", "x", ""])

    def test_refuses_what_it_does_not_know(self):
        with self.assertRaises(ValueError):
            Screen(3, 5).feed("\x1b[?1049h and more")


class OnATerminal(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heddle-terminal-")
        self.addCleanup(shutil.rmtree, self.folder)
        config = {"name": "many", "models": MODELS, "baseline": "thread-mutex", "cores": [1],
                  "workloads": [{"workload": "counter", "batch": BATCHES}],
                  "sampling": {"rounds": ROUNDS, "warmup_ms": 5, "window_ms": 10, "windows": 4, "budget_s": 0}}
        with open(os.path.join(self.folder, "many.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)

    def run_many(self, *options, **terminal):
        return Terminal([HEDDLE, "run", "many.json", "-o", "r.json", *options], folder=self.folder, **terminal)

    def assert_clean(self, terminal):
        """Nothing of the live part is left, and each table stands there once."""
        text = terminal.screen.text()
        self.assertNotIn("so far", text)
        self.assertIsNone(re.search(r"^round |ETA|\d/\d+$", text, re.MULTILINE), text)
        for batch in BATCHES:
            self.assertEqual(len(re.findall(rf"^counter batch={batch}\b", text, re.MULTILINE)), 1, text)

    # -- The table of a run

    def test_the_table_fills_while_a_run_goes_on(self):
        terminal = self.run_many()
        self.assertEqual(terminal.finish(), 0)
        during = [frame for frame in terminal.frames if "so far" in frame]
        self.assertTrue(any(re.search(rf"counter batch=64 serial +1 +[\d.]+ [MG]ops/s +- +\d/{ROUNDS}$", frame,
                                      re.MULTILINE) for frame in during), during[-1])
        self.assertTrue(any(frame.count(f"2/{ROUNDS}") > CASES / 2 for frame in during))
        self.assert_clean(terminal)

    def test_the_rows_stay_where_they_are(self):
        terminal = self.run_many()
        terminal.finish()
        tops = {frame[:frame.index("so far")] for frame in terminal.frames if "so far" in frame}
        self.assertEqual(len(tops), 1, tops)

    def test_a_small_screen_shows_the_latest(self):
        terminal = self.run_many(rows=10, columns=60)
        self.assertEqual(terminal.finish(), 0)
        self.assertTrue(any(f"so far, last 7 of {CASES}" in frame for frame in terminal.frames))
        self.assert_clean(terminal)

    def test_forty_columns_are_enough(self):
        terminal = self.run_many(rows=24, columns=40)
        self.assertEqual(terminal.finish(), 0)
        self.assertTrue(any("thread-mutex" in frame and "trials" in frame for frame in terminal.frames))
        self.assert_clean(terminal)

    def test_a_tiny_screen_has_the_live_line_alone(self):
        terminal = self.run_many(rows=3, columns=30)
        self.assertEqual(terminal.finish(), 0)
        self.assertFalse(any("so far" in frame for frame in terminal.frames))
        self.assertTrue(any("round 2/" in frame for frame in terminal.frames))

    def test_a_message_stands_above_the_table_and_stays(self):
        # The round's order is by chance; two failures of 8 cases each are told.
        terminal = self.run_many("--model", "serial", "--model", os.path.join(BROKEN, "crash-in-open.so"))
        self.assertEqual(terminal.finish(), 3)
        said = [line for line in terminal.screen.all_lines() if line.startswith("counter/") and "crash" in line]
        self.assertEqual(len(said), 2 * len(BATCHES))
        self.assertTrue(any(re.search(r"crash-in-open +1 +crashed", frame) for frame in terminal.frames))
        self.assert_clean(terminal)

    def test_ctrl_c_leaves_nothing_of_it(self):
        terminal = self.run_many("--set", "sampling.rounds=100")
        terminal.wait_for("3/100")
        terminal.type(b"\x03")
        self.assertEqual(terminal.finish(), 130)
        self.assertIn("result   r.json (interrupted)", terminal.screen.text())
        self.assert_clean(terminal)

    def test_what_cannot_draw_gets_plain_lines(self):
        for environment in ({"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}):
            with self.subTest(environment):
                terminal = self.run_many("--set", "sampling.rounds=2", "-f", **environment)
                self.assertEqual(terminal.finish(), 0)
                self.assertNotIn(b"\x1b", terminal.bytes)
                self.assertEqual(len(re.findall(rb"^round ", terminal.bytes, re.MULTILINE)), 2)

    def test_without_utf8_no_blocks(self):
        terminal = self.run_many("--no-warn", "W03", LC_ALL="C")
        self.assertEqual(terminal.finish(), 0)
        self.assertTrue(any("so far" in frame and "[#" in frame for frame in terminal.frames))
        self.assertFalse(re.search("[▁-▏…▕]", "".join(terminal.frames)))
        self.assert_clean(terminal)

    def test_another_size_leaves_nothing_behind(self):
        """A real terminal breaks lines again when it is made narrower. What that pushes beyond its upper end nobody
        reaches, and tmux keeps blank rows below: so the screen is full before, high enough, and made narrower once."""
        if not shutil.which("tmux"):
            self.skipTest("needs tmux")
        socket = os.path.join(self.folder, "tmux")
        tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
        said = lambda: subprocess.run([*tmux, "capture-pane", "-p", "-S", "-"], check=True, text=True,
                                      capture_output=True).stdout
        subprocess.run([*tmux, "new-session", "-d", "-x", "90", "-y", "50",
                        f"cd {self.folder}; seq 60; env -u CI LC_ALL=C.UTF-8 HEDDLE_NO_LOCK=1 {HEDDLE} run many.json -o r.json "
                        "--set sampling.rounds=8 & echo $! >pid; wait $!; echo over; sleep 60"], check=True)
        self.addCleanup(subprocess.run, [*tmux, "kill-server"], check=False)
        sizes = [(50, 50), (120, 50)]
        end = time.monotonic() + 60
        while "\nover" not in said() and time.monotonic() < end:
            if sizes and "so far" in said():
                self.resize(tmux, *sizes.pop(0))
            time.sleep(0.3)
        self.assertFalse(sizes, "it was over too early")
        self.assertIn("\nover", said())
        self.assertNotIn("so far", said())
        self.assertNotIn("ETA", said())

    def resize(self, tmux, columns, rows):
        """tmux breaks lines at once, but tells the size a quarter of a second later, or more on a busy machine: nobody
        is to draw meanwhile."""
        with open(os.path.join(self.folder, "pid"), encoding="ascii") as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.1)
        subprocess.run([*tmux, "resize-window", "-x", str(columns), "-y", str(rows)], check=True)
        place = subprocess.run([*tmux, "display-message", "-p", "#{pane_tty}"], check=True, text=True, capture_output=True)
        with open(place.stdout.strip(), encoding="ascii") as pane:
            while os.get_terminal_size(pane.fileno()) != (columns, rows):
                time.sleep(0.05)
        os.kill(pid, signal.SIGCONT)

    # -- The tables of a result

    def show(self, **terminal):
        terminal = Terminal([HEDDLE, "show", EXAMPLE], **terminal)
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn(b"\x1b", terminal.bytes)
        return terminal.screen.text()

    def test_a_terminal_gets_bars_and_speedups(self):
        text = self.show()
        self.assertIn("█", text)
        self.assertIn("a full bar: ", text)
        self.assertRegex(text, r"\n  thread-mutex +1\.00█ +[\d.]+[▁-█ ]")
        self.assertEqual(self.show(NO_COLOR="1"), text)  # there is no colour

    def test_no_line_of_a_table_is_broken(self):
        for columns in (40, 80, 120):
            with self.subTest(columns):
                text = self.show(columns=columns)
                self.assertEqual(text.count("\n"), self.show(columns=columns, rows=200).count("\n"))
                wide = Terminal([HEDDLE, "show", EXAMPLE], columns=400, COLUMNS=str(columns))
                wide.finish()
                self.assertEqual(wide.screen.text(), text)

    def test_what_cannot_draw_gets_numbers(self):
        for environment in ({"LC_ALL": "C"}, {"TERM": "dumb"}):
            with self.subTest(environment):
                text = self.show(**environment)
                self.assertFalse(re.search("[▁-▏]", text))
                self.assertRegex(text, r"\n  thread-mutex +1\.00 +[\d.]+\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
