# SPDX-License-Identifier: Apache-2.0
"""What it costs that nginx and HAProxy step their election instead of waiting for it: CPU time while nothing happens,
how much later they notice that they lead than a Lua program that waits, and what it takes to ask. On the embedded lock,
with the examples of examples/lua; needs both servers, LuaJIT, and the Lua modules in LEADERLIFE_BUILD (build).

    python bench/lua_servers.py [ROUNDS [SECONDS]]

ROUNDS: take-overs of each, and windows of so many SECONDS in which CPU time is counted."""

import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from controlplane.process import Process, wait_for  # noqa: E402
from lua.servers.server import HANG_S, MODULES, Haproxy, Nginx  # noqa: E402
from scenarios.places import base_environment  # noqa: E402

ROUNDS, SECONDS = 11, 5
STEPS = (None, 0.1, 0.02)  # None: without an election
START = {"nginx": 'require("leaderlife.nginx").start("my-operator", { backend = "local", log_level = "info" })',
         "haproxy": 'leaderlife.start(LOCK, { log_level = "info" })'}
WAITING = """
local leaderlife = require "leaderlife"
local leader = assert(leaderlife.become(arg[1], { backend = "local" }))
print("leads")
io.stdout:flush()
while leader:wait() do end
"""
ASKED = 20000
COST = """location = /cost { content_by_lua_block {
    local status, began = require("leaderlife.nginx").status, require("leaderlife.base").capi.monotonic()
    for _ = 1, %d do status("my-operator") end
    ngx.say((require("leaderlife.base").capi.monotonic() - began) / %d * 1e6)
} }
""" % (ASKED, ASKED)


class Candidate(Process):
    """A Lua program that waits."""

    def __init__(self, name, directory, lock):
        super().__init__(name, ["luajit", "-e", WAITING.replace("arg[1]", f"'{lock}'")], str(directory), {
            **base_environment(), "LUA_PATH": f"{MODULES}/share/?.lua;;", "LUA_CPATH": f"{MODULES}/jit/?.so;;"})

    def leads(self):
        with open(self.log_path, encoding="ascii") as file:
            return "leads" in file.read()


def server(kind, step, name, directory, lock):
    if kind == "nginx":
        started = f'require("leaderlife.nginx").start("my-operator", {{ backend = "local", step = {step} }})'
        line = started if step else ""
        return Nginx(name, directory, lock, {START[kind]: line, "server {\n": "server {\n" + COST})
    return Haproxy(name, directory, lock, {},
                   {START[kind]: f"leaderlife.start(LOCK, {{ step = {step} }})" if step else ""})


def cpu_seconds(pids):
    """Of all their threads, to the nanosecond."""
    return sum(int(path.read_text().split()[0]) for pid in pids
               for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def worker_of(kind, step, started):
    """The process that steps, or would."""
    if kind == "nginx" and step:
        return started.worker_0()
    return min(started.workers())


def idle(directory, rounds, seconds):
    """{(kind, step): milliseconds of CPU time in each second}, all at the same time, and the cost of asking."""
    started = {(kind, step): server(kind, step, f"{kind}-{step}", directory, "bench-" + secrets.token_hex(6))
               for kind in START for step in STEPS}
    try:
        for each in started.values():
            each.start()
        for (_, step), each in started.items():
            if step:
                each.wait_token()
        pids = {key: [worker_of(*key, each)] for key, each in started.items()}
        time.sleep(1)
        spent = {key: [] for key in started}
        for _ in range(rounds):
            before = {key: (time.monotonic(), cpu_seconds(pid)) for key, pid in pids.items()}
            time.sleep(seconds)
            for key, pid in pids.items():
                began, used = before[key]
                spent[key].append(1000 * (cpu_seconds(pid) - used) / (time.monotonic() - began))
        return spent, [float(started["nginx", 0.1].get("/cost")[1]) for _ in range(rounds)]
    finally:
        for each in started.values():
            each.stop()


def take_over(kind, step, directory):
    """Milliseconds from the end of a leader until the candidate says that it leads."""
    lock = "bench-" + secrets.token_hex(6)
    holder = Candidate(f"holder-{lock}", directory, lock)
    candidate = Candidate(lock, directory, lock) if kind == "lua" else server(kind, step, lock, directory, lock)
    try:
        holder.start()
        wait_for("the holder", holder.leads, HANG_S)
        candidate.start()
        time.sleep(0.5 + random.uniform(0, 0.2))  # it stands by, and in no phase that we know
        assert holder.running()
        began = time.monotonic()
        holder.child.kill()
        wait_for("the next leader", candidate.leads if kind == "lua" else candidate.token, HANG_S, interval=0.0005)
        return 1000 * (time.monotonic() - began)
    finally:
        candidate.stop()
        holder.stop()


def said(values):
    return f"{statistics.median(values):8.2f}  ({min(values):.2f} to {max(values):.2f})"


def versions():
    for command, option in (("nginx", "-v"), ("haproxy", "-v"), ("luajit", "-v")):
        done = subprocess.run([command, option], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=True, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        yield f"{command} " + re.search(r"\d+\.\d+[\w.-]*", done.stdout)[0]


def main(arguments):
    rounds, seconds = [int(each) for each in arguments] + [ROUNDS, SECONDS][len(arguments):]
    print(f"{', '.join(versions())}; {os.cpu_count()} cores; medians of {rounds} (least to most)")
    with tempfile.TemporaryDirectory() as directory:
        spent, asked = idle(Path(directory), rounds, seconds)
        print(f"CPU time of the process that steps, nothing happening, ms in each second ({seconds} s windows):")
        for (kind, step), values in spent.items():
            print(f"  {kind:8} {f'step {step} s' if step else 'no election':12} {said(values)}")
        print(f"status() in nginx, where it leads, µs: {said(asked)}")
        print("from the kill of the leader until the next one says that it leads, ms:")
        variants = [("lua", None), *((kind, step) for kind in START for step in STEPS if step)]
        times = {variant: [] for variant in variants}
        for _ in range(rounds):
            for variant in variants:
                times[variant].append(take_over(*variant, Path(directory)))
        for (kind, step), values in times.items():
            print(f"  {kind:8} {f'step {step} s' if step else 'waits':12} {said(values)}")


if __name__ == "__main__":
    main(sys.argv[1:])
