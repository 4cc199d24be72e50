#!/usr/bin/python3
"""A result of a machine that nobody here owns, 64 cores, made from the Universal Scalability Law.

X(N) = rate N / (1 + contention (N-1) + coherence N (N-1)), for each model and workload with values of its own; each
trial is off by a factor of its own, and so is each window in it. The document meets results/result.schema.json and
says in machine.simulated that it is made up. The same seed gives the same bytes.
"""
import argparse
import hashlib
import json
import math
import random
import statistics
import sys

MODELS = ["serial", "thread-mutex", "semaphore", "process-pool", "coroutine"]
BASELINE = "thread-mutex"
CORES = [1, 2, 4, 8, 16, 32, 64]
MACHINE_CORES = 64
ROUNDS, WINDOWS, WINDOW_NS = 10, 10, 20_000_000
CONNECTIONS = 64
OPTIONS = {"serial": {}, "thread-mutex": {"kind": "normal"}, "semaphore": {"kind": "posix"},
           "process-pool": {"exclusion": "queue", "queue": "ring"}, "coroutine": {"stack_kib": 64}}
# Of each model: rate at one core, contention, coherence. serial uses one core however many there are: contention 1.
TRUTH = {
    "counter batch=1": {"serial": (210e6, 1, 0), "thread-mutex": (52e6, 0.9, 0.012), "semaphore": (31e6, 0.95, 0.02),
                        "process-pool": (4.1e6, 0.35, 0.0012), "coroutine": (44e6, 0.8, 0.004)},
    "counter batch=1024": {"serial": (640e6, 1, 0), "thread-mutex": (58e6, 0.85, 0.01), "semaphore": (36e6, 0.9, 0.015),
                           "process-pool": (410e6, 0.06, 0.0006), "coroutine": (61e6, 0.7, 0.003)},
    "copy file_kib=256": {"serial": (1.9e9, 1, 0), "thread-mutex": (1.8e9, 0.03, 0.0001),
                          "semaphore": (1.75e9, 0.04, 0.0002), "process-pool": (1.6e9, 0.02, 0.00005),
                          "coroutine": (1.85e9, 0.05, 0)},
    "echo": {"serial": (41e3, 1, 0), "thread-mutex": (78e3, 0.02, 0.0004), "semaphore": (71e3, 0.03, 0.0006),
             "process-pool": (69e3, 0.04, 0.0002), "coroutine": (96e3, 0.01, 0.0002)},
    "echo rate=20000": {model: (20e3, 1, 0) for model in MODELS},
}
PARAMS = {
    "counter": {"lines": 1, "turns": 0, "think": 0, "batch": 1, "tasks": 1, "locks": 1},
    "copy": {"source": "", "files": 200, "file_kib": 16, "block_kib": 256, "in_flight": 1, "cache": "warm",
             "create": "reuse", "sync": "none", "work_dir": ""},
    "echo": {"transport": "tcp", "connections": CONNECTIONS, "message_bytes": 64, "pipeline": 1,
             "messages_per_connection": 0, "rate": 0},
}
COUNTERS = ("cycles", "instructions", "cache_misses")
UNITS = {"counter": "ops/s", "copy": "bytes/s", "echo": "round trips/s"}
FAILED = ("copy file_kib=256", "process-pool", 64)
SKIPPED = ("counter batch=1024", "semaphore", 64)


def law(truth, cores):
    rate, contention, coherence = truth
    return rate * cores / (1 + contention * (cores - 1) + coherence * cores * (cores - 1))


# ---- Statistics, as core/stats.h says ---------------------------------------------------------------------------

def interval(values):
    """The exact interval of the median by order statistics; None below 6 values."""
    n, below, rank = len(values), 0.0, 0
    for k in range(n):
        below += math.comb(n, k) / 2 ** n
        if 2 * below > 0.05:
            break
        rank = k + 1
    values = sorted(values)
    return [values[rank - 1], values[n - rank]] if n >= 6 else None


def metric(unit, better, values):
    known = [value for value in values if value is not None]
    median = statistics.median(known) if known else None
    return {"unit": unit, "better": better, "median": median, "ci95": interval(known),
            "mad": statistics.median(abs(value - median) for value in known) if known else None, "trials": values}


# ---- One trial --------------------------------------------------------------------------------------------------

class Machine:
    def __init__(self, arguments):
        self.random = random.Random(arguments.seed)
        self.noise = arguments.noise / 100
        self.has_counters = arguments.counters

    def off(self, share=1.0):
        """A factor around 1."""
        return math.exp(self.random.gauss(0, self.noise * share))

    def trial(self, case, rounds, truth):
        busy = 1 if case["model"] == "serial" else case["cores"]
        rate = law(truth, case["cores"]) * self.off()
        window_ns = [WINDOW_NS + int(self.random.expovariate(1 / 60_000)) for _ in range(WINDOWS)]
        window_ops = [max(0, round(rate * ns / 1e9 * self.off(0.5))) for ns in window_ns]
        total = sum(window_ops)
        tasks = CONNECTIONS if case["workload"] == "echo" else busy
        shares = [self.off(2) for _ in range(tasks)]
        utilisation = 0.6 if case["workload"] == "echo" else 0.97
        observed = sum(window_ns)
        cpu = observed * busy * min(1, utilisation * self.off(0.2))
        return {"round": rounds, "order": 0, "status": "ok", "reason": None, "elapsed_ns": observed + 61_000_000,
                "window_ns": window_ns, "window_ops": window_ops,
                "task_ops": [round(total * 1.3 * share / sum(shares)) for share in shares],
                "gauges": {"cpu_ns": cpu, "peak_resident_bytes": 2_700_000 + 140_000 * busy,
                           "whole_trial_rate": total / observed * 1e9,
                           "observer_late_ns": max(window_ns) - WINDOW_NS, "overhead_ns": 2_900_000,
                           "tasks_stepped": tasks, "whole_passes": 9 if case["workload"] == "copy" else 0,
                           "steal_ns": 0, "cpu_pressure_ns": round(observed * 0.002 * self.off(5)),
                           "io_pressure_ns": 0, "throttled_periods": None, "observed_ns": observed,
                           "run_delay_ns": round(1e6 * busy * self.off(5)),
                           "context_switches": round(40 * busy * self.off(5)), "migrations": 0,
                           "others_cpu_ns": 0, "frequency_before_hz": 3.4e9,
                           "frequency_after_hz": 3.4e9 * self.off(0.1),
                           **self.counters(cpu)}}

    def counters(self, cpu):
        """As of a processor of 3.4 GHz, where they are asked for."""
        if not self.has_counters:
            return dict.fromkeys(COUNTERS)
        cycles = round(cpu * 3.4 * self.off())
        return dict(zip(COUNTERS, (cycles, round(cycles * 0.8 * self.off()), round(cycles * 0.002 * self.off(5)))))


def rates(trials):
    return [statistics.median(ops / ns * 1e9 for ops, ns in zip(trial["window_ops"], trial["window_ns"]))
            for trial in trials]


def per_work(trials, work=1):
    return [trial["gauges"]["cpu_ns"] / (sum(trial["window_ops"]) / work) for trial in trials]


def counter_metrics(trials, _case, _machine):
    throughput = rates(trials)
    shares = [[ops / sum(trial["task_ops"]) for ops in trial["task_ops"]] for trial in trials]
    return {"throughput": metric("ops/s", "higher", throughput),
            "time_per_op": metric("ns", "lower", [1e9 / rate for rate in throughput]),
            "cpu_per_op": metric("ns", "lower", per_work(trials)),
            "fairness": metric("1", "higher", [1 / (len(of) * sum(share * share for share in of)) for of in shares]),
            "share_min": metric("1", "higher", [min(of) for of in shares]),
            "share_max": metric("1", "lower", [max(of) for of in shares])}


def copy_metrics(trials, case, _machine):
    throughput = rates(trials)
    return {"throughput": metric("bytes/s", "higher", throughput),
            "files_rate": metric("files/s", "higher",
                                 [rate / case["params"]["file_kib"] / 1024 for rate in throughput]),
            "cpu_per_mib": metric("ns", "lower", per_work(trials, 1 << 20))}


def percentiles(prefix, middles, samples, machine):
    """A percentile only from 10/(1-p) samples, as the real ones."""
    rows = (("p50", 1, 20), ("p90", 1.7, 100), ("p99", 3.4, 1000), ("p999", 8, 10_000), ("max", 14, 1))
    return {f"{prefix}_{name}": metric("ns", "lower", [
        middle * factor * machine.off() if count >= least else None for middle, count in zip(middles, samples)])
        for name, factor, least in rows}


def echo_metrics(trials, case, machine):
    throughput, samples = rates(trials), [sum(trial["window_ops"]) for trial in trials]
    planned = case["params"]["rate"]
    truth = TRUTH["echo"][case["model"]]
    # In a closed loop each connection waits for its answer; in an open one service is as quick as the load lets it.
    service = [0.9e9 * CONNECTIONS / rate if not planned else 1.1e9 / truth[0] for rate in throughput]
    server = per_work(trials)
    metrics = {"throughput": metric("round trips/s", "higher", throughput),
               "bytes_rate": metric("bytes/s", "higher",
                                    [rate * case["params"]["message_bytes"] for rate in throughput]),
               "server_cpu_per_round_trip": metric("ns", "lower", server)}
    metrics.update(percentiles("latency", service, samples, machine))
    nothing = [None] * len(trials)
    metrics.update({"never_served": metric("connections", "lower", [0.0] * len(trials)),
                    "generator_cpu": metric("percent", None, [41 * machine.off(2) for _ in trials]),
                    "connections_made": metric("connections", None, [float(CONNECTIONS)] * len(trials)),
                    "lost": metric("messages", "lower", nothing), "duplicate": metric("messages", "lower", nothing),
                    "reordered": metric("messages", "lower", nothing)})
    if planned:
        load = min(0.9, planned / law(truth, case["cores"]))
        metrics.update(percentiles("response", [middle / (1 - load) for middle in service], samples, machine))
        metrics.update({"planned_rate": metric("messages/s", None, [float(planned)] * len(trials)),
                        "achieved_rate": metric("messages/s", "higher", throughput),
                        "unsent": metric("messages", "lower", [0.0] * len(trials)),
                        "generator_late_p99": metric("ns", "lower", [9_000 * machine.off() for _ in trials])})
    return metrics


METRICS = {"counter": counter_metrics, "copy": copy_metrics, "echo": echo_metrics}


# ---- Cases ------------------------------------------------------------------------------------------------------

def case_of(title, model, cores):
    workload, *settings = title.split()
    params = dict(PARAMS[workload])
    for setting in settings:
        name, value = setting.split("=")
        params[name] = int(value)
    used = 1 if model == "serial" else cores
    params.update({name: used for name in ("tasks", "in_flight") if name in params})
    told = [setting for setting in settings if setting != "batch=1"]
    generator = list(range(MACHINE_CORES // 2, MACHINE_CORES)) if workload == "echo" else None
    name = "/".join([workload, *told, model, f"cores={cores}"])
    return {"name": name, "title": title, "series": model, "key": hashlib.sha256(name.encode()).hexdigest()[:32],
            "workload": workload, "params": params, "model": model, "label": None, "options": OPTIONS[model],
            "cores": cores, "cpus": list(range(cores)), "generator_cpus": generator,
            "shared": generator is not None and cores > generator[0], "status": "ok", "reason": None, "verified": True,
            "expect": "ok", "metrics": None, "notes": [], "warnings": [], "baseline": model == BASELINE,
            "versus_baseline": None, "trials": []}


def titles(count, cores):
    """At least as many cases as asked for: more values of a parameter, until there are."""
    wanted = list(TRUTH)
    turns = 0
    while count and len(wanted) * len(MODELS) * len(cores) < count:
        turns += 1
        wanted.append(f"counter batch=1 turns={turns}")
    return wanted


def truth_of(title, model):
    if title in TRUTH:
        return TRUTH[title][model]
    rate, contention, coherence = TRUTH["counter batch=1"][model]
    return rate / (1 + int(title.split("=")[-1]) / 10), contention, coherence


def crash(case, rounds):
    frames = [("copy_block", 0x9c, 0x41c2), ("step_one", 0x31, 0x3f10), ("worker", 0x120, 0x2a44),
              (None, None, 0x89134)]
    case["status"], case["verified"] = "crashed", False
    case["reason"] = f"a process of the model died: Segmentation fault, round {rounds}"
    case["trials"][rounds - 1].update({
        "status": "crashed", "reason": case["reason"], "elapsed_ns": None, "window_ns": [], "window_ops": [],
        "task_ops": None, "gauges": {}, "output": "process-pool: worker 63 of 64 begins\n",
        "backtrace": [{"object": "/usr/lib/heddle/plugins/process-pool.so" if function else None, "function": function,
                       "offset": offset, "address": address} for function, offset, address in frames]})
    case["metrics"] = None


def measure(title, case, machine, rounds):
    place = (title, case["model"], case["cores"])
    if place == SKIPPED:
        case.update({"status": "skipped", "reason": "semaphore: at most 63 waiters in this build", "verified": None})
        return
    case["trials"] = [machine.trial(case, number + 1, truth_of(title, case["model"])) for number in range(rounds)]
    if place == FAILED:
        crash(case, min(3, rounds))
        return
    case["metrics"] = METRICS[case["workload"]](case["trials"], case, machine)
    values = case["metrics"]["throughput"]["trials"]
    middle = statistics.median(values)
    case["spread"] = {"between_trials_percent": 100 * case["metrics"]["throughput"]["mad"] / middle,
                      "within_trials_percent": 50 * machine.noise, "smallest_change_percent": 180 * machine.noise}
    case["stalled_windows"] = 0


def compare(cases):
    """Each with the baseline of its title and cores, round by round."""
    bases = {(case["title"], case["cores"]): case for case in cases if case["baseline"] and case["metrics"]}
    for case in cases:
        base = bases.get((case["title"], case["cores"]))
        if not base or case is base or not case["metrics"]:
            continue
        pairs = zip(case["metrics"]["throughput"]["trials"], base["metrics"]["throughput"]["trials"])
        ratios = [mine / other for mine, other in pairs]
        case["versus_baseline"] = {"ratio": statistics.median(ratios), "ci95": interval(ratios), "pairs": len(ratios)}


def interleave(cases, machine):
    """Rounds: each case once, in random order."""
    order = 0
    for number in range(max(len(case["trials"]) for case in cases)):
        tried = [case for case in cases if len(case["trials"]) > number]
        machine.random.shuffle(tried)
        for case in tried:
            case["trials"][number]["order"] = order
            order += 1


# ---- The document -----------------------------------------------------------------------------------------------

def rounded(value):
    """Numbers as a result writes them, with 12 digits."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def unavailable(arguments):
    counters = {} if arguments.counters else dict.fromkeys(COUNTERS, "not simulated")
    return {**counters, "throttled_periods": "no quota"}


def machine_facts(arguments):
    return {"simulated": "no such machine: made from the Universal Scalability Law with noise of "
                         f"{arguments.noise:g} %, seed {arguments.seed}",
            "cpu_model": "Simulated 64-core processor", "cores": 64, "pus": 64, "cores_usable": 64, "pus_usable": 64,
            "packages": 1, "numa_nodes": 1, "cpuset": "0-63", "topology": "1 package, 64 cores, 64 PUs",
            "hostname": "simulated", "architecture": "x86_64", "kernel": "6.1.0", "governor": "performance",
            "turbo": "off", "smt": "off", "clock_source": "tsc", "virtualisation": "none", "protection": "namespaces",
            "cpu_quota": None, "clock_read_ns": 18.2, "load_1min": 0.1, "cpu_pressure_percent": 0.0,
            "io_pressure_percent": 0.0, "memory_bytes": 256 << 30,
            "unavailable": unavailable(arguments)}


def config(cores, rounds, chosen):
    workloads = []
    for title in chosen:
        workload, *settings = title.split()
        workloads.append({"workload": workload, **{name: int(value) for name, value in
                                                   (setting.split("=") for setting in settings)}})
        if workload == "echo":
            workloads[-1]["connections"] = CONNECTIONS
    return {"$schema": "config.schema.json", "name": "simulated", "models": MODELS, "baseline": BASELINE,
            "cores": cores, "workloads": workloads,
            "sampling": {"rounds": rounds, "warmup_ms": 50, "window_ms": WINDOW_NS // 1_000_000, "windows": WINDOWS}}


def document(arguments):
    machine, chosen = Machine(arguments), titles(arguments.cases, arguments.cores)
    cases = []
    for title in chosen:
        for cores in arguments.cores:
            for model in MODELS:
                cases.append(case_of(title, model, cores))
                measure(title, cases[-1], machine, arguments.rounds)
    compare(cases)
    interleave(cases, machine)
    plugins = {model: {"file": f"/usr/lib/heddle/plugins/{model}.so", "build": "simulated",
                       "xxh3": hashlib.sha256(model.encode()).hexdigest()[:16]} for model in MODELS}
    return {"format": "heddle-result", "version": 1,
            "run": {"name": "simulated", "status": "complete", "started": "2026-01-31T12:00:00Z",
                    "elapsed_s": 0.3 * len(cases) * arguments.rounds, "seed": arguments.seed,
                    "rounds_planned": arguments.rounds, "rounds": arguments.rounds, "reduced": None,
                    "warnings": [], "plugins": plugins,
                    "filter": {"only": [], "cores": None, "models": [], "with_empty": False},
                    "config": config(arguments.cores, arguments.rounds, chosen)},
            "tool": {"version": "0.1.0", "compiler": "none", "build_type": "Release", "sanitizers": None},
            "machine": machine_facts(arguments), "cases": rounded(cases)}


def core_list(text):
    cores = sorted({int(word) for word in text.split(",")})
    if cores[0] < 1 or cores[-1] > MACHINE_CORES:
        raise argparse.ArgumentTypeError(f"1 to {MACHINE_CORES}")
    return cores


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, not on stdout")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--noise", type=float, default=3, metavar="PERCENT", help="between trials (default 3)")
    parser.add_argument("--cores", type=core_list, default=CORES, metavar="LIST", help="default 1,2,4,8,16,32,64")
    parser.add_argument("--cases", type=int, default=0, metavar="N", help="at least so many, for what must bear many")
    parser.add_argument("--counters", action="store_true", help="with hardware counters, which are null else")
    parser.add_argument("--truth", action="store_true", help="what the law was given, as JSON, in place of a result")
    arguments = parser.parse_args()
    made = document(arguments) if not arguments.truth else {
        title: {model: dict(zip(("lambda", "alpha", "beta"), truth)) for model, truth in models.items()}
        for title, models in TRUTH.items()}
    text = json.dumps(made, separators=(",", ":") if not arguments.truth else None) + "\n"
    if not arguments.output:
        sys.stdout.write(text)
        return
    with open(arguments.output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
