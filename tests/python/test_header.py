# SPDX-License-Identifier: Apache-2.0
"""The package agrees with the C library and its header, number by number and
function by function."""

import pytest

from . import header

# Functions that no binding has, and why.
LEFT_OUT = {
    "leaderlife_election_wait": "waiting is the language's: signals and its event loops must work",
    "leaderlife_election_become": "waits",
    "leaderlife_become": "waits",
    "leaderlife_election_diagnose": "waits; the command leaderlife doctor has it for everybody",
}


def test_the_reader_has_found_them():
    assert len(header.declared()) > 40 and len(header.wrapped()) > 40
    assert header.declared()["leaderlife_election_set"] == (
        "int", ["leaderlife_election *", "const char *", "const char *"])
    assert len(header.status_classes()) == len(header.constants("E(?!VENT)")) == 25


def test_swig_declares_what_the_header_does():
    declared, wrapped = header.declared(), header.wrapped()
    assert set(declared) - set(wrapped) == set(LEFT_OUT)
    assert set(wrapped) - set(declared) == set()


@pytest.mark.parametrize("name", sorted(header.wrapped()))
def test_with_the_same_types(name):
    """But for const of the handle, which says nothing to another language."""
    result, kinds = header.declared()[name]
    ours, our_kinds = header.wrapped()[name]
    assert ours == result
    assert our_kinds == [kind.replace("const leaderlife", "leaderlife") for kind in kinds]


def test_all_are_in_the_module(leaderlife):
    names = {name.removeprefix("leaderlife_").replace("election_", "Election_", 1).replace("event_", "Event_", 1)
             for name in header.wrapped()}
    names = {{"Election_new": "election_new", "Election_set": "Election_set_option"}.get(name, name) for name in names}
    assert {name for name in names if not callable(getattr(leaderlife.capi, name, None))} == set()


# Numbers

def _lower(constants):
    return {number: name.lower() for name, number in constants.items()}


def test_kinds_guards_and_levels(leaderlife):
    assert leaderlife._events._KINDS == _lower(header.constants("EVENT_"))
    assert leaderlife._election._GUARDS == _lower(header.constants("GUARD_"))
    assert {number: {"error": 40, "warning": 30, "info": 20, "debug": 10}[name]
            for number, name in _lower(header.constants("LOG_")).items()} == leaderlife._events._LEVELS


def test_states(leaderlife):
    states = _lower(header.constants("STATE_"))
    assert {number: leaderlife._events.state_name(number) for number in states} == states
    assert set(leaderlife._election.ENDED) == {states[number] for number in states if number > 4}


def test_codes(leaderlife):
    codes = {"E" + name: number for name, number in header.constants("E(?!VENT)").items()}
    for name in ("ESTATE", "EBUSY", "EFORKED", "EVALUE", "ETIMEDOUT", "EINTR", "ELOST"):
        assert getattr(leaderlife.errors, name) == codes[name]
    assert set(leaderlife.errors._CLASSES) == set(codes)


# Errors

CLASSES = {
    "AuthError": "EAUTH EFORBIDDEN", "BlockedError": "EREJECTED EQUOTA EBLOCKED", "LostError": "ELOST",
    "ConfigError": "EOPTION EVALUE ENAME ENOTSUP ECONFIG EIDENTITY ENAMESPACE", "ForkError": "EFORKED",
    "ResourceError": "ENOMEM ESYSTEM", "ServerError": "ENETWORK ETLS ESERVER EPROTOCOL", "TimeoutError": "ETIMEDOUT",
    "StateError": "EINVAL ESTATE EBUSY", "InterruptedError": "EINTR",
}


@pytest.mark.parametrize("name, code", header.constants("E(?!VENT)").items())
def test_an_error_is_of_its_class(leaderlife, name, code):
    error = leaderlife.errors.error_for(code)
    kind = header.status_classes()["E" + name]
    assert (error.code, error.name) == (code, "LEADERLIFE_E" + name)
    assert (error.retriable, error.fatal) == (kind == "retriable", kind == "fatal")
    assert [kind for kind, names in CLASSES.items() if "E" + name in names.split()] == [type(error).__name__]
    if name == "FORKED":  # one text for all calls
        assert str(error) == str(leaderlife.errors.error_for(code, "why")) == leaderlife.errors.FORKED
    else:
        assert str(error) == leaderlife.capi.strerror(code) and str(leaderlife.errors.error_for(code, "why")) == "why"


def test_every_class_is_some_status_and_public(leaderlife):
    """ClosedError alone is the package's own: a closed election has no C handle that could answer."""
    def below(kind):
        return {kind}.union(*map(below, kind.__subclasses__()))
    kinds = {kind for kind in below(leaderlife.LeaderLifeError) if kind.__module__.startswith("leaderlife.")}
    assert kinds - set(leaderlife.errors._CLASSES.values()) == {leaderlife.LeaderLifeError, leaderlife.ClosedError}
    assert {kind.__name__ for kind in kinds} <= set(leaderlife.__all__)


@pytest.mark.parametrize("name, base", {
    "ConfigError": ValueError, "AuthError": PermissionError, "ServerError": ConnectionError,
    "TimeoutError": TimeoutError, "StateError": RuntimeError, "ResourceError": OSError}.items())
def test_errors_are_python_s_too(leaderlife, name, base):
    error = getattr(leaderlife, name)("text", -1)
    assert isinstance(error, base) and str(error) == "text" and error.text == "text"


def test_an_error_survives_a_pickle(leaderlife):
    import pickle
    for code in header.constants("E(?!VENT)").values():
        error = leaderlife.errors.error_for(code, "why")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.code) == (type(error), str(error), code)


# A newer library

def test_unknown_values_are_tolerated(leaderlife, election, monkeypatch):
    capi = leaderlife.capi
    for name in ("Event_kind", "Event_level", "Event_state", "Election_guard", "Election_state"):
        monkeypatch.setattr(capi, name, lambda _: 99)
    monkeypatch.setattr(capi, "Event_status", lambda _: -99)
    election.start()
    event = next(election.events())
    assert (event.kind, event.level, event.state) == ("unknown", 10, "state 99")
    assert type(event.error) is leaderlife.LeaderLifeError and str(event.error)
    assert (event.error.name, event.error.retriable, event.error.fatal) == (None, False, False)
    assert (election.guard, election.state) == ("guard 99", "state 99")
    assert repr(event) and repr(election)
    monkeypatch.undo()
    assert election.become(30).is_leader
