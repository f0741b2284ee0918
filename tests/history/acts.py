# SPDX-License-Identifier: Apache-2.0
"""Plays the steps of a plan: ACTS has a function for each kind. They answer
False when there was nobody, or nothing, to play it on."""

import time

from controlplane.client import ApiError
from controlplane.proxy import status

BACK_WITHIN = 1.5  # seconds; then a removal by hand that waits for what is missing is left out

ACTS = {}


def act(kind):
    def register(function):
        ACTS[kind] = function
        return function
    return register


@act("start")
def start(history, step):
    stage = history.stage
    stage.make_home(stage.new_name(), step.more["on_node"], step.more["processes"])


@act("kill")
def kill(history, step):
    """A container dies; the kubelet starts it again, now or later."""
    process = history.stage.choose(step)
    if process is None:
        return False
    _crash(history, process, step)


@act("all killed")
def all_killed(history, step):
    """Nobody sees what happens until they are back."""
    for process in history.stage.living():
        _crash(history, process, step)


def _crash(history, process, step):
    home, number = history.stage.crash(process)
    history.later(step.more["back_after"], lambda: history.stage.restart(home, number))


@act("freeze")
def freeze(history, step):
    process = history.stage.choose(step, awake=True)
    if process is None:
        return False
    process.freeze()

    def thaw():
        if process.alive and process.frozen:
            process.thaw()
    history.later(step.more["thaw_after"], thaw)


@act("resign")
def resign(history, step):
    process = history.stage.choose(step, awake=True)
    if process is None:
        return False
    history.stage.give_back(process, step.more["do"])
    if step.more["again_after"] is not None:
        history.later(step.more["again_after"], lambda: history.stage.again(process))


# Pods

def _succeed(history, home, step):
    """What a controller puts in its place: as a StatefulSet, or as a Deployment."""
    how = step.more["successor"]
    if how == "none":
        return
    if how == "same name":
        home.pod.wait_gone()
    name = home.pod.name if how == "same name" else history.stage.new_name()
    history.stage.make_home(name, home.hook is not None, len(home.processes))


@act("pod gone")
def pod_gone(history, step):
    """Its processes are dead when it is deleted without a grace."""
    home = history.stage.choose_home(step)
    if home is None:
        return False
    history.stage.remove(home)
    _succeed(history, home, step)


@act("pod deleted")
def pod_deleted(history, step):
    """With its grace; perhaps its processes resign, as at SIGTERM."""
    home = history.stage.choose_home(step)
    foreground = step.more["policy"] == "Foreground"
    if step.more["policy"] == "Orphan" and history.world.before:
        return False  # which the library before is blocked by
    # Foreground deletion removes the lock, too, so the record must be there.
    if home is None or home.terminating or foreground and history.stage.namespace.record_object() is None:
        return False
    history.stage.begin_deletion(home, step.more["policy"])
    for process in home.living():
        if step.more["resigns"] and not process.frozen:
            history.stage.give_back(process, "resign")
    _succeed(history, home, step)
    history.later(step.more["ends_after"], lambda: history.stage.let_end(home))


@act("pod terminal")
def pod_terminal(history, step):
    """It has ended, and stays. On a node, where the kubelet writes the status, it is deleted instead."""
    home = history.stage.choose_home(step)
    if home is None:
        return False
    if home.hook or home.terminating:
        history.stage.remove(home)
    else:
        history.stage.tell_end(home, step.more["how"])
    _succeed(history, home, step)


@act("pod forced")
def pod_forced(history, step):
    """The object of a standby's pod is removed by force, and its processes live on: they must not lead any more (P1, P2).
    Only while another leads, so that no takeover is under way."""
    stage, judge = history.stage, history.judge
    leading = judge.leading()
    home = stage.choose_home(step)
    if history.world.before or home is None or home.terminating or len(leading) != 1 or leading[0].frozen:
        return False
    if home is judge.homes[leading[0]] or home.pod.uid in [uid for _, uid in stage.holders()]:
        return False
    stage.force_removal(home, leading)
    history.later(step.more["dies_after"], lambda: stage.let_end(home))
    _succeed(history, home, step)


# Hands

def _wait_standing(history):
    """Only one of the two may be missing: what was removed before must be back, by a leader that can bring it back."""
    deadline = time.monotonic() + BACK_WITHIN
    while True:
        found = history.stage.standing()
        if found:
            history.note_put_backs(found)
            return found
        if time.monotonic() > deadline:
            return None
        time.sleep(0.05)


@act("lock removed")
def lock_removed(history, _step):
    found = _wait_standing(history)
    if found is None:
        return False
    home, lock, _ = found
    history.stage.delete_object(history.stage.namespace.lock_path, lock)
    if not home.terminating:
        history.removed(home, lock)


@act("owner taken")
def owner_taken(history, _step):
    """The lock's owner reference alone, which its leader restores (P14). Not while its pod is terminating."""
    found = _wait_standing(history)
    if found is None or found[0].terminating or history.world.before:
        return False
    metadata = found[1]["metadata"]
    try:
        history.stage.namespace.admin.patch(history.stage.namespace.lock_path, {"metadata": {
            "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"], "ownerReferences": None}})
    except ApiError as error:
        if error.code not in (404, 409):
            raise
        return False  # it has changed meanwhile


@act("record removed")
def record_removed(history, _step):
    """Not while the leader's pod is terminating: then nobody would put it back."""
    found = _wait_standing(history)
    if found is None or found[0].terminating:
        return False
    home, _, record = found
    history.stage.delete_object(history.stage.namespace.record_path, record)
    history.removed(home, record)


# The wire

@act("wire")
def wire(history, step):
    """The next requests of one pod, or of all, go wrong."""
    stage, more = history.stage, step.more
    process = None if step.of == "any" else stage.choose(step)
    match = {"user": f"^{stage.namespace.user}$", "count": more["count"]}
    if process is not None:
        match["pod"] = f"^{stage.judge.homes[process].pod.name}$"
    if "method" in more:
        match["method"] = more["method"]
    history.add_rule(FAULTS[more["fault"]](stage.proxy, more, match))


FAULTS = {
    "refuse": lambda proxy, more, match: proxy.refuse(connection=more["connection"], **match),
    "drop answer": lambda proxy, more, match: proxy.drop_answer(connection=more["connection"], **match),
    "late write": lambda proxy, more, match: proxy.hold(more["ms"], detach=True, **match),
    "error": lambda proxy, more, match: proxy.answer(
        more["code"], status(more["code"], "Drawn", "an error that the test has drawn"), {"Retry-After": "1"}, **match),
    "cut": lambda proxy, _more, match: proxy.refuse(connection=True, **match),  # with all streams, watches included
}
