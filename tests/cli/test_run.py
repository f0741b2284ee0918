# SPDX-License-Identifier: Apache-2.0
"""leaderlife run on this machine's lock: statuses, environment, signals, orphans,
the standby program."""

import os
import signal
import sys
import time

import pytest
from controlplane.process import wait_for

from .command import children_of, free, is_alive, tell

MODES = [pytest.param([], id="beside"), pytest.param(["--exec"], id="in place")]


# ---- Statuses and environment ----

@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", [0, 1, 3, 127, 255])
def test_the_programs_status_is_passed_on(command, lock, mode, status):
    assert command.run("run", *mode, lock, "--", "sh", "-c", f"exit {status}").returncode == status


@pytest.mark.parametrize("mode", MODES)
def test_a_programs_death_by_signal_is_passed_on(command, lock, mode):
    started = command.start("run", *mode, lock, "--", "sh", "-c", "kill -USR1 $$")
    assert started.wait() == 128 + signal.SIGUSR1


@pytest.mark.parametrize("mode", MODES)
def test_the_program_finds_its_leadership_in_its_environment(command, lock, mode):
    script = 'echo "$LEADERLIFE_LOCK|$LEADERLIFE_TOKEN|$LEADERLIFE_HOLDER|$MORE"; env | grep -c ^LEADERLIFE_'
    ended = command.run("run", *mode, lock, "--", "sh", "-c", script,
                        environment={"MORE": "kept", "LEADERLIFE_TOKEN": "old", "LEADERLIFE_LOCK": "old"})
    first, count = ended.stdout.splitlines()
    name, token, holder, more = first.split("|")
    assert (name, more, count) == (lock, "kept", "3")
    assert token.isdigit() and token in ended.stderr
    assert holder.startswith("pid ")


@pytest.mark.parametrize("mode", MODES)
def test_the_program_gets_stdin_and_arguments_as_they_are(command, lock, mode):
    ended = command.run("run", "-q", *mode, lock, "--", "sh", "-c", 'cat; printf "%s|" "$@"', "sh", "a b", "", "--exec",
                        input="from outside\n", stdin=None)
    assert ended.stdout == "from outside\na b||--exec|"
    assert ended.stderr == ""


@pytest.mark.parametrize("mode", MODES)
def test_the_program_has_the_signals_that_we_were_given(command, lock, mode):
    """Masks and ignored signals are what they would be without us."""
    script = "import signal\n" \
             "print([int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, [])], " \
    "*(int(signal.getsignal(n)) for n in " \
             "(signal.SIGCHLD, signal.SIGHUP, signal.SIGUSR1)))"
    words = ["run", "-q", *mode, lock, "--", sys.executable, "-c", script]
    assert command.run(*words).stdout == "[] 0 0 0\n"
    for number, seen in ((signal.SIGHUP, "[] 0 1 0\n"), (signal.SIGCHLD, "[] 1 0 0\n")):
        ended = command.run(*words, preexec_fn=lambda number=number: signal.signal(number, signal.SIG_IGN))
        assert ended.stdout == seen
    ended = command.run("run", "-q", *mode, lock, "--", "sh", "-c", "exit 5",
                        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert ended.returncode == 5


@pytest.mark.parametrize("mode", MODES)
def test_only_the_locks_descriptor_is_inherited(command, lock, mode):
    """stdin, stdout, stderr, the lock, and the one by which ls reads the list."""
    ended = command.run("run", "-q", *mode, lock, "--", "ls", "-l", "/proc/self/fd")
    listed = [line.split(" -> ")[-1] for line in ended.stdout.splitlines() if " -> " in line]
    assert len(listed) == 5
    assert len([target for target in listed if target.startswith("socket:")]) == 1


def test_in_place_it_is_the_same_process(command, lock):
    started = command.start("run", "--exec", lock, "--", "sh", "-c", "echo $$; exec sleep 1000")
    started.wait_said(str(started.pid))
    with open(f"/proc/{started.pid}/comm", encoding="ascii") as file:
        assert file.read() in ("sleep\n", "sh\n")


# ---- Waiting ----

@pytest.mark.parametrize("mode", MODES)
def test_the_next_one_waits_until_the_first_has_ended(command, lock, mode):
    first = command.start("run", *mode, lock, "--", "sh", "-c", "read line; exit 0", stdin=os.pipe()[0])
    first.wait_said("leading")
    second = command.start("run", *mode, lock, "--", "echo", "second")
    second.wait_said(f"waiting for '{lock}': pid {first.pid} (")
    assert second.stdout() == ""
    first.end()
    assert second.wait() == 0 and second.stdout() == "second\n"


def test_the_timeout(command, lock):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    for mode in ([], ["--exec"]):
        ended = command.run("run", *mode, "--timeout", "200ms", lock, "--", "true")
        assert ended.returncode == 124
        assert "not elected in the given time (--timeout)" in ended.stderr


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_waiting(command, lock, mode, number):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    waiting = command.start("run", *mode, lock, "--", "echo", "never")
    waiting.wait_said("waiting for")
    waiting.send(number)
    assert waiting.wait() == 128 + number
    assert waiting.stdout() == ""


@pytest.mark.parametrize("mode", MODES)
def test_other_signals_do_not_end_the_waiting(command, lock, mode):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    waiting = command.start("run", *mode, lock, "--", "echo", "led")
    waiting.wait_said("waiting for")
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGALRM):
        waiting.send(number)
    first.send(signal.SIGKILL)
    assert waiting.wait() == 0 and waiting.stdout() == "led\n"


# ---- The standby program ----

STANDBY = 'echo stands by; trap "echo asked; sleep 0.2; echo stopped; exit" TERM; while :; do sleep 0.05; done'


def test_the_standby_program_ends_before_the_program_begins(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    second = command.start("run", "--on-standby", STANDBY, lock, "--", "echo", "leads")
    second.wait_said("stands by")
    first.send(signal.SIGKILL)
    assert second.wait() == 0
    assert second.stdout() == "stands by\nasked\nstopped\nleads\n"


def test_a_stubborn_standby_program_is_killed_with_its_children(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    stubborn = 'trap "" TERM; sleep 1000 & echo child $!; wait; sleep 1000'
    second = command.start("run", "--kill-after", "200ms", "--on-standby", stubborn, lock, "--", "echo", "leads")
    second.wait_said("child ")
    child = int(second.stdout().split()[1])
    first.send(signal.SIGKILL)
    assert second.wait() == 0
    assert second.stdout().endswith("leads\n") and "SIGKILL" in second.stderr()
    assert not is_alive(child)


def test_a_standby_program_that_ends_does_not_end_the_waiting(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    second = command.start("run", "--on-standby", "exit 4", lock, "--", "echo", "leads")
    second.wait_said("the program of --on-standby has ended with status 4")
    first.send(signal.SIGKILL)
    assert second.wait() == 0 and second.stdout() == "leads\n"


def test_without_another_leader_there_is_no_standby_program(command, lock):
    ended = command.run("run", "--on-standby", "echo stands by", lock, "--", "echo", "leads")
    assert ended.stdout == "leads\n"


def test_a_signal_stops_the_standby_program_too(command, lock):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    second = command.start("run", "--on-standby", STANDBY, lock, "--", "echo", "leads")
    second.wait_said("stands by")
    second.send(signal.SIGTERM)
    assert second.wait() == 128 + signal.SIGTERM
    assert second.stdout() == "stands by\nasked\nstopped\n"


# ---- Signals, orphans, ends ----

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1,
                                    signal.SIGUSR2, signal.SIGWINCH, signal.SIGALRM])
def test_signals_are_forwarded(command, lock, number):
    script = f'trap "echo got; exit 9" {number.name[3:]}; echo waits; while :; do sleep 0.02; done'
    started = command.start("run", lock, "--", "sh", "-c", script)
    started.wait_said("waits")
    started.send(number)
    assert started.wait() == 9
    assert started.stdout() == "waits\ngot\n"


def test_the_lock_is_free_once_the_program_has_ended_and_not_before(command, lock):
    script = 'trap "" TERM; echo works; until [ -e go ]; do sleep 0.02; done; echo ends'
    started = command.start("run", lock, "--", "sh", "-c", script)
    started.wait_said("works")
    started.send(signal.SIGTERM)
    assert not free(command, lock)
    tell(command, "go")
    assert started.wait() == 0 and started.stdout() == "works\nends\n"
    assert free(command, lock)


def test_a_loss_can_be_rehearsed(command, lock):
    """The program is ended as at a real loss, and the lock is held until it has ended."""
    script = 'trap "echo asked; until [ -e go ]; do sleep 0.02; done; exit 5" TERM; echo works; ' \
             "while :; do sleep 0.02; done"
    started = command.start("run", "--rehearse-loss", "4", lock, "--", "sh", "-c", script)
    started.wait_said("works")
    started.wait_said("never use it in production")
    started.wait_said("asked")
    assert "leadership is lost: stopping the program" in started.stderr()
    assert "rehearsal: leadership of" in started.stderr() and "option rehearse-loss" in started.stderr()
    assert not free(command, lock)
    tell(command, "go")
    assert started.wait() == 70 and started.stdout() == "works\nasked\n"
    assert free(command, lock)


def test_a_rehearsal_needs_seconds(command, lock):
    ended = command.run("run", "--rehearse-loss", "5s", lock, "--", "true")
    assert ended.returncode == 125
    assert "'rehearse-loss': the value '5s' must be a whole number of seconds, from 1 to 86400" in ended.stderr


def test_what_the_program_leaves_behind_is_stopped_before_the_lock_goes(command, lock, tmp_path):
    """A daemon's way out: a child of a child, in a session of its own."""
    daemon = tmp_path / "daemon.py"
    daemon.write_text("import os, signal, sys, time\n"
                      "ready, says = os.pipe()\n"
                      "if os.fork(): os._exit(os.read(ready, 1) == b'')\n"
                      "os.setsid()\n"
                      "def stop(*_):\n"
                      "    print('asked', flush=True); time.sleep(0.4); print('stopped', flush=True); os._exit(0)\n"
                      "signal.signal(signal.SIGTERM, stop)\n"
                      "print('left', flush=True)\n"
                      "os.write(says, b'.')\n"
                      "while True: time.sleep(0.02)\n")
    script = f"{sys.executable} {daemon}; sleep 0.5; exit 6"
    first = command.start("run", lock, "--", "sh", "-c", script)
    second = None
    first.wait_said("left")
    second = command.start("run", lock, "--", "echo", "next")
    assert first.wait() == 6
    assert first.stdout() == "left\nasked\nstopped\n"
    assert second.wait() == 0


def test_what_is_left_behind_and_stubborn_is_killed(command, lock):
    script = 'trap "" TERM; sleep 1000 & echo $!'
    started = command.start("run", "--kill-after", "200ms", lock, "--", "sh", "-c", script)
    assert started.wait() == 0
    assert not is_alive(int(started.stdout()))
    assert free(command, lock)


def test_orphans_are_reaped(command, lock):
    """Nothing becomes a zombie below us, whoever's child it was."""
    script = "for i in 1 2 3 4 5 6 7 8; do (sleep 0.05 & exit) ; done; echo made; sleep 1000"
    started = command.start("run", lock, "--", "sh", "-c", script)
    started.wait_said("made")
    wait_for("orphans reaped", lambda: len(children_of(started.pid)) == 1)


def test_as_pid_1(command, lock):
    """In a PID namespace of its own, as in a container."""
    inside = "for i in 1 2 3; do (sleep 0.05 & exit) ; done; echo first $PPID; " \
             "until set -- $(cat /proc/1/task/1/children); [ $# = 2 ]; do sleep 0.02; done; exit 7"
    script = f"mount -t proc proc /proc && exec {command.program[0]} run {lock} -- sh -c '{inside}'"
    words = ["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", script]
    started = command.start_words(words)
    assert started.wait() == 7, started.stderr()
    assert started.stdout() == "first 1\n"


def test_as_pid_1_it_is_ended_by_sigterm(command, lock):
    script = f"mount -t proc proc /proc && exec {command.program[0]} run {lock} -- sleep 1000"
    words = ["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", script]
    started = command.start_words(words)
    started.wait_said("leading")
    (inside,) = wait_for("pid 1", lambda: children_of(started.pid))
    wait_for("the program", lambda: children_of(inside))
    os.kill(inside, signal.SIGTERM)
    assert started.wait() == 128 + signal.SIGTERM


def test_a_terminals_interrupt_reaches_the_program_once(command, lock, tmp_path):
    """Ctrl-C goes to the whole foreground; it is not forwarded on top."""
    import pty
    counter = tmp_path / "counter.py"
    counter.write_text("import signal, time, sys\n"
                       "seen = []\n"
                       "signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
                       "print('waits', flush=True)\n"
                       "deadline = time.monotonic() + 30\n"
                       "while not seen and time.monotonic() < deadline: time.sleep(0.01)\n"
                       "time.sleep(0.4)\n"
                       "print('interrupts', len(seen), flush=True)\n")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command.program[0], [*command.program, "run", lock, "--", sys.executable, str(counter)],
                  command.environment())
    text = b""
    while b"waits" not in text:
        text += os.read(terminal, 4096)
    os.write(terminal, b"\x03")
    while b"interrupts" not in text or not text.endswith(b"\n"):
        text += os.read(terminal, 4096)
    os.waitpid(child, 0)
    os.close(terminal)
    assert b"interrupts 1" in text


def test_a_stopped_job_goes_on(command, lock):
    """SIGSTOP and SIGCONT of a shell's job control: leading goes on."""
    started = command.start("run", lock, "--", "sh", "-c", "echo works; sleep 0.5; echo done")
    started.wait_said("works")
    os.killpg(started.pid, signal.SIGSTOP)
    time.sleep(0.2)
    assert not free(command, lock)
    os.killpg(started.pid, signal.SIGCONT)
    assert started.wait() == 0 and started.stdout() == "works\ndone\n"


def test_quiet(command, lock):
    assert command.run("run", "-q", lock, "--", "true").stderr == ""
    assert "leading" in command.run("run", lock, "--", "true").stderr
