"""Cases of all results as rows of fields, so that a picture can put any field on an axis."""
from .documents import MACHINE_FACTS, OK, fact, machine_class, machine_text, name_of, simulated, started, telling
from .words import SOURCE, Trouble, cut_apart, suggest, value_text

FIXED = ("workload", "model", "label", "cores", "status", "name", "key", "title", "series", "shared", "run",
         "machine", "revision", "started")


class Row:
    """A case of one of the results. `machine` and `source` tell the result apart, "" where there is no need."""

    def __init__(self, case, document, machine, source):
        self.case, self.document = case, document
        self.machine, self.source = machine, source
        self.title, self.series, self.model = case["title"], case["series"], case["model"]
        self.cores, self.shared, self.metrics = case["cores"], case["shared"], case["metrics"]

    def field(self, name):
        """Its value; None where the case has no such field."""
        case, document = self.case, self.document
        if name in ("run", "machine", "revision", "started"):
            return {"run": name_of, "machine": machine_text, "started": started,
                    "revision": lambda of: fact(of, "tool", "revision")}[name](document)
        if name in FIXED:
            return case.get(name)
        return case["params"].get(name, case["options"].get(name))

    def metric(self, name=None):
        """The metric of this name, by default the one that verdicts are given on; None where it has no number."""
        if self.case["status"] != OK or not self.metrics:
            return None
        found = self.metrics.get(name) if name else self.metrics.get("throughput") or next(iter(self.metrics.values()))
        return found if found and found["median"] is not None else None

    @property
    def line(self):
        """What it is called in a legend."""
        return f"{self.series}{SOURCE}{self.source}" if self.source else self.series


def rows_of(documents):
    """Machines are drawn side by side, what one machine measured as lines of one panel."""
    classes = {}
    for document in documents:
        classes.setdefault(machine_class(document), []).append(document)
    machines = telling([of[0] for of in classes.values()],
                       [lambda of: simulated(of) or "measured", *MACHINE_FACTS[1:],
                        lambda of: fact(of, "machine", "topology"), lambda of: fact(of, "machine", "governor"),
                        lambda of: str(machine_class(of))])
    texts = {}
    for machine, alike in zip(machines, classes.values()):
        sources = telling(alike, [lambda of: fact(of, "tool", "revision"), lambda of: started(of)[:10],
                                  lambda of: started(of)[11:16], lambda of: started(of)[11:19], name_of,
                                  lambda of: fact(of, "run", "seed")])
        texts.update({id(document): (machine, source) for document, source in zip(alike, cut_apart(sources))})
    return [Row(case, document, *texts[id(document)]) for document in documents for case in document["cases"]]


def grouped(items, key):
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def fields_of(rows):
    """The names of all fields, fixed ones first."""
    names = dict.fromkeys(FIXED)
    for row in rows:
        names.update(dict.fromkeys([*row.case["params"], *row.case["options"]]))
    return list(names)


def metrics_of(rows):
    return list(dict.fromkeys(name for row in rows for name in row.metrics))


def demand(name, names, what):
    if name not in names:
        raise Trouble(f'{what} {name}: unknown{suggest(name, names)}')


def filtered(rows, wanted):
    """Values of one key are alternatives, different keys must all match: as in `heddle show`."""
    allowed = {}
    for text in wanted:
        key, equals, value = text.partition("=")
        if not equals:
            raise Trouble(f"--only {text}: write KEY=VALUE")
        demand(key, fields_of(rows), "--only")
        known = list(dict.fromkeys(value_text(row.field(key)) for row in rows if row.field(key) is not None))
        if value not in known:
            raise Trouble(f"--only {text}: no case has that{suggest(value, known)}")
        allowed.setdefault(key, set()).add(value)
    kept = [row for row in rows if all(value_text(row.field(key)) in values for key, values in allowed.items())]
    if not kept:
        raise Trouble(f"--only {' --only '.join(wanted)}: no case has all of that")
    return kept
