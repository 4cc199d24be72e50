"""From a drawing to figures: heading, legend, panels in rows, notes below each."""
import math
import textwrap

from .documents import BETWEEN
from .sheet import ALARM, GROUND, INK, LETTER, QUIET, line_look, marker_look

MOST_NOTES = 10


def wrapped_notes(panel, sheet, width):
    """The notes in lines that fit below the panel, those that fail first; pairs of a line and whether it failed."""
    letters, kept = sheet.letters(width, sheet.note * 0.93), []
    notes = sorted(panel.all_notes(), key=lambda note: not note[1])
    for index, (text, bad) in enumerate(notes):
        lines = textwrap.wrap(text, letters, subsequent_indent="   ") or [""]
        if len(lines) > 2:
            lines = [lines[0], textwrap.shorten(" ".join(lines[1:]), letters - 3, placeholder=" …")]
            lines[1] = "   " + lines[1]
        if len(kept) + len(lines) + (index < len(notes) - 1) > MOST_NOTES:
            kept.append((f"… and {len(notes) - index} more", bad))
            break
        kept += [(line[: letters + 1], bad) for line in lines]
    return kept


def settings_lines(panel, sheet, width):
    letters = sheet.letters(width, sheet.small)
    return [line for text in panel.all_settings() for line in textwrap.wrap(text, letters)[:3]]


def columns_of(drawing):
    count = len(drawing.panels)
    return min(drawing.columns, 3) if drawing.columns else count if count <= 2 else 2 if count == 4 else 3


def cell_width(drawing, sheet):
    columns = columns_of(drawing)
    left, right = (max(side) for side in zip(*((panel.left(sheet), panel.right(sheet)) for panel in drawing.panels)))
    width = max(panel.wide(sheet, left, right, columns) for panel in drawing.panels if panel.head)
    return left, width, right, columns


def legend_columns(texts, width, sheet):
    """The most columns that fit."""
    letter = sheet.small * LETTER / 72
    for columns in range(len(texts), 1, -1):
        rows, longer = divmod(len(texts), columns)
        ends = [rows * i + min(i, longer) for i in range(columns + 1)]
        wide = sum(sheet.small * 0.072 + letter * max(map(len, texts[i:j])) for i, j in zip(ends, ends[1:]))
        if wide <= width:
            return -(-len(texts) // -(-len(texts) // columns))  # columns of even length
    return 1


def legends_of(drawing, sheet, looks, panels):
    """What the legends hold: the lines of the panels in the order of the result, and the extra ones below."""
    from matplotlib.lines import Line2D

    drawn = {line for panel in panels for line in panel.lines()}
    handles, extra = [], []
    for text in (text for text in looks if text in drawn):
        handles.append(Line2D([], [], label=text, **line_look(looks[text], sheet), **marker_look(looks[text], sheet)))
    for text, what in drawing.extra:
        extra.append(Line2D([], [], label=text, **{"linewidth": sheet.line * 0.6, "markersize": sheet.mark, **what}))
    for handle in handles + extra:  # a name that begins with this would be left out
        if handle.get_label().startswith("_"):
            handle.set_label(" " + handle.get_label())
    return [handles, extra]


def put_legends(page, legends, place, inner, sheet):
    """From this height down; the height below them."""
    for handles in filter(None, legends):
        texts = [handle.get_label() for handle in handles]
        columns = legend_columns(texts, inner, sheet)
        page.figure.legend(
            handles=handles, ncol=columns, loc="upper left", borderaxespad=0, borderpad=0, fontsize=sheet.small,
            bbox_to_anchor=(sheet.margin / page.width, 1 - place / page.height), frameon=False, handlelength=2.8,
            columnspacing=1.5, labelspacing=0.35)
        place += legend_height(texts, inner, sheet)
    return place


def legend_height(texts, inner, sheet):
    return sheet.leading(sheet.small) * math.ceil(len(texts) / legend_columns(texts, inner, sheet)) if texts else 0


def wrapped_facts(text, letters):
    """Lines that break between facts."""
    lines = []
    for fact in text.split(BETWEEN):
        if lines and len(lines[-1]) + len(BETWEEN) + len(fact) <= letters:
            lines[-1] += BETWEEN + fact
        else:
            lines.append(fact)
    return lines


# ---- From the top down ----


class Page:
    """A figure that is written to in inches from its upper left corner."""

    def __init__(self, width, height):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), facecolor=GROUND)
        FigureCanvasAgg(self.figure)  # measures what is written

    def write(self, x, y, text, room, **how):
        """At most so many inches of it."""
        written = self.figure.text(x / self.width, 1 - y / self.height, text, va="top", **how)
        while len(text) > 8 and self.width_of(written) > room:
            text = text[: min(len(text) - 2, int(len(text) * room / self.width_of(written)))] + "…"
            written.set_text(text)

    def width_of(self, written):
        return written.get_window_extent(self.figure.canvas.get_renderer()).width / self.figure.dpi

    def axes(self, x, y, width, tall):
        axes = self.figure.add_axes([x / self.width, 1 - (y + tall) / self.height, width / self.width,
                                     tall / self.height])
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color("#888888")
        axes.set_axisbelow(True)
        return axes


def row_heights(row, sheet, width, left):
    above = sheet.leading(sheet.head) * 1.15 + sheet.leading(sheet.small) * max(
        len(settings_lines(panel, sheet, width + left)) for panel in row) + 0.08
    below = max(panel.below(sheet) + sheet.leading(sheet.note) * len(wrapped_notes(panel, sheet, width + left))
                for panel in row)
    return above, max(panel.tall(sheet) for panel in row), below + sheet.leading(sheet.head)


def pages_of(rows, heights, sheet):
    """Rows that go on one page, as lists of their numbers."""
    pages, used = [[]], 0
    for number, height in enumerate(heights):
        if pages[-1] and used + sum(height) > sheet.most:
            pages.append([])
            used = 0
        pages[-1].append(number)
        used += sum(height)
    return pages


def layout(drawing, sheet, looks):
    """The figures of a drawing: one, or more where its panels would not fit a page."""
    left, width, right, columns = cell_width(drawing, sheet)
    rows = [drawing.panels[i : i + columns] for i in range(0, len(drawing.panels), columns)]
    heights = [row_heights(row, sheet, width, left) for row in rows]
    pages = pages_of(rows, heights, sheet)
    return [one_page(drawing, sheet, looks, [(rows[i], heights[i]) for i in numbers], (left, width, right, columns),
                     f" ({number} of {len(pages)})" if len(pages) > 1 else "")
            for number, numbers in enumerate(pages, 1)]


def one_page(drawing, sheet, looks, rows, cell, part):
    left, width, right, columns = cell
    across = left + width + right
    total = max(columns * across, sheet.panel[0] + sheet.left) + sheet.margin
    inner = total - 2 * sheet.margin
    title = textwrap.wrap(drawing.title + part, sheet.letters(inner, sheet.title * 1.12))[:2]
    letters = sheet.letters(inner, sheet.small)
    small = wrapped_facts(drawing.facts, letters) + textwrap.wrap(drawing.marks, letters)
    legends = legends_of(drawing, sheet, looks, [panel for row, _ in rows for panel in row])
    legend = 0.06 + sum(legend_height([handle.get_label() for handle in handles], inner, sheet) for handles in legends)
    top = sheet.margin * 0.7 + sheet.leading(sheet.title) * len(title)
    head = top + sheet.leading(sheet.small) * len(small) + legend + sheet.leading(sheet.small) * 0.8
    page = Page(total, head + sum(sum(height) for _, height in rows))
    for number, line in enumerate(title):
        page.write(sheet.margin, sheet.margin * 0.7 + sheet.leading(sheet.title) * number, line, inner, fontsize=sheet.title,
                   fontweight="bold", color=INK)
    for number, line in enumerate(small):
        page.write(sheet.margin, top + sheet.leading(sheet.small) * number, line, inner, fontsize=sheet.small,
                   color=QUIET)
    put_legends(page, legends, top + sheet.leading(sheet.small) * len(small) + 0.05, inner, sheet)
    put_rows(page, rows, head, (left, width, across), sheet, looks)
    return page.figure


def put_rows(page, rows, head, cell, sheet, looks):
    left, width, across = cell
    for row, (above, tall, below) in rows:
        for column, panel in enumerate(row):
            if panel.head:
                put_panel(page, panel, (column * across + sheet.margin, head, left, width), above, sheet, looks)
        head += above + tall + below


def put_panel(page, panel, place, above, sheet, looks):
    x, y, left, width = place
    settings = settings_lines(panel, sheet, width + left)
    over = y + sheet.leading(sheet.head) * 1.05
    page.write(x + 0.02, y, panel.head, width + left, fontsize=sheet.head, fontweight="bold",
               color=INK)
    for number, line in enumerate(settings):
        page.write(x + 0.02, over + sheet.leading(sheet.small) * number, line, width + left, fontsize=sheet.small,
                   color=QUIET)
    tall = panel.tall(sheet)
    axes = page.axes(x + left, y + above, width, tall)
    axes.tick_params(which="both", color="#888888", labelsize=sheet.tick, width=0.6, length=2.5)
    panel.draw(axes, sheet, looks)
    under = y + above + tall + panel.below(sheet)
    for number, (line, bad) in enumerate(wrapped_notes(panel, sheet, width + left)):
        page.write(x + 0.02, under + sheet.leading(sheet.note) * number, line, width + left, fontsize=sheet.note,
                   color=ALARM if bad else QUIET)
