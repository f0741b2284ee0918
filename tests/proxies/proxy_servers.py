# SPDX-License-Identifier: Apache-2.0
"""Real proxies: tinyproxy, squid and dante, as Debian has them. Each serves on a
port of 127.0.0.1, and alone knows the API server by name: it has a hosts file of
its own."""

import os
import shutil
import socket
import subprocess
import tempfile

from controlplane.fixtures import require
from controlplane.process import Process, free_port

USER, PASSWORD = "somebody", "p@ss:w/rd %41"  # characters that a URL has only as % and digits
IN_URL = "somebody:p%40ss%3Aw%2Frd%20%2541"

# The words before "--" are pairs: a file, and what it takes the place of.
_HIDING = """set -e
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done
shift
exec "$@"
"""

_TINYPROXY = """Listen 127.0.0.1
Port {port}
Timeout 3600
MaxClients 100
LogLevel Connect
Allow 127.0.0.1
ConnectPort {allowed}
"""

_SQUID = """{listen}
pid_filename none
hosts_file {hosts}
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
cache deny all
pinger_enable off
shutdown_lifetime 0 seconds
{login}
http_access deny all
"""

_SQUID_LOGIN = """auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/password
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow known"""

_DANTE = """logoutput: {folder}/access.log
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: {method}
user.privileged: root
user.unprivileged: root
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks {rule} {{ from: 0.0.0.0/0 to: 0.0.0.0/0 log: connect error }}
"""


def _program(name, package):
    found = shutil.which(name, path=os.defpath + ":/usr/sbin:/sbin")
    if found is None:
        require("proxies", f"no {name}: install {package}")
    return found


def _crypted(kind):
    return subprocess.run(["openssl", "passwd", kind, "-stdin"], input=PASSWORD, check=True, capture_output=True,
                          text=True).stdout.strip()


class _ProxyServer:
    """Use as `with Squid("kubernetes.default.svc") as proxy`: that name is 127.0.0.1 there. host and port: where it
    serves."""

    host = "127.0.0.1"
    scheme = "http"

    def __init__(self, *names):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="leaderlife-proxy-")
        os.chmod(self.folder, 0o755)  # some change their user
        self.hosts = self.write("hosts", "".join(f"127.0.0.1 {name}\n" for name in ("localhost", *names)))
        self.log = os.path.join(self.folder, "access.log")
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def prepare(self, *command, hidden=()):
        words = ["unshare", "--mount", "sh", "-c", _HIDING, "proxy", self.hosts, "/etc/hosts", *hidden, "--", *command]
        self.process = Process(command[0].rpartition("/")[2], words, self.folder)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        self.process.start()
        self.process.wait_until("serves", self._serves)

    def stop(self):
        self.process.stop()

    def restart(self):
        """All that goes through it breaks."""
        self.stop()
        self.start()

    def _serves(self):
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def url(self, login=""):
        return f"{self.scheme}://{login}{'@' if login else ''}{self.host}:{self.port}"

    def told(self):
        """What it wrote of connections."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


class Tinyproxy(_ProxyServer):
    def __init__(self, *names, allowed):
        super().__init__(*names)
        program = _program("tinyproxy", "tinyproxy")
        config = self.write("config", _TINYPROXY.format(port=self.port, allowed=allowed))
        self.prepare(program, "-d", "-c", config)
        self.log = self.process.log_path


class Squid(_ProxyServer):
    """login: it asks for one. serving: a certificate and its key (keys.Pair), for one that is spoken to by TLS."""

    def __init__(self, *names, login=True, serving=None):
        super().__init__(*names)
        program = _program("squid", "squid-openssl")
        listen = f"http_port 127.0.0.1:{self.port}"
        if serving is not None:
            self.scheme = "https"
            pair = [shutil.copy(path, self.folder) for path in serving]
            for path in pair:
                os.chmod(path, 0o644)
            listen = f"https_port 127.0.0.1:{self.port} tls-cert={pair[0]} tls-key={pair[1]}"
        self.write("password", f"{USER}:{_crypted('-apr1')}\n")
        config = self.write("config", _SQUID.format(
            listen=listen, hosts=self.hosts, folder=self.folder,
            login=_SQUID_LOGIN.format(folder=self.folder) if login else "http_access allow all"))
        shutil.chown(self.folder, "proxy")
        self.prepare(program, "-N", "-f", config)


class Dante(_ProxyServer):
    """login: it asks for one. rule: "pass", or "block"."""

    scheme = "socks5"

    def __init__(self, *names, login=False, rule="pass"):
        super().__init__(*names)
        program = _program("danted", "dante-server")
        config = self.write("config", _DANTE.format(
            port=self.port, folder=self.folder, method="username" if login else "none", rule=rule))
        people = self.write("passwd", f"root:x:0:0::/:/bin/sh\n{USER}:x:4711:4711::/:/bin/false\n")
        secrets = self.write("shadow", f"root:*:::::::\n{USER}:{_crypted('-6')}:::::::\n")
        self.prepare(program, "-f", config, "-p", os.path.join(self.folder, "pid"), "-N", "1",
                     hidden=(people, "/etc/passwd", secrets, "/etc/shadow"))
