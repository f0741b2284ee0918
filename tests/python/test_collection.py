# SPDX-License-Identifier: Apache-2.0
"""What becomes of elections that nobody has any more: freed at once, or with
their cycle, and without growth over thousands of them."""

import json

_DROPS = """
import warnings

warnings.simplefilter("ignore", ResourceWarning)  # test_default_logger.py looks at it
"""


def test_a_dropped_election_is_freed_at_once(script):
    script.run(_DROPS + """
gc.disable()
leader, other = local().become(HANG), local()
other.start()
until(other, "standby")
del leader
assert other.become(HANG).is_leader
""")


def test_a_cycle_is_collected_and_frees_the_lock(script):
    script.run(_DROPS + """
gc.disable()
leader, other = local().become(HANG), local()
leader.me = leader
other.start()
until(other, "standby")
del leader
other.wait(0.1)
assert not other.is_leader
gc.collect()
assert other.become(HANG).is_leader
""")


def test_errors_keep_no_election_alive(script):
    """An election keeps why it has ended, and a raised exception keeps its frames: together they would be a cycle."""
    script.run("""
import weakref

gc.disable()
for option in ({"kubeconfig": "/nonexistent"}, {"server": "https://localhost:1"}):
    election = leaderlife.Election(LOCK, backend="kubernetes", logger=False, **option)
    for call in (election.start, election.become, election.raise_if_ended, election.start):
        try:
            call()
        except leaderlife.LeaderLifeError:
            pass
    assert election.state == "failed", election.state
    gone = weakref.ref(election)
    del election, call
    assert gone() is None
""")


_GROWTH = """
import json


def figures():
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1024, len(os.listdir("/proc/self/fd"))


def life(number):
    election = local(log_level="debug")
    if number % 10 == 0:
        election.become(HANG)
        list(election.events())
    election.close()


for number in range(1000):
    life(number)
gc.collect()
began, before = time.monotonic(), figures()
for number in range(10000):
    life(number)
gc.collect()
after = figures()
print(json.dumps({"seconds": time.monotonic() - began, "kib": after[0] - before[0], "fds": after[1] - before[1]}))
"""


def test_ten_thousand_lives(script, report):
    grown = json.loads(script.run(_GROWTH))
    report(f"10000 elections made and closed in Python, each tenth of which led: {grown['seconds']:.1f} s, "
           f"{grown['kib']} KiB and {grown['fds']} descriptors more")
    assert grown["fds"] == 0
    assert grown["kib"] < 2048  # one event or handle of each would be more


def test_reload(script):
    """Elections of before go on, and the classes of after are whole."""
    script.run("""
import importlib

leader = local().become(HANG)
for name in ("errors", "_arguments", "_events", "_election", "_on_lost", "aio", "_campaign_rules",
             "_campaign_thread", "_campaign", "_aio_campaign"):
    importlib.import_module("leaderlife." + name)
importlib.reload(leaderlife)
assert leader.is_leader and isinstance(leader, leaderlife.Election)
for module in (leaderlife.errors, leaderlife._arguments, leaderlife._events, leaderlife._election,
               leaderlife._on_lost, leaderlife.aio, leaderlife._campaign_rules, leaderlife._campaign_thread,
               leaderlife._campaign, leaderlife._aio_campaign, leaderlife):
    importlib.reload(module)
leader.process()
raised(leaderlife.ConfigError, lambda: local(mode="odd"))
standby = local()
standby.start()
until(standby, "standby")
leader.close()
assert standby.become(HANG).is_leader
""")


def test_what_become_returns_leads_on_though_nobody_keeps_it(script):
    """`leaderlife.become("lock")`, as people write who know leader.Become: no garbage collector may end their lead."""
    script.run("""
leaderlife.become(LOCK, backend="local")
gc.collect()
error = raised(leaderlife.TimeoutError, lambda: leaderlife.become(LOCK, backend="local", timeout=0.2,
                                                                  logger=False))
assert f"pid {os.getpid()}" in str(error) and "goes on" not in str(error), error
with leaderlife.become(LOCK + "2", backend="local"):
    pass
standby = local()
assert "goes on" in str(raised(leaderlife.TimeoutError, standby.become, 0.2))
""")
