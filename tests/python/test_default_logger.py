# SPDX-License-Identifier: Apache-2.0
"""Without a logger, lines go to logging.getLogger("leaderlife"): unasked, at the
cost of nothing until there is a warning, and whatever that logger does."""

NOTICE = "another election of this very process leads"

_SECOND = """
first = local().become(HANG)


def told(**options):
    '''A second candidate, which is warned that it waits for its own process, and then leads.'''
    first = local().become(HANG)
    second = local(**{"logger": None, **options})
    second.start()
    until_notice(second)
    first.close()
    assert second.become(HANG).is_leader
    second.close()


def until_notice(election):
    end = time.monotonic() + HANG
    while not any(event.kind == "notice" for event in election.events()):
        assert time.monotonic() < end
        election.wait(0.1)


first.close()
"""

_RECORDS = """
import logging

records = []


class Keep(logging.Handler):
    def emit(self, record):
        records.append((record.name, record.levelname, record.getMessage()))


logging.getLogger().addHandler(Keep())
"""


def test_a_warning_is_shown_where_nobody_has_configured_logging(script):
    script.run(_SECOND + """
assert "logging" not in sys.modules
told()
assert "logging" in sys.modules
""", says=NOTICE)


def test_false_switches_it_off(script):
    script.run(_SECOND + """
told(logger=False)
assert "logging" not in sys.modules
""")


def test_less_than_a_warning_does_not_import_logging(script):
    script.run("""
with local(logger=None, log_level="debug").become(HANG) as leader:
    assert {event.kind for event in leader.events()} == {"state", "holder", "log"}
assert "logging" not in sys.modules
""")


def test_who_leads_is_told_at_info(script):
    script.run(_RECORDS + """
logging.getLogger("leaderlife").setLevel(logging.INFO)
first = local().become(HANG)
second = local(logger=None)
second.start()
until(second, "standby")
while second.holder is None:
    second.wait(0.1)
standby = f"lock '{LOCK}': {second.holder} leads"
first.close()
second.become(HANG)
leads = f"lock '{LOCK}': this process leads, with token {second.token}"
second.close()
assert [records.count(("leaderlife", "INFO", line)) for line in (standby, leads)] == [1, 1], records
assert all(text.startswith(f"lock '{LOCK}'") and not text.startswith(f"lock '{LOCK}': lock") for *_, text in records)
""")


def test_the_notice_has_its_level_and_names_the_lock(script):
    script.run(_SECOND + _RECORDS + """
told()
assert [(name, level) for name, level, _ in records] == [("leaderlife", "WARNING")], records
assert records[0][2].startswith(f"lock '{LOCK}'"), records
""")


def test_what_the_default_logger_raises_disturbs_no_election(script):
    """It was not asked for. logging shows it as it shows a failure of any handler."""
    script.run(_SECOND + """
import logging


class Fails(logging.Handler):
    def emit(self, record):
        raise ZeroDivisionError


logging.getLogger("leaderlife").addHandler(Fails())
told()
""", says="ZeroDivisionError")


def test_a_closed_standard_error_disturbs_no_election(script):
    script.run(_SECOND + """
sys.stderr.close()
told()
""")


def test_an_election_that_is_dropped_while_it_leads(script):
    script.run(_RECORDS + """
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    dropped = local(logger=None).become(HANG)
    del dropped
    gc.collect()
assert [each.category for each in caught] == [ResourceWarning], caught
for said in (str(caught[0].message), [text for _, level, text in records if level == "WARNING"][0]):
    assert said.startswith(f"lock '{LOCK}': the election was dropped while it led"), said
with local().become(HANG):
    pass  # the embedded lock was free
""")


def test_others_that_are_dropped_are_not_told_of(script):
    script.run("""
dropped = local()
del dropped
dropped = local(logger=None)
dropped.start()
dropped.close()
del dropped
with local(logger=None).become(HANG) as dropped:
    dropped.prepare_exec()
    assert dropped.is_leader  # to the end: no exec follows, and `with` closes it
del dropped
gc.collect()
leader = leaderlife.become(LOCK, backend="local")
del leader  # the package keeps it
gc.collect()
left = leaderlife.Election(LOCK + "-2", backend="local").become(HANG)  # the end of the process is no drop
""")


def test_async_with_on_what_is_not_for_asyncio(script):
    script.run("""
import asyncio


async def main(make):
    async with make():
        raise AssertionError


for make in (lambda: leaderlife.become(LOCK, backend="local"), local,
             lambda: leaderlife.become(LOCK, backend="local", on_lost=print)):
    error = raised(TypeError, asyncio.run, main(make))
    assert "async with leaderlife.aio.Election(lock)" in str(error), error
    with local().become(HANG):
        pass  # the lock was given back
assert not leaderlife._election._leaders
""")
