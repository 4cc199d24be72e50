"""Which figures there are, and what stands over each."""
from . import custom, history, style
from .documents import BETWEEN, fact, machine_text, name_of, simulated, started
from .heat import heat
from .latency import latency
from .scaling import cost, efficiency, fairness, throughput
from .sheet import PAPER, SCREEN
from .layout import layout
from .trials import trials

# In this order, the main one first; and what has to be there for it.
STANDARD = {
    "throughput": (throughput, "no case has a number"),
    "efficiency": (efficiency, "no model was measured on one core and on more"),
    "cost": (cost, "no case has CPU time per operation"),
    "latency": (latency, "no case has percentiles"),
    "fairness": (fairness, "within 1 % all tasks of each case got the same, or no case tells"),
    "heat": (heat, "there are fewer than two numbers to compare"),
    "trials": (trials, "no case has two trials"),
}


def heading(documents):
    """The name of the run and the facts that all results share."""
    names = list(dict.fromkeys(map(name_of, documents)))
    status = {fact(document, "run", "status") for document in documents} - {None, "complete"}
    machines = list(dict.fromkeys(map(machine_text, documents)))
    begun = list(dict.fromkeys(filter(None, map(started, documents))))
    when = "" if not begun else begun[0] if len(begun) == 1 else f"{min(begun)} to {max(begun)}"
    where = machines[0] if len(machines) == 1 else f"{len(machines)} machines"
    revisions = list(dict.fromkeys(filter(None, (fact(document, "tool", "revision") for document in documents))))
    revision = f"heddle {revisions[0]}" if len(revisions) == 1 else ""
    title = " and ".join(names[:3]) + (" …" if len(names) > 3 else "") + "".join(f" ({word})" for word in sorted(status))
    return title + simulated_mark(documents, names), BETWEEN.join(filter(None, (where, when, revision)))


def simulated_mark(documents, names):
    """How many of them no machine made, unless each name says so of all."""
    made_up = sum(map(bool, map(simulated, documents)))
    if not made_up or made_up == len(documents) and all("simulated" in name for name in names):
        return ""
    return " (simulated)" if made_up == len(documents) else f" ({made_up} of {len(documents)} simulated)"


def drawn(drawing, documents, rows, looks, paper):
    """{suffix: figure}."""
    title, facts = heading(documents)
    drawing.title, drawing.facts = f"{title}: {drawing.title}", facts
    pages = layout(drawing, PAPER if paper else SCREEN, looks)
    return {drawing.suffix + (f"-{number}" if len(pages) > 1 else ""): page for number, page in enumerate(pages, 1)}


def standard(documents, rows, fits, paper=False, names=tuple(STANDARD)):
    """Those of the figures that have something to show, and for the others a sentence why they are left out."""
    series = list(dict.fromkeys(row.series for row in rows))  # what one series is in each result stands together
    looks = style.looks([(row.line, row.model) for row in sorted(rows, key=lambda row: series.index(row.series))])
    figures, left_out = {}, []
    for name in names:
        make, reason = STANDARD[name]
        drawing = make(rows, fits)
        if drawing is None:
            left_out.append(f"{name} ({reason})")
        else:
            figures.update(drawn(drawing, documents, rows, looks, paper))
    return figures, left_out


def own(documents, rows, x, y, series, paper=False):
    drawing = custom.drawing(rows, x, y, series)
    looks = style.looks(custom.models_of_lines(rows, x, series))
    if drawing is None:
        return {}, [f"{y or 'throughput'} over {x or 'cores'} (no case has both)"]
    return drawn(drawing, documents, rows, looks, paper), []


def over_time(documents, rows, y=None, paper=False):
    drawing = history.drawing(rows, documents, y)
    if drawing is None:
        return {}, [f"history (no case has {y or 'a number'})"]
    looks = style.looks([(row.series, row.model) for row in rows])
    return drawn(drawing, documents[-1:], rows, looks, paper), []
