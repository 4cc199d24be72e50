#!/usr/bin/python3
"""What models look like: told apart by everybody, on both grounds; by name alone; no model of ours without a row."""
import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from heddle_plot import style  # noqa: E402

# Of linear RGB: everybody's eyes; no long, no medium cones (Machado, Oliveira, Fernandes 2009).
VISIONS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
}


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def oklab(rgb):
    cones = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
             (0.0883024619, 0.2817188376, 0.6299787005))
    axes = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
            (0.0259040371, 0.7827717662, -0.8086757660))
    return times(axes, [value ** (1 / 3) for value in times(cones, [min(1, max(0, part)) for part in rgb])])


def difference(one, other, vision):
    """In hundredths of the way from black to white."""
    return 100 * math.dist(*(oklab(times(VISIONS[vision], linear(colour))) for colour in (one, other)))


def contrast(one, other):
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


class Style(unittest.TestCase):
    def test_hues_differ_for_every_vision(self):
        for ground, vision in itertools.product(style.GROUNDS.values(), VISIONS):
            for (name, one), (name2, other) in itertools.combinations(style.HUES.items(), 2):
                self.assertGreater(difference(one[ground], other[ground], vision), 8.5, (name, name2, vision))

    def test_hues_stand_out_from_the_ground(self):
        for ground in style.GROUNDS.values():
            for name, colours in style.HUES.items():
                self.assertGreater(contrast(colours[ground], style.PAPER[ground]), (2.2, 4)[ground], name)

    def test_one_hue_means_another_marker_and_dash(self):
        for (name, (hue, marker, dash)), (name2, other) in itertools.combinations(style.MODELS.items(), 2):
            if other[0] == hue:
                self.assertTrue(other[1] != marker and other[2] != dash, (name, name2))

    def test_configs_show_no_hue_more_than_twice(self):
        for path in (TOP / "configs").glob("*.json"):
            models = json.loads(path.read_text()).get("models") or []
            names = {one if isinstance(one, str) else one["model"] for one in models}
            hues = [style.look(name).colour for name in sorted(names)]
            most = 2 if len(names) > len(style.HUES) else 1
            self.assertTrue(all(hues.count(hue) <= most for hue in hues), path.name)

    @unittest.skipUnless(os.environ.get("HEDDLE"), "the program is not told in HEDDLE")
    def test_every_model_has_a_row(self):
        listed = json.loads(subprocess.run([os.environ["HEDDLE"], "list", "--json"], stdout=subprocess.PIPE,
                                           check=True).stdout)
        names = {model["name"] for model in listed["models"]}
        self.assertLess({"serial", "thread-mutex", "coroutine"}, names)
        self.assertEqual(names - style.MODELS.keys(), set())

    def test_unknown_models_look_the_same_beside_anything(self):
        alone = style.looks([("mine", "mine")])["mine"]
        beside = style.looks([("other", "other"), ("serial", "serial"), ("mine", "mine")])["mine"]
        self.assertEqual(alone, beside)
        self.assertEqual(style.look("mine").colour, alone.colour)

    def test_no_two_lines_of_a_picture_are_alike(self):
        for ground in style.GROUNDS:
            lines = [(f"{model} {nth}", model) for model in [*style.MODELS, "mine", "yours"] for nth in range(5)]
            lines += [(f"model-{number}", f"model-{number}") for number in range(60)]
            chosen = style.looks(lines, ground)
            self.assertEqual(len(set(chosen.values())), len(lines))

    def test_the_map_has_the_colours_of_the_figures(self):
        import matplotlib

        steps = len(style.HEAT) - 1
        cividis = [matplotlib.colors.to_hex(matplotlib.colormaps["cividis"](step / steps)).upper() for step in range(steps + 1)]
        self.assertEqual(cividis, list(style.HEAT))
        self.assertEqual([style.heat_of(share) for share in (1, 0.1, 0.01, 0)], [1, 0.5, 0, 0])

    def test_no_drawing_library_is_needed(self):
        code = f"import sys; sys.path.insert(0, {str(TOP / 'scripts')!r}); import heddle_plot.style; " \
               "sys.exit('matplotlib' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
