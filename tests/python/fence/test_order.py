# SPDX-License-Identifier: Apache-2.0
"""In every store: who may write, and that no write of an older leader is ever behind one of a newer."""

import contextlib
import itertools
import os
import random
import threading
import time

import pytest
from leaderlife.fence import StaleTokenError

HANG_S = 60
LAST_WRITES = 20
LONG = "1" + "0" * 38  # no integer or floating-point number of a store holds it
TOKENS = ["9", "99", "100", "9007199254740992", "9007199254740993", "18446744073709551616", LONG[:-1] + "1", LONG + "0"]


def age(token):
    return len(token), token


def test_newer_and_the_same_token_may_write(open_store):
    store = open_store()
    for token in TOKENS:
        store.write(token, "first")
        store.write(token, "second")
    assert store.tokens() == [token for token in TOKENS for _ in range(2)]


@pytest.mark.parametrize("new, old", [
    ("100", "99"), ("20", "19"), ("9007199254740993", "9007199254740992"), ("18446744073709551616", "2"),
    ("1" + "0" * 200 + "1", "1" + "0" * 201)])
def test_an_older_token_is_refused_and_leaves_nothing(open_store, new, old):
    store = open_store()
    store.write(new, "new")
    with pytest.raises(StaleTokenError) as caught:
        store.write(old, "old")
    assert (caught.value.lock, caught.value.token, caught.value.newest) == (store.lock, old, new)
    store.write(new, "again")
    assert store.tokens() == [new, new]


def test_zeros_in_front_count_for_nothing(open_store):
    store = open_store()
    store.write("0100", "new")
    store.write("100", "the same")
    with pytest.raises(StaleTokenError):
        store.write("000099", "old")
    assert store.tokens() == ["0100", "100"]


def test_each_name_has_a_fence_of_its_own(open_store):
    """Any text is a name, and none is ever part of a statement. (In Kubernetes it is a name of an annotation.)"""
    store = open_store()
    names = ["a", "B", "namespace/a", "a@boot", "ä", "'; DROP TABLE work; --", "%s {0} \\ ? \"", "}{", "KEYS[1]"]
    store.write("5", "")
    for name in names:
        open_store(name).write("4", name)
        with pytest.raises(StaleTokenError) as caught:
            open_store(name).write("3", name)
        assert caught.value.lock == name
    with pytest.raises(StaleTokenError):
        store.write("4", "")
    assert store.tokens() == ["5"] + ["4"] * len(names)


@pytest.mark.parametrize("seed", range(5))
def test_writers_in_any_order_are_judged_by_their_tokens(open_store, seed):
    """One step at a time, against a model of one line."""
    chance = random.Random(seed)
    writers = {token: open_store() for token in TOKENS}
    newest, written = "0", []
    for step in range(60):
        token = chance.choice(TOKENS[:1 + step * len(TOKENS) // 60 + 1])
        if age(token) < age(newest):
            with pytest.raises(StaleTokenError) as caught:
                writers[token].write(token, str(step))
            assert caught.value.newest == newest
        else:
            writers[token].write(token, str(step))
            newest = token
            written.append(token)
    assert open_store().tokens() == written


class Race:
    """Writers of many tokens at the same time. All but the newest one write until they are refused; that one begins
    when each has written, and ends with LAST_WRITES writes, for which the others are not yet over."""

    def __init__(self, open_store, write, seed):
        self.write = write
        self.chance = random.Random(seed)
        self.writers = [(token, open_store()) for token in TOKENS]
        self.wrote = {token: 0 for token in TOKENS}
        self.refused, self.troubles = set(), []
        self.over = threading.Event()
        self.end = time.monotonic() + HANG_S

    def run(self):
        threads = [threading.Thread(target=self._safely, args=writer) for writer in self.writers]
        for thread in self.chance.sample(threads, len(threads)):
            thread.start()
        for thread in threads:
            thread.join()
        assert self.troubles == []

    def _safely(self, token, store):
        try:
            with contextlib.suppress(StaleTokenError):
                self._go_on(token, store)
                return
            self.refused.add(token)
        except BaseException as error:
            self.troubles.append(error)
            self.over.set()

    def _go_on(self, token, store):
        newest = token == TOKENS[-1]
        while newest and not (self._all_others_have_begun(token) or self.is_over()):
            self._pause()
        for step in itertools.count():
            if self.is_over() or newest and step == LAST_WRITES:
                break
            self.write(store, token, str(step))
            self.wrote[token] += 1
            self._pause()
        if newest:
            self.over.set()

    def is_over(self):
        return self.over.is_set() or time.monotonic() > self.end

    def _all_others_have_begun(self, token):
        return all(count or other in self.refused or other == token for other, count in self.wrote.items())

    def _pause(self):
        time.sleep(self.chance.random() * 0.005)


SEED = int(os.environ.get("LEADERLIFE_FENCE_SEED", time.time_ns() % 1000000))


def test_no_write_of_an_older_leader_is_behind_one_of_a_newer(open_store):
    race = Race(open_store, lambda store, token, text: store.write(token, text), SEED)
    race.run()
    tokens = open_store().tokens()
    assert tokens == sorted(tokens, key=age), f"LEADERLIFE_FENCE_SEED={SEED}"
    assert tokens.count(TOKENS[-1]) == LAST_WRITES and len(tokens) == sum(race.wrote.values())


def test_without_the_fence_they_are(open_store):
    """Or the test above shows nothing."""
    race = Race(open_store, lambda store, token, text: store.write_past(token, text), SEED)
    race.run()
    tokens = open_store().tokens()
    assert tokens != sorted(tokens, key=age)
