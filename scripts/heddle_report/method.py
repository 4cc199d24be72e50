"""How it was measured, in sentences made from the config, and the command that does it again."""
import base64
import json
import math

from .command import command
from .html import details, element, join
from .words import count, listed, number, value_text

UNTOLD = "The document is of a heddle that did not write down --only, --model and --cores: add what was given."
RANKS_FROM = 6  # trials; fewer have no 95 % interval


def rank(trials):
    """Of the order statistic that bounds the 95 % interval of a median."""
    below, found = 0.0, 0
    for k in range(trials):
        below += math.comb(trials, k) / 2.0**trials
        if 2 * below > 0.05:
            break
        found = k + 1
    return found


def sampling_words(sampling):
    parts = []
    if number(sampling.get("warmup_ms")) is not None:
        parts.append(f"a warm-up of {sampling['warmup_ms']:g} ms")
    if number(sampling.get("windows")) and number(sampling.get("window_ms")):
        parts.append(f"{sampling['windows']:g} windows of {sampling['window_ms']:g} ms")
    return ", then ".join(parts)


def dictionary(value):
    return value if isinstance(value, dict) else {}


def workloads_of(config):
    workloads = config.get("workloads")
    return [workload for workload in workloads if isinstance(workload, dict)] if isinstance(workloads, list) else []


def own_sampling(config):
    told = [(value_text(workload.get("workload")), sampling_words(dictionary(workload.get("sampling"))))
            for workload in workloads_of(config)]
    return [f"{name} has its own: {words}." for name, words in told if words]


def rounds_words(run, trials):
    rounds = number(run.get("rounds")) or trials
    planned = number(run.get("rounds_planned"))
    less = f" ({planned:g} were planned)" if planned and planned != rounds else ""
    return f"{rounds:g} {'round' if rounds == 1 else 'rounds'}{less}"


def interval_words(trials):
    if trials < RANKS_FROM:
        return (f"With {count(trials, 'trial')} there is no 95 % interval: "
                f"{RANKS_FROM} are needed.")
    k = rank(trials)
    return (f"Of {trials} trials the median is told; its 95 % interval runs from the {ordinal(k)}smallest to the "
            f"{ordinal(k)}largest of them, which supposes no distribution.")


def ordinal(k):
    return {1: "", 2: "second ", 3: "third "}.get(k, f"{k}th ")


def trial_words(config):
    sampling = sampling_words(dictionary(config.get("sampling")))
    return (f"A trial is one execution in a fresh process{': ' + sampling if sampling else ''}. Its value is the median "
            "of its windows, or for work that ends (copy) the work over the time of whole passes; what it did is "
            "verified, and a wrong result is a failure, never a number.")


def of_result(document):
    run, config = document.run, document.run["config"]
    trials = max((len(case["trials"]) for case in document.cases), default=0)
    cores = sorted({case["cores"] for case in document.cases})
    sentences = [
        f"{count(len(document.cases), 'case')}, on {listed(cores)} {'core' if cores == [1] else 'cores'}, "
        f"in {rounds_words(run, trials)}: in each round every case was tried once, in random order (seed {run['seed']}).",
        trial_words(config), *own_sampling(config), interval_words(trials)]
    if value_text(config.get("baseline")):
        sentences.append(f"“vs baseline” is the median of the ratios to {value_text(config['baseline'])} within each round.")
    if number(run.get("target_ci_percent")):
        sentences.append(f"A case was at an end when its interval was within ±{run['target_ci_percent']:g} %: looked at "
                         "three times, with the error shared between the looks.")
    if run.get("reduced"):
        sentences.append(f"To keep within the time: {value_text(run['reduced']) or 'rounds or core counts were left out'}.")
    if number(run.get("resumed")):
        sentences.append(f"The run ended early and was gone on with {count(run['resumed'], 'time')}.")
    return sentences


def of_comparison(document):
    content = document.content
    margin = f"{content['margin_percent']:g} %" if content["margin_percent"] is not None else "its own"
    if content["kind"] == "compare":
        return ["Two results were compared, which is weaker than pairs: what the machine did between them is in the "
                f"difference. A change counts when the two intervals are apart and it is beyond the margin of {margin}."]
    run = content["run"] or {}
    return [f"Each case was tried from both builds back to back, {count(run.get('pairs') or 0, 'pair')} in order ABBA or "
            "BAAB as chance had it, each trial in a fresh process. A pair has one ratio, new over base; told are their "
            "median and its exact 95 % interval by order statistics.",
            f"Regression or improvement: the sign test rejects “no change” after Benjamini and Hochberg over all "
            f"cases (q = 5 %), the ratio lies beyond the margin of {margin}, and a second block of pairs says the same. "
            "Same: the interval lies within the margin. Else inconclusive.",
            *([trial_words(run["config"])] if dictionary(run.get("config")).get("sampling") else [])]


def config_link(config, name):
    text = json.dumps(config, indent=2, ensure_ascii=False)
    data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    return join(element("p", element("a", f"Save the config as {name}", class_="button", download=name,
                                     href=f"data:application/json;base64,{data}"),
                        " first; paths in it are relative to where it lies."),
                details("The config", element("pre", text, tabindex=0)))


def method(document):
    sentences = of_comparison(document) if document.is_verdict else of_result(document)
    return join([element("p", sentence) for sentence in sentences], element("h3", "Again"), again(document))


def again(document):
    simulated = document.machine.get("simulated")
    if simulated:
        return element("p", "No run made this, so no command repeats it: ", value_text(simulated) or "it is simulated", ".")
    words, name = command(document)
    return join(element("p", UNTOLD) if name and "filter" not in document.run else None,
                element("pre", words, class_="command", tabindex=0, aria_label="Command"),
                config_link(document.run["config"], name) if name else None)
