# SPDX-License-Identifier: Apache-2.0
"""The module agrees with the C library and its header, function by function and
number by number; and what is public is annotated."""

import re

import pytest

from python import header

from .script import ROOT

SOURCES = {path.name: path.read_text() for path in (ROOT / "bindings" / "lua").rglob("*.lua")}


def test_all_functions_are_in_the_module(script):
    """But for free, which the module calls dispose and lets the collector do, and become, which waits."""
    names = {name.removeprefix("leaderlife_") for name in header.wrapped()} - {"election_free", "event_free"}
    script.run(f"""
        local capi = require "leaderlife.capi"
        local election = capi.election_new("a")
        election:start()
        local event = election:pop_event()
        for name in ("{' '.join(sorted(names))} election_wait monotonic dispose"):gmatch("%S+") do
            local method = name:match("^election_(.*)") or name:match("^event_(.*)")
            local found = capi[name] or (name:find("^event") and event or election)[method]
            assert(found, name)
        end
        for _, gone in ipairs({{ "free", "become" }}) do
            assert(not pcall(function() return election[gone]() end) and not pcall(function() return event[gone]() end))
        end
    """)


def _words(text, name):
    """{number: word} of a table of that name in the sources; the first has number 1 unless it says otherwise."""
    body = re.search(rf"local {name} = {{(.*?)}}", text, re.DOTALL).group(1)
    first = re.search(r"\[(\d+)\] =", body)
    return dict(enumerate(re.findall(r'"(\w+)"', body), int(first.group(1)) if first else 1))


@pytest.mark.parametrize("source, table, prefix", [
    ("event.lua", "KINDS", "EVENT_"), ("election.lua", "GUARDS", "GUARD_"), ("event.lua", "LEVELS", "LOG_")])
def test_words_for_numbers(source, table, prefix):
    assert _words(SOURCES[source], table) == {
        number: name.lower() for name, number in header.constants(prefix).items()}


def test_ended_states():
    states = {name.lower() for name, number in header.constants("STATE_").items() if number > 4}
    assert set(re.findall(r"(\w+) = true",
                          re.search(r"local ENDED = {(.*?)}", SOURCES["election.lua"]).group(1))) == states


def test_codes(script):
    classes = header.status_classes()
    codes = " ".join(f"E{name}={number}={classes['E' + name]}"
                     for name, number in header.constants("E(?!VENT)").items())
    script.run(f"""
        local count = 0
        for name, number, kind in ("{codes}"):gmatch("(%w+)=(%S+)=(%w+)") do
            number = tonumber(number)
            assert(leaderlife[name] == number and leaderlife.status_name(number) == "LEADERLIFE_" .. name, name)
            assert(leaderlife.is_retriable(number) == (kind == "retriable"), name)
            assert(leaderlife.is_fatal(number) == (kind == "fatal"), name)
            assert(#leaderlife.strerror(number) > 5)
            count = count + 1
        end
        assert(count == 25 and leaderlife.status_name(-999) == nil)
    """)


def test_the_version_is_the_library_s(script):
    version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(leaderlife")[1]).group(1)
    script.run(f"assert(leaderlife._VERSION == 'leaderlife {version}')")


def public_functions():
    """(file, name, parameters, the comment lines before it)."""
    for name, text in SOURCES.items():
        pattern = r"((?:^---.*\n)*)^function ((?:leaderlife|Election|adapter|nginx|haproxy)[.:](?!_)\w+)\((.*?)\)"
        for comment, function, parameters in re.findall(pattern, text, re.MULTILINE):
            if not (name == "election.lua" and function == "Election.new"):  # leaderlife.new is its public name
                yield pytest.param(comment, [one.strip() for one in parameters.split(",") if one.strip()],
                                   id=f"{name}-{function}")


def test_public_functions_are_found():
    assert len(list(public_functions())) > 35


@pytest.mark.parametrize("comment, parameters", list(public_functions()))
def test_public_functions_are_annotated(comment, parameters):
    assert re.search(r"^--- ?[A-Z\"]", comment, re.MULTILINE), "no sentence says what it does"
    assert re.findall(r"^---@param (\w+)\??", comment, re.MULTILINE) == parameters
