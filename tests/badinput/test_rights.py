# SPDX-License-Identifier: Apache-2.0
"""Each right of the minimal Role taken away (docs/reference/pods.md): what
cannot be done without ends the election at once, all else is made up for."""

import time

import pytest

from controlplane.pods import operator_lib_rights
from controlplane.process import wait_for

EFORBIDDEN = "LEADERLIFE_EFORBIDDEN"
MEMORY = 2  # LEADERLIFE_GUARD_MEMORY
WATCHES = ["configmaps:list", "configmaps:watch", "pods:list", "pods:watch"]


@pytest.fixture
def pods(candidates):
    """Makes namespaces with fewer rights, and files of pods in them."""
    class Pods:
        def without(self, *rights, **more):
            self.namespace = candidates.namespace(without=rights, **more)
            return self

        def files(self, name="a"):
            return candidates.files(name, self.namespace)
    return Pods()


def rule_for(verb, resource, named=False):
    """The cure, as it can be copied into a Role."""
    name = "resourceNames: [lock], " if named else ""
    return f'{{apiGroups: [""], resources: [{resource}], {name}verbs: [{verb}]}}'


# What cannot be done without

# id: what is missing, options, what it may not, and the rule that cures it.
NEEDED = {
    "configmaps-create": (["configmaps:create"], {}, "create configmaps/lock", rule_for("create", "configmaps")),
    "configmaps-get": (["configmaps:get"], {}, "get configmaps/lock", rule_for("get", "configmaps", True)),
    "configmaps-to-read": (["configmaps:get", "configmaps:watch", "configmaps:list"], {}, "get configmaps/lock",
                           rule_for("get", "configmaps", True)),
    "pods-get": (["pods:get"], {}, "get pods/", rule_for("get", "pods")),
    "all": (["configmaps:*", "pods:*"], {}, "get pods/", rule_for("get", "pods")),
    "all-of-an-observer": (["configmaps:*", "pods:*"], {"mode": "observe"}, "get configmaps/lock",
                           rule_for("get", "configmaps", True)),
}


def test_needed(candidates, pods):
    """All at once, for a refusal at the start is final only after 10 s."""
    started = {}
    for case, (without, options, _, _) in NEEDED.items():
        process = candidates.start(pods.without(*without).files(case), options)
        started[case] = (process, pods.namespace)
    for case, (_, _, what, cure) in NEEDED.items():
        process, namespace = started[case]
        text = candidates.fails(process, EFORBIDDEN, f"may not {what}", f"in namespace {namespace.name}", cure)
        assert namespace.user in text
        assert namespace.lock_object() is None


def test_needed_and_retried(candidates, pods):
    """retry-permanent: they wait, and go on once the right is given."""
    candidates.observer.allow_two = True  # in namespaces of their own
    started = []
    for case, (without, options, what, cure) in NEEDED.items():
        process = candidates.start(pods.without(*without).files(case), {"retry-permanent": "true", **options})
        candidates.notices(process, EFORBIDDEN, f"may not {what}", cure)
        started.append((process, pods.namespace, "standby" if options else "leader"))
    time.sleep(11)  # longer than a refusal may last
    for process, namespace, _ in started:
        assert process.state in ("starting", "standby")
        namespace.set_rights()
    for process, _, state in started:
        candidates.reaches(process, state)


# What can

@pytest.mark.parametrize("missing", ["configmaps:list", "configmaps:watch", "configmaps:update", "configmaps:delete",
                                     "pods:list"])
def test_one_less_is_enough(candidates, pods, missing):
    """One leads, the other stands by; the leader's pod goes, the other leads.
    Where `delete` is missing the garbage collector makes way."""
    first = pods.without(missing).files("a")
    leader = candidates.start(first)
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    if missing == "configmaps:watch":
        candidates.notices(standby, EFORBIDDEN, "may not watch configmaps/lock", rule_for("watch", "configmaps", True),
                           "every 2 to 5 s")
    leader.kill()
    first.pod.delete(grace=0)
    candidates.leads(standby)


def lease_rule(verb):
    name = "" if verb == "create" else "resourceNames: [lock.leaderlife], "
    return f"{{apiGroups: [coordination.k8s.io], resources: [leases], {name}verbs: [{verb}]}}"


# verb: whose candidate misses it, the one that starts an election or the one that takes over.
RECORD_VERBS = {"get": "first", "create": "first", "update": "second"}


@pytest.mark.parametrize("verb", RECORD_VERBS)
def test_one_right_to_the_record_less(candidates, pods, verb):
    """P8: any verb that is missing makes the term of whoever needs it unguarded; it says which, once, and leads."""
    first = pods.without(f"leases:{verb}").files("a")
    leader = candidates.start(first)
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    unguarded = {"first": leader, "second": standby}[RECORD_VERBS[verb]]
    assert (leader.do("state")["guard"] == MEMORY) == (unguarded is leader)
    leader.kill()
    first.pod.delete(grace=0)
    candidates.leads(standby)
    assert standby.do("state")["guard"] == MEMORY
    text = candidates.notices(unguarded, EFORBIDDEN, f"may not {verb} leases/lock.leaderlife", lease_rule(verb),
                              "no holder record guards")
    told = [line["text"] for line in candidates.lines(unguarded, "notice") if line["status"] == EFORBIDDEN]
    assert told == [text]


@pytest.mark.parametrize("verb", ["get", "create"])
def test_the_record_is_required(candidates, pods, verb):
    """guard=required: then it is as needed as the others."""
    process = candidates.start(pods.without(f"leases:{verb}").files("a"), {"guard": "required"})
    candidates.fails(process, EFORBIDDEN, f"may not {verb} leases/lock.leaderlife", lease_rule(verb),
                     "guard is 'required'")
    assert pods.namespace.lock_object() is None


def test_pods_cannot_be_watched(candidates, pods):
    """Then they are asked for every 30 to 60 s: said once, and still a standby."""
    leader = candidates.start(pods.without("pods:list", "pods:watch").files("a"))
    candidates.leads(leader)
    candidates.notices(leader, EFORBIDDEN, "may not watch pods/a", rule_for("watch", "pods"), "30 to 60 s")
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    candidates.notices(standby, EFORBIDDEN, "may not watch pods/a", rule_for("watch", "pods"), "30 to 60 s")
    leader.do("resign")  # which is seen on the lock
    candidates.leads(standby)
    refusals = [line["text"] for line in candidates.lines(standby, "notice") if line["status"] == EFORBIDDEN]
    assert len(set(refusals)) == len(refusals)  # a, and perhaps b


def test_a_standby_polls(candidates, pods):
    """Without any watch: the lock every 2 to 5 s, and no more often."""
    leader = candidates.start(pods.without(*WATCHES).files("a"))
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    candidates.notices(standby, EFORBIDDEN, "may not watch configmaps/lock")  # when the refusal has lasted (P15)
    mark, begun = candidates.cluster.audit_mark(), time.monotonic()

    def polls():
        return [entry for entry in candidates.cluster.audit_since(mark, pods.namespace.user)
                if entry.pod == "b" and entry.verb == "get" and entry.resource == "configmaps"]
    wait_for("three polls", lambda: len(polls()) >= 3)
    assert len(polls()) <= 1 + (time.monotonic() - begun) / 2


def test_no_delete_waits_for_the_collector(candidates, pods):
    """P7. It says so by standing by, and takes over when the lock is gone."""
    first = pods.without("configmaps:delete").files("a")
    leader = candidates.start(first)
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    candidates.cluster.pause_controller_manager()
    try:
        leader.kill()
        first.pod.delete(grace=0)
        candidates.notices(standby, EFORBIDDEN, "may not delete configmaps/lock",
                           rule_for("delete", "configmaps", True))
        candidates.stays(standby, "standby", 12.0)  # about until the refusal is final

        def asks_no_more():
            mark = candidates.cluster.audit_mark()
            time.sleep(2.0)
            return not [entry for entry in candidates.cluster.audit_since(mark, pods.namespace.user)
                        if entry.verb == "delete"]
        wait_for("an end of the requests that are refused", asks_no_more)
        assert standby.state == "standby"
    finally:
        candidates.cluster.resume_controller_manager()
    candidates.leads(standby)


@pytest.mark.parametrize("guard", ["auto", "memory"])
def test_no_update_resumes_without_rewriting(candidates, pods, guard):
    """P1; at level memory resigning then deletes without the mark (P8, P10)."""
    candidates.observer.allow_two = guard == "memory"  # the token of the resumed term is no greater one then
    files = pods.without("configmaps:update").files("a")
    first = candidates.start(files, {"guard": guard})
    candidates.leads(first)
    version = pods.namespace.lock_object()["metadata"]["resourceVersion"]
    first.kill()
    again = candidates.start(files, {"guard": guard})
    candidates.leads(again)
    assert pods.namespace.lock_object()["metadata"]["resourceVersion"] == version
    again.do("resign")
    candidates.reaches(again, "resigned")
    assert pods.namespace.lock_object() is None


@pytest.mark.parametrize("ending", ["resign", "close"])
def test_giving_back_without_delete(candidates, pods, ending):
    """It cannot be given back then: said, and the end comes all the same."""
    process = candidates.start(pods.without("configmaps:delete").files("a"))
    candidates.leads(process)
    process.do(ending)
    assert not process.do("state")["is_leader"]
    candidates.reaches(process, {"resign": "resigned", "close": "closed"}[ending])
    candidates.notices(process, EFORBIDDEN, "may not delete configmaps/lock", rule_for("delete", "configmaps", True))


def test_operator_libs_role(candidates, pods):
    """configmaps get and create, pods get: the least that elects, and resumes (with the token it had)."""
    candidates.observer.allow_two = True
    first = pods.without(wanted=operator_lib_rights).files("a")
    leader = candidates.start(first)
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    leader.kill()
    again = candidates.start(first)
    candidates.leads(again)


@pytest.mark.parametrize("taken", [["configmaps:*"], ["pods:*"], ["configmaps:*", "pods:*"], ["leases:*"]],
                         ids="+".join)
def test_taken_away_later(candidates, pods, taken):
    """P15: then it is transient. The leader leads on, and all is well again when it is given back."""
    leader = candidates.start(pods.without().files("a"))
    candidates.leads(leader)
    standby = candidates.start(pods.files("b"))
    candidates.stands_by(standby, holder="a")
    pods.namespace.set_rights(without=taken)
    candidates.admin.delete(pods.namespace.lock_path)  # so that both have something to ask for
    candidates.stays(leader, "leader", 2.0)
    assert leader.do("state")["is_leader"]
    assert standby.state == "standby"
    pods.namespace.set_rights()
    candidates.observer.wait("the lock put back", lambda: pods.namespace.lock_object())
    candidates.stays(leader, "leader", 0.2)
    leader.do("resign")
    candidates.leads(standby)
