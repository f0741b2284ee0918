# SPDX-License-Identifier: Apache-2.0
"""leaderlife run writes to stderr, and whatever stderr is, writing never blocks or ends
it: nobody reads, a terminal that is full, another
user's, or wants no words, a file that may not grow, no stderr at all."""

import contextlib
import os
import pty
import select
import signal
import socket
import subprocess
import termios
import time

import pytest
from controlplane.process import wait_for

from .command import is_alive
from .test_run import MODES

TRAP = 'trap "exit 9" TERM; echo works; while :; do sleep 0.02; done'


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


def works_and_ends(command, words, stderr):
    """With that stderr the program (TRAP) begins, and SIGTERM reaches it."""
    reader, writer = os.pipe()
    child = os.posix_spawnp(words[0], words, command.environment(), setsid=True,
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
        os.close(reader)
    assert os.waitstatus_to_exitcode(status) == 9


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
        works_and_ends(command, [*command.program, "run", "--log-level", "debug", lock, "--", "sh", "-c", TRAP], stderr)
        os.set_blocking(stderr, True)


@pytest.mark.parametrize("mode", MODES)
def test_streams_that_were_closed_are_not_filled_by_what_is_ours(command, lock, tmp_path, mode):
    listing = tmp_path / "fds"
    script = (f"exec {command.program[0]} run {' '.join(mode)} {lock} -- "
              f"sh -c 'ls -l /proc/self/fd >{listing}' 0<&- 1>&- 2>&-")
    assert command.start_words(["sh", "-c", script]).wait() == 0
    targets = {line.split()[-3]: line.split(" -> ")[-1] for line in listing.read_text().splitlines() if " -> " in line}
    assert targets["0"] == targets["2"] == "/dev/null" and targets["1"] == str(listing)


def fill_terminal(terminal, most=1 << 20):
    """How many bytes it took."""
    os.set_blocking(terminal, False)
    written = 0
    with contextlib.suppress(BlockingIOError):
        while written < most:
            written += os.write(terminal, b"x")
    os.set_blocking(terminal, True)
    return written


def terminal_with_room(left):
    """(main, other end) of one that nobody reads; all have the same room at first."""
    measured = os.openpty()
    room = fill_terminal(measured[1])
    for end in measured:
        os.close(end)
    mine, theirs = os.openpty()
    fill_terminal(theirs, room - left)
    return mine, theirs


@pytest.mark.without_proc
@pytest.mark.parametrize("left", [0, 1, 10, 50])
def test_a_terminal_that_cannot_be_opened_again_stops_nothing(command, lock, left):
    """It is another user's, say. Ready means room for one byte there."""
    mine, theirs = terminal_with_room(left)
    words = ["unshare", "--mount", "sh", "-c",
             f"mount -t tmpfs none /proc && exec {command.program[0]} run --log-level debug "
             f"--backend local {lock} -- sh -c '{TRAP.replace(chr(39), chr(34))}'"]
    try:
        works_and_ends(command, words, theirs)
    finally:
        os.close(mine)
        os.close(theirs)


def test_a_terminal_that_wants_no_words_from_the_background(command, lock):
    """stty tostop: SIGTTOU would stop the leader at its first word."""
    child, terminal = pty.fork()
    if child == 0:
        attributes = termios.tcgetattr(2)
        attributes[3] |= termios.TOSTOP
        termios.tcsetattr(2, termios.TCSANOW, attributes)
        background = os.fork()
        if background == 0:
            os.setpgid(0, 0)
            os.execve(command.program[0], [*command.program, "run", lock, "--", "sh", "-c", "exit 6"],
                      command.environment())
        os._exit(os.waitstatus_to_exitcode(os.waitpid(background, 0)[1]))
    seen = b""
    deadline = time.monotonic() + 60
    while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
    assert b"leading" in seen


@pytest.mark.parametrize("mode", MODES)
def test_a_stderr_that_may_not_grow(command, lock, tmp_path, mode):
    """ulimit -f: SIGXFSZ would end us, and the program unasked. The program has the signal as it was."""
    script = (f"ulimit -f 0; exec {command.program[0]} run {' '.join(mode)} {lock} -- "
              f"sh -c 'sleep 0.2; exit 3' 2>{tmp_path}/log")
    assert command.start_words(["bash", "-c", script]).wait() == 3
    plain = subprocess.run(["sh", "-c", "grep SigIgn /proc/self/status"], capture_output=True, text=True,
                           check=True).stdout
    shown = command.run("run", "-q", *mode, lock, "--", "sh", "-c", "grep SigIgn /proc/self/status").stdout
    assert shown == plain
