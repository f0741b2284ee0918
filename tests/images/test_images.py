# SPDX-License-Identifier: Apache-2.0
"""Each Dockerfile of examples/images becomes an image that has what runs the program and nothing that builds it; and
the program elects in it, as another user than root, on files that cannot be written."""

import os
import queue
import re
import subprocess
import threading
from contextlib import ExitStack

import pytest

from . import store

HANG_S = 120
BUILDS = re.compile(r".*-dev|(?!gcc-\d+-base$)gcc.*|cpp.*|binutils.*|cmake.*|ninja-build|make|pkg-config|pkgconf.*|"
                    r"swig.*")


class Container:
    """One that runs; its program is process 1 there."""

    def __init__(self, folder, image, lock):
        _, root, settings = image
        folder.mkdir()
        store.bundle(folder, root, settings, [lock])
        self._name = f"{folder.name}-{os.getpid()}"
        self._state = folder / "state"
        self.child = subprocess.Popen(["runc", "--root", str(self._state), "run", "--bundle", str(folder), self._name],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True)
        self._lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *end):
        subprocess.run(["runc", "--root", str(self._state), "delete", "--force", self._name], capture_output=True,
                       timeout=HANG_S)
        self.child.wait(HANG_S)

    def _listen(self):
        for line in self.child.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def hear(self, pattern):
        while not self.said or not re.search(pattern, self.said[-1]):
            try:
                line = self._lines.get(timeout=HANG_S)
            except queue.Empty:
                pytest.fail(f"it did not say '{pattern}', but: {self.said}")
            assert line is not None, f"it ended before it said '{pattern}': {self.said}"
            self.said.append(line)

    def terminate(self):
        """As a kubelet ends it; its exit status."""
        store.run("runc", "--root", self._state, "kill", self._name, "TERM", limit_s=HANG_S)
        return self.child.wait(HANG_S)


def test_there_is_nothing_in_it_that_builds(image, report_size):
    name, root, _ = image
    installed = store.packages(root)
    assert "libcurl4" in installed
    assert not {package for package in installed if BUILDS.fullmatch(package)}
    assert not list((root / "usr" / "include").glob("leaderlife*")) and not (root / "leaderlife").exists()
    assert not list((root / "var" / "lib" / "apt" / "lists").glob("*_Packages*"))
    assert not list((root / "var" / "cache" / "apt" / "archives").glob("*.deb"))
    report_size(name, root)


@pytest.fixture
def report_size(images, capsys):
    def report(name, root):
        with images.unpacked(images.base()) as base, capsys.disabled():
            size, more = store.size(root) >> 20, (store.size(root) - store.size(base)) >> 20
            print(f"\nimage {name}: {size} MB, {more} MB more than its base")
    return report


def test_it_elects_and_gives_back(image, tmp_path):
    """As process 1, which no signal ends that it does not handle."""
    assert image[2]["User"] == "65532:65532"
    lock = f"image-{image[0]}-{os.getpid()}"
    with ExitStack() as stack:
        first = stack.enter_context(Container(tmp_path / "first", image, lock))
        first.hear("leader(, token|$)")
        second = stack.enter_context(Container(tmp_path / "second", image, lock))
        second.hear("^1: (waiting|standby)")
        assert first.terminate() == 0
        second.hear("leader(, token|$)")
        third = stack.enter_context(Container(tmp_path / "third", image, lock))
        third.hear("^1: (waiting|standby)")
        assert third.terminate() == 0
        assert second.child.poll() is None
        assert second.terminate() == 0
