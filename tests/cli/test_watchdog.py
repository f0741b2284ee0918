# SPDX-License-Identifier: Apache-2.0
"""leaderlife run: no program outlives the wrapper, also where the kernel
drops the tie of PR_SET_PDEATHSIG; and the watchdog disturbs nobody."""

import contextlib
import ctypes
import os
import shutil
import signal
import struct

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


CLOSED = [pytest.param([], id="inherited"), pytest.param(["--close"], id="closed")]
# Of another user, without a descriptor that it did not open.
ELSEWHERE = ["setpriv", "--reuid", "65534", "--clear-groups", *python("""
    import os, time
    os.closerange(3, 1 << 16)
    print("works", os.getpid(), flush=True)
    time.sleep(1000)
    """)]
PIDFD_SEND_SIGNAL, PIDFD_OPEN, CLOSE_RANGE = 424, 434, 436  # Linux 5.1, 5.3 and 5.9


def be_without(call):
    """This process and what it starts: that system call fails as on a kernel that does not have it."""
    load, jump_if_equal, answer, allow, not_there = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000 | 38
    code = [(load, 0, 0, 0), (jump_if_equal, 0, 1, call), (answer, 0, 0, not_there), (answer, 0, 0, allow)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("HL", len(code), ctypes.addressof(text)))
    set_no_new_privileges, set_seccomp, filters = 38, 22, 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(set_no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, filters, program):
        raise OSError(ctypes.get_errno(), "prctl")


def all_children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def watchdogs(started):
    return [pid for pid in all_children(started.pid) if name_of(pid) == "life-watchdog"]


def begun(started):
    """The program's pid. Its watchdog stands before it begins."""
    started.wait_said("works")
    return int(started.stdout().split()[1])


@pytest.mark.parametrize("program", [python(THREAD), OTHER_USER, ["sh", "-c", "echo works $$; exec sleep 1000"]],
                         ids=["a thread's exec", "another user", "plain"])
def test_a_program_without_the_kernels_tie_dies_with_the_wrapper(command, lock, program):
    started = command.start("run", lock, "--", *program)
    pid = begun(started)
    wait_for("the exec", lambda: name_of(pid) == "sleep")
    started.send(signal.SIGKILL)
    wait_for("the program's end", lambda: not is_alive(pid))
    assert free(command, lock)


def test_few_descriptors_are_enough_for_the_watchdog(command, lock):
    started = command.start_words(["prlimit", "--nofile=40", *command.program, "run", lock, "--", *OTHER_USER])
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


def held_by(pid):
    """{descriptor: what it is}"""
    return {fd: os.readlink(f"/proc/{pid}/fd/{fd}").partition(":")[0]
            for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int)}


@pytest.mark.parametrize("mode", CLOSED)
def test_the_watchdog_holds_the_lock_alone_and_goes_with_the_program(command, lock, mode):
    """Of all that was open: its channel, the program's pidfd, the lock."""
    started = command.start_words(["bash", "-c", 'exec 8</dev/null 9>more 900>further; exec "$@"', "bash",
                                   *command.program,
                                   "run", *mode, lock, "--", "sh", "-c", "echo works $$; exec sleep 1000"])
    begun(started)
    (watchdog,) = watchdogs(started)
    assert held_by(watchdog) == {"0": "socket", "1": "anon_inode", "2": "socket"}
    started.send(signal.SIGTERM)
    assert started.wait() == 128 + signal.SIGTERM
    assert not is_alive(watchdog) and free(command, lock)


@pytest.mark.parametrize("mode", CLOSED)
def test_a_watchdog_that_is_killed_ends_nothing_and_another_takes_its_place(command, lock, mode):
    started = command.start("run", *mode, lock, "--", *OTHER_USER)
    pid = begun(started)
    wait_for("the exec", lambda: name_of(pid) == "sleep")
    (watchdog,) = watchdogs(started)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(watchdog, number)
    os.kill(watchdog, signal.SIGKILL)
    (other,) = wait_for("another watchdog", lambda: [found for found in watchdogs(started) if found != watchdog])
    wait_for("its descriptors", lambda: held_by(other) == {"0": "socket", "1": "anon_inode", "2": "socket"})
    assert is_alive(pid) and not free(command, lock)
    started.send(signal.SIGKILL)
    wait_for("the program's end", lambda: not is_alive(pid))
    wait_for("the lock", lambda: free(command, lock))


@pytest.mark.parametrize("mode", CLOSED)
def test_a_watchdog_that_is_frozen_keeps_the_lock(command, lock, mode):
    """It cannot tell that the program is dead; the kernel's tie has ended that one."""
    started = command.start("run", *mode, lock, "--", "sh", "-c", "echo works $$; exec sleep 1000")
    pid = begun(started)
    (watchdog,) = watchdogs(started)
    os.kill(watchdog, signal.SIGSTOP)
    try:
        started.send(signal.SIGKILL)
        wait_for("the program's end", lambda: not is_alive(pid))
        assert not free(command, lock)
        os.kill(watchdog, signal.SIGCONT)
        wait_for("the lock", lambda: free(command, lock))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(watchdog, signal.SIGKILL)


@pytest.mark.parametrize("mode", CLOSED)
def test_the_lock_is_kept_until_the_program_is_dead_whatever_that_holds(command, lock, mode):
    """Nobody may kill it: it is another user's, and the wrapper is a root without that capability."""
    started = command.start_words(["setpriv", "--bounding-set=-kill", *command.program, "run", *mode, lock, "--",
                                   *ELSEWHERE])
    pid = begun(started)
    (watchdog,) = watchdogs(started)
    assert held_by(pid).keys() == {"0", "1", "2"}
    try:
        started.send(signal.SIGKILL)
        started.wait()
        assert not free(command, lock) and is_alive(pid) and is_alive(watchdog)
    finally:
        os.kill(pid, signal.SIGKILL)
    wait_for("the lock", lambda: free(command, lock))
    wait_for("the watchdog's end", lambda: not is_alive(watchdog))


def test_with_close_what_the_program_leaves_behind_does_not_hold_the_lock(command, lock):
    """flock(1) -o: only where the wrapper is killed, else it is stopped before the lock goes."""
    leaves = python("""
        import os, time
        if os.fork() == 0:
            os.setsid()
            os.execvp("sleep", ["sleep", "1000"])
        print("works", os.getpid(), flush=True)
        time.sleep(1000)
        """)
    for mode, held in ((["--close"], False), ([], True)):
        started = command.start("run", *mode, lock, "--", *leaves)
        pid = begun(started)
        (left,) = wait_for("its child", lambda: [child for child in all_children(pid)  # noqa: B023
                                                 if name_of(child) == "sleep"])
        try:
            started.send(signal.SIGKILL)
            started.wait()
            wait_for("the program's end", lambda: not is_alive(pid))  # noqa: B023
            if not held:
                wait_for("the lock", lambda: free(command, lock))
            assert is_alive(left) and free(command, lock) is not held
        finally:
            os.kill(left, signal.SIGKILL)


def test_with_close_the_program_holds_no_lock(command, lock):
    ended = command.run("run", "-q", "--close", lock, "--", "ls", "-l", "/proc/self/fd")
    assert len([line for line in ended.stdout.splitlines()
                if " -> " in line]) == 4 and "socket:" not in ended.stdout, ended


@pytest.mark.parametrize("call", [PIDFD_OPEN, PIDFD_SEND_SIGNAL])
def test_without_a_watchdog_nothing_is_started_with_close(command, lock, call):
    """Nobody would hold the lock for it where the wrapper is killed; without --close the program does."""
    ended = command.run("run", "--close", lock, "--", "echo", "runs", preexec_fn=lambda: be_without(call))
    assert (ended.returncode, ended.stdout) == (125, ""), ended
    assert "cannot start a program with --close" in ended.stderr, ended
    ended = command.run("run", "-q", lock, "--", "echo", "runs", preexec_fn=lambda: be_without(call))
    # nobody asked, but somebody must know
    assert "there can be no watchdog now" in ended.stderr and "seccomp" in ended.stderr
    assert (ended.returncode, ended.stdout) == (0, "runs\n"), ended


@pytest.mark.parametrize("mode", CLOSED)
def test_the_watchdog_holds_the_lock_alone_on_older_kernels_too(command, lock, mode):
    """Without close_range(2) it closes one after the other."""
    shows = python("""
        import os
        with open(f"/proc/{os.getppid()}/task/{os.getppid()}/children") as file:
            for pid in set(file.read().split()) - {str(os.getpid())}:
                print(*sorted(os.readlink(f"/proc/{pid}/fd/{fd}").partition(":")[0]
                              for fd in os.listdir(f"/proc/{pid}/fd")))
        """)
    ended = command.run("run", "-q", *mode, lock, "--", *shows, preexec_fn=lambda: be_without(CLOSE_RANGE))
    assert (ended.returncode, ended.stdout) == (0, "anon_inode socket socket\n"), ended


def test_as_process_1_there_is_a_watchdog_too(command, lock):
    """The kernel ends all of them, but it lets the wrapper's descriptors go first."""
    for mode in ([], ["--close"]):
        script = f"mount -t proc proc /proc && exec {command.program[0]} run -q {' '.join(mode)} {lock} -- sh -c " \
                 "'exec cat $(cat /proc/1/task/1/children | sed \"s|[0-9]*|/proc/&/comm|g; s|/proc//comm||g\")'"
        ended = command.start_words(["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", script])
        assert ended.wait() == 0, ended.stderr()
        assert set(ended.stdout().split()) == {"cat", "life-watchdog"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a program that this user may not stop")
def test_the_watchdog_is_not_stopped_with_the_family(command, lock, tmp_path):
    """The standby program cannot be ended, so it is tried again and again; a watchdog that went with it would be made
    anew each time, by hundreds a second."""
    program, folder = tmp_path / "setuid", tmp_path
    shutil.copy("/usr/bin/python3", program)
    program.chmod(0o4755)
    for above in [folder, *folder.parents][:3]:
        above.chmod(above.stat().st_mode | 0o055)
    stays = ("import os, signal, time; os.setresuid(0, 0, 0); signal.signal(signal.SIGTERM, signal.SIG_IGN); "
             "print('stays', os.getpid(), flush=True); time.sleep(1000)")
    lead = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *command.program, "run"]
    first = command.start_words([*lead, lock, "--", "sh", "-c", "echo works; exec sleep 1000"])
    first.wait_said("works")
    second = command.start_words([*lead, "--kill-after", "300ms", "--on-standby", f"exec {program} -c \"{stays}\"",
                                  lock, "--", "true"])
    second.wait_said("stays")
    (watchdog,) = watchdogs(second)
    first.send(signal.SIGTERM)
    second.wait_said("is still there after SIGKILL")
    assert watchdogs(second) == [watchdog]
    os.kill(int(second.stdout().split()[1]), signal.SIGKILL)
    assert second.wait() == 0
