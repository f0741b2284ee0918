# SPDX-License-Identifier: Apache-2.0
"""Root file systems for one process: what runs in one sees its files and nothing else of this machine but the
network."""

import os
import shutil
import subprocess
from pathlib import Path

from controlplane.pods import running

HANG_S = 120


class Root:
    """A folder as the root of processes; `path` is that folder."""

    def __init__(self, path):
        self.path = Path(path)

    def words(self, words, first=False):
        """The command line that runs these words inside: as process 1 of its own process namespace if `first`."""
        alone = [shutil.which("unshare"), "--pid", "--fork", "--kill-child"] if first else []
        return [*alone, shutil.which("chroot"), str(self.path), *map(str, words)]

    def run(self, *words, environment=None, **options):
        """To its end: returncode, stdout, stderr."""
        return subprocess.run(self.words(words), env=environment or {}, capture_output=True, text=True, timeout=HANG_S,
                              check=False, stdin=subprocess.DEVNULL, **options)

    def carry(self, *paths):
        """Files or folders of this machine, at the same place inside."""
        for path in paths:
            target = self.path / str(path).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.isdir(path):
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                shutil.copy(path, target)

    def play(self, namespace, name):
        """(pod, environment) of a running pod whose container this root is."""
        pod = namespace.pod(name)
        pod.set_status(phase="Running", containerStatuses=[running()])
        candidate = pod.candidate()
        self.carry(candidate.directory)
        return pod, candidate.environment()


def opened(trace):
    """The paths of all files that a trace of strace shows."""
    paths = set()
    for line in Path(trace).read_text(encoding="utf-8", errors="replace").splitlines():
        if '"' in line:
            paths.add(line.split('"')[1])
    return paths
