"""A folder of results over time: a panel a workload, its parameters and a core count, oldest run first."""
from dataclasses import dataclass, field

from . import axes as scales
from .documents import started
from .lines import Point, mark, point_of
from .panels import settings_of
from .rows import grouped
from .series import SeriesPanel, arranged, marks_of
from .sheet import Drawing, line_look
from .words import clean, plural, safe, scale_of


@dataclass
class HistoryPanel(SeriesPanel):
    runs: list = field(default_factory=list)  # when each began

    def below(self, sheet):
        return super().below(sheet) + sheet.leading(sheet.tick) * 0.9

    def draw(self, axes, sheet, looks):
        from matplotlib import ticker

        scales.scale_values(axes.yaxis, self.medians(), self.all_values(), self.y_label)
        self.draw_ghosts(axes, sheet)
        for line in (line for line in looks if line in self.points):
            self.draw_line(axes, sheet, looks[line], line)
        last = len(self.runs) - 1
        room = axes.get_position().width * axes.figure.get_figwidth()
        parts = max(1, int(room * 72 / (sheet.tick * 8)) - 1)
        shown = sorted({round(last * part / parts) for part in range(parts + 1)})
        axes.xaxis.set_major_locator(ticker.FixedLocator(shown))
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: self.runs[int(value)].replace(" ", "\n")))
        axes.xaxis.set_minor_locator(ticker.FixedLocator([run for run in range(last + 1) if run not in shown]))
        axes.set_xlim(-0.3, last + 0.3)
        axes.set_xlabel("run, UTC")
        self.name_ends(axes, sheet, looks)
        scales.write_labels(axes, sheet)

    def draw_line(self, axes, sheet, look, line):
        """Runs one beside the other, whatever time lay between them; a line breaks where a run has no number."""
        points: list[Point] = self.points[line]
        for one, other in zip(points, points[1:]):
            if other.place == one.place + 1:
                axes.plot([one.place, other.place], [one.value, other.value], gid=f"line:{line}",
                          **line_look(look, sheet))
        mark(axes, points, [point.place for point in points], look, sheet, line)


def drawing(rows, documents, metric_name=None):
    runs = [started(document)[:16] for document in documents]
    number = {id(document): place for place, document in enumerate(documents)}
    panels = []
    for of_panel in grouped(rows, lambda row: (row.title, row.cores)).values():
        cores = f"on {plural(of_panel[0].cores, 'core')}"
        settings = "  ".join(part for part in (settings_of(of_panel, rows), cores) if part)
        panel = HistoryPanel(of_panel[0].case["workload"], [settings], runs=runs)
        for row in of_panel:
            metric = row.metric(metric_name)
            if metric:
                unit, factor = scale_of(metric["unit"])
                name = name_text(metric_name)
                panel.y_label = f"{name}, {unit}" if unit else name
                panel.points.setdefault(row.series, []).append(
                    point_of(number[id(row.document)], metric, row.shared, factor))
        if panel.points:
            panels.append(panel)
    marks = f"Medians of the trials of {plural(len(documents), 'run')}, oldest first; bars are 95 % intervals"
    if not panels:
        return None
    panels, columns = arranged(panels)
    suffix = f"history-{safe(metric_name)}" if metric_name else "history"
    return Drawing(suffix, f"{name_text(metric_name)} over time", "", marks, panels, marks_of(panels), columns)


def name_text(metric_name):
    return clean((metric_name or "throughput").replace("_", " "))
