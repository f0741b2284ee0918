# SPDX-License-Identifier: Apache-2.0
"""What the programs of the tests of campaigns begin with: short pauses, loggers that keep what they are told, and a
loss."""

from python.descriptors import BEGIN as DESCRIPTORS

THREADS = DESCRIPTORS + """

def is_free():
    '''Whether somebody else could lead now.'''
    with local() as other:
        try:
            other.become(0.1)
        except leaderlife.TimeoutError:
            return False
        return True


def eventually(condition):
    end = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < end, "it never came so"
        time.sleep(0.01)


def campaign(work, kind=leaderlife.campaign, **options):
    return kind(LOCK, work, **{"backend": "local", "logger": False, **options})


class Logger(list):
    def log(self, level, template, *values):
        self.append((level, template % values))

    def says(self, part):
        return [text for _, text in self if part in text]


def rules(**values):
    '''Shorter pauses.'''
    from leaderlife import _campaign_rules
    for name, value in {"FIRST_PAUSE": 0.05, "FIRST_GAP": 0.1, **values}.items():
        setattr(_campaign_rules, name, value)


def lose():
    '''The lock is free with that, and the lead is lost.'''
    close_descriptors()


"""

AIO = THREADS + """
import asyncio
import logging

import leaderlife.aio

if ARGUMENTS[0] == "uvloop":
    import uvloop
    new_loop = uvloop.new_event_loop
else:
    new_loop = asyncio.new_event_loop
logging.getLogger("asyncio").setLevel(logging.ERROR)  # on a busy machine it warns of what took long


def run(play):
    def complain(_, context):
        print("the loop complains of", context, file=sys.stderr)

    async def main():
        asyncio.get_running_loop().set_exception_handler(complain)
        return await asyncio.wait_for(play, HANG)

    with asyncio.Runner(loop_factory=new_loop, debug=True) as runner:
        return runner.run(main())


def elect(work, **options):
    return leaderlife.aio.campaign(LOCK, work, **{"backend": "local", "logger": False, **options})


async def araised(kind, awaitable):
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


async def aeventually(condition):
    end = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < end, "it never came so"
        await asyncio.sleep(0.01)


def lose():
    '''The lock is free with that. (The loop's own descriptors are older.)'''
    for number in range(2048):
        if number not in before and os.path.exists(f"/proc/self/fd/{number}"):
            os.close(number)


def numbers():
    return {int(name) for name in os.listdir("/proc/self/fd")}


async def lead(first, **options):
    '''A campaign whose first term first(term) works, and each later one returns.'''
    global before
    before = numbers()
    terms = []

    async def work(term):
        terms.append(term)
        if len(terms) == 1:
            return await first(term)
        assert not terms[-2].is_leading and terms[-2].token != term.token
        return "next"

    return await elect(work, **options)


"""
