# SPDX-License-Identifier: Apache-2.0
"""leaderlife run --watch: no program outlives the wrapper, also where the kernel
drops the tie of PR_SET_PDEATHSIG; and the guard is nobody else's business."""

import contextlib
import os
import signal

import pytest
from controlplane.process import wait_for

from .command import free, is_alive, name_of, python

THREAD = """
    import os, threading
    print("works", os.getpid(), flush=True)
    threading.Thread(target=lambda: os.execv("/bin/sleep", ["sleep", "1000"])).start()
    threading.Event().wait()
    """
OTHER_USER = ["setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c", "echo works $$; exec sleep 1000"]


def all_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def guards(started):
    return [pid for pid in all_children(started.pid) if name_of(pid) == "lifeguard"]


def begun(started):
    """The program's pid. Its guard stands before it begins."""
    started.wait_said("works")
    return int(started.stdout().split()[1])


@pytest.mark.parametrize("program", [python(THREAD), OTHER_USER, ["sh", "-c", "echo works $$; exec sleep 1000"]],
                         ids=["a thread's exec", "another user", "plain"])
def test_a_program_without_the_kernels_tie_dies_with_the_wrapper(command, lock, program):
    started = command.start("run", "--watch", lock, "--", *program)
    pid = begun(started)
    wait_for("the exec", lambda: name_of(pid) == "sleep")
    started.send(signal.SIGKILL)
    wait_for("the program's end", lambda: not is_alive(pid))
    assert free(command, lock)


def test_few_descriptors_are_enough_for_the_guard(command, lock):
    started = command.start_words(["prlimit", "--nofile=40", *command.program, "run", "--watch", lock, "--", *OTHER_USER])
    pid = begun(started)
    wait_for("the exec", lambda: name_of(pid) == "sleep")
    started.send(signal.SIGKILL)
    wait_for("the program's end", lambda: not is_alive(pid))


def test_the_standby_program_too(command, lock):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    second = command.start("run", "--on-standby", "echo works $$; exec setpriv --reuid 65534 --clear-groups sleep 1000",
                           lock, "--", "true")
    pid = begun(second)
    wait_for("the exec", lambda: name_of(pid) == "sleep")
    second.send(signal.SIGKILL)
    wait_for("the standby program's end", lambda: not is_alive(pid))


def test_the_guard_holds_nothing_and_goes_with_the_program(command, lock):
    started = command.start("run", "--watch", lock, "--", "sh", "-c", 'echo works $$; read line; exit 4', stdin=os.pipe()[0])
    begun(started)
    (guard,) = guards(started)
    held = {fd: os.readlink(f"/proc/{guard}/fd/{fd}").partition(":")[0] for fd in sorted(os.listdir(f"/proc/{guard}/fd"))}
    assert held == {"0": "socket", "1": "anon_inode"}
    started.send(signal.SIGTERM)
    assert started.wait() == 128 + signal.SIGTERM
    assert not is_alive(guard) and free(command, lock)


def test_the_guards_end_ends_nothing_else(command, lock):
    started = command.start("run", "--watch", lock, "--", "sh", "-c", 'trap "exit 4" USR1; echo works $$; while :; do sleep 0.02; done')
    pid = begun(started)
    (guard,) = guards(started)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(guard, number)
    os.kill(guard, signal.SIGKILL)
    wait_for("the guard's end", lambda: guard not in all_children(started.pid))
    assert is_alive(pid) and not free(command, lock)
    started.send(signal.SIGUSR1)
    assert started.wait() == 4


def test_a_frozen_guard_keeps_nothing(command, lock):
    started = command.start("run", "--watch", lock, "--", "sh", "-c", "echo works $$; exec sleep 1000")
    pid = begun(started)
    (guard,) = guards(started)
    os.kill(guard, signal.SIGSTOP)
    try:
        started.send(signal.SIGKILL)
        wait_for("the program's end", lambda: not is_alive(pid))  # the kernel's tie
        assert free(command, lock)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(guard, signal.SIGKILL)
