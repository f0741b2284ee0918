# SPDX-License-Identifier: Apache-2.0
"""A core dump of the command holds no secret, and those of the programs that it starts are as without it."""

import glob
import os
import shlex
import signal

import pytest
from controlplane.pods import Namespace, running

PROGRAMS = 0x13  # what the caller wants to be dumped: core(5), and other than the kernel's default


def start(command, *words, environment=None):
    """From a shell that wants core dumps."""
    script = f"ulimit -c $(ulimit -H -c); echo {PROGRAMS:#x} >/proc/self/coredump_filter; exec {shlex.join(words)}"
    return command.start_words(["sh", "-c", script], environment)


def filter_of(pid):
    with open(f"/proc/{pid}/coredump_filter", encoding="ascii") as file:
        return int(file.read(), 16)


@pytest.mark.parametrize("mode", [[], ["--exec"]], ids=["beside", "in place"])
def test_a_program_is_dumped_as_its_caller_wants(command, lock, mode):
    started = start(command, *command.program, "run", "--backend", "local", *mode, lock, "--", "cat",
                    "/proc/self/coredump_filter")
    assert started.wait() == 0, started.stderr()
    assert int(started.stdout(), 16) == PROGRAMS


def test_a_standby_command_is_dumped_as_its_caller_wants(command, lock):
    command.start("run", "--backend", "local", lock, "--", "sh", "-c", "echo leads; sleep 600").wait_said("leads")
    started = start(command, *command.program, "run", "--backend", "local", "--on-standby",
                    "cat /proc/self/coredump_filter", lock, "--", "true")
    started.wait_said(f"{PROGRAMS:08x}")


def test_a_core_holds_no_token(command, cluster):
    """Of a leader and of a standby. (Where cores go elsewhere than into a file, the kernel's filter alone is looked
    at: it counts there too.)"""
    space = Namespace(cluster)
    for name, said in (("a", "leads"), ("b", "waiting for 'lock'")):
        pod = space.pod(name)
        pod.set_status(phase="Running", containerStatuses=[running(name)])
        files = pod.candidate()
        with open(files.token_file, encoding="ascii") as file:
            signature = file.read().strip().rpartition(".")[2].encode()
        started = start(command, *command.program, "run", "lock", "--", "sh", "-c", "echo leads; exec sleep 600",
                        environment=files.environment())
        started.wait_said(said)
        with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
            pattern = file.read().strip()
        assert filter_of(started.pid) == 0
        started.send(signal.SIGSEGV)
        started.wait()
        if "/" in pattern or pattern.startswith("|"):
            continue
        core, = glob.glob(os.path.join(command.directory, "core*"))
        with open(core, "rb") as file:
            content = file.read()
        os.unlink(core)
        assert content.startswith(b"\x7fELF") and signature not in content, f"the token of {name} is in its core"
