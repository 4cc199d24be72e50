"""The table of all cases. Each row opens its case, where there is a script."""
from .html import Html, element
from .panels import gate, median_of
from .words import bounds_of, digits, interval, number, quantity, unit_note

HEADING = (("Workload", "text"), ("Model", "text"), ("Cores", "number"), ("Median", "number"),
           ("95 % interval", "number"), ("vs baseline", "number"), ("CPU", "number"), ("p99", "number"),
           ("Spread", "number"), ("Status and notes", "text"))


def cell(words, value=None, class_=None):
    return element("td", words, data_v=float(f"{value:.5g}") if value is not None else None, class_=class_)


def cost_of(case):
    """CPU time for an operation, a MiB, … and what it is for."""
    return next(((name.rsplit("per_", 1)[1].replace("mib", "MiB").replace("_", " "), metric) for name, metric in
                 (case["metrics"] or {}).items() if "cpu_per_" in name), (None, None))


def metric_cell(metric):
    value = number(metric["median"]) if metric else None
    return cell("" if value is None else quantity(value, metric["unit"]), value)


def cost_cell(case):
    name, metric = cost_of(case)
    value = number(metric["median"]) if metric else None
    return cell("" if value is None else f"{quantity(value, metric['unit'])}/{name}", value)


def versus_cell(case):
    versus = case["versus_baseline"]
    if case.get("baseline"):
        return cell("baseline", 1)
    if not versus or number(versus["ratio"]) is None:
        return cell("")
    pair = bounds_of(versus["ci95"])
    around = f" [{digits(pair[0])}, {digits(pair[1])}]" if pair else ""
    return cell(f"{digits(versus['ratio'])}×{around}", number(versus["ratio"]))


def spread_of(case):
    return number((case.get("spread") or {}).get("between_trials_percent"))


def bar(share, class_):
    """How near to the best of the same workload."""
    return element("svg", element("rect", width=f"{share * 100:.0f}%", height=9), class_=f"bar {class_}",
                   aria_hidden="true")


def status_cell(case):
    status = case["status"]
    notes = [*(["shares cores with the generator"] if case["shared"] else []), *case["notes"]]
    if status == "ok":
        ids = " ".join(case.get("warnings") or [])
        return element("td", element("b", ids, " ") if ids else None, "; ".join(notes))
    expected = " (as expected)" if case.get("expect") == status else ""
    return element("td", element("strong", status, expected, class_="bad"), f": {case['reason']}")


def row(index, case, best, looks):
    metric, median = gate(case)[1], median_of(case)
    look = looks.class_of(case["series"])
    pair = bounds_of(metric["ci95"]) if metric and median is not None else None
    width = (pair[1] - pair[0]) / median if pair and median else None
    spread = spread_of(case)
    median_words = "" if median is None else quantity(median, metric["unit"])
    shown = [median_words, bar(share(median, best), look)] if median and best else median_words
    return element(
        "tr", element("th", case["title"], scope="row"),
        element("td", element("span", case["series"], class_=f"key {look}")),
        cell(case["cores"], case["cores"]),
        cell(shown, median),
        cell(interval(pair, metric["unit"], median) if pair else "", width), versus_cell(case), cost_cell(case),
        metric_cell((case["metrics"] or {}).get("response_p99") or (case["metrics"] or {}).get("latency_p99")),
        cell("" if spread is None else f"{digits(spread)} %", spread), status_cell(case),
        data_case=index, data_s=case["status"])


def share(median, best):
    return min(median / best, best / median)


def best_of(cases):
    """The best median of each title, whichever direction is better there."""
    best = {}
    for case in cases:
        median = median_of(case)
        if median and median > 0:
            choose = min if gate(case)[1]["better"] == "lower" else max
            best[case["title"]] = choose(best.get(case["title"], median), median)
    return best


def cases_table(cases, looks):
    best = best_of(cases)
    heading = [element("th", words, scope="col", data_kind=kind) for words, kind in HEADING]
    rows = [row(index, case, best.get(case["title"]), looks) for index, case in enumerate(cases)]
    return element("div", element("table", element("thead", element("tr", heading)), element("tbody", rows),
                                  id="cases-table", class_="sortable numbers"), class_="wide", tabindex=0,
                   role="region", aria_label="Table of cases")


def about(cases):
    parts = ["Median of the trials with its 95 % interval."]
    if any(case["versus_baseline"] for case in cases):
        parts.append("“vs baseline” compares pairs of the same round.")
    parts.append("CPU is the time of all processors for one operation or MiB; spread is the trials' MAD in per cent"
                 " of their median; p99 is response time where messages have planned times, else service time.")
    note = unit_note(metric["unit"] for case in cases for metric in [gate(case)[1]] if metric)
    return Html(" ".join(filter(None, [*parts, note])))
