# SPDX-License-Identifier: Apache-2.0
"""What leader and standby cost while nothing happens, all at the same time; and many locks in one process."""

import contextlib
import time

from . import elections, subjects
from .costs import Meter
from .fleet import Fleet

SETTLED_S = 3.0  # a start is over; no measure


class ManyLocks(subjects.InC):
    """So many locks in one process."""

    def __init__(self, count):
        super().__init__()
        self.name, self._count = f"leaderlife, C, {count} locks", count

    @staticmethod
    def rights(_lock):
        """Of all locks of the namespace."""
        return [(group, resource, None, verbs) for group, resource, _, verbs in subjects.rights("")]

    def command(self, files, lock, **_):
        return super().command(files, lock, count=self._count)


class Standing:
    """keep(…): takes a row of numbers for each leader and each standby."""

    def __init__(self, cluster, directory, sizes, keep):
        self.cluster, self.directory, self.sizes, self._keep = cluster, directory, sizes, keep

    def keep(self, fleet, numbers, **more):
        for role, program in (("leader", fleet.leader), ("standby", fleet.standbys[0])):
            self._keep(subject=fleet.subject.name, who=fleet.subject.who, role=role, numbers=numbers[program], **more)

    def run(self):
        ours = subjects.ours()
        measured = [ours[name] for name in self.sizes["languages"]]
        if self.sizes["peers"]:
            measured += elections.elections()
        self.side_by_side(measured)
        self.side_by_side([ours["c"], *(ManyLocks(count) for count in self.sizes["locks"])], table="locks")

    def side_by_side(self, measured, **more):
        with contextlib.ExitStack() as stack:
            fleets, begun = [], {}
            for subject in measured:
                mark = self.cluster.audit_mark()
                fleet = stack.enter_context(contextlib.closing(Fleet(self.cluster, self.directory, subject)))
                fleets.append(fleet)
                asked = self.cluster.audit_since(mark, fleet.space.user)
                begun.update({program: sum(entry.pod == fleet.pod(program).name for entry in asked)
                              for program in fleet.programs})
            time.sleep(SETTLED_S + max(subject.retries_s for subject in measured) * self.sizes["steady"])
            meter = Meter(self.cluster, {program: fleet.pod(program) for fleet in fleets for program in fleet.programs})
            time.sleep(self.sizes["idle_s"])
            spent = meter.stop()
        for fleet in fleets:
            numbers = {program: {"requests to begin": begun[program], **spent[program]} for program in fleet.programs}
            self.keep(fleet, numbers, **more)
