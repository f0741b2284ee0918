# SPDX-License-Identifier: Apache-2.0
"""What all campaigns share: which end is followed by another election, the pauses, and when work that does not end is
told of."""

import pytest

FATAL = {"ESYSTEM": -9, "ENOTSUP": -12, "ECONFIG": -13, "EIDENTITY": -14, "EFORBIDDEN": -16, "ENAMESPACE": -17,
         "EREJECTED": -18}
RETRIABLE = {"ENOMEM": -8, "EAUTH": -15, "ENETWORK": -19, "ESERVER": -21, "EQUOTA": -23, "EBLOCKED": -24, "ELOST": -25}
MISUSE = {"EINVAL": -1, "ESTATE": -2, "EBUSY": -3, "EFORKED": -4, "EOPTION": -5, "EVALUE": -6, "ENAME": -7}


@pytest.fixture
def module(leaderlife):  # noqa: ARG001  the package must be there
    from leaderlife import _campaign_rules
    return _campaign_rules


@pytest.fixture
def made(module, lock):
    return module.Rules(lock, print, None, False, {"backend": "local"})


@pytest.fixture
def taken_part(made, election):
    """Rules of which an election has led."""
    election.become(30)
    made.look(election)
    return made


@pytest.fixture
def clock(leaderlife, monkeypatch):
    """Seconds that pass when they are told to."""
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now
    clock = Clock()
    monkeypatch.setattr(leaderlife._arguments, "time", clock)
    return clock


def error_of(leaderlife, code):
    return leaderlife.errors.error_for(code)


@pytest.mark.parametrize("name", RETRIABLE)
def test_what_may_pass_is_tried_again(leaderlife, made, name):
    assert made.pause_after(error_of(leaderlife, RETRIABLE[name])) == 1.0


@pytest.mark.parametrize("name", [*FATAL, *MISUSE])
def test_what_is_wrong_from_the_beginning_is_raised(leaderlife, made, name):
    with pytest.raises(leaderlife.LeaderLifeError) as raised:
        made.pause_after(error_of(leaderlife, {**FATAL, **MISUSE}[name]))
    assert raised.value.name == f"LEADERLIFE_{name}"


@pytest.mark.parametrize("name", [*RETRIABLE, *FATAL])
def test_what_has_once_worked_is_tried_again(leaderlife, taken_part, name):
    """A right that was taken away may come back, and a pod that is gone will be ended by its kubelet."""
    assert taken_part.pause_after(error_of(leaderlife, {**RETRIABLE, **FATAL}[name])) == 1.0


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_raised_at_any_time(leaderlife, taken_part, name):
    with pytest.raises(leaderlife.LeaderLifeError):
        taken_part.pause_after(error_of(leaderlife, MISUSE[name]))


def test_an_end_without_a_reason_is_a_loss(made):
    assert made.pause_after(None) == 1.0


def test_the_pause_grows_until_an_election_succeeds(leaderlife, taken_part, election):
    lost = error_of(leaderlife, RETRIABLE["ELOST"])
    assert [taken_part.pause_after(lost) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    taken_part.look(election)
    assert taken_part.pause_after(lost) == 1


def test_work_that_does_not_end_is_told_of_after_gaps_that_grow(module, clock):
    hold_up = module.HoldUp()
    told = []
    for _ in range(9):
        clock.now += hold_up.left()
        told.append(hold_up.told())
    assert told == [5, 15, 35, 75, 155, 315, 615, 915, 1215]


def test_a_term_that_is_kept_keeps_no_election(module, election):
    term = module.Term(election.become(30))
    assert term.is_leading and "leading" in repr(term)
    term._forget()
    assert not term.is_leading and "over" in repr(term) and term.token
