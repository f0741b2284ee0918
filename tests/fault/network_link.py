# SPDX-License-Identifier: Apache-2.0
"""A network link between this process, which has the fake API server, and a
candidate process in a network namespace of its own. The link can be cut in one
direction. This process must have a network namespace of its own, too: in_private()
makes the command for that."""

import os
import shutil
import subprocess

from controlplane.process import wait_for

SERVER, CLIENT = "10.213.7.1", "10.213.7.2"
_HERE, _NOWHERE = "02:00:00:00:07:01", "02:00:00:00:07:99"  # the server's, and nobody's: what is sent there is lost
_WAYS = (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"])


def in_private(command):
    """The command line that runs it in a network namespace of its own; None where none can be made."""
    if shutil.which("ip") is None:
        return None
    for way in _WAYS:
        probe = [*way, "unshare", "--net", "ip", "link", "add", "type", "veth"]
        try:
            if subprocess.run(probe, capture_output=True).returncode == 0:
                return [*way, *command]
        except FileNotFoundError:
            return None
    return None


def _ip(*words, inside=()):
    subprocess.run([*inside, "ip", *words], check=True, capture_output=True, text=True)


def set_up():
    """Makes the link and our end of it."""
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "server", "address", _HERE, "type", "veth", "peer", "name", "client")
    _ip("address", "add", SERVER + "/24", "dev", "server")
    _ip("link", "set", "server", "up")


def inside(command):
    """That command line, in a namespace of its own. Then NetworkLink(pid) connects it."""
    return ["unshare", "--net", *command]


class NetworkLink:
    def __init__(self, pid):
        """Moves the other end into the namespace that the process makes for itself."""
        ours = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", lambda: os.readlink(f"/proc/{pid}/ns/net") != ours)
        self._inside = ["nsenter", "--target", str(pid), "--net"]
        _ip("link", "set", "client", "netns", str(pid))
        _ip("address", "add", CLIENT + "/24", "dev", "client", inside=self._inside)
        _ip("link", "set", "client", "up", inside=self._inside)

    def cut(self):
        """What is sent to the server does not arrive any more; what the server sends does."""
        self._aim(_NOWHERE)

    def restore(self):
        self._aim(_HERE)

    def _aim(self, address):
        _ip("neighbour", "replace", SERVER, "lladdr", address, "dev", "client", "nud", "permanent", inside=self._inside)
