# SPDX-License-Identifier: Apache-2.0
"""leaderlife run and programs that people put behind it, each the real one, in
both forms. Beside the program the wrapper and its watchdog hold the lock, whatever
the program does with its descriptors; with --exec the program must keep them.
docs/assurance.md, claim 3, says what these tests show."""

import contextlib
import dataclasses
import os
import pwd
import shlex
import shutil
import signal
import subprocess

import pytest
from controlplane.fixtures import require
from controlplane.process import free_port, wait_for

from .command import children_of, free, is_alive
from .test_run import MODES

WORK = "echo works $$; exec sleep 1000"


@pytest.fixture(autouse=True, scope="module")
def root():
    if os.geteuid() != 0:
        require("root", "su, sudo and a server of ssh are tried as root, who needs no password")


def installed(*programs):
    for program in programs:
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            require("command", f"{program} is not installed")


def work_of(started):
    """The pid of what does the work, once it does."""
    started.wait_said("works ")
    return int(started.stdout().partition("works ")[2].split()[0])


def end(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


# ---- A server of ssh ----

class Server:
    """sshd on the loopback, with keys of its own. Its /run is its own too: it wants a folder there."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
            "UsePAM no\nStrictModes no\nPermitRootLogin yes\nPidFile none\nPrintMotd no\n")
        (folder / "known").write_text(f"[127.0.0.1]:{self.port} {(folder / 'host.pub').read_text()}")

    def words(self, *options):
        """Of the server."""
        return ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"',
                "sh", shutil.which("sshd", path="/usr/sbin:/usr/bin"), *options, "-f", str(self.folder / "config")]

    def client(self, script):
        """The words of ssh(1) that has the script run there."""
        options = [f"UserKnownHostsFile={self.folder}/known", "BatchMode=yes", "IdentitiesOnly=yes"]
        return ["ssh", "-F", "none", "-p", str(self.port), "-i", str(self.folder / "user"),
                *(word for option in options for word in ("-o", option)), f"{pwd.getpwuid(0).pw_name}@127.0.0.1",
                script]

    def answers(self):
        return subprocess.run(self.client("exit 7"), stdin=subprocess.DEVNULL, capture_output=True,
                              check=False).returncode == 7


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    installed("sshd", "ssh", "ssh-keygen", "unshare")
    made = Server(tmp_path_factory.mktemp("ssh"))
    process = subprocess.Popen(made.words("-D", "-e"), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for("sshd", made.answers)
        yield made
    finally:
        process.terminate()
        process.wait()


# ---- Programs that stay in the foreground ----

@dataclasses.dataclass
class Named:
    """words(server): of the program that does WORK. keeps: with --exec the lock is held as long as the program runs.
    below: what does the work after a SIGKILL of the wrapper: "ends" with the program, "holds" the lock, or is "beyond"
    (free to go on). here: what does the work is a descendant of the program."""
    words: object
    keeps: bool
    below: str
    here: bool = True
    needs: tuple = ()


NAMED = {
    "ssh": Named(lambda server: server.client(WORK), keeps=False, below="beyond", here=False),
    "bash -c ssh": Named(lambda server: ["bash", "-c", shlex.join(server.client(WORK))], keeps=False, below="beyond",
                         here=False),
    "bash waits for ssh": Named(lambda server: ["bash", "-c", shlex.join(server.client(WORK)) + "; exit"], keeps=True,
                                below="beyond", here=False),
    "sudo": Named(lambda _: ["sudo", "-n", "sh", "-c", WORK], keeps=True, below="beyond", needs=("sudo",)),
    "su": Named(lambda _: ["su", "-s", "/bin/sh", "-c", WORK, "root"], keeps=True, below="holds", needs=("su",)),
    "start-stop-daemon": Named(lambda _: ["start-stop-daemon", "--start", "--pidfile", "/nonexistent", "--startas",
                                          "/bin/sh", "--",
                                          "-c", WORK], keeps=True, below="ends", needs=("start-stop-daemon",)),
    "setsid": Named(lambda _: ["setsid", "sh", "-c", WORK], keeps=True, below="ends", needs=("setsid",)),
    "nohup": Named(lambda _: ["nohup", "sh", "-c", WORK], keeps=True, below="ends", needs=("nohup",)),
}


@pytest.fixture(params=NAMED)
def named(request, server):
    """(Named, its words)"""
    made = NAMED[request.param]
    installed(*made.needs)
    return made, made.words(server)


@pytest.mark.parametrize("closed", [[], ["--close"]], ids=["inherited", "closed"])
def test_beside_it_the_lock_is_held_and_then_given_back(command, lock, named, closed):
    started = command.start("run", *closed, lock, "--", *named[1])
    work = work_of(started)
    try:
        assert not free(command, lock)
        started.send(signal.SIGTERM)
        assert started.wait() != 0
        assert free(command, lock)
        assert is_alive(work) is not named[0].here
    finally:
        end(work)


def test_a_killed_wrapper(command, lock, named):
    """The program dies with it; what that has started elsewhere, or without the lock, is beyond us."""
    started = command.start("run", lock, "--", *named[1])
    work = work_of(started)
    (program,) = children_of(started.pid)
    try:
        started.send(signal.SIGKILL)
        wait_for("the program's end", lambda: not is_alive(program))
        if named[0].below == "holds":
            assert is_alive(work) and not free(command, lock)
        else:
            wait_for("the lock", lambda: free(command, lock))
            assert is_alive(work) == (named[0].below == "beyond")
    finally:
        end(work)
    wait_for("the lock", lambda: free(command, lock))


def test_in_place_it_must_keep_what_it_does_not_know(command, lock, named):
    started = command.start("run", "--exec", lock, "--", *named[1])
    work = work_of(started)
    try:
        assert free(command, lock) is not named[0].keeps
    finally:
        end(work)
    wait_for("the lock", lambda: free(command, lock))


# ---- Servers that become daemons ----

@dataclasses.dataclass
class Daemon:
    words: list
    pidfile: str
    keeps: bool  # its descriptors

    def pid(self):
        with contextlib.suppress(OSError, ValueError), open(self.pidfile, encoding="ascii") as file:
            return int(file.read())
        return None


@pytest.fixture(params=["nginx", "sshd", "start-stop-daemon"])
def daemon(request, tmp_path):
    pidfile = str(tmp_path / "pid")
    if request.param == "nginx":
        installed("nginx")
        (tmp_path / "nginx.conf").write_text(f"pid {pidfile};\nerror_log stderr;\nevents {{}}\n")
        made = Daemon(["/usr/sbin/nginx", "-p", str(tmp_path), "-e", "stderr", "-c", "nginx.conf"], pidfile, keeps=True)
    elif request.param == "sshd":
        installed("sshd", "ssh-keygen", "unshare")
        server = Server(tmp_path)
        made = Daemon(server.words("-o", f"PidFile={pidfile}"), pidfile, keeps=False)
    else:
        installed("start-stop-daemon")
        made = Daemon(["start-stop-daemon", "--start", "--background", "--make-pidfile", "--pidfile", pidfile,
                       "--startas", "/bin/sleep", "--", "1000"], pidfile, keeps=False)
    yield made
    if made.pid() is not None:
        end(made.pid(), signal.SIGTERM)


def test_a_daemon_is_told_of_and_stopped(command, lock, daemon):
    """The lock is free once it has ended, whatever it holds."""
    started = command.start("run", lock, "--", *daemon.words)
    assert started.wait() == 0
    assert "start it in the foreground" in started.stderr(), started.stderr()
    assert daemon.pid() is None or not is_alive(daemon.pid())
    assert free(command, lock)


def test_a_daemon_in_place(command, lock, daemon):
    """It holds the lock, or not, and nobody tells."""
    started = command.start("run", "--exec", lock, "--", *daemon.words)
    assert started.wait() == 0
    pid = wait_for("the daemon", lambda: daemon.pid() if daemon.pid() and is_alive(daemon.pid()) else None)
    wait_for("what it does with the lock", lambda: free(command, lock) is not daemon.keeps)
    assert is_alive(pid)
    end(pid, signal.SIGTERM)  # its children too
    wait_for("the lock", lambda: free(command, lock))


def test_who_is_told_to_end_meant_no_daemon(command, lock):
    started = command.start("run", lock, "--", "sh", "-c", "trap 'exit 3' TERM; sleep 1000 & echo works; wait")
    started.wait_said("works")
    started.send(signal.SIGTERM)
    assert started.wait() == 3 and "foreground" not in started.stderr()


# ---- As process 1, and under those who supervise ----

@pytest.mark.parametrize("mode", MODES)
def test_as_process_1(command, lock, mode):
    installed("unshare")
    inside = f"mount -t proc proc /proc && exec {command.program[0]} run {' '.join(mode)} {lock} -- sh -c '{WORK}'"
    started = command.start_words(["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", inside])
    started.wait_said("works")
    first = wait_for("process 1", lambda: children_of(started.pid))[0]
    assert not free(command, lock)
    os.kill(first, signal.SIGKILL)
    started.wait()
    assert free(command, lock)


def test_process_1_is_told_to_end_before_it_elects(command, lock):
    """A pod that is deleted as soon as its container has begun. The kernel drops what process 1 does not take, so the
    signal is sent where `run` opens the port of --health, before it has begun to wait for anything."""
    installed("unshare", "strace")
    started = command.start_words(["strace", "-f", "-o", "/dev/null", "-e", "inject=bind:signal=TERM:when=1",
                                   "unshare", "--pid", "--fork", "--kill-child",
                                   *command.program, "run", "--health", f"127.0.0.1:{free_port()}", lock,
                                   "--", "sh", "-c", "exit 7"])
    assert started.wait() == 128 + signal.SIGTERM, started.stderr()


@pytest.mark.parametrize("mode", MODES)
def test_under_s6(command, lock, tmp_path, mode):
    installed("s6-supervise", "s6-svc")
    service = tmp_path / "service"
    service.mkdir()
    (service / "run").write_text("#!/bin/sh\nexec "
                                 + shlex.join([*command.program, "run", *mode, lock, "--", "sh", "-c", WORK]) + "\n")
    (service / "run").chmod(0o755)
    started = command.start_words(["s6-supervise", str(service)])
    try:
        stops_and_restarts(command, lock, started.stdout,
                           lambda: subprocess.run(["s6-svc", "-wd", "-T", "30000", "-d", service], check=True),
                           lambda: subprocess.run(["s6-svc", "-u", service], check=True))
    finally:
        started.send(signal.SIGTERM)  # it brings the service down
        started.wait()
    assert free(command, lock)


@pytest.mark.parametrize("mode", MODES)
def test_under_supervisord(command, lock, tmp_path, mode):
    installed("supervisord", "supervisorctl")
    words = shlex.join([*command.program, "run", *mode, lock, "--", "sh", "-c", WORK]).replace("%", "%%")
    config = tmp_path / "config"
    config.write_text(f"[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={tmp_path}/pid\n"
                      f"[unix_http_server]\nfile={tmp_path}/socket\n"
                      "[rpcinterface:supervisor]\n"
                      "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
                      f"[supervisorctl]\nserverurl=unix://{tmp_path}/socket\n"
                      f"[program:work]\ncommand={words}\nautorestart=true\nstartsecs=0\n"
                      f"stdout_logfile={tmp_path}/said\n"
                      "redirect_stderr=true\n")
    (tmp_path / "said").touch()
    started = command.start_words(["supervisord", "--nodaemon", "--configuration", str(config)])

    def control(verb):
        subprocess.run(["supervisorctl", "--configuration", config, verb, "work"], check=True, capture_output=True)
    try:
        stops_and_restarts(command, lock, (tmp_path / "said").read_text, lambda: control("stop"),
                           lambda: control("start"))
    finally:
        started.send(signal.SIGTERM)
        started.wait()
    assert free(command, lock)


def stops_and_restarts(command, lock, said, stop, start):
    """The program that dies is started again and leads again; one that is stopped gives the lock back."""
    def begun(count):
        """The pid of the last of so many."""
        pids = [int(line[6:]) for line in said().splitlines(keepends=True) if line.startswith("works ")
                and line.endswith("\n")]
        return pids[-1] if len(pids) == count else None

    work = wait_for("the work", lambda: begun(1))
    assert not free(command, lock)
    os.kill(work, signal.SIGKILL)
    work = wait_for("the work again", lambda: begun(2))
    assert not free(command, lock)
    stop()
    assert not is_alive(work) and free(command, lock)
    start()
    wait_for("the work once more", lambda: begun(3))
    assert not free(command, lock)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("abstract", [False, True])
def test_a_service_that_notifies(command, lock, tmp_path, mode, abstract):
    """Type=notify: the program finds NOTIFY_SOCKET. It is the main process in place alone: else NotifyAccess=all."""
    import socket
    import struct
    name = f"\0notify-{lock}" if abstract else str(tmp_path / "notify")
    script = "import os, socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); " \
             "s.connect(os.environ['NOTIFY_SOCKET'].replace('@', chr(0))); s.send(b'READY=1'); " \
    "print('works', os.getpid(), flush=True); " \
             "time.sleep(1000)"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        manager.settimeout(60)
        started = command.start("run", *mode, lock, "--", "/usr/bin/python3", "-c", script,
                                environment={"NOTIFY_SOCKET": name.replace("\0", "@")})
        text, ancillary, _, _ = manager.recvmsg(64, socket.CMSG_SPACE(12))
        sender = struct.unpack("iii", ancillary[0][2][:12])[0]
        assert text == b"READY=1" and sender == work_of(started)
        assert (sender == started.pid) == bool(mode)
