# SPDX-License-Identifier: Apache-2.0
"""libcurl is loaded when Kubernetes is first needed: who elects on this machine's lock does without it, and without the
two dozen libraries that it brings."""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import pytest

OK = 0


def mapped():
    """The libraries of this process, without their versions."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    return set(re.findall(r"/(lib[\w-]+)[\w.-]*\.so", maps))


def elect(path, backend):
    """What a process has loaded when an election of that kind has begun."""
    library = ctypes.CDLL(path)
    election = ctypes.c_void_p()
    assert library.leaderlife_election_new(b"libcurl-test", ctypes.byref(election)) == OK
    for name, value in [("backend", backend)] + [("kubeconfig", "/nowhere")] * (backend == "kubernetes"):
        assert library.leaderlife_election_set(election, name.encode(), value.encode()) == OK
    before = mapped()
    library.leaderlife_election_start(election)
    print("before:", "libcurl" in before, "after:", "libcurl" in mapped())


@pytest.mark.parametrize("backend, after", [("local", False), ("kubernetes", True)])
def test_it_is_loaded_for_kubernetes_alone(library, backend, after):
    said = subprocess.run([sys.executable, __file__, str(library), backend], check=True, capture_output=True, text=True)
    assert said.stdout == f"before: False after: {after}\n"


if __name__ == "__main__":
    elect(*sys.argv[1:])
