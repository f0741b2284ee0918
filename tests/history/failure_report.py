# SPDX-License-Identifier: Apache-2.0
"""A report on a history that has failed: every process and what it waits for, lock,
record and pods, and what the collector says of them. It judges nothing, and leaves
out what it cannot learn."""

import re

from controlplane.client import ApiError, Client

ANSWER = 5  # seconds: what is asked last may have no answer
LAST_LINES = 25  # of the story
LAST_WORDS = 8  # of the collector
WIDE = 300  # characters of a line
_ROW = re.compile(r"[A-Z]+: ")  # the machine's state, and what it has commanded


def tell(history):
    """Lines. To be called before the processes end."""
    if history.fleet is None:
        return ["nothing had begun"]
    told = ["processes:", *_safely(_processes, history), "objects:", *_safely(_objects, history)]
    words = _safely(_collector, history)
    if words:
        told += ["the controller manager said last:", *words]
    told += [f"the last {LAST_LINES} lines:", *history.checker.story().splitlines()[-LAST_LINES:]]
    return [line[:WIDE] for line in told]


def _safely(of, history):
    try:
        return of(history)
    except Exception as error:  # what has failed is to be told, not this
        return [f"  unknown: {type(error).__name__}: {error}"]


# Processes

def _processes(history):
    eligible = history.fleet.eligible()
    alive = [process for process in history.checker.processes if process.alive]
    asked = [(process, _ask(process)) for process in alive]
    return [f"  {process.name} in {_pod(history.checker.fleet_pods[process])}: {_state(process, eligible, expected)}"
            f"{_last(history, process)}" for process, expected in asked]


def _pod(fleet_pod):
    more = [word for word, holds in (("over", fleet_pod.over is not None), ("terminating", fleet_pod.terminating),
                                     ("forced", fleet_pod.forced), ("left behind", fleet_pod.left_behind)) if holds]
    return " ".join([f"pod {fleet_pod.pod.name} {fleet_pod.pod.uid}", *more])


def _state(process, eligible, expected):
    words = [str(process.state), "" if process in eligible else "not eligible", "frozen" if process.frozen else ""]
    reply = None if expected is None else _reply(process, expected)
    if reply:
        words += [f"holder {reply.get('holder')}", f"looks again in {reply.get('timeout_ms')} ms"]
    elif not process.frozen:
        words.append("does not answer")
    return ", ".join(word for word in words if word)


def _ask(process):
    try:
        return None if process.frozen else process.send("state")
    except OSError:
        return None  # it has ended by itself


def _reply(process, expected):
    """Not by its reply(), which judges."""
    def come():
        return [reply for reply in process.replies if reply["reply"] != "process"][expected:]
    with process.observer.changed:
        process.observer.changed.wait_for(come, ANSWER)
        return next(iter(come()), None)


def _last(history, process):
    """Its last notice, and the row that it was in when it commanded last."""
    said = [line["text"] for whose, line in history.checker.lines if whose is process and line.get("event") == "log"]
    row = next((text for text in reversed(said) if _ROW.match(text)), None)
    notices = process.handle().notices
    return (f"; last {row}" if row else "") + (f"; notice {notices[-1]['text']}" if notices else "")


# The cluster

def _objects(history):
    namespace, cluster = history.fleet.namespace, history.shared.cluster
    admin = Client(cluster.url, cluster.ca_file, token=cluster.admin_token, timeout=ANSWER)
    targets = (("lock", namespace.lock_path), ("record", namespace.record_path))
    pods = admin.get(namespace.path("pods"))["items"]
    return [f"  {what}: {_metadata(_find(admin, target))}" for what, target in targets] + \
        [f"  pod: {_metadata(pod)}, {pod['status'].get('phase')}" for pod in pods]


def _find(admin, target):
    try:
        return admin.find(target)
    except ApiError as error:
        return {"metadata": {"name": str(error)}}


def _metadata(found):
    if found is None:
        return "absent"
    metadata = found["metadata"]
    words = [metadata["name"], metadata.get("uid", ""), "version " + metadata.get("resourceVersion", "?")]
    words += [f"owner {owner['name']} {owner['uid']}" for owner in metadata.get("ownerReferences", [])]
    words += [f"{name.removeprefix('leaderlife.dev/')} {value or '(empty)'}"
              for name, value in metadata.get("annotations", {}).items()]
    if "deletionTimestamp" in metadata:
        words.append(f"deleted at {metadata['deletionTimestamp']}, finalizers {metadata.get('finalizers', [])}")
    return ", ".join(word for word in words if word)


def _collector(history):
    """Of this namespace."""
    with open(history.shared.cluster.controller_manager.log_path, encoding="utf-8", errors="replace") as log:
        lines = [line for line in log if history.fleet.namespace.name in line]
    return ["  " + _both_ends(line.strip()) for line in lines[-LAST_WORDS:]]


def _both_ends(line):
    """When, and what was wrong, which comes last."""
    return line if len(line) < WIDE else f"{line[:60]} … {line[70 - WIDE:]}"
