# SPDX-License-Identifier: Apache-2.0
"""What a process costs, by the kernel's own accounts; and what it asks of the API server, by the audit log."""

import os
import re
import subprocess
import time
from collections import Counter

HOUR_S = 3600
MB_OF_KIB = 1024 / 1e6
READS = ("get", "list")
_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED


def cpu_s(pid):
    """Of all its threads, also of those that have ended."""
    return time.clock_gettime((~pid << 3) | _CLOCK_OF_PROCESS)


def _number(text, name):
    return sum(int(found) for found in re.findall(rf"^{name}:\s*(\d+)", text, re.MULTILINE))


def _read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def memory_mb(pid):
    """(resident, what no other process has)."""
    text = _read(f"/proc/{pid}/smaps_rollup")
    kib = _number(text, "Rss"), _number(text, "Private_Clean") + _number(text, "Private_Dirty")
    return tuple(each * MB_OF_KIB for each in kib)


def _wakeups(pid):
    """How often one of its threads has begun to wait."""
    tasks = os.listdir(f"/proc/{pid}/task")
    return sum(_number(_read(f"/proc/{pid}/task/{task}/status"), "voluntary_ctxt_switches") for task in tasks)


def _connections(pids):
    """{pid: {its address: (bytes sent, bytes received)}} of TCP."""
    said = subprocess.run(["ss", "-tinpHO"], capture_output=True, text=True, check=True).stdout
    found = {pid: {} for pid in pids}
    for line in said.splitlines():
        address = line.split()[3]
        sent, received = (re.search(rf"\b{name}:(\d+)", line) for name in ("bytes_sent", "bytes_received"))
        for owner in {int(pid) for pid in re.findall(r"pid=(\d+)", line)} & set(pids):
            found[owner][address] = tuple(int(count[1]) if count else 0 for count in (sent, received))
    return found


def requests(entries):
    """{kind: how many} of entries of the audit log."""
    verbs = Counter(entry.verb for entry in entries)
    return {"watches": verbs["watch"], "reads": sum(verbs[verb] for verb in READS),
            "writes": sum(count for verb, count in verbs.items() if verb not in (*READS, "watch"))}


class Meter:
    """Of processes that are idle: runs from its making. cluster: whose audit log tells; programs: {program: its
    pod}."""

    def __init__(self, cluster, programs):
        self._cluster, self._programs = cluster, programs
        self._mark = cluster.audit_mark()
        self._before, self._links = self._spent(), self._connected()
        self._since = time.monotonic()

    def _connected(self):
        return _connections([program.pid for program in self._programs])

    def _spent(self):
        return {program: (cpu_s(program.pid), _wakeups(program.pid)) for program in self._programs}

    def stop(self):
        """{program: its numbers, what it has spent scaled to the hour}."""
        seconds = time.monotonic() - self._since
        after, links = self._spent(), self._connected()
        entries = self._cluster.audit_since(self._mark)
        return {program: self._numbers(program, pod, seconds, after[program], links[program.pid], [
            entry for entry in entries if (entry.namespace, entry.pod) == (pod.namespace.name, pod.name)])
            for program, pod in self._programs.items()}

    def _numbers(self, program, pod, seconds, after, links, asked):
        hourly = HOUR_S / seconds
        cpu, wakeups = (now - then for now, then in zip(after, self._before[program]))
        before = self._links[program.pid]
        sent, received = (sum(now[way] - before.get(address, (0, 0))[way] for address, now in links.items())
                          for way in (0, 1))
        resident, private = memory_mb(program.pid)
        kinds = requests(asked)
        return {"over s": round(seconds), "requests/h": len(asked) * hourly,
                **{f"{kind}/h": count * hourly for kind, count in kinds.items()},
                "KB sent/h": sent / 1000 * hourly, "KB received/h": received / 1000 * hourly,
                "wake-ups/h": wakeups * hourly, "CPU s/h": cpu * hourly, "RSS MB": resident, "private MB": private,
                "threads": len(os.listdir(f"/proc/{program.pid}/task")),
                "descriptors": len(os.listdir(f"/proc/{program.pid}/fd")), "connections": len(links)}
