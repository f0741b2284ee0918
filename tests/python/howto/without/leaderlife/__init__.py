# SPDX-License-Identifier: Apache-2.0
"""In place of the package: everybody leads at once, as in a program that elects nobody. With it the examples must be
found out by the judge."""

import itertools
import os
import threading

LeaderLifeError = type("LeaderLifeError", (Exception,), {})
_numbers = itertools.count()


class Term:
    is_leading = True

    def __init__(self, lock):
        self.lock, self.number = lock, next(_numbers)
        self.token = f"{os.getpid()}{self.number}"
        self._ended = threading.Event()
        self.wait = self._ended.wait


def campaign(lock, work, **_options):
    return work(Term(lock))


class Campaign:
    is_leader = is_ready = True
    holder = None

    def __init__(self, lock, work, **_options):
        self._term, self._work = Term(lock), work

    def run(self):
        return self._work(self._term)

    def stop(self, timeout=15.0):
        self._term._ended.set()
        return True


class _Election(Term):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def close(self):
        pass


def become(lock, **_options):
    return _Election(lock)
