# SPDX-License-Identifier: Apache-2.0
"""The bridge to logging: log events and notices go there, and what a logger
raises is not swallowed."""

import logging

import pytest


class Logger:
    """As much of one as is needed."""

    def __init__(self, fails=False):
        self.lines = []
        self.fails = fails

    def log(self, level, text, *arguments):
        if self.fails:
            raise OSError("the log is full")
        self.lines.append((level, text % arguments))


def test_log_events_go_to_the_logger(leaderlife, lock, caplog):
    with caplog.at_level(logging.DEBUG, "election"):
        with leaderlife.Election(lock, backend="local", log_level="debug",
                                 logger=logging.getLogger("election")) as made:
            made.become(30)
            kinds = [event.kind for event in made.events()]
    assert "log" not in kinds and "state" in kinds
    assert {record.levelno for record in caplog.records} <= {logging.DEBUG, logging.INFO, logging.WARNING,
                                                             logging.ERROR}
    assert len(caplog.records) > 0


def test_without_a_logger_they_are_events(election):
    election.become(30)
    assert "log" in [event.kind for event in election.events()]


def test_a_notice_goes_both_ways(leaderlife, lock, monkeypatch):
    monkeypatch.setattr(leaderlife.capi, "Event_kind", lambda _: 3)
    logger = Logger()
    with leaderlife.Election(lock, backend="local", logger=logger) as made:
        made.start()
        assert [event.kind for event in made.events()] == ["notice"] * len(logger.lines) != []


def test_what_a_logger_raises_comes_through(leaderlife, lock):
    logger = Logger(fails=True)
    made = leaderlife.Election(lock, backend="local", log_level="debug", logger=logger)
    with pytest.raises(OSError, match="the log is full"):
        made.become(30)
    logger.fails = False
    assert made.become(30).is_leader
    assert [event.state for event in made.events() if event.kind == "state"][-1] == "leader"
    made.close()


def test_a_notice_outlives_the_failure_of_its_logger(leaderlife, lock, monkeypatch):
    monkeypatch.setattr(leaderlife.capi, "Event_kind", lambda _: 3)
    with leaderlife.Election(lock, backend="local", logger=Logger(fails=True)) as made:
        with pytest.raises(OSError, match="the log is full"):
            made.start()
        assert [event.kind for event in made.events()] == ["notice"]
        made._logger = None
