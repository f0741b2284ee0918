# SPDX-License-Identifier: Apache-2.0
"""capi.pyi says of every function what bindings/leaderlife.i says. The compiled module knows no signatures, so stubtest
compares names alone."""

import ast
import re

import leaderlife.capi
import pytest

RETURNS = {"leaderlife_status": {"None"}, "void": {"None"}, "int": {"int"}, "int64_t": {"int"}, "size_t": {"int"},
           "const char *": {"str", "str | None"}, "leaderlife_event *": {"EventHandle | None"}}
TAKES = {"int": {"int"}, "size_t": {"int"}, "const char *": {"str", "str | None"}}

# Those that the header lets be NULL, for the handles and indices that the package uses.
MAY_BE_NONE = {"Election_get", "Election_detail", "Election_holder", "Election_token", "Election_backend",
               "Election_pop_event", "Event_holder", "Event_token", "status_name", "state_name"}


def parameters(text):
    return [] if text in ("", "void") else [re.match(r"(.*?[ *])\w+$", each.strip()).group(1).strip()
                                            for each in text.split(",")]


def declared(text):
    """{name in Python: (type of the result, types of the parameters)}, with handles as "Election" and "Event"."""
    text = re.sub(r"/\*.*?\*/|%\{.*?%\}", "", text, flags=re.DOTALL)
    found = {}
    for kind, body in re.findall(r"struct leaderlife_(\w+) \{\s*%extend \{(.*?)\}", text, re.DOTALL):
        owner = kind.capitalize()
        for result, name, taken in re.findall(r"^ +(.*?[ *])(\w+)\((.*)\);", body, re.MULTILINE):
            name = "set_option" if name == "set" else name
            found[f"{owner}_{name}"] = (result.strip(), [f"{owner}Handle", *parameters(taken)])
    for result, name, taken in re.findall(r"^(\w.*?[ *])leaderlife_(\w+)\((.*)\);", text, re.MULTILINE):
        found[name] = (result.strip(), parameters(taken))
    return found


@pytest.fixture(scope="module")
def stub(root):
    tree = ast.parse((root / "bindings/python/leaderlife/capi.pyi").read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.fixture(scope="module")
def interface(root):
    found = declared((root / "bindings/leaderlife.i").read_text(encoding="utf-8"))
    assert len(found) > 40
    assert found.pop("election_new") == ("leaderlife_status", ["const char *", "leaderlife_election **"])
    return found


def test_the_names(stub, interface):
    functions = {name for name in vars(leaderlife.capi) if not name.startswith("_")}
    assert set(stub) == {"election_new", *interface} == functions


def test_the_types(stub, interface):
    for name, (result, taken) in interface.items():
        arguments = stub[name].args
        assert ast.unparse(stub[name].returns) in RETURNS[result], name
        assert not (arguments.args or arguments.kwonlyargs or arguments.vararg
                    or arguments.kwarg), f"{name}: by position"
        given = [ast.unparse(argument.annotation) for argument in arguments.posonlyargs]
        assert len(given) == len(taken), name
        assert not [(name, own, c) for own, c in zip(given, taken) if own not in TAKES.get(c, {c})]


def test_what_may_be_none(stub):
    assert {name for name, node in stub.items() if "| None" in ast.unparse(node.returns)} == MAY_BE_NONE


def test_the_module_takes_as_many_arguments_as_the_stub_says(stub):
    for name, node in stub.items():
        count = len(node.args.posonlyargs)
        with pytest.raises(TypeError, match="argument"):
            getattr(leaderlife.capi, name)(*[None] * (count + 1))
        if count:
            with pytest.raises(TypeError, match="argument"):
                getattr(leaderlife.capi, name)(*[None] * (count - 1))


def test_where_none_comes_from():
    handle = leaderlife.capi.election_new("lock")
    try:
        none = {name for name in MAY_BE_NONE if name in ("status_name", "state_name") and
                getattr(leaderlife.capi, name)(12345) is None}
        none |= {name for name in ("Election_holder", "Election_token", "Election_backend", "Election_pop_event")
                 if getattr(leaderlife.capi, name)(handle) is None}
        assert none == {name for name in MAY_BE_NONE if not name.startswith("Event_")} - {"Election_get",
                                                                                          "Election_detail"}
        assert leaderlife.capi.Election_get(handle, "no-such-option") is None
        assert leaderlife.capi.Election_detail(handle, "no-such-detail") is None
    finally:
        leaderlife.capi.Election_free(handle)
