# SPDX-License-Identifier: MIT
"""Well-known tools as participants: each is run once and its own words are read."""

import re
import shutil
import socket
import subprocess
import time

from contest import Absent, Broken, execute


def found(pattern, text, tool):
    match = re.search(pattern, text)
    if not match:
        raise Broken(f"{tool} did not tell its number")
    return float(match.group(1))


def per_operation(ns):
    return {"time_per_op": ns, "throughput": 1e9 / ns}


def on(cpus, *argv):
    return ["taskset", "-c", ",".join(str(cpu) for cpu in cpus), *argv]


def sysbench_mutex(cpus):
    """One mutex for all threads, no work between two locks."""
    locks = 10_000_000 if len(cpus) == 1 else 4_000_000
    text = execute(on(cpus, "sysbench", "mutex", f"--threads={len(cpus)}", "--mutex-num=1",
                      f"--mutex-locks={locks}", "--mutex-loops=0", "run"))
    return per_operation(found(r"total time: +([\d.]+)s", text, "sysbench") * 1e9 / (locks * len(cpus)))


def stress_ng_yield(cpu):
    """Two processes on one core that call sched_yield()."""
    text = execute(on([cpu], "stress-ng", "--yield", "2", "-t", "1", "--metrics"), any_end=True)
    return per_operation(1e9 / found(r"\] yield +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+)", text, "stress-ng"))


def perf_pipe(cpu):
    """Two processes on one core that wake each other through pipes: an operation is two switches."""
    text = execute(on([cpu], "perf", "bench", "sched", "pipe", "-l", "50000"))
    return per_operation(found(r"([\d.]+) usecs/op", text, "perf bench") * 500)


class Sockperf:
    """Ping-pong between sockperf's own server and client, in whole round trips."""

    ours = False

    def __init__(self, arena, transport, server_cpu, client_cpu):
        self.arena, self.label = arena, "sockperf"
        self.tcp = ["--tcp"] if transport == "tcp" else []
        self.server_cpu, self.client_cpu = server_cpu, client_cpu

    def available(self):
        if not shutil.which("sockperf"):
            raise Absent("sockperf is not installed")

    def run(self):
        kind = socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        common = ["-i", "127.0.0.1", "-p", port, "-m", "64", *self.tcp]
        server = subprocess.Popen(on([self.server_cpu], "sockperf", "server", *common[:4], *self.tcp),
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            text = execute(on([self.client_cpu], "sockperf", "ping-pong", *common, "-t", "1", "--full-rtt"))
        finally:
            server.kill()
            server.wait()
        seconds = found(r"Valid Duration\] RunTime=([\d.]+) sec", text, "sockperf")
        received = found(r"Valid Duration\].* ReceivedMessages=(\d+)", text, "sockperf")
        return {"throughput": received / seconds,
                "latency_p50": found(r"percentile 50\.000 = +([\d.]+)", text, "sockperf") * 1e3}
