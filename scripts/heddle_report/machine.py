"""What the numbers were taken on and with."""
from .html import details, element, join
from .words import number, quantity, value_text

TITLES = {
    "simulated": "Simulated", "cpu_model": "Processor", "topology": "Topology", "cores_usable": "Cores usable",
    "pus_usable": "Hardware threads usable", "kernel": "Kernel", "virtualisation": "Virtualisation",
    "governor": "CPU governor", "turbo": "Turbo", "smt": "SMT siblings in use", "cpu_quota": "CPU quota",
    "memory_bytes": "Memory", "load_1min": "Load before the first trial",
    "cpu_pressure_percent": "CPU pressure before", "io_pressure_percent": "I/O pressure before",
    "protection": "Between models and the rest", "clock_source": "Clock", "clock_read_ns": "A reading of the clock",
    "counters_of": "Hardware counters",
}
UNITS = {"clock_read_ns": "ns", "memory_bytes": "bytes", "cpu_pressure_percent": "percent",
         "io_pressure_percent": "percent"}
TOOL = {"version": "Heddle", "revision": "Revision", "compiler": "Compiler", "build_type": "Build", "flags": "Flags",
        "sanitizers": "Sanitizers"}


def fact_words(key, value):
    if key in UNITS and number(value) is not None:
        return quantity(value, UNITS[key])
    return value_text(value) if not isinstance(value, (dict, list)) else ""


def pairs(facts):
    return element("dl", [element("div", element("dt", title), element("dd", words)) for title, words in facts
                          if words], class_="facts")


def caches(machine):
    known = [cache for cache in machine.get("caches") or [] if isinstance(cache, dict)]
    return ", ".join(f"L{value_text(cache.get('level'))} {quantity(cache.get('bytes'), 'bytes')} × "
                     f"{value_text(cache.get('count'))}" for cache in known)


def at_end(machine):
    end = machine.get("at_end") if isinstance(machine.get("at_end"), dict) else {}
    words = [f"load {fact_words('load_1min', end.get('load_1min'))}" if end.get("load_1min") is not None else None,
             f"CPU pressure {fact_words('cpu_pressure_percent', end.get('cpu_pressure_percent'))}"
             if end.get("cpu_pressure_percent") is not None else None]
    return ", ".join(filter(None, words))


def unavailable(machine):
    reasons = machine.get("unavailable")
    if not isinstance(reasons, dict) or not reasons:
        return None
    return details("What could not be told, and why",
                   pairs([(TITLES.get(key, key), value_text(why)) for key, why in reasons.items()]))


def plugins(run):
    known = run.get("plugins") if isinstance(run.get("plugins"), dict) else {}
    rows = [(name, " ".join(filter(None, [value_text(plugin.get("build")), value_text(plugin.get("file"))])))
            for name, plugin in known.items() if isinstance(plugin, dict)]
    return details("The models' files", pairs(rows)) if rows else None


def machine_facts(document):
    machine, tool = document.machine, document.content["tool"]
    facts = [(title, fact_words(key, machine.get(key))) for key, title in TITLES.items()]
    facts += [("Caches", caches(machine)), ("After the last trial", at_end(machine))]
    flags = value_text(machine.get("cpu_flags"))
    return join(pairs(facts), pairs([(title, fact_words(key, tool.get(key))) for key, title in TOOL.items()]),
                unavailable(machine), details("Processor flags", element("p", flags)) if flags else None,
                plugins(document.run))
