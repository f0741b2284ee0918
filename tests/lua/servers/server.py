# SPDX-License-Identifier: Apache-2.0
"""An nginx or a HAProxy that runs an example of examples/lua: with its lock, port and paths replaced, and nothing
else."""

import http.client
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import parse_qs

from controlplane.fixtures import require
from controlplane.process import Process, free_port, wait_for
from scenarios.places import base_environment

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "lua"
MODULES = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "lua" / "lua"
INSTALLED = "/opt/leaderlife/lua"  # where the examples look for them
LOCK = "my-operator"  # as the examples call it
HANG_S = 60
RELOAD_S = 5  # on a busy machine a reload may take longer, and then there is a second one


def find(command):
    """The path of a server's program, which may be in a folder that only root looks into."""
    return shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def required(command, version):
    """The program, and the Lua modules for it; else what needs them is skipped, loudly."""
    found = find(command)
    if not found:
        require("lua_servers",
                f"there is no {command} here: install it (Debian: nginx and libnginx-mod-http-lua, haproxy)")
    if not (MODULES / version / "leaderlife" / "capi.so").exists():
        require("lua_servers", f"there is no module in {MODULES / version}: build it with -DLEADERLIFE_LUA=ON")
    return found


def replaced(text, changes):
    """The text, with each thing that is to be changed changed; it must be there."""
    for old, new in changes.items():
        assert old in text, f"the example has no {old!r} to replace"
        text = text.replace(old, new)
    return text


class Server(Process):
    """What both have in common. Its processes are one group, and that group ends with the test, however the test
    ends."""

    status_path = "/leader"
    reload_signal = signal.SIGHUP

    def __init__(self, name, directory, command, environment):
        directory.mkdir(exist_ok=True)
        self.port = free_port()
        self.folder = directory
        super().__init__(name, command, str(directory), {**base_environment(), **environment})
        self._watcher = None

    def launch(self):
        """Without a wait for an answer: there may never be one."""
        super().start()
        # Workers outlive a master that is killed with its parent: this waits for the parent's end, and then ends the
        # group.
        self._watcher = subprocess.Popen(["sh", "-c", f"read _; kill -s KILL -- -{self.pid}"], stdin=subprocess.PIPE,
                                         start_new_session=True, stderr=subprocess.DEVNULL)

    def start(self, stdout=None):
        self.launch()
        self.wait_until("an answer", lambda: self.get(self.status_path), HANG_S)

    def stop(self, number=signal.SIGKILL, timeout=20.0):
        group = self.pid
        super().stop(number, timeout)
        if self._watcher is None:
            return
        if group is not None:
            self._end_workers(group)
        self._watcher.kill()
        self._watcher.communicate()
        self._watcher = None

    @staticmethod
    def _end_workers(group):
        """Those whose master was killed: the group is ours as long as one of them lives."""
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def signal(self, number):
        self.child.send_signal(number)

    def reload(self):
        """Until a new worker has begun: those before. A master that is just starting, or is executing itself anew,
        hears no signal."""
        before = self.workers()
        for _ in range(HANG_S // RELOAD_S):
            self.signal(self.reload_signal)
            try:
                wait_for("a new worker", lambda: self.workers() - before, RELOAD_S)
            except TimeoutError:
                continue
            return before
        raise TimeoutError(f"{self.name} was told to reload for {HANG_S} s, and did not")

    def ended(self):
        return self.child.wait(HANG_S)

    # What it says

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def hear(self, pattern, count=1):
        self.wait_until(f"{pattern} x {count}", lambda: len(re.findall(pattern, self.log())) >= count, HANG_S)

    # What it answers

    def get(self, path, timeout=HANG_S):
        """(status, text); None where nobody answers (any more)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def token(self):
        """That of its term as a number, if it says that it leads now."""
        answer = self.get("/leader", timeout=2)
        if answer is None or answer[0] != 200:
            assert not answer or "state: leader" not in answer[1], answer
            return None
        assert re.search("^state: leader$", answer[1], re.MULTILINE), answer
        return int(re.search(r"^token: (\d+)$", answer[1], re.MULTILINE)[1])

    def wait_token(self, above=0):
        """When it leads, in a term after that."""
        return wait_for(f"{self.name} leads", lambda: (self.token() or 0) > above and self.token(), HANG_S)

    def wait_standby(self):
        wait_for(f"{self.name} stands by", lambda: self.get("/readyz") == (200, "standby"), HANG_S)

    def wait_taking_part(self):
        wait_for(f"{self.name} takes part", lambda: (self.get("/readyz") or (0,))[0] == 200, HANG_S)

    def workers(self):
        """Its children that run."""
        found = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(self.pid)], stdout=subprocess.PIPE, text=True,
                               check=False)
        lines = [line.split() for line in found.stdout.splitlines()]
        return {int(pid) for pid, state in lines if not state.startswith("Z")}


class Nginx(Server):
    """changes: more of them to the example."""

    _WHO = """location = /who { content_by_lua_block {
            local status = require("leaderlife.nginx").status("my-operator") or {}
            status.answered_by = ngx.worker.pid()
            ngx.say(ngx.encode_args(status))
        } }
    """

    def __init__(self, name, directory, lock, changes=None, environment=None):
        super().__init__(name, directory / name, [required("nginx", "jit"), "-p", directory / name, "-c", "nginx.conf",
                                                  "-e", "stderr", "-g", f"daemon off; pid {name}.pid;{self._user()}"],
                         environment or {})
        folders = "".join(f" {kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        text = replaced((EXAMPLES / "nginx.conf").read_text(encoding="utf-8"), {
            "listen 127.0.0.1:8080;\n": "listen 127.0.0.1:8080;\n" + self._WHO,
            "http {\n": f"http {{ access_log off;{folders}\n", **(changes or {})})
        text = replaced(text, {INSTALLED: str(MODULES)}) if INSTALLED in text else text
        text = replaced(text, {LOCK: lock, "127.0.0.1:8080": f"127.0.0.1:{self.port}"})
        (self.folder / "nginx.conf").write_text(text, encoding="utf-8")

    @staticmethod
    def _user():
        """Workers that may read the test's folders."""
        return " user root;" if os.geteuid() == 0 else ""

    def who(self, timeout=2):
        """The status as a dict of texts, with answered_by and pid; None where nobody answers."""
        answer = self.get("/who", timeout)
        return answer and {name: values[0] for name, values in parse_qs(answer[1], keep_blank_values=True).items()}

    def worker_0(self):
        return int(wait_for("worker 0", lambda: (self.who() or {}).get("pid"), HANG_S))


class Haproxy(Server):
    """In master-worker mode. changes: more of them to the configuration; script: to the Lua file."""

    reload_signal = signal.SIGUSR2

    def __init__(self, name, directory, lock, changes=None, script=None, environment=None):
        super().__init__(name, directory / name, [required("haproxy", "5.3"), "-W", "-f", "haproxy.cfg"],
                         environment or {})
        text = replaced((EXAMPLES / "haproxy.cfg").read_text(encoding="utf-8"), {
            "127.0.0.1:8081": f"127.0.0.1:{self.port}", **(changes or {})})
        (self.folder / "haproxy.cfg").write_text(text.replace(INSTALLED, str(MODULES)), encoding="utf-8")
        (self.folder / "haproxy.lua").write_text(replaced((EXAMPLES / "haproxy.lua").read_text(encoding="utf-8"), {
            **(script or {}), LOCK: lock}), encoding="utf-8")

    def check(self):
        """What it says of its configuration: (exit status, text)."""
        done = subprocess.run([*self.command[:1], "-c", "-f", "haproxy.cfg"], cwd=self.folder, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=HANG_S)
        return done.returncode, done.stdout


def pair_of(start):
    """Two that start(name) has started: the one that leads, the one that stands by."""
    first = start("first")
    first.wait_token()
    second = start("second")
    second.wait_standby()
    return first, second
