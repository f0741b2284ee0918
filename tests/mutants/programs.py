# SPDX-License-Identifier: Apache-2.0
"""The test programs of build/tests (or of another build folder), linked to sources that have mutants, and what one run
of one of them says."""

import contextlib
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
MUTANTS_MAX = 1 << 16
# A mutant that runs in a circle ends after that much processor time, which a busy machine does not use up; one that
# waits for ever by the clock, after so many times what the program takes without a mutant. One that fills the memory
# gets no more.
CPU_FACTOR = 20
HANG_S, HANG_FACTOR = 60, 50
MEMORY = 4 << 30
# Those that do the same in each run.
WITH_DIGEST = ("test_machine_", "test_model_")
# What takes long is played shorter: one combination of so many, so many random histories of each kind.
SHORT = {"LEADERLIFE_WALK_STRIDE": "997", "LEADERLIFE_MODEL_RUNS": "20", "LEADERLIFE_MODEL_RIGHT": "1"}


def run(command, folder):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


@dataclass
class Program:
    path: Path
    cpu: float = 0.0  # seconds, without a mutant
    lasts: float = 0.0  # by the clock
    digest: str = ""  # of what is decided, without a mutant
    reaches: set = field(default_factory=set)
    cpu_least: int = 60

    def play(self, number, reached=None):
        """How it ended (0 is good), the processor time in seconds, and the digest of what was decided."""
        limit = round(self.cpu_least + CPU_FACTOR * self.cpu) if number else 1000

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        digest = self.path.with_name(f"{self.path.name}.{number}.digest")
        environment = dict(os.environ, LEADERLIFE_MUTANT=str(number), LEADERLIFE_MUTANTS_DIGEST=str(digest), **SHORT)
        if reached:
            environment["LEADERLIFE_MUTANTS_REACHED"] = str(reached)
        with subprocess.Popen([self.path], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=limits, start_new_session=True) as process:
            status, cpu = self.end_of(process, HANG_S + HANG_FACTOR * self.lasts if number else 1000)
        decided = digest.read_text() if digest.exists() else ""
        digest.unlink(missing_ok=True)
        return status, cpu, decided

    @staticmethod
    def end_of(process, hang):
        began = time.monotonic()
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - began > hang:
                process.kill()
            time.sleep(0.002 if time.monotonic() - began < 0.1 else 0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError):  # children that it has left
            os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, usage.ru_utime + usage.ru_stime


class Build:
    def __init__(self, folder, made, jobs, cpu_least):
        self.folder, self.made, self.jobs, self.cpu_least = folder, made, jobs, cpu_least
        made.mkdir(parents=True, exist_ok=True)
        database = subprocess.run(["ninja", "-C", folder, "-t", "compdb"], capture_output=True, text=True, check=True)
        self.compile_commands = {each["file"]: each["command"] for each in json.loads(database.stdout)
                                 if "leaderlife_objects.dir" in each["output"] and each["output"].endswith(".o")}

    def compile_source(self, path, text):
        """The object of the source as it is now, with its mutants."""
        name = re.sub(r"\W", "_", str(path))
        source, target = self.made / f"{name}.c", self.made / f"{name}.o"
        source.write_text(text)
        words = shlex.split(self.compile_commands[str(path)])
        kept, skip = [], False
        for word in words:
            if skip or word in ("-o", "-c", "-MF", "-MT"):
                skip = not skip
            elif word not in ("-MD", "-g", "-O2") and not word.startswith(("-W", "-D_FORTIFY", "-U_FORTIFY")):
                kept.append(word)
        run([*kept, "-O1", "-w", "-iquote", str(path.parent), "-include", str(HERE / "mutant.h"), "-c", str(source),
             "-o", str(target)], self.folder)
        return target

    def compile_all(self, sources):
        """sources: {path: text}. The objects, and the one that says which mutant is played."""
        common = self.made / "mutant.o"
        for name in ("mutant", "digest"):
            run(["gcc", "-O1", "-D_GNU_SOURCE", "-I", str(HERE.parents[1] / "c/src"), "-c", str(HERE / f"{name}.c"),
                 "-o", str(self.made / f"{name}.o")], self.folder)
        with ThreadPoolExecutor(self.jobs) as pool:
            return [common, *pool.map(lambda each: self.compile_source(*each), sources.items())]

    def link(self, name, objects):
        """The test program, in which our objects come before the library's: whose members are then not taken."""
        commands = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", "-s", f"tests/{name}"],
                                  capture_output=True, text=True, check=True).stdout.splitlines()
        words = [word for word in shlex.split(commands[-1]) if word not in (":", "&&")]
        at = words.index("-o")
        words[at + 1] = str(self.made / name)
        if name.startswith(WITH_DIGEST):
            objects = [self.made / "digest.o", "-Wl,--wrap=decide", *objects]
        run([*words[:at + 2], *map(str, objects), *words[at + 2:]], self.folder)
        return Program(self.made / name, cpu_least=self.cpu_least)

    def link_all(self, names, objects):
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda name: self.link(name, objects), names))

    def measure(self, program):
        """Plays it without a mutant: it must pass. Which mutants it reaches, and how long it takes."""
        reached = self.made / f"{program.path.name}.reached"
        reached.write_bytes(bytes(MUTANTS_MAX))
        began = time.monotonic()
        status, program.cpu, program.digest = program.play(0, reached)
        program.lasts = time.monotonic() - began
        if status != 0:
            raise RuntimeError(f"{program.path.name} fails without any mutant (status {status})")
        program.reaches = {number for number, byte in enumerate(reached.read_bytes()) if byte}

    def measure_all(self, programs):
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(self.measure, programs))
