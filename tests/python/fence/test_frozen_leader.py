# SPDX-License-Identifier: Apache-2.0
"""What fences are for, on a real control plane: a leader that has been declared dead while it was only frozen wakes in
the middle of its work, and each store refuses its late write (P11). Without the fence the same write goes through."""

import json
import os
import re
import secrets
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from controlplane.pods import Namespace, rights, running
from controlplane.process import Process, wait_for

from .conftest import STORES

TESTS = Path(__file__).resolve().parents[2]
HANG_S = 120
WORK = "fenced-work"


def wanted(lock):
    return [*rights(lock), ("", "configmaps", WORK, ["get", "update"])]


class Worker:
    """worker.py as the container of one pod."""

    def __init__(self, namespace, name, addresses, directory, package):
        self.pod = namespace.pod(name)
        self.pod.set_status(phase="Running", containerStatuses=[running()])
        files = self.pod.candidate()
        self.go = directory / f"{name}.go"
        cluster = namespace.cluster
        addresses = {**addresses, "kubernetes": [cluster.url, cluster.ca_file, files.token_file,
                                                 namespace.path("configmaps", WORK)]}
        command = [sys.executable, "-B", "-m", "python.fence.worker", namespace.lock, self.go, json.dumps(addresses)]
        self.process = Process(name, command, str(directory), {
            **files.environment(), "PYTHONPATH": os.pathsep.join([str(package), str(TESTS)])})
        self.process.start()

    def said(self, pattern):
        return re.findall(f"^{pattern}$", Path(self.process.log_path).read_text(encoding="utf-8"), re.MULTILINE)

    def hear(self, pattern):
        return self.process.wait_until(pattern, lambda: self.said(pattern), HANG_S)[0]

    def freeze(self):
        self.process.pause()
        wait_for("its standstill", self._stands_still, HANG_S)

    def _stands_still(self):
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] == "T"


@pytest.fixture(scope="module")
def history(cluster, package, postgresql, redis_server, tmp_path_factory):
    """A leads and writes; it is frozen before its next write; its pod is deleted, B leads and writes; A wakes. Gives
    their tokens, what A said, and what is in each store then."""
    from controlplane.client import Client  # noqa: F401  the package must be there before the stores are

    from . import stores

    directory = tmp_path_factory.mktemp("frozen")
    namespace = Namespace(cluster, lock="fence-" + secrets.token_hex(4), wanted=wanted)
    addresses = {"sqlite": str(directory / "work.db"), "postgresql": postgresql.address, "redis": redis_server.url,
                 "kubernetes": (namespace.admin, namespace.path("configmaps", WORK))}
    for name, kind in stores.ALL.items():
        kind.prepare(addresses[name], namespace.lock)
    workers = []
    try:
        for name in ("a", "b"):
            workers.append(Worker(namespace, name, addresses, directory, package))
            if name == "a":
                past = workers[0].hear("working with token ([0-9]+)")
                workers[0].freeze()
                workers[0].pod.delete(grace=0)  # against what is assumed: its process is only frozen
        a, b = workers
        present = b.hear("working with token ([0-9]+)")
        a.go.touch()
        a.process.resume()
        a.hear("done")
        views = {name: kind(addresses[name], namespace.lock) for name, kind in stores.ALL.items()}
        yield SimpleNamespace(past=past, present=present, lock=namespace.lock, a=a,
                              tokens={name: view.tokens() for name, view in views.items()})
        for view in views.values():
            view.close()
    except BaseException as error:
        error.add_note("\n".join(f"--- {worker.pod.name}\n{worker.process.log_tail()}" for worker in workers))
        raise
    finally:
        for worker in workers:
            worker.process.stop()


@pytest.mark.parametrize("store", STORES)
def test_its_late_write_is_refused(history, store):
    assert int(history.past) < int(history.present)
    assert history.a.said(f"refused {store} (.*)") == [f"{history.lock} {history.past} {history.present}"]
    assert not history.a.said(f"wrote {store}")


@pytest.mark.parametrize("store", STORES)
def test_what_is_in_the_store(history, store):
    """What the leaders wrote in turn; and that which A wrote without the fence, which nothing held back: that is what
    the test would find without the helper."""
    assert history.a.said(f"wrote past the fence of {store}")
    assert history.tokens[store] == [history.past, history.present, history.past]


def test_an_object_that_was_read_before_is_not_replaced(history):
    """The fence saw nothing wrong when A had read it; the API server does."""
    assert history.a.said("not replaced: ([0-9]+)") == ["409"] and not history.a.said("replaced")
