"""What the tests of the page share: results of tests/simulate.py, spoilt or made hostile, and the script itself."""
import copy
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "scripts"))
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>\"'&</title></script><!--"


def simulated(*words):
    done = subprocess.run([os.path.join(TOP, "tests", "simulate.py"), *words], capture_output=True, check=True)
    return json.loads(done.stdout)


def small():
    """Two core counts and six rounds: enough for every part of the page."""
    return simulated("--cores", "1,2", "--rounds", "6")


def as_measured(result):
    """A copy that does not say that it is made up."""
    result = copy.deepcopy(result)
    del result["machine"]["simulated"]
    return result


def hostile(result):
    """Every text of it that is free is markup."""
    result = as_measured(result)
    result["run"]["name"] = result["machine"]["cpu_model"] = result["machine"]["kernel"] = HOSTILE
    result["run"]["warnings"] = [{"id": "W03", "text": HOSTILE}]
    result["run"]["config"]["about"] = HOSTILE
    result["run"]["filter"]["only"] = [HOSTILE]
    result["machine"]["unavailable"] = {HOSTILE: HOSTILE}
    for case in result["cases"]:
        for key in ("name", "title", "series", "model", "workload"):
            case[key] = f"{HOSTILE}{case[key]}"
        case["notes"] = [HOSTILE]
        case["params"] = {HOSTILE: HOSTILE}
    failed = result["cases"][0]
    failed.update(status="crashed", reason=HOSTILE, metrics=None)
    failed["trials"][0].update(status="crashed", reason=HOSTILE, output=HOSTILE, backtrace=[
        {"object": HOSTILE, "function": HOSTILE, "offset": 1, "address": 2}])
    return result


def hostile_comparison(comparison):
    comparison = copy.deepcopy(comparison)
    comparison["run"]["name"] = HOSTILE
    comparison["run"]["warnings"] = [{"id": "W03", "text": HOSTILE}]
    comparison["notes"] = [HOSTILE]
    for side in ("base", "new"):
        comparison[side]["place"] = HOSTILE
    for verdict in comparison["verdicts"]:
        verdict.update(case=f"{HOSTILE}{verdict['case']}", workload=HOSTILE, model=HOSTILE, metric=HOSTILE, reason=HOSTILE)
    for left in comparison["unjudged"]:
        left.update(case=HOSTILE, reason=HOSTILE)
    return comparison


def write(folder, name, document):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
    return path


def report(*words, **how):
    environment = dict(os.environ, HEDDLE="", PATH="/usr/bin:/bin")
    return subprocess.run([os.path.join(TOP, "scripts", "report"), *words],
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment, **how},
                          check=False)
