# SPDX-License-Identifier: Apache-2.0
"""Fake elections, and threads of the program under test."""

import threading

import pytest

HANG = 30


@pytest.fixture
def fakes(leaderlife):  # noqa: ARG001  the package must be there
    import leaderlife.testing

    with leaderlife.testing.fake_elections(HANG) as made:
        yield made


class Program:
    """A function in a thread of its own: what it returned or raised."""

    def __init__(self, function):
        self.result = self.error = None
        self._function = function
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.result = self._function()
        except Exception as error:
            self.error = error

    def join(self):
        self._thread.join(HANG)
        assert not self._thread.is_alive(), "the program hangs"
        return self


@pytest.fixture
def program():
    return Program
