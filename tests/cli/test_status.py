# SPDX-License-Identifier: Apache-2.0
"""leaderlife status on this machine's lock, and what is wrong with its command
line. It never takes part."""

import os
import pwd
import re
import signal
import subprocess

import pytest
from controlplane.process import free_port, wait_for

from .status import StatusWatch, parse

SCOPE = (f"user {os.geteuid()} ({pwd.getpwuid(os.geteuid()).pw_name}), this network namespace; other users and "
         "containers have locks of their own")
LOOKS = {"SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM, "SIGHUP": signal.SIGHUP}


def hold(command, lock):
    """A process that holds the lock as soon as it can."""
    return command.start("run", "-q", lock, "--", "sleep", "1000")


def leads(command, lock, holder):
    wait_for("a leader", lambda: f"pid {holder.pid} " in command.run("status", lock).stdout)


def test_nobody_leads(command, lock):
    seen = command.run("status", lock)
    assert (seen.returncode, seen.stderr) == (1, "")
    assert seen.stdout == (f"lock      {lock}\nbackend   local\nscope     {SCOPE}\nleader    nobody holds it\n"
                           "guard     kernel\n")
    seen = command.run("status", "-o", "json", lock)
    assert seen.returncode == 1
    assert parse(seen.stdout) == {"lock": lock, "backend": "local", "server": None, "namespace": None, "scope": SCOPE,
                                  "holder": None, "since": None, "token": None, "term": None, "guard": "kernel",
                                  "notices": []}


def test_somebody_leads(command, lock):
    holder = hold(command, lock)
    leads(command, lock, holder)
    seen = command.run("status", lock)
    assert (seen.returncode, seen.stderr) == (0, "")
    assert seen.stdout == (f"lock      {lock}\nbackend   local\nscope     {SCOPE}\n"
                           f"leader    pid {holder.pid} (leaderlife)\n"
                           "guard     kernel\n")
    seen = command.run("status", "--output=json", lock)
    assert (seen.returncode, seen.stderr) == (0, "")
    assert parse(seen.stdout)["holder"] == {"name": f"pid {holder.pid} (leaderlife)", "uid": None, "phase": None,
                                            "node": None}


def test_ten_handovers(command, lock):
    """Each is shown once, in order, and so is the end of the last."""
    seen = StatusWatch(command, lock)
    wait_for("the first line", seen.lines)
    holders = [hold(command, lock)]
    seen.wait_terms(1)
    for _ in range(10):
        holders.append(hold(command, lock))
        holders[-2].send(signal.SIGKILL)
        seen.wait_terms(len(holders))
    holders[-1].send(signal.SIGKILL)
    wait_for("nobody", lambda: seen.lines()[-1]["holder"] is None)
    assert [name.split()[1] for name, _ in seen.terms()] == [str(holder.pid) for holder in holders]
    assert seen.lines()[0]["holder"] is None
    seen.process.send(signal.SIGTERM)
    assert seen.process.wait() == 0 and seen.process.stderr() == ""


@pytest.mark.parametrize("number", LOOKS.values(), ids=LOOKS)
def test_it_ends_when_it_is_told_to(command, lock, number):
    process = command.start("status", "--watch", lock)
    process.wait_said("nobody leads\n")
    process.send(number)
    assert process.wait() == 0 and process.stderr() == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  nobody leads\n", process.stdout())


@pytest.mark.parametrize("later", [False, True], ids=["nothing-written", "written"])
def test_nobody_reads_any_more(command, lock, later):
    """It ends without a word, though nothing may happen for days."""
    process = subprocess.Popen([*command.program, "status", "--watch", lock], env=command.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout.readline().endswith(b"nobody leads\n")
        process.stdout.close()
        if later:
            hold(command, lock)
        assert process.wait(30) == 0 and process.stderr.read() == b""
    finally:
        process.kill()
        process.stderr.close()


def test_a_look_into_a_closed_pipe(command, lock):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        ended = subprocess.run([*command.program, "status", lock], env=command.environment(), stdout=pipe,
                               stderr=subprocess.PIPE, timeout=60)
    assert (ended.returncode, ended.stderr) == (1, b"")  # what it found out, although nobody reads it


def test_a_full_disk(command, lock):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([*command.program, "status", lock], env=command.environment(), stdout=full,
                               stderr=subprocess.PIPE, timeout=60)
    assert ended.returncode == 125 and b"cannot write to stdout: No space left" in ended.stderr


def test_a_name_of_another_process_cannot_command_the_terminal(command, lock):
    """The name that a process gives itself is shown without what a terminal would obey."""
    code = ("import ctypes, socket, time; ctypes.CDLL(None).prctl(15, b'\\x1b[2J\\xff', 0, 0, 0); "
            f"s = socket.socket(socket.AF_UNIX); s.bind('\\0leaderlife/{os.geteuid()}/{lock}'); s.listen(9); "
            "time.sleep(99)")
    holder = subprocess.Popen(["python3", "-c", code], stdin=subprocess.DEVNULL)
    try:
        wait_for("a leader", lambda: command.run("status", lock).returncode == 0)
        for words in ((), ("-o", "json")):
            seen = command.run("status", *words, lock).stdout
            assert str(holder.pid) in seen and "\x1b" not in seen
        assert str(holder.pid) in parse(seen)["holder"]["name"]
    finally:
        holder.kill()
        holder.wait()


WRONG = {
    "no lock": ([], "which lock?"),
    "a bad name": (["No_Lock"], "invalid lock name"),
    "two": (["a", "b"], "one word too many"),
    "a program": (["a", "--", "true"], "takes no program"),
    "another form": (["-o", "yaml", "a"], "it takes text|json"),
    "a limit of a watch": (["--watch", "--timeout", "3", "a"], "--timeout limits a single look"),
    "no time": (["--timeout", "soon", "a"], "it takes a time"),
    "an option that takes part": (["--pod-name", "a", "lock"], "no option '--pod-name'"),
    "a mode": (["--mode", "campaign", "lock"], "no option '--mode'"),
    "no file": (["--kubeconfig", "/nowhere/config", "lock"], "/nowhere/config"),
    "half of a place": (["lock"], "cannot choose a backend"),
}


@pytest.mark.parametrize("words, says", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(command, words, says):
    environment = {"POD_NAME": "a"} if "choose" in says else None
    ended = command.run("status", *words, environment=environment)
    assert (ended.returncode, ended.stdout) == (125, "") and says in ended.stderr
    assert all(line.startswith("leaderlife: ") for line in ended.stderr.splitlines())


def test_a_server_that_is_not_there(command, tmp_path):
    """It says so in its time, and what it did not find out."""
    config = tmp_path / "config"
    server = f"https://127.0.0.1:{free_port()}"
    config.write_text(
        f'{{"clusters": [{{"name": "c", "cluster": {{"server": "{server}"}}}}], "users": [{{"name": "u", "user": '
        '{"token": "t"}}], "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "n"}}], '
        '"current-context": "x"}')
    ended = command.run("status", "--kubeconfig", config, "--timeout", "700ms", "lock")
    assert (ended.returncode, ended.stdout) == (125, "")
    assert ended.stderr.endswith("leaderlife: not known within --timeout 700ms: who leads 'lock'\n"), ended.stderr
    assert f"cannot reach {server}" in ended.stderr and "check that the server runs" in ended.stderr
