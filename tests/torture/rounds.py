# SPDX-License-Identifier: Apache-2.0
"""Plays something once and counts its calls, then again and again, each time with
another call that fails."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import plan

_SHOWN = 10  # so many of what went wrong are told


def _where(site, files):
    """The function and line that call, as far as addr2line knows them."""
    if site.module not in files:
        return ""
    told = subprocess.run(["addr2line", "-sfe", files[site.module], hex(site.offset - 1)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()
    return f" ({' '.join(told[:2])})"


def _play_side_by_side(players, strikes):
    """[(strike, whether it struck, trouble)]; the time goes by in waiting, not in work."""
    waiting, played = list(reversed(strikes)), []

    def play(player):
        while True:
            try:
                strike = waiting.pop()
            except IndexError:
                return
            trouble = player.play(strike)
            played.append((strike, player.page.struck > 0, trouble))

    with ThreadPoolExecutor(len(players)) as pool:
        list(pool.map(play, players))
    return played


def play_all(name, players, mosts, report, files):
    """Each player has play(strike or None), which gives "" where all is well, and page, in which it leaves what was
    called. mosts: as of plan.strikes(). files: {module: path}. Reports figures; raises what was wrong."""
    began = time.monotonic()
    trouble = players[0].play(None)
    assert not trouble, f"{name}, where nothing fails: {trouble}"
    calls = players[0].page.calls()
    assert calls, f"{name}: no call was counted"
    strikes = plan.strikes(calls, mosts[0], name, mosts[1])
    print(f"{name}: seed {plan.SEED}, {len(strikes)} strikes")
    played = _play_side_by_side(players, strikes)
    struck = [strike for strike, hit, _ in played if hit]
    wrong = [f"{strike}{_where(strike.site, files)}: {trouble}" for strike, _, trouble in played if trouble]
    report(f"{name}: {sum(calls.values())} calls from {len(calls)} places; failed one by one: {len(struck)} calls from "
           f"{len({strike.site for strike in struck})} places (seed {plan.SEED}), {len(wrong)} wrong, "
           f"{time.monotonic() - began:.0f} s")
    assert not wrong, "\n".join([f"{len(wrong)} of {len(strikes)} went wrong (seed {plan.SEED}):", *wrong[:_SHOWN]])
    assert len(struck) >= len(strikes) // 2, f"only {len(struck)} of {len(strikes)} calls were made again"
