# SPDX-License-Identifier: Apache-2.0
"""One lock, and the processes of one subject that want it: each in a pod of its own, or all on this machine."""

import itertools
import os
import random
import secrets
import time

from controlplane.pods import Namespace, running

from .program import Program, first, now_ms

_numbers = itertools.count()


class _Fleet:
    """leader, standbys: the programs. led_at: when the first leader led; stood_at: when the last of the standbys stood
    by, as settle() saw it."""

    def __init__(self, subject, directory, standbys):
        self.subject, self.directory = subject, str(directory)
        self.programs = []
        try:
            self._prepare()
            self.leader = self.join(mode="lead")
            self.led_at = self.leader.wait("leader")
            self.standbys = []
            self.add_standbys(standbys)
        except BaseException:
            self.close()
            raise

    def _start(self, name, command, environment):
        program = Program(name, command, environment, self.directory, self.subject.words)
        self.programs.append(program)
        return program

    def next_leader(self, since):
        """When the next one led; refill() then brings a standby in its place."""
        self.leader, at = first(self.standbys, "leader", since)
        self.standbys.remove(self.leader)
        return at

    def add_standby(self):
        self.standbys.append(self.join())

    def add_standbys(self, count):
        for _ in range(count):
            self.add_standby()
        self.settle()

    def refill(self):
        self.add_standbys(1)

    def settle(self):
        """All stand by, and what they still had to ask has been asked."""
        self.stood_at = max((self.await_standby(program) for program in self.standbys), default=None)
        time.sleep(self.subject.settles_s + random.uniform(0, 0.2))  # in no phase that anything else has

    # What befalls the leader. Each returns when it began.

    def crash(self):
        """Its process dies, with all that it has started; a pod stays."""
        return self.leader.kill()

    def resign(self):
        return self.leader.terminate()

    def close(self):
        for program in self.programs:
            program.stop()


class Fleet(_Fleet):
    """In pods. server: another way to the API server than the straight one."""

    def __init__(self, cluster, directory, subject, standbys=1, server=None):
        self.cluster, self.server = cluster, server
        self.files = {}  # of each process
        super().__init__(subject, directory, standbys)

    def _prepare(self):
        self.space = Namespace(self.cluster, wanted=self.subject.rights)
        self.subject.prepare(self.space)
        self.lock = self.space.lock

    def pod_files(self):
        pod = self.space.pod(f"p{next(_numbers)}")
        pod.set_status(phase="Running", containerStatuses=[running()])
        directory = os.path.join(self.directory, pod.name)
        os.makedirs(directory)
        return pod.candidate(self.server, directory)

    def join(self, files=None, **how):
        """A process in that pod, or in a new one."""
        files = files or self.pod_files()
        holder = how.pop("holder", None) or (self.pod(self.leader).name if "mode" not in how else "-")
        command = self.subject.command(files, self.lock, holder=holder, **how)
        program = self._start(f"{self.subject.who}-{files.pod.name}", command, self.subject.environment(files))
        self.files[program] = files
        return program

    def await_standby(self, program):
        return self.subject.await_standby(program, self.files[program])

    def pod(self, program):
        return self.files[program].pod

    def lose_pod(self):
        """The process is dead before its pod is, as on a node."""
        self.leader.kill()
        at = now_ms()
        self.pod(self.leader).delete(grace=0)
        return at


class LocalFleet(_Fleet):
    """On this machine, where a process stands for itself. Its subject has command(lock, number)."""

    def __init__(self, directory, subject, standbys=1):
        super().__init__(subject, directory, standbys)

    def _prepare(self):
        self.lock = "bench-" + secrets.token_hex(6)

    def join(self, **_):
        number = next(_numbers)
        return self._start(f"local-{number}", self.subject.command(self.lock, number), self.subject.environment())

    def await_standby(self, program):
        return self.subject.await_standby(program)
