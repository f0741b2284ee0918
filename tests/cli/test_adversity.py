# SPDX-License-Identifier: Apache-2.0
"""leaderlife run in surroundings that are against it: nobody reads its stderr,
the kernel lists no children, children from before, signals that were ignored,
programs that multiply."""

import contextlib
import os
import select
import signal
import socket
import sys
import textwrap
import time

import pytest
from controlplane.process import wait_for

from .command import Started, is_alive
from .test_run import MODES, free

TRAP = 'trap "exit 9" TERM; echo works; while :; do sleep 0.02; done'


def python(source):
    return [sys.executable, "-c", textwrap.dedent(source)]


# ---- stderr ----

def full_pipe(stack):
    reader, writer = os.pipe()
    stack.callback(os.close, reader)
    return writer


def full_socket(stack):
    mine, theirs = socket.socketpair()
    stack.callback(mine.close)
    return theirs.detach()


def full_terminal(stack):
    mine, theirs = os.openpty()
    stack.callback(os.close, mine)
    return theirs


@pytest.mark.parametrize("make", [full_pipe, full_socket, full_terminal])
def test_a_stderr_that_nobody_reads_stops_nothing(command, lock, make):
    """Else a leader that has lost could not stop its program."""
    with contextlib.ExitStack() as stack:
        stderr = make(stack)
        stack.callback(os.close, stderr)
        os.set_blocking(stderr, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(stderr, b"x" * 512)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(stderr, b"x")
        os.set_blocking(stderr, True)
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        child = os.posix_spawn(command.program[0], [
            *command.program, "run", "-w", "--log-level", "debug", lock, "--", "sh", "-c", TRAP], command.environment(),
            file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, stderr, 2)])
        os.close(writer)
        try:
            assert select.select([reader], [], [], 60)[0] and os.read(reader, 100) == b"works\n"
            os.kill(child, signal.SIGTERM)
            wait_for("the end", lambda: not is_alive(child))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 9
        os.set_blocking(stderr, True)


@pytest.mark.parametrize("mode", MODES)
def test_streams_that_were_closed_are_not_filled_by_what_is_ours(command, lock, tmp_path, mode):
    listing = tmp_path / "fds"
    script = f"exec {command.program[0]} run {' '.join(mode)} {lock} -- sh -c 'ls -l /proc/self/fd >{listing}' 0<&- 1>&- 2>&-"
    assert Started(["sh", "-c", script], command.environment(), command.directory).wait() == 0
    targets = {line.split()[-3]: line.split(" -> ")[-1] for line in listing.read_text().splitlines() if " -> " in line}
    assert targets["0"] == targets["2"] == "/dev/null" and targets["1"] == str(listing)


# ---- Children that the kernel does not list ----

def hidden(command, lock, script, *, pid_1=False):
    """run --watch in a place without /proc."""
    words = ["unshare", "--mount", *(["--pid", "--fork", "--kill-child"] if pid_1 else []), "sh", "-c",
             f"mount -t tmpfs none /proc && exec {command.program[0]} run --watch {lock} -- sh -c '{script}'"]
    return Started(words, command.environment(), command.directory)


def test_without_a_list_of_children_the_lock_is_kept_until_all_have_ended(command, lock):
    started = hidden(command, lock, "sleep 1.5 & echo left; exit 4")
    try:
        started.wait_said("does not list children")
        assert not free(command, lock)
        assert started.wait() == 4
        assert free(command, lock)
    finally:
        started.end()


def test_without_a_list_pid_1_asks_everybody(command, lock):
    started = hidden(command, lock, '(trap "echo asked; exit" TERM; while :; do sleep 0.02; done) & sleep 0.2; exit 4', pid_1=True)
    try:
        assert started.wait() == 4, started.stderr()
        assert started.stdout() == "asked\n"
    finally:
        started.end()


# ---- Descendants ----

def test_those_who_lose_their_parents_late_are_asked_too(command, lock, tmp_path):
    """TERM goes down the tree as it is given to us, one after the other; none is killed unasked."""
    tree = tmp_path / "tree.py"
    tree.write_text(textwrap.dedent("""
        import os, signal, sys, time
        depth = 0
        while depth < 3 and os.fork() == 0:
            os.setsid()
            depth += 1
        def stop(*_):
            print("asked", depth, flush=True)
            os._exit(0)
        if depth > 0:
            signal.signal(signal.SIGTERM, stop)
            if depth == 3:
                print("grown", flush=True)
            while True: time.sleep(0.02)
        time.sleep(0.5)
    """))
    started = command.start("run", "--watch", lock, "--", sys.executable, str(tree))
    assert started.wait() == 0
    assert sorted(started.stdout().split("\n")[1:]) == ["", "asked 1", "asked 2", "asked 3"]
    assert "SIGKILL" not in started.stderr()


def test_a_stopped_descendant_hears_that_it_is_asked(command, lock):
    script = """(trap "echo asked; exit" TERM; while :; do sleep 0.02; done) & sleep 0.2; kill -STOP $!; exit 3"""
    started = command.start("run", "--watch", lock, "--", "sh", "-c", script)
    assert started.wait() == 3 and started.stdout() == "asked\n"
    assert "SIGKILL" not in started.stderr()


def test_a_program_that_multiplies_is_not_faster_than_we_are(command, lock):
    """Each process that ends has left another behind, in a session of its own."""
    storm = python("""
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork(): os._exit(0)
        print("storm", flush=True)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if os.fork(): os._exit(0)
            os.setsid()
            time.sleep(0.005)
        """)
    started = command.start("run", "--watch", "--kill-after", "300ms", lock, "--", *storm)
    began = time.monotonic()
    assert started.wait() == 0
    assert "SIGKILL" in started.stderr()
    assert time.monotonic() - began < 50  # it ends by itself in 60 s
    assert free(command, lock)


def test_the_second_signal_ends_the_patience(command, lock):
    script = 'trap "" TERM INT; sleep 1000 & echo left $!'
    started = command.start("run", "--watch", "--kill-after", "1h", lock, "--", "sh", "-c", script)
    started.wait_said("left")
    left = int(started.stdout().split()[1])
    time.sleep(0.2)
    started.send(signal.SIGTERM)
    time.sleep(0.2)
    assert is_alive(left) and started.running()
    started.send(signal.SIGINT)
    assert started.wait() == 0
    assert not is_alive(left)


# ---- Children from before ----

BEFORE = 'sleep 1000 & echo before $!; exec "$@"'


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("standby", [[], ["--on-standby", "echo stands by; exec sleep 1000"]])
def test_children_from_before_are_not_stopped(command, lock, mode, standby):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    words = ["sh", "-c", BEFORE, "sh", *command.program, "run", *mode, *standby, lock, "--", "echo", "leads"]
    second = Started(words, command.environment(), command.directory)
    try:
        second.wait_said("stands by" if standby else "waiting for")
        first.send(signal.SIGKILL)
        assert second.wait() == 0
        before = int(second.stdout().split()[1])
        assert "leads" in second.stdout() and is_alive(before)
    finally:
        second.end()


@pytest.mark.parametrize("standby", [[], ["--on-standby", "echo stands by; exec sleep 1000"]])
def test_in_place_the_end_of_a_child_from_before_is_the_programs_to_learn(command, lock, standby):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    waits = "import os; print(os.waitstatus_to_exitcode(os.waitpid(int(os.environ['BEFORE']), 0)[1]))"
    words = ["sh", "-c", 'sh -c "exit 5" & export BEFORE=$!; exec "$@"', "sh", *command.program, "run", *standby, lock, "--",
             sys.executable, "-c", waits]
    second = Started(words, command.environment(), command.directory)
    try:
        second.wait_said("stands by" if standby else "waiting for")
        first.send(signal.SIGKILL)
        assert second.wait() == 0 and second.stdout().endswith("5\n")
    finally:
        second.end()


# ---- Signals ----

COUNTS = """
    import signal, sys, time
    seen = []
    for number in {1, 14, signal.SIGPWR, signal.SIGRTMIN + 3, signal.SIGIO, signal.SIGXCPU, signal.SIGVTALRM}:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda number, _: print("got", int(number), flush=True))
    print("works", flush=True)
    while True: time.sleep(0.02)
    """


@pytest.mark.parametrize("number", [signal.SIGPWR, signal.SIGRTMIN + 3, signal.SIGIO, signal.SIGXCPU, signal.SIGVTALRM])
def test_all_that_can_be_passed_on_is(command, lock, number):
    started = command.start("run", "--watch", lock, "--", *python(COUNTS))
    started.wait_said("works")
    started.send(number)
    started.wait_said(f"got {int(number)}")


def test_what_was_ignored_stays_ignored(command, lock):
    """As under nohup: neither we nor the program end by it."""
    started = Started(["nohup", *command.program, "run", "--watch", lock, "--", *python(COUNTS)],
                      command.environment(), command.directory)
    try:
        started.wait_said("works")
        started.send(signal.SIGHUP)
        started.send(signal.SIGPWR)
        started.wait_said(f"got {int(signal.SIGPWR)}")
        assert "got 1\n" not in started.stdout()
    finally:
        started.end()


def test_an_alarm_from_before_reaches_the_program(command, lock):
    """It is the kernel that sends it, but to us alone."""
    words = python("import os, signal, sys; signal.alarm(1); os.execv(sys.argv[1], sys.argv[1:])")
    started = Started([*words, *command.program, "run", "--watch", lock, "--", *python(COUNTS)],
                      command.environment(), command.directory)
    try:
        started.wait_said("got 14")
    finally:
        started.end()


# ---- What is passed on, and what is not ----

@pytest.mark.parametrize("mode", MODES)
def test_descriptors_that_were_given_to_us_are_passed_on(command, lock, mode):
    reader, writer = os.pipe()
    os.write(writer, b"from before")
    os.close(writer)
    ended = command.run("run", "-q", *mode, lock, "--", "sh", "-c", f"cat /dev/fd/{reader}", pass_fds=[reader])
    os.close(reader)
    assert ended.stdout == "from before"


def test_the_standby_program_leads_nothing_and_is_not_told_so(command, lock):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    second = command.start("run", "--on-standby", "env; echo all", lock, "--", "true",
                           environment={"LEADERLIFE_TOKEN": "4", "MORE": "kept"})
    second.wait_said("all\n")
    assert "LEADERLIFE_TOKEN" not in second.stdout() and "MORE=kept" in second.stdout()


def test_whose_orphans_are_ours_is_given_back(command, lock):
    """A subreaper that becomes `run` in place is one again afterwards, and nobody else becomes one."""
    flag = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(37, ctypes.byref(n), 0, 0, 0); print(n.value)"
    for before in (0, 1):
        become = f"import ctypes, os, sys; ctypes.CDLL(None).prctl(36, {before}, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
        started = Started([*python(become), *command.program, "run", "--on-standby", "true", lock, "--", *python(flag)],
                          command.environment(), command.directory)
        assert started.wait() == 0
        assert started.stdout() == f"{before}\n"
        started.end()


def test_in_a_pid_namespace_that_begins_with_the_program(command, lock):
    """unshare(1) without --fork: the program is PID 1, and sees no parent."""
    started = Started(["unshare", "--pid", *command.program, "run", "--watch", lock, "--", "sh", "-c", "echo $$ $PPID; exit 6"],
                      command.environment(), command.directory)
    try:
        assert started.wait() == 6, started.stderr()
        assert started.stdout() == "1 0\n"
    finally:
        started.end()
