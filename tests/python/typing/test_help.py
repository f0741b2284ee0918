# SPDX-License-Identifier: Apache-2.0
"""What an editor and help() show: each public name has a text, signatures name what can be given, and nothing of the
machinery shows."""

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import leaderlife
import leaderlife.aio
import leaderlife.anyio
import pytest

CLASSES = [leaderlife.Election, leaderlife.Event, leaderlife.aio.Election, leaderlife.Campaign, leaderlife.Term,
           leaderlife.aio.Term, leaderlife.anyio.Election,
           *[getattr(leaderlife, name) for name in leaderlife.__all__ if name.endswith("Error")]]


def own_members(cls):
    """What the package adds to Python's own classes."""
    for name in dir(cls):
        owner = next(base for base in cls.__mro__ if name in vars(base))
        if not name.startswith("_") and owner.__module__.startswith("leaderlife"):
            yield name, vars(owner)[name]


@pytest.mark.parametrize("name", leaderlife.__all__)
def test_a_public_name_has_a_text(name):
    assert getattr(leaderlife, name).__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_a_public_member_has_a_text(cls):
    """The slots of Event are in the text of the class."""
    bare = [name for name, member in own_members(cls)
            if not inspect.getdoc(member) and not inspect.ismemberdescriptor(member)]
    assert bare == []
    slots = [name for name, member in own_members(cls) if inspect.ismemberdescriptor(member)]
    assert not [name for name in slots if not re.search(rf"^ *{name}  ", cls.__doc__, re.MULTILINE)]


def test_texts_give_units_errors_and_threads():
    assert "seconds" in leaderlife.become.__doc__ and "TimeoutError" in leaderlife.become.__doc__
    assert "one thread at a time" in leaderlife.Election.__doc__
    assert "loop's thread" in leaderlife.aio.Election.__doc__ and "loop's thread" in leaderlife.anyio.Election.__doc__
    for method in (leaderlife.Election.close, leaderlife.Election.become, leaderlife.Election.wait,
                   leaderlife.aio.Election.aclose, leaderlife.aio.Election.become):
        assert "seconds" in method.__doc__, method


def parameters(callable_):
    """{name: (kind, annotation as it is shown)}."""
    return {name: (parameter.kind.name, inspect.formatannotation(parameter.annotation).strip("'\""))
            for name, parameter in inspect.signature(callable_).parameters.items()}


ELECTION = {"lock": ("POSITIONAL_OR_KEYWORD", "str"), "logger": ("KEYWORD_ONLY", "Logger | Literal[False] | None"),
            "options": ("VAR_KEYWORD", "Unpack[Options]")}


@pytest.mark.parametrize("call", [leaderlife.campaign, leaderlife.Campaign, leaderlife.aio.campaign,
                                  leaderlife.anyio.campaign])
def test_the_signature_of_a_campaign(call):
    shown = parameters(call)
    assert list(shown) == ["lock", "work", "on_new_leader", "logger", "options"]
    assert shown["on_new_leader"] == ("KEYWORD_ONLY", "Callable[[str], object] | None")
    assert shown["options"] == ELECTION["options"] and shown["logger"] == ELECTION["logger"]


@pytest.mark.parametrize("cls", [leaderlife.Election, leaderlife.aio.Election, leaderlife.anyio.Election])
def test_the_signature_of_an_election(cls):
    assert parameters(cls) == ELECTION


def test_the_signature_of_become():
    on_lost = "Callable[[LeaderLifeError], object] | Literal['auto', 'raise', 'exit'] | None"
    assert parameters(leaderlife.become) == {**ELECTION, "timeout": ("KEYWORD_ONLY", "float | None"),
                                             "on_lost": ("KEYWORD_ONLY", on_lost)}
    assert inspect.signature(leaderlife.become).return_annotation is leaderlife.Election


@pytest.mark.parametrize("thing", [leaderlife, leaderlife.aio, leaderlife.Election, leaderlife.aio.Election,
                                   leaderlife.Campaign, leaderlife.Term, leaderlife.anyio, leaderlife.anyio.Election])
def test_help_shows_nothing_of_the_machinery(thing):
    shown = pydoc.plain(pydoc.render_doc(thing))
    for noise in ("Swig", "0x", "built-in", "TYPE_CHECKING", "_handle", "_QUEUE", "ENDED", "CLOSE_SECONDS"):
        assert noise not in shown, noise


def test_types_cost_nothing_at_import():
    """Neither typing nor asyncio, and never typing_extensions."""
    package = Path(leaderlife.__file__).parents[1]
    code = "import sys; before = set(sys.modules); import leaderlife; print(*sorted(set(sys.modules) - before))"
    ours = subprocess.run([sys.executable, "-S", "-c", code], env={"PYTHONPATH": package}, check=True,
                          capture_output=True, text=True, timeout=60).stdout.split()
    assert "leaderlife.capi" in ours
    dear = {"typing", "typing_extensions", "enum", "dataclasses", "logging", "asyncio", "threading", "inspect", "re",
            "collections"}
    assert not dear & set(ours), ours
