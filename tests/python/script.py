# SPDX-License-Identifier: Apache-2.0
"""Short Python programs in interpreters of their own, in development mode and
with every warning an error: what they write to standard error fails the test."""

import sys

import scenarios.script

_BEGIN = """\
import gc, os, signal, sys, threading, time
import leaderlife

LOCK, ARGUMENTS = sys.argv[1], sys.argv[2:]
HANG = 30


def local(**options):
    '''Its notices are events alone: the default logger would write them to standard error.'''
    return leaderlife.Election(LOCK, **{"backend": "local", "logger": False, **options})


def until(election, state):
    end = time.monotonic() + HANG
    while election.state != state:
        assert time.monotonic() < end, f"{election.state}, not {state}"
        election.wait(0.1)


def raised(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{call} did not raise {kind.__name__}")


"""


class Script(scenarios.script.Script):
    """Programs on one lock. In each, that which _BEGIN defines is at hand."""

    def __init__(self, directory, lock, python=sys.executable):
        super().__init__(directory, lock, [python, "-X", "dev", "-W", "error"], ".py", _BEGIN)
