"""A map of all cases: a row a workload, a column a model, the colour how far from the best of the row."""
import textwrap
from dataclasses import dataclass, field

from . import axes as scales
from .documents import OK
from .latency import ends_of, how_to_see
from .panels import settings_of
from .rows import grouped
from .sheet import ALARM, Drawing, Panel
from .words import cut_line, plural, scale_of, short_si

WORST = 0.01  # and less has the darkest colour


@dataclass
class HeatPanel(Panel):
    names: list = field(default_factory=list)  # of the rows
    lines_across: list = field(default_factory=list)
    shares: dict = field(default_factory=dict)  # of a row and a column: share of the best of the row
    texts: dict = field(default_factory=dict)
    best: set = field(default_factory=set)  # of the places: the best, and what its interval does not tell from it
    failed: dict = field(default_factory=dict)  # in place of a number: the status

    def left(self, sheet):
        longest = max(len(line) for name in self.names for line in self.wrapped(name))
        return sheet.left * 0.35 + longest * sheet.tick * 0.57 / 72

    def wide(self, sheet, left, right, columns):
        """Room for a number in each cell, as far as the sheet has it."""
        cells = min(len(self.lines_across) * sheet.tick * 0.075, sheet.full() - left - right)
        return max(cells, super().wide(sheet, left, right, columns))

    @staticmethod
    def wrapped(name):
        lines = textwrap.wrap(name, 34) or [""]
        return lines if len(lines) <= 2 else [lines[0], textwrap.shorten(" ".join(lines[1:]), 34, placeholder=" …")]

    def tall(self, sheet):
        return sheet.leading(sheet.tick) * 2.3 * len(self.names)

    def below(self, sheet):
        longest = max(len(cut_line(line, 30)) for line in self.lines_across)
        return sheet.leading(sheet.tick) * 1.2 + longest * sheet.tick * 0.57 / 72 * 0.62

    def draw(self, axes, sheet, looks):
        import matplotlib
        from matplotlib.colors import LogNorm

        colours = matplotlib.colormaps["cividis"]
        norm = LogNorm(WORST, 1)
        grid = [[self.shares.get((row, column), float("nan")) for column in range(len(self.lines_across))]
                for row in range(len(self.names))]
        axes.imshow([[max(WORST, share) if share == share else share for share in line] for line in grid],
                    cmap=colours, norm=norm, aspect="auto", interpolation="nearest", gid="heat")
        room = axes.get_position().width * axes.figure.get_figwidth() / len(self.lines_across)
        size = min(sheet.tick, room * 72 / (5.4 * 0.72))  # some are bold
        for (row, column), text in self.texts.items():
            axes.text(column, row, text, ha="center", va="center", fontsize=size, gid=f"cell:{row}:{column}",
                      color="#FFFFFF" if norm(max(WORST, self.shares[row, column])) < 0.55 else "#101010",
                      fontweight="bold" if (row, column) in self.best else "normal")
        for (row, column), status in self.failed.items():
            axes.text(column, row, {"skipped": "–"}.get(status, "✗"), ha="center", va="center", fontsize=size,
                      color="#777777" if status == "skipped" else ALARM, gid=f"cell:{row}:{column}")
        self.label(axes, sheet)

    def label(self, axes, sheet):
        for side in axes.spines.values():
            side.set_visible(False)
        short = [cut_line(line, 30) for line in self.lines_across]
        axes.set_xticks(range(len(short)), short, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(self.names)), ["\n".join(self.wrapped(name)) for name in self.names])
        axes.tick_params(length=0, labelcolor="#222222", labelsize=sheet.tick)
        axes.set_xticks([column - 0.5 for column in range(1, len(short))], minor=True)
        axes.set_yticks([row - 0.5 for row in range(1, len(self.names))], minor=True)
        axes.grid(which="minor", color="#FFFFFF", linewidth=1.2)
        axes.tick_params(which="minor", length=0)
        scales.write_labels(axes, sheet)


def row_name(rows, all_rows, cores):
    """With its core count where that is not the panel's: in front, since the end of a long name is cut."""
    unit = next((scale_of(row.metric()["unit"])[0] for row in rows if row.metric()), "")
    settings = settings_of(rows, all_rows).replace("  ", " ")
    fewer = f"({plural(rows[0].cores, 'core')})" if rows[0].cores != cores else ""
    name = " ".join(filter(None, (rows[0].case["workload"], fewer, settings)))
    return name + (f", {unit}" if unit else "")


def best_of(numbers, lower):
    """Columns of the best median, and of those whose intervals reach into its own."""
    worth = {column: metric for column, metric in numbers.items() if metric["median"] > 0}
    if not worth:
        return set()
    best = (min if lower else max)(worth, key=lambda column: worth[column]["median"])
    low, high = worth[best]["ci95"] or (worth[best]["median"],) * 2
    return {best} | {column for column, metric in worth.items()
                     if metric["ci95"] and metric["ci95"][0] <= high and metric["ci95"][1] >= low}


def panel_of(cores, rows, all_rows):
    panel = HeatPanel(f"on {plural(cores, 'core')}", [part for part in (rows[0].machine,) if part])
    panel.lines_across = list(dict.fromkeys(row.line for row in rows))
    for number, of_title in enumerate(grouped(rows, lambda row: row.title).values()):
        panel.names.append(row_name(of_title, all_rows, cores))
        numbers = {panel.lines_across.index(row.line): row.metric() for row in of_title if row.metric()}
        lower = next((metric["unit"] == "ns" for metric in numbers.values()), False)
        medians = [metric["median"] for metric in numbers.values() if metric["median"] > 0]
        best = (min if lower else max)(medians, default=None)
        for column, metric in numbers.items():
            factor = scale_of(metric["unit"])[1]
            panel.texts[number, column] = short_si(metric["median"] * factor)
            share = (best / metric["median"] if lower else metric["median"] / best) if metric["median"] > 0 else 0
            panel.shares[number, column] = share
        panel.best |= {(number, column) for column in best_of(numbers, lower)}
        for row in of_title:
            if row.case["status"] != OK:
                panel.failed[number, panel.lines_across.index(row.line)] = row.case["status"]
    return panel


def on_most_cores(rows):
    """Each workload on the most cores that it was run on."""
    most = {title: max(row.cores for row in of_title)
            for title, of_title in grouped(rows, lambda row: row.title).items()}
    return [row for row in rows if row.cores == most[row.title]]


def heat(rows, _):
    panels, left_out = [], set()
    for of_machine in grouped(rows, lambda row: row.machine).values():
        counts = ends_of(of_machine)
        left_out |= {row.cores for row in of_machine} - set(counts)
        for cores in counts:
            there = on_most_cores(of_machine) if cores == counts[-1] else \
                [row for row in of_machine if row.cores == cores]
            if any(row.metric() for row in there):
                panels.append(panel_of(cores, there, rows))
    if not panels or max(len(panel.texts) for panel in panels) < 2:
        return None
    return Drawing("heat", "all workloads and models", "",
                   "Medians of throughput; brightest is the best of its row, darkest a hundredth of it or less; "
                   "bold: the best, and what its 95 % interval overlaps; ✗ failed, – skipped"
                   + how_to_see(left_out), panels, columns=1)
