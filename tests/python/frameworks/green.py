# SPDX-License-Identifier: Apache-2.0
"""Programs with greenlets of gevent or eventlet, patched before or after leaderlife is imported, or not."""

import os
from pathlib import Path

import scenarios.script
from controlplane.fixtures import require

PACKAGE = Path(os.environ.get("LEADERLIFE_BUILD", Path(__file__).resolve().parents[3] / "build")).resolve() / "python"

_BEGIN = """\
import os, posix, sys, warnings

warnings.filterwarnings("ignore", r"\\s*Eventlet is deprecated")


def patch():
    if "{framework}" == "gevent":
        import gevent.monkey
        gevent.monkey.patch_all()
    else:
        import eventlet
        eventlet.monkey_patch()


if "{patched}" == "before":
    patch()
import leaderlife
if "{patched}" == "after":
    patch()
import signal, threading, time
import {framework} as green

LOCK, ARGUMENTS = sys.argv[1], sys.argv[2:]
HANG = 30
ticks = 0


def tick():
    global ticks
    while True:
        ticks += 1
        green.sleep(0.01)


def went_on(call, *arguments):
    '''Its result; other greenlets had their turns meanwhile.'''
    before = ticks
    try:
        return call(*arguments)
    finally:
        assert ticks > before + 1, ticks - before


def become(**more):
    return leaderlife.become(LOCK, **{{"backend": "local", "logger": False, "timeout": HANG, **more}})


def lose(leader):
    posix.close(leader.fileno())  # gevent's os.close() closes later


def compute(done, seconds=HANG):
    '''Lets no other greenlet have a turn.'''
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
    return True


def raised(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{{call}} did not raise {{kind.__name__}}")


green.spawn(tick)
green.sleep(0)
"""


def python():
    """A Python that has the frameworks."""
    found = os.environ.get("LEADERLIFE_FRAMEWORKS_PYTHON", "")
    if not os.access(found, os.X_OK):
        require("python_frameworks",
                "LEADERLIFE_FRAMEWORKS_PYTHON names no Python with script/requirements-frameworks.txt")
    return found


class GreenScript(scenarios.script.Script):
    """In each program, that which _BEGIN defines is at hand. Warnings are errors, but those that the frameworks give
    about themselves."""

    def __init__(self, directory, lock, framework, patched):
        command = [python(), "-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning"]
        super().__init__(directory, lock, command, ".py", _BEGIN.format(framework=framework, patched=patched),
                         {"PYTHONPATH": str(PACKAGE / "python")})
