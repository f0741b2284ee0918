# SPDX-License-Identifier: Apache-2.0
"""Network, mounts and process numbers of their own, in which the nodes live: what
kubelets, container runtimes and pods do there is seen nowhere else on this
machine, and whatever still runs there ends with it."""

import contextlib
import ctypes
import fcntl
import glob
import os
import shutil
import subprocess

from controlplane.fixtures import require
from controlplane.process import _die_with_parent, wait_for

TOOLS = ("unshare", "nsenter", "ip", "containerd", "ctr", "runc", "busybox")
_LIBC = ctypes.CDLL(None, use_errno=True)
_CGROUPS = "/sys/fs/cgroup"
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET

# The first process there. It prints its number on this machine, and then collects what is orphaned, as a shell
# does. The kubelet insists on three settings of the kernel, which are the machine's: it gets files that say what it
# wants. $1: a folder; the rest are addresses.
_FIRST = """set -e
read -r number _ </proc/self/stat
folder=$1; shift
mount --make-rshared /
mount -t proc none /proc
for setting in vm/overcommit_memory=1 kernel/panic=10 kernel/panic_on_oops=1; do
    file=$folder/${setting%%=*}; mkdir -p "${file%/*}"; echo "${setting#*=}" >"$file"
    mount --bind "$file" "/proc/sys/${setting%%=*}"
done
mkdir -p /run/netns /run/containerd /var/log/containers /var/log/pods /var/lib/kubelet
for shared in /run/netns /run/containerd /var/log/containers /var/log/pods /var/lib/kubelet; do
    mount -t tmpfs -o mode=755 none "$shared"
done
mount --make-rshared /
ip link set lo up
for address; do ip address add "$address" dev lo; done
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "$number"
while :; do sleep 1; done
"""


def missing_tools():
    return [tool for tool in TOOLS if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin")]


class Sandbox:
    """Use as `with Sandbox(folder, "10.0.0.1/32") as sandbox`. Inside, this process has its network, and words(…) are
    the words that run a program with all of it. addresses: further ones of the loopback device."""

    def __init__(self, folder, *addresses):
        self._folder = os.path.join(folder, "sandbox")
        self._cgroups = ControlGroups()
        self._addresses = addresses
        self._home = None

    def __enter__(self):
        missing = missing_tools()
        if missing:
            require("cluster", f"no {', '.join(missing)}: script/install test brings them")
        self._first = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private",
             "bash", "-c", _FIRST, "sandbox", self._folder, *self._addresses],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_die_with_parent)
        number = self._first.stdout.readline().strip()
        if not number:
            error = self._first.communicate(timeout=30)[1]
            require("cluster", f"no network, mounts and processes of their own here: {error.strip()}")
        self.pid = int(number)
        self._cgroups.__enter__()
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        with open(f"/proc/{self.pid}/ns/net", "rb") as network:
            _join(network.fileno())
        return self

    def __exit__(self, *_):
        _join(self._home)
        os.close(self._home)
        self._first.kill()  # and with it the first process there, and all others
        self._first.communicate()
        wait_for("the end of the sandbox", lambda: not os.path.exists(f"/proc/{self.pid}"))
        self._cgroups.__exit__()

    def words(self, *command):
        return ["nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--", *command]


def _join(descriptor):
    """This thread, and those that it starts, and its children."""
    if _LIBC.setns(descriptor, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))


class ControlGroups:
    """Those of containers are the machine's, and runc does not remove them where it is killed with the sandbox. Each
    sandbox shares a lock, so that the last one, or the next after one that was killed, can remove them all."""

    def __enter__(self):
        self._lock = os.open(_CGROUPS, os.O_RDONLY | os.O_DIRECTORY)
        self._remove_if_alone()
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        return self

    def __exit__(self, *_):
        self._remove_if_alone()
        os.close(self._lock)

    def _remove_if_alone(self):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for top in glob.glob(f"{_CGROUPS}/*/k8s.io") + glob.glob(f"{_CGROUPS}/k8s.io"):
                for folder, _, _ in os.walk(top, topdown=False):
                    with contextlib.suppress(OSError):  # one that holds a process stays
                        os.rmdir(folder)
