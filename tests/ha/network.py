# SPDX-License-Identifier: Apache-2.0
"""A network of machines: a network namespace for each, joined by a bridge that is
in a namespace of our own. What passes between a machine and the others can be cut,
in both directions or one, lost in part, or slowed."""

import contextlib
import ctypes
import os
import re
import shutil
import subprocess

from controlplane.fixtures import require
from controlplane.process import Process

OURS = "10.213.9.254"
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_TOOLS = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables", "nsenter": "util-linux", "unshare": "util-linux"}


def _run(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


def _unshare():
    if _LIBC.unshare(_CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, f"no network namespace can be made: {os.strerror(error)}")


@contextlib.contextmanager
def private():
    """This thread, and all that it starts from now on, has a network of its own: a loopback, and a bridge."""
    missing = {_TOOLS[tool] for tool in _TOOLS if shutil.which(tool) is None}
    if missing:
        require("ha", f"a network of machines needs the Debian packages {', '.join(sorted(missing))}")
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        try:
            _unshare()
            _run("ip", "link", "set", "lo", "up")
            _run("ip", "link", "add", "machines", "type", "bridge")
            _run("ip", "address", "add", OURS + "/24", "dev", "machines")
            _run("ip", "link", "set", "machines", "up")
            _run("nft", "list", "ruleset")
        except OSError as error:
            require("ha", f"{error}: run it as root, on a kernel with veth, bridge and nftables")
        yield
    finally:
        _LIBC.setns(before, _CLONE_NEWNET)
        os.close(before)


class Machine:
    """Its address is reached from us, and from the other machines."""

    def __init__(self, number, directory):
        self.number = number
        self.address = f"10.213.9.{number + 1}"
        self._holder = Process(f"machine-{number}", ["unshare", "--net", "sleep", "infinity"], directory)

    def start(self):
        ours = os.readlink("/proc/thread-self/ns/net")
        self._holder.start()
        pid = str(self._holder.pid)
        self._holder.wait_until("a namespace", lambda: os.readlink(f"/proc/{pid}/ns/net") != ours)
        self._near = f"machine-{self.number}"
        _run("ip", "link", "add", self._near, "type", "veth", "peer", "name", "wire", "netns", pid)
        _run("ip", "link", "set", self._near, "master", "machines", "up")
        _run(*self.inside("ip", "link", "set", "lo", "up"))
        _run(*self.inside("ip", "address", "add", self.address + "/24", "dev", "wire"))
        _run(*self.inside("ip", "link", "set", "wire", "up"))

    def stop(self):
        self._holder.stop()

    def inside(self, *command):
        """The words that run it there. What they start has the pid of what was started."""
        return ["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", "--", *command]

    # Faults. Each takes the place of the one before.

    def drop(self, inwards=True, outwards=True, port=None, percent=100):
        """Packets from and to other machines are lost; those alone from or to that port on either side; so many."""
        part = "" if percent == 100 else f"numgen random mod 100 < {percent}"
        which = [""] if port is None else [f"tcp sport {port}", f"tcp dport {port}"]
        chains = [("input", "iifname")] if inwards else []
        chains += [("output", "oifname")] if outwards else []
        text = "flush ruleset\ntable inet faults {\n"
        for hook, name in chains:
            rules = "".join(f'    {name} "wire" {match} {part} counter drop\n' for match in which)
            text += f"  chain {hook} {{\n    type filter hook {hook} priority 0;\n{rules}  }}\n"
        _run(*self.inside("nft", "-f", "-"), text=text + "}\n")

    def dropped(self):
        """How many packets the present fault has lost."""
        listed = subprocess.run(self.inside("nft", "list", "ruleset"), capture_output=True, text=True, check=True)
        return sum(int(count) for count in re.findall(r"counter packets (\d+)", listed.stdout))

    def slow(self, rate):
        """In both directions, e.g. "200kbit", with queues that hold packets up to 400 ms."""
        shape = ["root", "tbf", "rate", rate, "burst", "4kb", "latency", "400ms"]
        _run("tc", "qdisc", "replace", "dev", self._near, *shape)
        _run(*self.inside("tc", "qdisc", "replace", "dev", "wire", *shape))

    def mend(self):
        _run(*self.inside("nft", "flush", "ruleset"))
        for words in (["tc"], self.inside("tc")):
            device = self._near if words == ["tc"] else "wire"
            with contextlib.suppress(OSError):  # there was none
                _run(*words, "qdisc", "del", "dev", device, "root")
