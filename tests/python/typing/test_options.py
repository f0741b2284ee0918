# SPDX-License-Identifier: Apache-2.0
"""The keywords that type checkers know are the options of the C library: the same names in the same order, the same
words."""

import os
import typing

import leaderlife
import leaderlife.capi
from leaderlife._options import Option, Options

PLAIN = {"string": str, "path": str | os.PathLike[str], "bool": bool}


def type_of(option):
    return PLAIN[option.type] if option.type in PLAIN else typing.Literal[tuple(option.type.split("|"))]


def table():
    capi = leaderlife.capi
    return [Option(capi.option_name(i), capi.option_type(i), capi.option_default(i), capi.option_help(i))
            for i in range(capi.option_count())]


def test_options_are_those_of_the_table_but_for_test_knobs():
    assert leaderlife.options() == [row for row in table() if not row.name.startswith("x-")]
    assert len(leaderlife.options()) > 10


def test_every_option_is_a_keyword_of_its_type():
    wanted = [(option.name.replace("-", "_"), type_of(option)) for option in leaderlife.options()]
    assert list(typing.get_type_hints(Options).items()) == wanted


def test_no_keyword_is_required():
    assert Options.__required_keys__ == frozenset()


def test_every_word_of_every_keyword_is_taken():
    for option in leaderlife.options():
        words = {"bool": [True, False], "string": [option.default or "https://x"], "path": ["x"]}.get(
            option.type, option.type.split("|"))
        for word in words:
            name = option.name.replace("-", "_")
            value = "x" if name in ("namespace", "pod_name", "pod_uid") else "1" if name == "rehearse_loss" else word
            election = leaderlife.Election("lock", **{name: value})
            assert election.option(name) == {True: "true", False: "false"}.get(value, value)
            election.close()
