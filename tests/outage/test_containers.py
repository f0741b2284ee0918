# SPDX-License-Identifier: Apache-2.0
"""Two containers of one pod, under different users (P12): one campaigns, the
other is queued, ready, and says for whom it waits. It costs nothing, and when
the first is killed it takes the lock of their pod up again (P1, P3) with a new
token, while the other pods' standbys go on waiting."""

import shutil
import subprocess
import time

import pytest

from controlplane.fixtures import require

from .candidate_groups import make_group
from .costs import Meter, show

QUIET = 5  # seconds
WRITES = ("create", "update", "patch", "delete", "deletecollection")
# Files are root's, as are those of the build: the other user may read them all. The kernel forgets at the change of
# users that a child is to die with its parent.
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all,+dac_read_search",
          "--ambient-caps=-all,+dac_read_search", "--pdeathsig=KILL", "--"]


@pytest.fixture
def as_nobody(candidate_program):
    """The candidate's command line under another user."""
    command = NOBODY + candidate_program
    if not shutil.which("setpriv"):
        require("outage", "there is no command setpriv (Debian package util-linux)")
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if tried.returncode:
        require("outage", f"a process under another user needs root: {tried.stderr.strip()}")
    return command


@pytest.mark.parametrize("nobody_is", ["first", "second"])
def test_two_containers(candidates, candidate_program, as_nobody, report, nobody_is):
    usual, other = (as_nobody, candidate_program) if nobody_is == "first" else (candidate_program, as_nobody)
    group = make_group(candidates, [usual, other, candidate_program], "pod")
    files = group.make_pod()
    first = group.join(files)
    candidates.leads(first)
    second = group.join(files)
    bystander = group.join()
    candidates.stands_by(bystander, holder=files.pod.name)
    queued(candidates, second, first, 65534 if nobody_is == "first" else 0)
    nobody_writes(group, report, f"two containers of one pod, nobody's is the {nobody_is}")
    lock = group.namespace.lock_object()["metadata"]["uid"]

    first.kill()
    del group.files[first]
    candidates.leads(second)
    group.settle(2)
    assert [term.process for term in group.terms()] == [first, second]
    assert group.namespace.lock_object()["metadata"]["uid"] == lock
    again = candidates.start(files, lock=group.namespace.lock, command=usual)
    queued(candidates, again, second, 0 if nobody_is == "first" else 65534)
    nobody_writes(group, report, f"the same after the {nobody_is} has taken over")


def queued(candidates, process, behind, user):
    candidates.stands_by(process)
    text = candidates.notices(process, "LEADERLIFE_EBLOCKED", "another process of this pod", f"pid {behind.child.pid} ")
    assert f" of user {user}" in text
    assert process.do("counters")["writes"] == 0


def nobody_writes(group, report, title):
    """By the audit log; and it is not only that nobody could."""
    cluster = group.candidates.cluster
    leading, mark = group.leading(), cluster.audit_mark()
    meter = Meter({"pod": group})
    time.sleep(QUIET)
    show(report, f"{title}, {QUIET} s", meter.stop())
    assert group.leading() == leading
    assert [entry for entry in cluster.audit_since(mark, group.namespace.user) if entry.verb in WRITES] == []
