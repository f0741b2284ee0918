# SPDX-License-Identifier: Apache-2.0
"""leaderlife run in hostile environments: the kernel lists no
children, children from before, signals that were ignored, programs that
multiply, scripts that number their files."""

import os
import pty
import signal
import sys
import textwrap
import time

import pytest
from controlplane.process import wait_for

from .command import children_of, free, is_alive, python, tell
from .test_run import MODES


# ---- Children that the kernel does not list ----

def hidden(command, lock, script, *, pid_1=False):
    """run in a place without /proc, which could also be a pod: so it is told that it is not."""
    words = ["unshare", "--mount", *(["--pid", "--fork", "--kill-child"] if pid_1 else []), "sh", "-c",
             f"mount -t tmpfs none /proc && exec {command.program[0]} run --backend local {lock} -- sh -c '{script}'"]
    return command.start_words(words)


@pytest.mark.without_proc
def test_without_a_list_of_children_the_lock_is_kept_until_all_have_ended(command, lock):
    started = hidden(command, lock, "(until [ -e go ]; do sleep 0.02; done) & echo left; exit 4")
    started.wait_said("does not list children")
    assert not free(command, lock)
    tell(command, "go")
    assert started.wait() == 4
    assert free(command, lock)


@pytest.mark.without_proc
def test_without_a_list_pid_1_asks_everybody(command, lock):
    script = ('(trap "echo asked; exit" TERM; : >ready; while :; do sleep 0.02; done) & '
              'until [ -e ready ]; do sleep 0.02; done; exit 4')
    started = hidden(command, lock, script, pid_1=True)
    assert started.wait() == 4, started.stderr()
    assert started.stdout() == "asked\n"


@pytest.mark.without_proc
@pytest.mark.parametrize("pid_1", [False, True])
def test_strangers_that_cannot_be_told_apart_are_left_alone(command, lock, pid_1):
    """The list is missing, and there was a child before: only what was started here is stopped, and waited for."""
    script = ("""sh -c 'trap "echo stranger asked" TERM; until [ -e go ]; do sleep 0.02; done' & """
              f"exec {command.program[0]} run --backend local {lock} -- sh -c 'exit 5'")
    words = ["unshare", "--mount", *(["--pid", "--fork", "--kill-child"] if pid_1 else []), "sh", "-c",
             f"mount -t tmpfs none /proc && {script}"]
    started = command.start_words(words)
    try:
        assert started.wait() == 5
        assert started.stdout() == "" and "process 0" not in started.stderr()
    finally:
        tell(command, "go")


@pytest.mark.without_proc
def test_strangers_that_cannot_be_told_apart_keep_no_program_from_its_start(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    script = (f"sleep 1000 & exec {command.program[0]} run --backend local "
              f"--on-standby 'echo stands by; exec sleep 1000' {lock} -- echo leads")
    second = command.start_words(["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none /proc && {script}"])
    second.wait_said("stands by")
    first.send(signal.SIGKILL)
    second.wait_said("leads\n")
    assert second.wait() == 0


# ---- Descendants ----

def test_those_who_lose_their_parents_late_are_asked_too(command, lock, tmp_path):
    """TERM goes down the tree as it is given to us, one after the other; none is killed unasked."""
    tree = tmp_path / "tree.py"
    tree.write_text(textwrap.dedent("""
        import os, signal, sys, time
        depth = 0
        grown, grows = os.pipe()
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
            os.write(grows, b".")
            while True: time.sleep(0.02)
        for _ in range(3):
            os.read(grown, 1)
    """))
    started = command.start("run", lock, "--", sys.executable, str(tree))
    assert started.wait() == 0
    assert sorted(started.stdout().split("\n")[1:]) == ["", "asked 1", "asked 2", "asked 3"]
    assert "SIGKILL" not in started.stderr()


def test_a_stopped_descendant_hears_that_it_is_asked(command, lock):
    script = """(trap "echo asked; exit" TERM; : >ready; while :; do sleep 0.02; done) &
                until [ -e ready ]; do sleep 0.02; done; kill -STOP $!; exit 3"""
    started = command.start("run", lock, "--", "sh", "-c", script)
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
    started = command.start("run", "--kill-after", "300ms", lock, "--", *storm)
    began = time.monotonic()
    assert started.wait() == 0
    assert "SIGKILL" in started.stderr()
    assert time.monotonic() - began < 50  # it ends by itself in 60 s
    assert free(command, lock)


def test_the_second_signal_ends_the_patience(command, lock):
    script = 'trap "" TERM INT; sleep 1000 & echo left $!'
    started = command.start("run", "--kill-after", "1h", lock, "--", "sh", "-c", script)
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


@pytest.mark.parametrize("mode", [[], ["--exec"], ["--on-standby", "echo stands by; exec sleep 1000"]],
                         ids=lambda mode: "".join(mode[:1]))
def test_children_from_before_are_not_stopped(command, lock, mode):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    words = ["sh", "-c", BEFORE, "sh", *command.program, "run", *mode, lock, "--", "echo", "leads"]
    second = command.start_words(words)
    second.wait_said("stands by" if len(mode) > 1 else "waiting for")
    first.send(signal.SIGKILL)
    assert second.wait() == 0
    before = int(second.stdout().split()[1])
    assert "leads" in second.stdout() and is_alive(before)


def test_in_place_the_end_of_a_child_from_before_is_the_programs_to_learn(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    waits = "import os; print(os.waitstatus_to_exitcode(os.waitpid(int(os.environ['BEFORE']), 0)[1]))"
    before = python("""
        import os, sys
        pid = os.fork()
        if pid == 0:
            os._exit(5)
        os.environ["BEFORE"] = str(pid)
        os.execv(sys.argv[1], sys.argv[1:])
        """)  # a shell may reap it before it execs: dash does
    second = command.start_words([*before, *command.program, "run", "--exec", lock, "--", sys.executable, "-c", waits])
    second.wait_said("waiting for")
    first.send(signal.SIGKILL)
    assert second.wait() == 0 and second.stdout().endswith("5\n")


def test_in_place_children_are_reaped_by_the_kernel_as_before(command, lock):
    """SIGCHLD was ignored: no zombie waits for the program."""
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    before = python("""
        import os, signal, sys
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "0.2"])
        os.execv(sys.argv[1], sys.argv[1:])
        """)
    second = command.start_words([*before, *command.program, "run", "--exec", lock, "--", "sh", "-c",
                                  "exec cat /proc/$$/task/$$/children"])
    second.wait_said("waiting for")
    wait_for("the earlier child's end", lambda: not any(map(is_alive, children_of(second.pid))))
    first.send(signal.SIGKILL)
    assert second.wait() == 0 and second.stdout() == ""


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
    started = command.start("run", lock, "--", *python(COUNTS))
    started.wait_said("works")
    started.send(number)
    started.wait_said(f"got {int(number)}")


def test_what_was_ignored_stays_ignored(command, lock):
    """As under nohup: neither we nor the program end by it."""
    started = command.start_words(["nohup", *command.program, "run", lock, "--", *python(COUNTS)])
    started.wait_said("works")
    started.send(signal.SIGHUP)
    started.send(signal.SIGPWR)
    started.wait_said(f"got {int(signal.SIGPWR)}")
    assert "got 1\n" not in started.stdout()


def test_an_alarm_from_before_reaches_the_program(command, lock):
    """It is the kernel that sends it, but to us alone."""
    words = python("import os, signal, sys; signal.alarm(4); os.execv(sys.argv[1], sys.argv[1:])")
    hears = 'trap "echo got 14; exit" ALRM; while :; do sleep 0.02; done'  # long before, on any machine
    started = command.start_words([*words, *command.program, "run", lock, "--", "sh", "-c", hears])
    started.wait_said("got 14")


def test_a_second_signal_hurries_the_standby_program_too(command, lock):
    first = command.start("run", lock, "--", "sleep", "1000")
    first.wait_said("leading")
    second = command.start("run", "--kill-after", "1h", "--on-standby",
                           'trap "echo asked" TERM; echo stands by; while :; do sleep 0.02; done',
                           lock, "--", "echo", "never")
    second.wait_said("stands by")
    first.send(signal.SIGKILL)
    second.wait_said("asked")
    assert second.running()
    second.send(signal.SIGTERM)
    wait_for("its end by another one", lambda: not second.running() or second.send(signal.SIGTERM), interval=0.2)
    assert second.wait() == 128 + signal.SIGTERM and "never" not in second.stdout()


def test_a_hangup_reaches_the_program_as_often_as_without_us(command, lock, tmp_path):
    """The session's leader ends: the kernel tells the whole foreground."""
    counts = {}
    for name, words in (("alone", []), ("run", [*command.program, "run", lock, "--"])):
        report = tmp_path / name
        counter = python(f"""
            import signal, time
            seen = []
            signal.signal(signal.SIGHUP, lambda *_: seen.append(1))
            open("{report}.works", "w").close()
            while not seen: time.sleep(0.01)
            time.sleep(0.5)
            open("{report}", "w").write(str(len(seen)))
            """)
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("sh", ["sh", "-c", '"$@"; exit', "sh", *words, *counter], command.environment())
        wait_for("the program", (tmp_path / f"{name}.works").exists)
        os.close(terminal)
        os.waitpid(child, 0)
        wait_for("its report", lambda report=report: report.exists() and report.read_text())
        counts[name] = report.read_text()
    assert counts["run"] == counts["alone"]


# ---- What is passed on, and what is not ----

NUMBERS = "".join(f" {number}>file{number}" for number in range(3, 10))


@pytest.mark.parametrize("mode", MODES)
def test_a_script_that_numbers_its_files_keeps_the_lock(command, lock, mode):
    """exec 9>file, 200>file: what is replaced so must not be the lock."""
    script = f"exec {NUMBERS}; exec bash -c 'exec 10>a 20>b 42>c 99>d 100>e 200>f 255>g; echo works; sleep 1000'"
    command.start("run", *mode, lock, "--", "sh", "-c", script).wait_said("works")
    assert not free(command, lock)


@pytest.mark.parametrize("mode", MODES)
def test_sockets_of_systemd_are_the_programs(command, lock, mode):
    """LISTEN_PID names whoever may take them: it was us, and is the program; another's is not touched."""
    shows = ["sh", "-c", 'echo $LISTEN_FDS; test "$LISTEN_PID" = $$ && echo mine']
    words = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command.program, "run", "-q", *mode, lock, "--",
             *shows]
    started = command.start_words(words)
    assert started.wait() == 0 and started.stdout() == "1\nmine\n"
    ended = command.run("run", "-q", *mode, lock, "--", "sh", "-c", "echo $LISTEN_PID", environment={"LISTEN_PID": "1"})
    assert ended.stdout == "1\n"


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


@pytest.mark.parametrize("mode", MODES)
def test_whose_orphans_are_ours_is_given_back(command, lock, mode):
    """The program is a subreaper if whoever became `run` was one, and not because of us."""
    flag = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(37, ctypes.byref(n), 0, 0, 0); print(n.value)"
    for before in (0, 1):
        become = (f"import ctypes, os, sys; ctypes.CDLL(None).prctl(36, {before}, 0, 0, 0); "
                  "os.execv(sys.argv[1], sys.argv[1:])")
        started = command.start_words([*python(become), *command.program, "run", *mode, lock, "--", *python(flag)])
        assert started.wait() == 0
        assert started.stdout() == f"{before}\n"


@pytest.mark.without_proc
def test_in_a_pid_namespace_that_begins_with_the_program(command, lock):
    """unshare(1) without --fork: the program is PID 1, and sees no parent."""
    started = command.start_words(["unshare", "--pid", *command.program, "run", lock, "--", "sh", "-c",
                                   "echo $$ $PPID; exit 6"])
    assert started.wait() == 6, started.stderr()
    assert started.stdout() == "1 0\n"
