# SPDX-License-Identifier: Apache-2.0
"""P14: somebody writes JSON that is nested 2,000 levels deep into an object, as the API server lets him: into its
managedFields. A reader that recurses as deep would need more stack than many threads have (the candidate's is 64 KiB,
tests/small_stack.c). Nobody crashes, everybody says why, and the election goes on."""

import pytest

EPROTOCOL = "LEADERLIFE_EPROTOCOL"
LEVELS = 2000


def nest(candidates, path, version="v1"):
    fields = '{"f:a":' * LEVELS + "{}" + "}" * LEVELS
    _manage(candidates, path, '{"manager":"somebody","operation":"Update","apiVersion":"%s","fieldsType":"FieldsV1",'
            '"time":"2024-01-31T12:00:00Z","fieldsV1":%s}' % (version, fields))
    code, text = candidates.admin.raw("GET", path)
    assert code == 200 and text.count(b"f:a") == LEVELS


def mend(candidates, path):
    _manage(candidates, path, "{}")


def _manage(candidates, path, entry):
    """As bytes: Python's own JSON is not for so many levels."""
    code, text = candidates.admin.raw("PATCH", path, b'{"metadata":{"managedFields":[%s]}}' % entry.encode(),
                                      content_type="application/merge-patch+json")
    assert code == 200, text[:300]


def says_so(candidates, process, what):
    text = candidates.notices(process, EPROTOCOL, what, "nested deeper than 64 levels", "--show-managed-fields",
                              "take it out")
    assert "proxy" not in text and "delete" not in text  # P14: the lock may be a living leader's
    return text


@pytest.fixture
def pair(candidates):
    """(leader in pod a, standby in pod b)"""
    leader = candidates.start(candidates.files("a"))
    candidates.leads(leader)
    standby = candidates.start(candidates.files("b"))
    candidates.stands_by(standby, holder="a")
    return leader, standby


def end(candidates, leader):
    leader.kill()
    code, text = candidates.admin.raw("DELETE", candidates.space.path("pods", "a"), {"gracePeriodSeconds": 0})
    assert code == 200, text[:300]


def test_the_lock(candidates, pair):
    """The collector removes it with its owner, deep or not."""
    leader, standby = pair
    nest(candidates, candidates.space.lock_path)
    for process in (leader, standby):
        says_so(candidates, process, "configmaps/lock")
    candidates.stays(leader, "leader", 0.7)
    assert standby.state == "standby"
    end(candidates, leader)
    candidates.leads(standby)


def test_the_lock_at_a_newcomers_first_look(candidates, pair):
    leader, _ = pair
    nest(candidates, candidates.space.lock_path)
    newcomer = candidates.start(candidates.files("c"))
    says_so(candidates, newcomer, "configmaps/lock")
    mend(candidates, candidates.space.lock_path)
    candidates.stands_by(newcomer, holder="a")
    assert leader.state == "leader"


def test_the_record(candidates, pair):
    """Whom it names cannot be known, so nobody follows before it is mended."""
    leader, standby = pair
    nest(candidates, candidates.space.record_path, "coordination.k8s.io/v1")
    says_so(candidates, leader, "leases/lock.leaderlife")
    candidates.stays(leader, "leader", 0.7)
    end(candidates, leader)
    says_so(candidates, standby, "leases/lock.leaderlife")
    candidates.stays(standby, "standby", 0.7)
    mend(candidates, candidates.space.record_path)
    candidates.leads(standby)


def test_the_leaders_pod(candidates, pair):
    leader, standby = pair
    nest(candidates, candidates.space.path("pods", "a"))
    for process in (leader, standby):
        says_so(candidates, process, "pods/a")
    candidates.stays(leader, "leader", 0.7)
    assert standby.state == "standby"
    end(candidates, leader)
    candidates.leads(standby)


def test_the_own_pod_at_the_start(candidates):
    files = candidates.files("a")
    nest(candidates, candidates.space.path("pods", "a"))
    process = candidates.start(files)
    says_so(candidates, process, "pods/a")
    candidates.stays(process, "starting", 0.7)
    mend(candidates, candidates.space.path("pods", "a"))
    candidates.leads(process)
