# SPDX-License-Identifier: Apache-2.0
"""Bad input: the parameter is named, and the cure; and a closed election says
that it is closed."""

import os
import pathlib

import pytest


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["list"]])
def test_a_wrong_type_is_named(leaderlife, election, value):
    calls = {"lock": lambda: leaderlife.Election(value), "mode": lambda: leaderlife.Election("a", mode=value),
             "name": lambda: election.option(value), "a": lambda: leaderlife.token_compare(value or 5, "1"),
             "b": lambda: leaderlife.token_compare("1", value or 5)}
    for name, call in calls.items():
        with pytest.raises(TypeError, match=rf"^{name} must be str, (bool or a path, )?not "):
            call()
    for call in (lambda: election.counter(value), lambda: election.detail(value),
                 lambda: election.set_option(value, "x")):
        with pytest.raises(TypeError, match="^name must be str, (bool or a path, )?not "):
            call()
    with pytest.raises(TypeError, match="^mode must be str, (bool or a path, )?not "):
        election.set_option("mode", value)


@pytest.mark.parametrize("value", ["5", [1], object()])
def test_a_timeout_is_a_number(leaderlife, election, value):
    for call in (election.become, election.wait, election.close,
                 lambda _: leaderlife.become("a", timeout=value, backend="local")):
        with pytest.raises(TypeError, match="^timeout must be a number of seconds or None, not "):
            call(value)
    assert election.state == "new"
    with pytest.raises(leaderlife.ConfigError, match="timeout.*NaN"):
        election.become(float("nan"))


@pytest.mark.parametrize("timeout", [float("inf"), 10 ** 9, 3e6, True, None])
def test_a_timeout_may_be_long(election, timeout):
    """Longer than poll() can wait, and than a C int holds."""
    election.start()
    assert election.wait(timeout)
    assert election.become(timeout).is_leader
    election.close(timeout)


@pytest.mark.parametrize("timeout", [0, -1, -1e300, 0.0001])
def test_a_timeout_may_be_short(leaderlife, election, lock, timeout):
    with leaderlife.Election(lock, backend="local").become(30):
        with pytest.raises(leaderlife.TimeoutError) as caught:
            election.become(timeout)
        assert caught.value.retriable and caught.value.name == "LEADERLIFE_ETIMEDOUT"
        assert election.state in ("starting", "standby")


def test_an_unknown_option_names_the_nearest(leaderlife, election):
    for call in (lambda: leaderlife.Election("a", log_levl="debug"), lambda: leaderlife.Election("a", log_levl=5),
                 lambda: election.set_option("log_levl", None)):
        with pytest.raises(leaderlife.ConfigError,
                           match="unknown option 'log-levl': did you mean 'log-level'") as caught:
            call()
        assert caught.value.name == "LEADERLIFE_EOPTION"


# id: options, and what the text must say
BAD = {
    "word": ({"mode": "obsrve"}, "did you mean 'observe'"),
    "bool": ({"retry_permanent": "yes"}, "true or false"),
    "empty": ({"namespace": ""}, "leave it unset"),
    "nul": ({"namespace": "a\0b"}, "namespace must not contain a NUL"),
    "server": ({"server": "http://x"}, "https://"),
}


@pytest.mark.parametrize("options, says", BAD.values(), ids=BAD)
def test_a_bad_value_has_a_cure(leaderlife, options, says):
    with pytest.raises(leaderlife.ConfigError) as caught:
        leaderlife.Election("a", **options)
    assert says in str(caught.value) and caught.value.name == "LEADERLIFE_EVALUE"
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "-a", "a" * 243, "a\0b", "ü", "a\udc80"])
def test_a_bad_lock_name(leaderlife, name):
    with pytest.raises(ValueError) as caught:
        leaderlife.Election(name)
    assert str(caught.value)


def test_options_of_other_types(leaderlife, tmp_path):
    made = leaderlife.Election("a", kubeconfig=tmp_path / "config", retry_permanent=True)
    assert made.option("kubeconfig") == str(pathlib.Path(tmp_path, "config"))
    assert made.option("retry_permanent") == made.option("retry-permanent") == "true"
    assert made.option("odd") is None and made.counter("odd") is None and made.counter("requests") == 0


def test_details(leaderlife, election):
    """The embedded lock has few; each once it is known."""
    watcher = leaderlife.Election(election.lock, backend="local", mode="observe")
    names = ("namespace", "server", "holder-uid", "holder-phase", "holder-node", "since", "scope", "settled",
             "pod-containers", "odd", "")
    assert [watcher.detail(name) for name in names] == [None] * 7 + ["false", None, None, None]
    election.become(30)
    with watcher:
        watcher.start()
        while watcher.detail("settled") != "true":
            watcher.wait(30)
        assert watcher.holder == election.holder and watcher.detail("holder-uid")
        assert watcher.detail("scope").startswith(f"user {os.geteuid()}")
        assert [watcher.detail(name) for name in names if not name.endswith(("uid", "scope", "settled"))] == [None] * 8
    assert election.detail("settled") == "true" and election.detail("holder-uid")
    assert watcher.detail("settled") is None


def test_what_is_listed_can_be_set(leaderlife):
    names = [option.name for option in leaderlife.options()]
    assert names and not [name for name in names if name.startswith("x-")]
    for option in leaderlife.options():
        value = {"string": "a", "path": "/a", "bool": "true"}.get(option.type, option.type.split("|")[0])
        made = leaderlife.Election("a")
        value = {"server": "https://a", "rehearse-loss": "1"}.get(option.name, value)
        made.set_option(option.name.replace("-", "_"), value)


def test_on_lost(leaderlife):
    for value in ("rise", 5, []):
        with pytest.raises(TypeError, match="on_lost must be 'auto', a function, 'raise', 'exit' or None"):
            leaderlife.become("a", on_lost=value)


# At the wrong time

def test_misuse(leaderlife, election, lock):
    for call in (election.process, election.resign, election.prepare_exec):
        with pytest.raises(leaderlife.StateError):
            call()
    election.become(30)
    for call in (election.start, lambda: election.set_option("mode", "observe")):
        with pytest.raises(leaderlife.StateError) as caught:
            call()
        assert caught.value.name == "LEADERLIFE_ESTATE"
    election.resign()
    with pytest.raises(leaderlife.StateError, match="make a new one"):
        election.become(30)


def test_an_observer_cannot_become_the_leader(leaderlife, lock):
    """It would wait for ever."""
    with leaderlife.Election(lock, backend="local", mode="observe") as observer:
        with pytest.raises(leaderlife.StateError, match="mode observe never leads"):
            observer.become(30)


def test_a_closed_election(leaderlife, election):
    election.become(30).close()
    election.close()
    for call in (election.start, election.process, election.resign, election.wakeup, election.prepare_exec,
                 election.fileno, election.begin_close, election.become, election.wait, election.__enter__,
                 lambda: election.option("mode"), lambda: election.counter("requests"),
                 lambda: election.set_option("mode", "observe")):
        with pytest.raises(leaderlife.ClosedError, match="make a new one") as caught:
            call()
        assert caught.value.name == "LEADERLIFE_ESTATE"
    assert (election.state, election.is_leader, election.is_ready, election.holder, election.token, election.term,
            election.guard, election.backend, election.error_text) == (
                "closed", False, False, None, None, 0, "none", None, "")
    assert "closed" in repr(election) and isinstance(list(election.events()), list)


def test_begin_close_leaves_the_rest_to_the_loop(leaderlife, election, lock):
    election.become(30)
    with leaderlife.Election(lock, backend="local") as other:
        election.begin_close()
        assert not election.is_leader
        while election.state != "closed":
            election.wait(1)
        assert [event.state for event in election.events() if event.kind == "state"][-1] == "closed"
        assert other.become(30).is_leader


def test_a_logger_that_is_none(leaderlife, lock):
    with pytest.raises(TypeError, match="logger must be a logging.Logger, False or None, not str"):
        leaderlife.Election(lock, logger="leaderlife")


def test_an_option_of_a_wrong_type_names_all_that_are_right(leaderlife, lock):
    with pytest.raises(TypeError, match="retry_permanent must be str, bool or a path, not int"):
        leaderlife.Election(lock, retry_permanent=1)


def test_an_unknown_option_without_a_near_one(leaderlife, lock):
    with pytest.raises(leaderlife.ConfigError, match=r"leaderlife\.options\(\)"):
        leaderlife.Election(lock, **{"xyzzy_plugh": "1"})


def test_asyncio_comes_with_its_use(script):
    script.run("""
assert "asyncio" not in sys.modules
assert leaderlife.aio.Election
raised(AttributeError, lambda: leaderlife.absent)
""")
