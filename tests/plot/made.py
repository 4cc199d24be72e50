"""Results made for the tests of figures, figures drawn from them, and what these hold."""
import json
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "scripts"), str(TOP / "tests")]
try:
    import matplotlib  # noqa: F401
except ImportError:
    print("skipped: needs python3-matplotlib", file=sys.stderr)
    sys.exit(77)
from heddle_plot import documents, figures, fits, main, rows  # noqa: E402

main.matplotlib_is_there()


def metric(median, unit="ops/s", spread=0.1, rounds=10):
    trials = [median * (1 + spread * (nth - (rounds - 1) / 2) / rounds) for nth in range(rounds)]
    return {"unit": unit, "better": "higher", "median": median, "ci95": [trials[1], trials[-2]], "mad": 0.0,
            "trials": trials}


def case(model, cores, median, title="counter batch=1", **more):
    workload, *settings = title.split()
    params = dict(setting.split("=") for setting in settings)
    trials = [{"round": nth + 1, "order": (cores * 7 + nth) % 20, "status": "ok"} for nth in range(10)]
    made = {"name": f"{title}/{model}/{cores}", "title": title, "series": model, "key": f"{title}{model}{cores}",
            "workload": workload, "params": params, "model": model, "label": None, "options": {}, "cores": cores,
            "shared": False, "status": "ok", "reason": None, "trials": trials,
            "metrics": {"throughput": metric(median), "cpu_per_op": metric(1e9 * cores / (median or 1), "ns")}}
    metrics = more.pop("metrics", {})
    made.update(more)
    made["metrics"] = {**made["metrics"], **metrics} if metrics is not None else None
    return made


def document(cases, **facts):
    machine = {"cpu_model": "Test CPU", "cores_usable": 8, "kernel": "6.1", "topology": "1 package",
               **facts.pop("machine", {})}
    made = {"format": "heddle-result", "version": 1, "run": {"name": "test", "started": "2026-01-31T12:00:00Z",
            "seed": 1, "status": "complete"}, "tool": {"revision": "abc"}, "machine": machine, "cases": cases}
    for part, values in facts.items():
        made[part].update(values)
    return documents.checked(json.loads(json.dumps(made)))


def sweep(model, one, grows=1.0, counts=(1, 2, 4, 8), **more):
    return [case(model, cores, one * (1 + grows * (cores - 1)), **more) for cores in counts]


def drawn(made, name="throughput", all_fits=None):
    """{suffix: figure}, of this kind or of all of them."""
    made = made if isinstance(made, list) else [made]
    return figures.standard(made, rows.rows_of(made), all_fits or fits.Fits(), names=[name] if name else
                            list(figures.STANDARD))[0]


def found(axes, gid):
    return [artist for artist in axes.findobj() if artist.get_gid() == gid]


def texts(figure):
    return [text.get_text() for text in figure.findobj() if hasattr(text, "get_text") and text.get_text()]
