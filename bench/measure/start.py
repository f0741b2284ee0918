# SPDX-License-Identifier: Apache-2.0
"""Start: from just before the process is made until it leads (the lock is free), or stands by (it is held); what the
import costs; how big the library is."""

import contextlib
import os
import subprocess
import sys

import import_time
from controlplane.pods import operator_lib_rights, rights

from . import elections, figures, subjects
from .costs import MB_OF_KIB
from .events import FREE, HELD, NO_UPDATE, RESUMED
from .fleet import Fleet
from .handover import resume

_RESIDENT = "import re; print(re.search(r'^VmHWM:\\s*(\\d+)', open('/proc/self/status').read(), re.M)[1])"


def without_update(lock):
    """All rights but that one: what others write stays as it is."""
    return [(group, resource, name, [verb for verb in verbs if (resource, verb) != ("configmaps", "update")])
            for group, resource, name, verbs in rights(lock)]


class WithRole(subjects.InC):
    """With a Role in which nobody may update a ConfigMap."""

    def __init__(self, name, wanted):
        super().__init__()
        self.name += name
        self.rights = wanted


class Start:
    """keep(…): takes times, and rows of numbers."""

    def __init__(self, cluster, directory, sizes, keep):
        self.cluster, self.directory, self.sizes, self.keep = cluster, directory, sizes, keep

    def fleet(self, subject):
        return contextlib.closing(Fleet(self.cluster, self.directory, subject))

    def run(self):
        ours = subjects.ours()
        measured = [subjects.Floor(), *(ours[name] for name in self.sizes["languages"])]
        if self.sizes["peers"]:
            measured += elections.elections()
        self.starts(measured)
        self.restarts(WithRole(NO_UPDATE, without_update))
        self.restarts(WithRole(", operator-lib's Role", operator_lib_rights))
        self.imports()
        self.library()

    def starts(self, measured):
        leads = {subject: [] for subject in measured}
        stands = {}
        for _ in range(self.sizes["starts"]):
            for subject in measured:
                with self.fleet(subject) as fleet:
                    leads[subject].append(fleet.led_at - fleet.leader.began)
                    if subject.tells_when:
                        stands.setdefault(subject, []).append(fleet.stood_at - fleet.standbys[0].began)
        for event, taken in ((FREE, leads), (HELD, stands)):
            for subject, values in taken.items():
                self.keep(**figures.times(event, subject, values))

    def restarts(self, subject):
        with self.fleet(subject) as fleet:
            values = [resume(fleet) for _ in range(self.sizes["restarts"])]
        self.keep(**figures.times(RESUMED, subject, values))

    def imports(self):
        """All in the Python that has the peers."""
        path = subjects.PYTHON_MODULE["PYTHONPATH"]
        os.environ["PYTHONPATH"] = path
        try:
            programs = {name: program for name, program in import_time.PROGRAMS.items()
                        if name != "kubernetes" or self.sizes["peers"]}
            times = import_time.measure(programs, self.sizes["starts"])
            resident = {name: int(subprocess.run([sys.executable, "-c", f"{program}\n{_RESIDENT}"], check=True,
                                                 capture_output=True, text=True).stdout)
                        for name, program in programs.items()}
        finally:
            del os.environ["PYTHONPATH"]
        for name, values in times.items():
            self.keep(table="import", subject="Python alone" if name == "python" else f"import {name}",
                      who="ours" if name == "leaderlife" else "peer", values=values,
                      numbers={"greatest RSS MB": resident[name] * MB_OF_KIB})

    def library(self):
        built = subjects.BUILD / "release" / "libleaderlife.so"
        stripped = os.path.join(self.directory, "stripped.so")
        subprocess.run(["strip", "-o", stripped, built], check=True)
        self.keep(table="size", subject="libleaderlife.so, stripped", who="ours",
                  numbers={"KB": os.path.getsize(stripped) / 1000})
