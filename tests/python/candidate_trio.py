#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The candidate for the scenarios with its elections in trio: one task holds the `async with` block of each, until the
handle is freed, and writes its events."""

import inspect
import sys

import candidate
import leaderlife.anyio
import trio
from candidate import now_ms, reply, status_of


class TrioElection(leaderlife.anyio.Election):
    """Knows when the call began that led to the last events."""

    since = 0.0

    def process(self):
        self.since = now_ms()
        super().process()


class TrioHandle(candidate.Handle):
    def __init__(self, id, nursery):
        super().__init__(id)
        self.nursery = nursery
        self.freed = trio.Event()

    def new(self, lock, options=None):
        self.election = TrioElection(lock, logger=False)
        for name, value in (options or {}).items():
            self.election.set_option(name, value)

    async def start(self):
        if self.driven:
            self.election.start()  # says why not
        error = await self.nursery.start(self.hold, self.election)
        if error is not None:
            raise error

    async def become(self, timeout_ms=None):
        if not self.driven:
            await self.start()
        await self.election.become(None if timeout_ms is None else timeout_ms / 1000)

    async def hold(self, election, task_status):
        """The block. Its beginning may fail, and process() in it."""
        try:
            async with election:
                self.driven = True
                task_status.started()
                async for event in election:
                    self.write_event(event, election.since)
                await self.freed.wait()
        except leaderlife.LeaderLifeError as error:
            if self.driven:
                reply("process", self.id, election.since, status_of(error), str(error))
            else:
                task_status.started(error)

    def free(self):
        self.election._free()  # as if it were dropped: the block gives back at its end
        self.freed.set()
        super().free()


class TrioCandidate(candidate.Candidate):
    """Obeys one command after the other, while the elections go on."""

    def obey_line(self, line):
        self.lines.append(line)

    def obey(self, verb, id, command, since):
        self.obeying = self.obey_in_trio(verb, id, command, since)

    async def obey_in_trio(self, verb, id, command, since):
        handle = self.handles.setdefault(id, TrioHandle(id, self.nursery))
        status, text, more = "LEADERLIFE_OK", "", {}
        try:
            done = getattr(handle, verb)(**command)
            more = (await done if inspect.isawaitable(done) else done) or {}
        except leaderlife.LeaderLifeError as error:
            status, text = status_of(error), str(error)
        self.answer(verb, handle, since, status, text, more)

    async def run(self):
        async with trio.open_nursery() as self.nursery:
            goes_on = True
            while goes_on:
                await trio.lowlevel.wait_readable(sys.stdin.fileno())
                self.lines = []
                goes_on = self.read_commands()
                for line in self.lines:
                    self.obeying = None
                    super().obey_line(line)
                    if self.obeying is not None:
                        await self.obeying
            for handle in self.handles.values():
                handle.free()


if __name__ == "__main__":
    trio.run(TrioCandidate().run)
