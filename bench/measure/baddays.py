# SPDX-License-Identifier: Apache-2.0
"""Bad days: how long until a standby leads whose connection is of no use any more, or whose API server was away."""

import contextlib
import random
import subprocess
import time

from controlplane.network import Network
from outage.tunnel import Tunnel

from . import elections, figures, subjects
from .events import AWAY, DROPPED, SILENT
from .fleet import Fleet
from .program import now_ms

LEADERLESS_S = 1.0  # a connection is lost so long before the leader dies, as most are


class BehindLink(Network):
    """A network namespace whose packets can be dropped: those of the connections that there are, while new ones work,
    as behind a gateway that has forgotten them."""

    def drop_connections(self):
        said = subprocess.run(self.words("ss", "-tnHO", "state", "established"), capture_output=True, text=True,
                              check=True).stdout
        theirs = {line.split()[2].rpartition(":")[2] for line in said.splitlines()} - {str(self._port)}
        ports = ", ".join(sorted(theirs))
        drops = "".join(f"tcp {end} {{ {ports} }} drop\n" for end in ("sport", "dport"))
        rules = f"table inet lost {{\nchain input {{\ntype filter hook input priority 0;\n{drops}}}\n}}\n"
        subprocess.run(self.words("nft", "-f", "-"), input=rules, text=True, capture_output=True, check=True)


class Inside:
    """The subject, whose processes run in that network."""

    def __init__(self, subject, network):
        self._subject, self._network = subject, network

    def __getattr__(self, name):
        return getattr(self._subject, name)

    def command(self, files, lock, **how):
        return self._network.words(*self._subject.command(files, lock, **how))


class BadDays:
    """keep(…): takes times."""

    def __init__(self, cluster, directory, sizes, keep):
        self.cluster, self.directory, self.sizes, self._keep = cluster, directory, sizes, keep

    def keep(self, event, subject, values):
        self._keep(**figures.times(event, subject, values))

    def run(self):
        measured = [subjects.ours()["c"]] + ([elections.Lease(False)] if self.sizes["peers"] else [])
        self.dead_connections(measured)
        for away_s in self.sizes["away_s"]:
            self.back(measured, away_s)

    def fleets(self, stack, measured, server=None):
        return {subject: [stack.enter_context(contextlib.closing(
            Fleet(self.cluster, self.directory, subject, server=server))) for _ in range(self.sizes["bad_days"])]
            for subject in measured}

    def dead_connections(self, measured):
        """Of both kinds at once, for most of the time is waiting."""
        with BehindLink(self.cluster) as network, Tunnel(self.cluster) as tunnel, contextlib.ExitStack() as stack:
            fleets = {DROPPED: self.fleets(stack, [Inside(subject, network) for subject in measured]),
                      SILENT: self.fleets(stack, measured if self.sizes["silent"] else [], tunnel)}
            time.sleep(random.uniform(0, 1))
            network.drop_connections()
            tunnel.lose_connections()
            time.sleep(LEADERLESS_S)
            self.die(fleets)

    def back(self, measured, away_s):
        """The leaders die as soon as the API server answers again."""
        with contextlib.ExitStack() as stack:
            fleets = self.fleets(stack, measured)
            stopped = now_ms()
            self.cluster.stop_apiserver()
            time.sleep(away_s)
            self.cluster.start_apiserver()
            self.die({AWAY.format(away_s): fleets}, after=stopped)

    def die(self, fleets, after=None):
        """All leaders. fleets: {event: {subject: its fleets}}. Who has led already, since that time, needs no time: its
        leader's lease had run out."""
        since = {fleet: fleet.lose_pod()
                 for of_event in fleets.values() for each in of_event.values() for fleet in each}
        for event, of_event in fleets.items():
            for subject, each in of_event.items():
                led = {fleet: fleet.next_leader(after or since[fleet]) for fleet in each}
                self.keep(event, subject, [max(0.0, led[fleet] - since[fleet]) for fleet in each])
