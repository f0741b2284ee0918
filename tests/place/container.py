# SPDX-License-Identifier: Apache-2.0
"""A process in something that looks like a pod's container from inside: a network
and a mount namespace of its own, with the service account's files, a hosts file
and a mount at /dev/termination-log where a kubelet has them."""

import os
import shutil
import subprocess

from controlplane.fixtures import require
from controlplane.network import Network

NAME = "kubernetes.default.svc"

# $1: the folder of the service account's files, or ""; $2: further lines of /etc/hosts; the rest is what to run.
_SCRIPT = """set -e
account=$1 hosts=$2; shift 2
mount -t tmpfs -o mode=755 none /var/run
if [ "$account" ]; then
    folder=/var/run/secrets/kubernetes.io/serviceaccount
    mkdir -p "$folder"; cp "$account/token" "$account/ca.crt" "$account/namespace" "$folder"
fi
printf '127.0.0.1 localhost\\n%s\\n' "$hosts" >/var/run/hosts
mount --bind /var/run/hosts /etc/hosts
mkdir /var/run/dev /var/run/program
for node in null zero random urandom; do
    : >/var/run/dev/$node; mount --bind /dev/$node /var/run/dev/$node
done
ln -s /proc/self/fd /var/run/dev/fd
: >/var/run/dev/termination-log
mount --rbind /var/run/dev /dev
mount --bind /dev/termination-log /dev/termination-log
exec "$@"
"""

# $1: the user and group, $2: a program, $3: its capabilities; the rest are its arguments.
_WITH_CAPABILITIES = """set -e
user=$1 program=$2 capabilities=$3; shift 3
cp -L "$program" /var/run/program/program
PATH=$PATH:/usr/sbin setcap "$capabilities" /var/run/program/program
exec setpriv --reuid="$user" --regid="$user" --clear-groups /var/run/program/program "$@"
"""
NOBODY = "65534"


def mounts(account, hosts, *command):
    """The words that run a command among these mounts; account: a folder or ""; hosts: lines."""
    return ["unshare", "--mount", "sh", "-c", _SCRIPT, "container", account, hosts, *command]


def without_environment(*command, **keep):
    return ["env", "-i", f"PATH={os.defpath}", *(f"{name}={value}" for name, value in keep.items()), *command]


def with_capabilities(program, *arguments, capabilities="cap_net_bind_service=ep"):
    """As another user, with more rights than that user has; to be run in a container."""
    return ["sh", "-c", _WITH_CAPABILITIES, "program", NOBODY, program, capabilities, *arguments]


def must_be_possible():
    """Skips, loudly, where this machine cannot give a process mounts of its own."""
    missing = [tool for tool in ("unshare", "setcap", "setpriv")
               if not shutil.which(tool, path=os.defpath + ":/usr/sbin")]
    if missing:
        require("place", f"no {', '.join(missing)}: install util-linux and libcap2-bin")
    tried = subprocess.run(mounts("", "", "true"), capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode:
        require("place", f"no mounts of its own for a process here: {tried.stderr.strip()}")


class Container:
    """Use as `with Container(files, server) as container`; server has host and port (a cluster or a proxy)."""

    def __init__(self, files, server, knows_name=True, has_account=True):
        self._network = Network(server, suite="place", port=443)
        self._account = files.directory if has_account else ""
        self._hosts = f"127.0.0.1 {NAME}" if knows_name else ""

    def __enter__(self):
        self._network.__enter__()
        return self

    def __exit__(self, *end):
        self._network.__exit__(*end)

    def words(self, *command):
        return self._network.words(*mounts(self._account, self._hosts, *command))
