# SPDX-License-Identifier: Apache-2.0
"""Tests side by side: each in a fork of this process, so that all share what it
has started. Their results are reported here, as if they had run here."""

import itertools
import multiprocessing
import signal
from multiprocessing.connection import wait

import pytest
from _pytest.runner import runtestprotocol

from controlplane.process import _die_with_parent
from controlplane.report import REPORT

_FORK = multiprocessing.get_context("fork")


def _test(item, results):
    """In the fork: what pytest has captured so far is this process's own from here on."""
    _die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    capture = item.config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    lines = item.config.stash[REPORT]
    lines.clear()
    hook = item.config.hook
    reports = runtestprotocol(item, log=False, nextitem=None)
    results.send(([hook.pytest_report_to_serializable(config=item.config, report=each) for each in reports], lines))


class _Fork:
    """One test, and the process that it runs in."""

    def __init__(self, item):
        self._item = item
        self.results, theirs = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_test, args=(item, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def report(self):
        """Waits for its end."""
        config, hook = self._item.config, self._item.ihook
        try:
            texts, lines = self.results.recv()
            reports = [hook.pytest_report_from_serializable(config=config, data=text) for text in texts]
        except EOFError:
            self._process.join()
            lines, reports = [], [pytest.TestReport(
                self._item.nodeid, self._item.location, {}, "failed",
                f"the test's process has ended with status {self._process.exitcode}", "call")]
        config.stash[REPORT].extend(lines)
        hook.pytest_runtest_logstart(nodeid=self._item.nodeid, location=self._item.location)
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=self._item.nodeid, location=self._item.location)

    def end(self):
        self._process.kill()
        self._process.join()
        self.results.close()


def run(session, items, limit):
    """limit: how many at once. They begin in their order."""
    waiting, running = list(items), {}
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                fork = _Fork(waiting.pop(0))
                running[fork.results] = fork
            for ended in wait(list(running)):
                running[ended].report()
                running.pop(ended).end()
            _stop_if_told(session)
    finally:
        for fork in running.values():
            fork.end()


def run_one_by_one(session, items):
    """In this process, as pytest does it."""
    for item, following in itertools.zip_longest(items, items[1:]):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        _stop_if_told(session)


def _stop_if_told(session):
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
