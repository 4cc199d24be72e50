"""The command that repeats a run, with every option that is not in the config in force."""
import os
import re
import shlex

from .words import number

USUAL_MARGIN = 5  # per cent


def file_name(run):
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", run.get("name") or "").strip("-.") or "config") + ".json"


def each(option, values):
    return [word for value in values for word in (option, str(value))]


def texts(value):
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def of_any_run(run):
    """Seed, what was left of the cases, warnings that were not told."""
    kept = run["filter"] if isinstance(run.get("filter"), dict) else {}
    silenced = list(dict.fromkeys(warning["id"] for warning in run.get("warnings") or [] if warning.get("silenced")))
    return ["--seed", str(run["seed"]), *each("--only", texts(kept.get("only"))), *each("--model", texts(kept.get("models"))),
            *each("--cores", texts([kept.get("cores")])), *(["--with-empty"] if kept.get("with_empty") is True else []),
            *(["--no-warn", ",".join(silenced)] if silenced else [])]


def of_run(document):
    run, reasons = document.run, document.machine.get("unavailable")
    unprotected = isinstance(reasons, dict) and str(reasons.get("protection")).endswith("--unprotected")
    return ["run", file_name(run), *of_any_run(run), *(["--unprotected"] if unprotected else [])]


def of_judgement(content):
    margin = number(content["margin_percent"])
    metrics = dict.fromkeys(verdict["metric"] for verdict in content["verdicts"] if verdict.get("gates") is False)
    return [*(["--margin", f"{margin:g}%"] if margin and margin != USUAL_MARGIN else []), *each("--metric", metrics)]


def is_program(side):
    """Whether its place is a whole build's program: then its models' files lie elsewhere."""
    place = re.sub(r"^(\.{1,2}/)+", "", side["place"])
    plugins = side.get("plugins") if isinstance(side.get("plugins"), dict) else {}
    files = [plugin["file"] for plugin in plugins.values() if isinstance(plugin, dict) and isinstance(plugin.get("file"), str)]
    return bool(files) and not any(place in file for file in files)


def places(content):
    for name in ("base", "new"):
        side = content[name]
        if side.get("place"):
            yield from (f"--{name}-program" if is_program(side) else f"--{name}", side["place"])


def of_pairs(document):
    run = document.run
    return ["ab", file_name(run), *places(document.content), "--pairs", str(run["pairs"]), *of_any_run(run),
            *of_judgement(document.content)]


def of_two_results(content):
    sides = [[one["path"] for one in content[side].get("results") or []] for side in ("base", "new")]
    history = os.path.dirname(sides[0][0]) or "." if len(sides[0]) > 1 else None
    return ["compare", *([history] if history else sides[0]), *sides[1], *of_judgement(content)]


def command(document):
    """The command, and the name of the config's file that it reads; None where it needs none."""
    if not document.is_verdict:
        words = of_run(document)
    elif document.content["kind"] == "compare":
        words = of_two_results(document.content)
    else:
        words = of_pairs(document)
    needs_config = document.run.get("config") is not None and words[0] != "compare"
    return shlex.join(["heddle", *words]), file_name(document.run) if needs_config else None
