# SPDX-License-Identifier: Apache-2.0
"""Which calls are to fail, one by one. A short run takes the first call of each
place, by one of its errnos, and some more by a seed that is printed; a full one every
call in each of its ways."""

import os
import random

from .page import Strike

SEED = int(os.environ.get("LEADERLIFE_SEED", "21"))
FULL = bool(os.environ.get("LEADERLIFE_FULL"))
EXHAUSTION = 3  # so many descriptors more are refused than the first one
DEEP = 40  # of a place that is called more often, so many calls are enough, spread evenly


def _occurrences(calls):
    if calls <= DEEP:
        return range(1, calls + 1)
    return sorted({1 + index * (calls - 1) // (DEEP - 1) for index in range(DEEP)})


def every_strike(calls):
    """calls: as Page.calls(). All of them."""
    strikes = []
    for site, count in sorted(calls.items(), key=lambda item: (item[0].module, item[0].offset, item[0].function)):
        for occurrence in _occurrences(count):
            strikes += [Strike(site, occurrence, choice) for choice in range(site.errnos)]
            if site.takes_descriptor:
                strikes.append(Strike(site, occurrence, 0, EXHAUSTION))
    return strikes


def some_strikes(calls, most, name):
    """At most so many, the first call of each place before others."""
    chance = random.Random(f"{SEED} {name}")
    first = {}
    for site in calls:
        first[site] = Strike(site, 1, chance.randrange(site.errnos), EXHAUSTION * chance.randrange(2) if
                             site.takes_descriptor else 0)
    chosen = list(first.values())
    chance.shuffle(chosen)
    rest = [strike for strike in every_strike(calls) if strike not in set(chosen)]
    chance.shuffle(rest)
    return (chosen + rest)[:most]


def strikes(calls, most, name, most_of_full=None):
    """What this run takes. most_of_full: where all would take hours, so many of them are a full one, too."""
    if FULL and most_of_full is None:
        return every_strike(calls)
    return some_strikes(calls, most_of_full if FULL else most, name)
