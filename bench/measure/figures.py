# SPDX-License-Identifier: Apache-2.0
"""What was measured, as JSON: {machine, date, versions, form, measured: {part: when}, parts: {part: [row]}}. A row of
times has its values; one of costs has its numbers by name. What follows from them (median, ratios) is computed here,
wherever it is shown."""

import datetime
import json
import os
import platform
import re
import statistics
import subprocess

from . import ROOT

PATH = ROOT / "docs" / "figures" / "figures.json"
FORMAT = 1
TINY = "tiny"  # the form with so few of each that the figures mean nothing
DIGITS = 4
TOOLS = {"h11", "h2", "pytest"}  # of requirements-bench.txt: no figure depends on them


def rounded(value):
    """Short numbers, so that the file stays small."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def p99(values):
    """By the nearest rank: with less than 100 values it is the greatest."""
    ordered = sorted(values)
    return ordered[max(0, -(-99 * len(ordered) // 100) - 1)]


def times(event, subject, values, standbys=1):
    """A row of them."""
    return {"event": event, "subject": subject.name, "who": subject.who, "standbys": standbys, "values": values}


def summary(values):
    return {"n": len(values), "median": statistics.median(values), "p99": p99(values), "min": min(values),
            "max": max(values)}


def number(value):
    """Three digits that mean something."""
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1])
    return {"processor": model[1] if model else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": round(memory / 1024 ** 2), "kernel": platform.release(),
            "system": platform.freedesktop_os_release()["PRETTY_NAME"]}


def _said(command, pattern):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(pattern, done.stdout)
    return found[1] if found else "unknown"


def versions():
    """Of ours (the commit as well), of what it runs on, and of the peers, from where each is pinned."""
    found = {"leaderlife": _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], r"(\S+)"),
             "Python": platform.python_version(), "libcurl": _said(["curl-config", "--version"], r"libcurl (\S+)"),
             "LuaJIT": _said(["luajit", "-v"], r"LuaJIT (\S+)"),
             "redis-server": _said(["redis-server", "--version"], r"v=(\S+)"),
             "flock": _said(["flock", "--version"], r"util-linux (\S+)")}
    modules = (ROOT / "bench" / "peers" / "go.mod").read_text()
    for module in ("client-go", "operator-lib", "etcdctl/v3"):
        found[module.split("/")[0]] = re.search(rf"/{module} v(\S+)", modules)[1]
    kubernetes = (ROOT / "tests" / "controlplane" / "go.mod").read_text()
    found["Kubernetes"] = re.search(r"k8s.io/kubernetes v(\S+)", kubernetes)[1]
    for line in (ROOT / "script" / "requirements-bench.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        if version and name not in TOOLS:
            found[f"{name} (PyPI)"] = version
    return found


def head(form):
    return {"format": FORMAT, "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "form": form, "machine": machine(), "versions": versions(), "measured": {}, "parts": {}}


def of_what(found):
    """When the run began, and of which commit."""
    return f"{found['date']}, leaderlife {found['versions']['leaderlife']}"


def write(figures, path):
    """One row a line, so that a change of one is a change of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = rounded(figures)
    parts = ",\n".join(f" {json.dumps(name)}: [\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]"
                       for name, rows in figures["parts"].items())
    rest = json.dumps({**figures, "parts": 0}, indent=1)
    path.write_text(rest.replace('"parts": 0', f'"parts": {{\n{parts}\n}}') + "\n", encoding="utf-8")


def read(path=PATH):
    return json.loads(path.read_text(encoding="utf-8"))
