# SPDX-License-Identifier: Apache-2.0
"""What every framework goes through: its leader is frozen, killed, and restarted, and at no time do two tick. And the
same program without an election, in which two do: else the judge would not be worth its word."""

import dataclasses
import os
import signal
import time

from .fleet import HANG_S, Fleet

FROZEN_S = 1
START_S = 5  # for two programs to start; when that is too short they are waited for again
TRIES = 3
# Of those that do not lead: `leaderlife run` has no program whose status it could give then, and a program that has
# just been started may not hear the signal yet.
ENDS = (0, 128 + signal.SIGTERM, -signal.SIGTERM)
REFUSED = "a newer leader has ticked"


@dataclasses.dataclass
class Played:
    """gap: seconds without a tick where the leader was killed; deployed: where it was restarted, as by a deployment.
    doubled: what the judge has said of those that elect nobody."""
    gap: float
    deployed: float | None
    ticks: int
    doubled: str


@dataclasses.dataclass(frozen=True)
class Places:
    """package: the folder that holds leaderlife. programs: that of the frameworks' programs. command: leaderlife's."""
    package: os.PathLike
    programs: os.PathLike
    command: os.PathLike


def freeze(fleet):
    """Who is frozen keeps the lock, so nobody ticks; and it goes on when it wakes."""
    token = fleet.wait_ticks(fleet.framework.patience)
    _, replica = fleet.leader()
    fleet.freeze(replica)
    try:
        time.sleep(FROZEN_S)
        assert fleet.terms()[-1].token == token, f"another one has led\n{fleet.logs()}"
    finally:
        replica.resume()
    assert fleet.wait_ticks(fleet.framework.patience) == token, "it has led no longer when it woke"


def kill(fleet):
    """The process that holds the lock, by SIGKILL. The gap in seconds."""
    token = fleet.wait_ticks(fleet.framework.patience)
    pid, _ = fleet.leader()
    os.kill(pid, signal.SIGKILL)
    return fleet.wait_next(token)


def hang_up(fleet):
    token = fleet.wait_ticks(fleet.framework.patience)
    _, replica = fleet.leader()
    os.kill(replica.pid, signal.SIGHUP)
    return fleet.wait_next(token)


def end(fleet, *replicas, statuses):
    """By SIGTERM, as pods end."""
    for replica in replicas:
        os.kill(replica.pid, signal.SIGTERM)
    for replica in replicas:
        status = replica.child.wait(HANG_S)
        assert status in statuses, f"{replica.name} has ended with {status}\n{fleet.logs()}"


def deploy(fleet, all_of_them):
    """For each replica, or for that which leads, a new one is started, and then the old one is ended. The longest
    gap."""
    gaps = []
    old = list(fleet.replicas) if all_of_them else [fleet.leader()[1]]
    for replica in old:
        token = fleet.wait_ticks(fleet.framework.patience)
        leads = fleet.leader()[1] is replica
        fleet.start()
        end(fleet, replica, statuses=[0] if leads else ENDS)
        fleet.replicas.remove(replica)
        if leads:
            gaps.append(fleet.wait_next(token))
    return max(gaps)


def found_out(framework, places, directory):
    """The same program, without leaderlife. Two that keep time together may share a store by which each sees that a
    tick is done (Dagster's do), so one of them is held up for a while."""
    with Fleet(framework, places, directory, elects=False) as fleet:
        fleet.fill_up(1)
        fleet.wait_count(1)  # two that make Dagster's store at a time fail
        fleet.fill_up(2)
        for _ in range(TRIES):
            doubled = fleet.doubled_within(START_S + 3 * framework.seconds)
            if doubled:
                return doubled
            fleet.wait_count(len(fleet.ticks()) + 1)
            fleet.freeze(fleet.replicas[1])
            time.sleep(1.5 * framework.seconds)
            fleet.replicas[1].resume()
        raise AssertionError(f"{framework.name}: two without leaderlife have not ticked at a time\n{fleet.logs()}")


def play(framework, places, directory, full):
    directory.mkdir()
    with Fleet(framework, places, directory / "with") as fleet:
        fleet.fill_up(framework.replicas)
        freeze(fleet)
        gap = kill(fleet)
        fleet.fill_up(3 if full else 2)
        deployed = hang_up(fleet) if framework.hangup else None
        if full or not framework.hangup:
            deployed = max(deployed or 0, deploy(fleet, full))
        fleet.wait_ticks(fleet.framework.patience)
        end(fleet, *fleet.replicas, statuses=ENDS)
        terms = fleet.terms()
        # A task that waits in a queue may come after those of the next leader: that is what the fence is for.
        assert framework.broker or not fleet.said(REFUSED), fleet.logs()
    return Played(gap, deployed, sum(term.count for term in terms), found_out(framework, places, directory / "without"))
