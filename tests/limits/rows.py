# SPDX-License-Identifier: MIT
"""What is compared with what, and the ratio to reach: a contest for each group of rows."""

import os

from contest import Claim, Contest, Function, Heddle, Program
from measures import dry_run, make_tree, many_trials, memory_a_connection
from peers import Sockperf, perf_pipe, stress_ng_yield, sysbench_mutex

LOOP, RATE, TIME = "volatile loop", "throughput", "time_per_op"


class Rows:
    """Makes all contests for one build, one machine and one folder of scratch files."""

    def __init__(self, arena):
        self.arena = arena
        self.all = arena.cpus
        self.some = sorted({1, len(self.all)})  # core counts

    def cpus(self, cores):
        return ",".join(str(cpu) for cpu in self.all[:cores])

    def heddle(self, model, workload, **rest):
        return Heddle(self.arena, model, workload, **rest)

    def reference(self, file, label, *argv, cores=1, **rest):
        place = os.path.join(self.arena.build, "tests/limits", file)
        return Program(self.arena, label, [place, "--cpus", self.cpus(cores), *argv], **rest)

    def peer(self, file, label, *argv, **rest):
        place = os.path.join(self.arena.source, "tests/limits/peers", file)
        return Program(self.arena, label, [place, *argv], ours=False, **rest)

    # ---- counter -----------------------------------------------------------------------------

    def unlocked(self):
        row = "counter, 1 core, batch 1024"
        models = ("serial", "coroutine")
        yield Contest("counter/unlocked",
                      [self.heddle(model, "counter", batch=1024) for model in models]
                      + [self.reference("counter_loop", LOOP)],
                      [Claim(f"{row}, {model}", model, LOOP, TIME, more=0.5, unit="ns") for model in models])

    def locked(self):
        plain = {"thread-mutex": "counter_mutex", "semaphore": "counter_semaphore"}
        for cores in self.some:
            for model, file in plain.items():
                yield self._locked(model, file, cores, None, batches=(1024, 1))
            yield self._locked("process-pool", "counter_process_mutex", cores, {"exclusion": "mutex"}, (1024,))

    def _locked(self, model, file, cores, options, batches):
        hand = "by hand, " + file.replace("counter_", "").replace("_", " ")
        bound = 1.05 if cores == 1 else 1.10
        row = f"counter, {model}{', exclusion=mutex' if options else ''}, {cores} core{'s' * (cores > 1)}, batch"
        heddles = [self.heddle(model, "counter", cores=cores, options=options, label=f"{model} batch {batch}",
                               batch=batch) for batch in batches]
        claims = [Claim(f"{row} 1024", f"{model} batch 1024", hand, TIME, at_most=bound)]
        rivals = [self.reference(file, hand, cores=cores)]
        if 1 in batches:
            singly = hand + ", acknowledged singly"
            rivals.append(self.reference(file, singly, "--batch", "1", cores=cores))
            claims.append(Claim(f"{row} 1", f"{model} batch 1", singly, TIME, more=5, unit="ns"))
            claims.append(Claim(f"{row} 1", singly, hand, TIME))
        if model == "thread-mutex":
            rivals.append(Function("sysbench mutex", lambda: sysbench_mutex(self.all[:cores]), tool="sysbench"))
            claims.append(Claim(f"{row} 1024", f"{model} batch 1024", "sysbench mutex", TIME, at_most=1))
        return Contest(f"counter/{model}{'-mutex' if options else ''}/cores={cores}", heddles + rivals, claims)

    def delegated(self):
        if len(self.all) < 2:
            return
        for tasks in (1, 2):
            for batch in (1, 64, 1024):
                yield self._delegated(tasks, batch)

    def _delegated(self, tasks, batch):
        mine, ring = "process-pool", "by hand, ring"
        row = f"counter, process-pool, {tasks} producer{'s' * (tasks > 1)}, batch {batch}"
        rivals = [self.reference("counter_ring", ring, "--tasks", str(tasks), "--batch", str(batch), cores=2)]
        claims = [Claim(row, mine, ring, TIME, at_most=1.1 if batch == 1 else 1.3)]
        kernel = {1: {"pipe": 50, "mqueue": 100}, 64: {"pipe": 5, "mqueue": 10}}.get(batch, {})
        # On two cores each answer wakes an idle one, which some hypervisors make dear: whoever is free to choose
        # puts both processes on one.
        for queue, bound in kernel.items() if tasks == 1 else ():
            for cores in (2, 1):
                label = f"by hand, {queue}, {cores} core{'s' * (cores > 1)}"
                rivals.append(self.reference(f"counter_{queue}", label, "--batch", str(batch), cores=cores))
                claims.append(Claim(row, mine, label, RATE, at_least=bound, by_hand=ring))
        for cores in (2, 1) if tasks == 1 and batch == 1 else ():
            label = f"Python, multiprocessing, {cores} core{'s' * (cores > 1)}"
            rivals.append(self.peer("counter_queue.py", label, "--cpus", self.cpus(cores)))
            claims.append(Claim(row, mine, label, RATE, at_least=500, by_hand=ring))
        heddle = self.heddle(mine, "counter", cores=2, batch=batch, tasks=tasks)
        return Contest(f"counter/process-pool/producers={tasks}/batch={batch}", [heddle] + rivals, claims)

    # ---- switch ------------------------------------------------------------------------------

    def switches(self):
        for tasks, batch, bound in ((2, 1024, 1.25), (2, 1, None), (1000, 64, 1.5)):
            row, bare = f"a coroutine's yield, {tasks} coroutines, batch {batch}", "bare jump_fcontext"
            rivals = [self.reference("switch_fcontext", bare, "--tasks", str(tasks))]
            claims = [Claim(row, "coroutine", bare, TIME, at_most=bound)]
            if tasks == 2 and bound:
                rivals += self._other_coroutines()
                claims += [Claim(row, "coroutine", rival.label, TIME, at_most=1) for rival in rivals[1:]]
            mine = self.heddle("coroutine", "switch", tasks=tasks, batch=batch)
            yield Contest(f"switch/coroutines={tasks}/batch={batch}", [mine] + rivals, claims)
        yield self._kernel_switches()

    def _other_coroutines(self):
        go = os.path.join(self.arena.build, "tests/limits/switch_go")
        return [self.reference("switch_swapcontext", "glibc swapcontext"),
                Program(self.arena, "Go, Gosched", [go], env={"GOMAXPROCS": "1"}, ours=False, cpu=self.all[0]),
                self.peer("switch_gevent.py", "Python, gevent.sleep(0)", cpu=self.all[0], module="gevent")]

    def _kernel_switches(self):
        cpu = self.all[0]
        row = "a switch of threads or processes, 2 on 1 core, batch 64"
        models = [self.heddle(model, "switch", tasks=2, batch=64) for model in ("thread-mutex", "process-pool")]
        yields = Function("stress-ng --yield", lambda: stress_ng_yield(cpu), tool="stress-ng")
        pipe = Function("perf bench sched pipe", lambda: perf_pipe(cpu), tool="perf")
        return Contest("switch/kernel", models + [yields, pipe],
                       [Claim(row, model.label, rival.label, TIME, at_most=1.05)
                        for model in models for rival in (yields, pipe)])

    # ---- copy --------------------------------------------------------------------------------

    def copies(self):
        yield self._copy("small", 2000, 64, "fresh", cp_bound=1.35)
        yield self._copy("small", 2000, 64, "reuse", cp_bound=1.35)
        yield self._copy("big", 8, 65536, "reuse", cp_bound=1.1)

    def _copy(self, name, files, kib, create, cp_bound):
        source = os.path.join(self.arena.scratch, f"tree-{files}x{kib}")
        models = ("thread-mutex", "process-pool", "coroutine")
        row = f"copy, {files} x {kib} KiB, {create}"
        most = max(self.some)
        tree = {"source": source, "work_dir": self.arena.scratch, "create": create}
        flags = ["--source", source, "--work", self.arena.scratch, "--create", create]
        entrants, claims = [], []
        for cores in self.some:
            entrants += [self.heddle(model, "copy", cores=cores, label=f"{model} {cores}", **tree) for model in models]
            entrants.append(self.reference("copy_loop", f"by hand {cores}", *flags, cores=cores, sampled=False))
            claims += [Claim(f"{row}, {cores} core{'s' * (cores > 1)}", f"{model} {cores}", f"by hand {cores}", RATE,
                             at_least=0.95) for model in models]
        entrants.append(self.reference("copy_cp", "cp -r", *flags, sampled=False))
        claims += [Claim(f"{row}, 1 core", f"{model} 1", "cp -r", RATE, at_least=cp_bound) for model in models]
        claims.append(Claim(f"{row}, 1 core", "by hand 1", "cp -r", RATE))
        if most > 1:
            claims += [Claim(f"{row}, {most} cores against 1", f"{model} {most}", f"{model} 1", RATE,
                             at_least=0.8 * most) for model in models]
        return Contest(f"copy/{name}/{create}", entrants, claims, prepare=lambda: make_tree(source, files, kib))

    # ---- echo --------------------------------------------------------------------------------

    def server(self, label, argv, transport, connections, env=None, module=None, ours=False):
        drive = os.path.join(self.arena.build, "tests/limits/drive")
        return Program(self.arena, label,
                       [drive, "--transport", transport, "--connections", str(connections), "--server-cpus",
                        str(self.all[0]), "--generator-cpus", str(self.all[-1]), "--", *argv],
                       env=env, ours=ours, module=module, needs=[drive, argv[0]])

    def _servers(self, transport, connections):
        places = {name: os.path.join(self.arena.build, "tests/limits", name)
                  for name in ("echo_epoll", "echo_threads", "echo_libuv", "echo_go")}
        gevent = os.path.join(self.arena.source, "tests/limits/peers/echo_gevent.py")

        def make(label, place, **rest):
            return self.server(label, [place], transport, connections, **rest)

        return {"epoll": make("epoll by hand", places["echo_epoll"], ours=True),
                "threads": make("threads by hand", places["echo_threads"], ours=True),
                "libuv": make("libuv", places["echo_libuv"]),
                "go": make("Go", places["echo_go"], env={"GOMAXPROCS": "1"}),
                "gevent": make("Python, gevent", gevent, module="gevent")}

    def echoes(self):
        cpu = "server_cpu_per_round_trip"
        for transport in ("tcp", "udp"):
            for connections in (16, 256):
                servers = self._servers(transport, connections)
                row = f"echo {transport}, {connections} connections, coroutine"
                mine = self.heddle("coroutine", "echo", transport=transport, connections=connections)
                load = f"the generator's CPU use, {transport}, {connections} connections"
                yield Contest(
                    f"echo/{transport}/coroutine/connections={connections}",
                    [mine, servers["epoll"], servers["libuv"], servers["go"], servers["gevent"]],
                    [Claim(f"{row}, rate", "coroutine", "epoll by hand", RATE, at_least=0.95),
                     Claim(f"{row}, rate", "coroutine", "libuv", RATE, at_least=1),
                     Claim(f"{row}, rate", "coroutine", "Go", RATE, at_least=1.2),
                     Claim(f"{row}, rate", "coroutine", "Python, gevent", RATE, at_least=1),
                     Claim(f"{row}, CPU a round trip", "coroutine", "epoll by hand", cpu, at_most=1.05),
                     Claim(f"{row}, CPU a round trip", "coroutine", "libuv", cpu, at_most=1),
                     Claim(load, "coroutine", None, "generator_cpu", unit="%")])
        for connections in (1, 16, 256):
            yield Contest(f"echo/tcp/threads/connections={connections}",
                          [self.heddle("thread-mutex", "echo", connections=connections),
                           self._servers("tcp", connections)["threads"]],
                          [Claim(f"echo tcp, {connections} connections, thread-mutex, rate", "thread-mutex",
                                 "threads by hand", RATE, at_least=0.97),
                           Claim(f"echo tcp, {connections} connections, thread-mutex, CPU a round trip",
                                 "thread-mutex", "threads by hand", cpu, at_most=1.05)])

    def response_times(self):
        for transport in ("tcp", "udp"):
            servers = self._servers(transport, 1)
            sockperf = Sockperf(self.arena, transport, self.all[0], self.all[-1])
            row = f"response time p50, {transport}, 1 connection"
            against = {"coroutine": ("epoll by hand", "libuv", "Go"), "thread-mutex": ("threads by hand", "sockperf")}
            models = [self.heddle(model, "echo", transport=transport, connections=1) for model in against]
            claims = [Claim(f"{row}, {model}", model, rival, "latency_p50", at_most=1.05)
                      for model, rivals in against.items() for rival in rivals]
            claims.append(Claim(f"the generator, {transport}, 1 connection, rate", "thread-mutex", "sockperf", RATE,
                                at_least=1))
            rivals = [servers[name] for name in ("epoll", "libuv", "go", "threads")] + [sockperf]
            yield Contest(f"echo/{transport}/p50", models + rivals, claims)

    # ---- scale -------------------------------------------------------------------------------

    def scale(self):
        many = 4096
        mine, hand = f"coroutine {many}", "epoll by hand"
        memory = Function("memory", lambda: memory_a_connection(self.heddle, "coroutine", many))
        yield Contest(f"scale/echo/coroutine/connections={many}",
                      [self.heddle("coroutine", "echo", connections=many, label=mine),
                       self._servers("tcp", many)["epoll"], memory],
                      [Claim(f"echo tcp, {many} connections, coroutine, rate", mine, hand, RATE, at_least=0.95),
                       Claim(f"echo tcp, {many} connections, coroutine, CPU a round trip", mine, hand,
                             "server_cpu_per_round_trip", at_most=1.05),
                       Claim(f"echo tcp, {many} connections, coroutine, memory of one", "memory", None, "kib",
                             at_most=16, unit="KiB")])
        models = ("thread-mutex", "semaphore", "process-pool", "coroutine")
        for connections in (1, 16, 256, 1024, many):
            entrants = [self.heddle(model, "echo", connections=connections) for model in models]
            columns = (("round trips/s", RATE, "/s"), ("p99, ns", "latency_p99", "ns"),
                       ("memory, bytes", "peak_resident_bytes", "bytes"))
            claims = [Claim(f"echo tcp, {connections} connections, {model}", model, None, metric, unit=unit, column=column)
                      for model in models for column, metric, unit in columns]
            yield Contest(f"scale/echo/models/connections={connections}", entrants, claims, pairs=6)

    def harness(self):
        arena = self.arena
        yield Contest("harness/trial", [self.heddle("serial", "counter", batch=1024)],
                      [Claim("a trial beyond warm-up and windows, counter", "serial", None, "overhead_ms",
                             at_most=5, unit="ms")])
        few, many = (Function(f"{cases} cases", lambda cases=cases: dry_run(arena, cases)) for cases in (1000, 10000))
        row = "the plan of a case, 10 000 against 1 000 cases"
        yield Contest("harness/cases", [few, many],
                      [Claim(f"{row}, time", "10000 cases", "1000 cases", "us_a_case", at_most=1.25),
                       Claim(f"{row}, memory", "10000 cases", "1000 cases", "bytes_a_case", at_most=1.25)])
        machine = "package:4 numa:2 l3:4 core:16 pu:2"
        yield Contest("harness/1024-pus", [Function("1024 PUs", lambda: dry_run(arena, 50, synthetic=machine))],
                      [Claim("plan and table of a simulated machine with 1 024 PUs", "1024 PUs", None, "ms",
                             at_most=200, unit="ms")])
        yield Contest("harness/trials", [Function("20 000 trials", lambda: many_trials(arena, 20000))],
                      [Claim("20 000 trials, growth of the core's memory a trial", "20 000 trials", None,
                             "bytes_a_trial", at_most=64, unit="bytes")], pairs=1)

    def contests(self):
        for part in (self.unlocked, self.locked, self.delegated, self.switches, self.copies, self.echoes,
                     self.response_times, self.scale, self.harness):
            yield from part()
