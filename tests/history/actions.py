# SPDX-License-Identifier: Apache-2.0
"""Plays the steps of a plan: ACTIONS has a function for each kind. They answer
False when there was nobody, or nothing, to play it on."""

import time

from controlplane.client import ApiError
from controlplane.proxy import status

BACK_WITHIN = 1.5  # seconds; then a removal by hand that waits for what is missing is left out

ACTIONS = {}


def action(kind):
    def register(function):
        ACTIONS[kind] = function
        return function
    return register


@action("start")
def start(history, step):
    fleet = history.fleet
    fleet.make_pod(fleet.new_name(), step.more["on_node"], step.more["processes"])


@action("kill")
def kill(history, step):
    """A container dies; the kubelet starts it again, now or later."""
    process = history.fleet.choose(step)
    if process is None:
        return False
    _crash(history, process, step)


@action("all killed")
def all_killed(history, step):
    """Nobody sees what happens until they are back."""
    for process in history.fleet.living():
        _crash(history, process, step)


def _crash(history, process, step):
    fleet_pod, number = history.fleet.crash(process)
    history.later(step.more["back_after"], lambda: history.fleet.restart(fleet_pod, number))


@action("freeze")
def freeze(history, step):
    process = history.fleet.choose(step, awake=True)
    if process is None:
        return False
    process.freeze()

    def thaw():
        if process.alive and process.frozen:
            process.thaw()
    history.later(step.more["thaw_after"], thaw)


@action("resign")
def resign(history, step):
    process = history.fleet.choose(step, awake=True)
    if process is None:
        return False
    history.fleet.give_back(process, step.more["do"])
    if step.more["again_after"] is not None:
        history.later(step.more["again_after"], lambda: history.fleet.again(process))


# Pods

def _succeed(history, fleet_pod, step):
    """What a controller puts in its place: as a StatefulSet, or as a Deployment."""
    how = step.more["successor"]
    if how == "none":
        return
    same = how == "same name" and not history.fleet.kept([fleet_pod])
    name = fleet_pod.pod.name if same else history.fleet.new_name()
    history.fleet.make_pod(name, fleet_pod.hook is not None, len(fleet_pod.processes))


@action("pod gone")
def pod_gone(history, step):
    """Its processes are dead when it is deleted without a grace."""
    fleet_pod = history.fleet.choose_pod(step)
    if fleet_pod is None:
        return False
    history.fleet.remove(fleet_pod)
    _succeed(history, fleet_pod, step)


@action("pod deleted")
def pod_deleted(history, step):
    """With its grace; perhaps its processes resign, as at SIGTERM."""
    fleet_pod = history.fleet.choose_pod(step)
    foreground = step.more["policy"] == "Foreground"
    if step.more["policy"] == "Orphan" and history.shared.before:
        return False  # which the library before is blocked by
    # Foreground deletion removes the lock, too, so the record must be there.
    if fleet_pod is None or fleet_pod.terminating or foreground and history.fleet.namespace.record_object() is None:
        return False
    history.fleet.begin_deletion(fleet_pod, step.more["policy"])
    for process in fleet_pod.living():
        if step.more["resigns"] and not process.frozen:
            history.fleet.give_back(process, "resign")
    _succeed(history, fleet_pod, step)
    history.later(step.more["ends_after"], lambda: history.fleet.let_end(fleet_pod))


@action("pod terminal")
def pod_terminal(history, step):
    """It has ended, and stays. On a node, where the kubelet writes the status, it is deleted instead."""
    fleet_pod = history.fleet.choose_pod(step)
    if fleet_pod is None:
        return False
    if fleet_pod.hook or fleet_pod.terminating:
        history.fleet.remove(fleet_pod)
    else:
        history.fleet.tell_end(fleet_pod, step.more["how"])
    _succeed(history, fleet_pod, step)


@action("pod forced")
def pod_forced(history, step):
    """The object of a standby's pod is removed by force, and its processes live on: they must not lead any more (P1,
    P2). Only while another leads, so that no takeover is under way."""
    fleet, checker = history.fleet, history.checker
    leading = checker.leading()
    fleet_pod = fleet.choose_pod(step)
    if history.shared.before or fleet_pod is None or fleet_pod.terminating or len(leading) != 1 or leading[0].frozen:
        return False
    if fleet_pod is checker.fleet_pods[leading[0]] or fleet_pod.pod.uid in [uid for _, uid in fleet.holders()]:
        return False
    fleet.force_removal(fleet_pod, leading)
    history.later(step.more["dies_after"], lambda: fleet.let_end(fleet_pod))
    _succeed(history, fleet_pod, step)


# Hands

def _wait_standing(history):
    """Only one of the two may be missing: what was removed before must be back, by a leader that can bring it back."""
    deadline = time.monotonic() + BACK_WITHIN
    while True:
        found = history.fleet.standing()
        if found:
            history.note_put_backs(found)
            return found
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


@action("lock removed")
def lock_removed(history, _step):
    found = _wait_standing(history)
    if found is None:
        return False
    fleet_pod, lock, _ = found
    history.fleet.delete_object(history.fleet.namespace.lock_path, lock)
    if not fleet_pod.terminating:
        history.removed(fleet_pod, lock)


@action("owner taken")
def owner_taken(history, _step):
    """The lock's owner reference alone, which its leader restores (P14). Not while its pod is terminating."""
    found = _wait_standing(history)
    if found is None or found[0].terminating or history.shared.before:
        return False
    metadata = found[1]["metadata"]
    try:
        history.fleet.namespace.admin.patch(history.fleet.namespace.lock_path, {"metadata": {
            "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "ownerReferences": None}})
    except ApiError as error:
        if error.code not in (404, 409):
            raise
        return False  # it has changed meanwhile


@action("record removed")
def record_removed(history, _step):
    """Not while the leader's pod is terminating: then nobody would put it back."""
    found = _wait_standing(history)
    if found is None or found[0].terminating:
        return False
    fleet_pod, _, record = found
    history.fleet.delete_object(history.fleet.namespace.record_path, record)
    history.removed(fleet_pod, record)


# The wire

@action("wire")
def wire(history, step):
    """The next requests of one pod, or of all, go wrong."""
    fleet, more = history.fleet, step.more
    process = None if step.of == "any" else fleet.choose(step)
    match = {"user": f"^{fleet.namespace.user}$", "count": more["count"]}
    if process is not None:
        match["pod"] = f"^{fleet.checker.fleet_pods[process].pod.name}$"
    if "method" in more:
        match["method"] = more["method"]
    history.add_rule(FAULTS[more["fault"]](fleet.proxy, more, match))


FAULTS = {
    "refuse": lambda proxy, more, match: proxy.refuse(connection=more["connection"], **match),
    "drop answer": lambda proxy, more, match: proxy.drop_answer(connection=more["connection"], **match),
    "late write": lambda proxy, more, match: proxy.hold(more["ms"], detach=True, **match),
    "error": lambda proxy, more, match: proxy.answer(
        more["code"], status(more["code"], "Drawn", "an error that the test has drawn"), {"Retry-After": "1"}, **match),
    "cut": lambda proxy, _more, match: proxy.refuse(connection=True, **match),  # with all streams, watches included
}
