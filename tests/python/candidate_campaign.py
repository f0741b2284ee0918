#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A candidate for the scenarios (tests/scenarios/README.md has its language) that leads by leaderlife.Campaign or, with
the argument `aio`, by leaderlife.aio.campaign(). It says that it leads when `work` begins, and ends at
once if `work` begins where it must not. A command that makes no sense here is answered as an unknown one."""

import asyncio
import json
import os
import sys
import threading

import candidate
import leaderlife
import leaderlife.aio
from candidate import now_ms, reply, status_of
from leaderlife import _aio_campaign, _campaign, _campaign_rules

# A scenario waits for the end of one election, and lets the next begin by itself.
_campaign_rules.FIRST_PAUSE = 3600.0
HANG = 30.0
_write_line, _writing = candidate.write_line, threading.Lock()
_handles = []  # whose election is made next: the newest started


def write_line(**line):
    with _writing:
        _write_line(**line)


candidate.write_line = write_line


class Recorded:
    """An election whose events become lines."""

    def __init__(self, *arguments, **options):
        self.handle, self.since, self.line_of_leader = _handles[-1] if _handles else None, now_ms(), None
        super().__init__(*arguments, **options)
        if self.handle is not None:
            self.handle.election = self

    def process(self):
        self.since = now_ms()
        super().process()

    def resign(self):
        self.since = now_ms()
        super().resign()

    def begin_close(self):
        self.since = now_ms()
        super().begin_close()

    def _keep(self, event):
        super()._keep(event)
        line = dict(event=event.kind, id=self.handle.id, ms=now_ms(), since=self.since, state=event.state,
                    status=status_of(event.error), level=candidate._LEVELS.get(event.level, "unknown"),
                    text=event.text, holder=event.holder, token=event.token)
        if event.kind == "state" and event.state == "leader":
            self.line_of_leader = line
        elif not (event.state == "closed" and self.handle.resigns):
            write_line(**line)


class Election(Recorded, leaderlife.Election):
    def begin_close(self):
        """Gives up before: with its close alone an election never says "resigned"."""
        if self.handle is not None and self.handle.resigns and self.state in ("standby", "leader", "starting"):
            self.resign()
            while self.state == "resigning":
                self.wait(1.0)
        super().begin_close()


class AioElection(Recorded, leaderlife.aio.Election):
    async def aclose(self, timeout=15.0):
        if self.handle is not None and self.handle.resigns and self.state in ("standby", "leader", "starting"):
            await self.aresign()
        await super().aclose(timeout)


_campaign.Election, _aio_campaign.Election = Election, AioElection


class Handle:
    """One campaign."""

    def __init__(self, id, lock, options):
        self.id, self.lock, self.options = id, lock, options
        self.campaign = self.election = None
        self.resigns = self.works = False
        self.make()  # says what is wrong with the options

    def begin_work(self, term):
        if self.works or not term.is_leading or not self.election.is_leader:
            os.write(2, b"work began where it must not\n")
            os._exit(3)
        self.works = True
        now = now_ms()
        write_line(**{**self.election.line_of_leader, "ms": now, "since": now})

    def end_work(self):
        self.works = False

    def is_over(self):
        return self.election is None or self.election.state in ("resigned", "closed")

    def is_busy(self):
        return self.works or self.election is not None and self.election.is_leader


class ThreadHandle(Handle):
    def make(self):
        return leaderlife.Campaign(self.lock, self.work, logger=False, **self.options)

    def work(self, term):
        self.begin_work(term)
        term.wait()
        self.end_work()

    def start(self):
        self.campaign = self.campaign or self.make()
        self.campaign.start()

    def stop(self):
        self.campaign.stop(0)


class AioHandle(Handle):
    def make(self):
        _campaign_rules.Rules(self.lock, self.work, None, False, self.options)

    async def work(self, term):
        self.begin_work(term)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.end_work()

    def start(self):
        if self.campaign is not None:
            raise leaderlife.StateError("a campaign has one life", leaderlife.errors.ESTATE)
        self.campaign = asyncio.create_task(
            leaderlife.aio.campaign(self.lock, self.work, logger=False, **self.options))

    def stop(self):
        self.campaign.cancel()


class Candidate:
    """The campaigns of this process; commands are obeyed one after the other."""

    def __init__(self, kind):
        self.kind, self.handles = kind, {}

    async def obey(self, verb, id, command):
        if verb == "new":
            options = {name.replace("-", "_"): value for name, value in (command.get("options") or {}).items()}
            self.handles[id] = self.kind(id, command["lock"], options)
            return {}
        handle = self.handles[id]
        if verb == "start":
            _handles.append(handle)
            handle.start()
            await self._until(lambda: handle.election is not None)
        elif verb in ("resign", "close", "free"):
            handle.resigns = handle.resigns or verb == "resign"
            handle.stop()
            await self._until(lambda: not handle.is_busy() and (verb != "free" or handle.is_over()))
            if verb == "free":
                del self.handles[id]
        elif verb == "state":
            return self.state_of(handle)
        else:
            raise KeyError(verb)
        return {}

    async def _until(self, condition):
        end = now_ms() + 1e3 * HANG
        while not condition() and now_ms() < end:
            await asyncio.sleep(0.005)

    def state_of(self, handle):
        it = handle.election
        return {"state": "resigned" if it.state == "closed" and handle.resigns else it.state,
                "is_leader": it.is_leader, "is_ready": it.is_ready, "holder": it.holder,
                "token": it.token, "term": it.term, "guard": candidate._GUARDS.index(it.guard), "backend": it.backend}

    async def run(self):
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = HANG  # a machine that is busy is nothing to tell of
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            since, status, text, more = now_ms(), "LEADERLIFE_OK", "", {}
            command = json.loads(line)
            verb, id = command.pop("do"), command.pop("id", "main")
            try:
                more = await self.obey(verb, id, command)
                text = self.handles[id].election.error_text if self.handles[id].election else ""
            except KeyError:
                status = candidate._UNSEEN if verb != "free" else status
            except leaderlife.LeaderLifeError as error:
                status, text = status_of(error), str(error)
            reply(verb, id, since, status, text, **more)
        sys.stdout.flush()
        os._exit(0)  # nothing is given back: the end of a candidate is the end of a process


if __name__ == "__main__":
    asyncio.run(Candidate(AioHandle if sys.argv[1:] == ["aio"] else ThreadHandle).run())
