# SPDX-License-Identifier: Apache-2.0
"""What is made of the header, the Python package, the Lua modules and the manual page is as they are now; and what
repeats them by hand says the same."""

import ast
import re
import subprocess
import sys

import pytest

from readme.pages import ROOT, to_run

sys.path.insert(0, str(ROOT / "script" / "lib"))

from website import header, mermaid, reference  # noqa: E402

HEADER = (ROOT / reference.HEADER).read_text(encoding="utf-8")


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_page_is_as_its_source(name):
    assert text(name) == reference.PAGES[name](ROOT), f"{name}: script/docs --write makes it anew"


def test_every_function_and_constant_is_in_manual_and_reference():
    exported = re.findall(r"^LEADERLIFE_API [^;]*?(leaderlife_\w+)\(", HEADER, re.MULTILINE)
    constants = re.findall(r"^    (LEADERLIFE_\w+)\s*=", HEADER, re.MULTILINE)
    assert len(exported) > 40 and len(constants) > 40
    pages = "".join(text(f"docs/reference/c-{one}.md") for one in ("rules", "functions", "state"))
    for name in [*exported, *constants]:
        assert re.search(rf"\b{name}\b", pages), name
        assert re.search(rf"\b{name}\b", text("docs/leaderlife.3")), name


def test_the_declarations_of_the_reference_are_those_of_the_header():
    """As the compiler sees them: a declaration that differs from the header's is an error."""
    shown = [line for block in to_run("c", "tests/docs/test_made.py") for line in block.code.splitlines()
             if re.match(r"(?:[\w ]+\*?leaderlife_\w+\(.*\);|typedef .*;)$", line)]
    assert len(shown) > 45
    for lines, right in ((shown, True), ([*shown, "char leaderlife_version(void);"], False)):
        source = "\n".join(["#include <leaderlife/leaderlife.h>", *lines, ""])
        words = ["cc", "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-I", ROOT / "c" / "include", "-x", "c", "-"]
        told = subprocess.run(words, input=source, text=True, capture_output=True, check=False)
        assert (told.returncode == 0) == right, told.stderr


@pytest.mark.parametrize("page", ["leaderlife.1", "leaderlife.3"])
def test_the_manual_pages_are_well_formed_and_narrow(page):
    told = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", ROOT / "docs" / page], capture_output=True,
                          text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")
    lines = text(f"docs/{page}").splitlines()
    assert max(len(line) for line in lines if not line.startswith(".")) <= 80


# ---- What repeats them by hand ----

def rows(name, heading):
    """The cells of the rows of the table under that heading, without code's marks."""
    part = re.split(r"^## ", text(name), flags=re.MULTILINE)
    body, = [one for one in part if one.startswith(heading)]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in re.findall(r"^\|.*\|$", body, re.MULTILINE)][2:]


def enum(prefix):
    return re.findall(rf"^    ({prefix}\w+)\s*=\s*-?\d+,?\s*/\*\s*(.*?)[:;*]", HEADER, re.MULTILINE | re.DOTALL)


def test_statuses():
    table = rows("docs/reference/statuses.md", "Each status")
    found = re.findall(r"ROW\((LEADERLIFE_\w+), CLASS_(\w+),", text("c/src/base/status.c"))
    assert [(name, kind) for name, kind, *_ in table] == [(name, kind.lower()) for name, kind in found]
    assert all(len(cause) > 5 and len(cure) > 5 for _, _, cause, cure in table)


def test_states_and_events():
    states = [name for name, _ in enum("LEADERLIFE_STATE_")]
    assert [row[1] for row in rows("docs/reference/events.md", "States")] == states and len(states) == 9
    assert [row[0] for row in rows("docs/reference/events.md", "States")] == \
        [name.rpartition("_")[2].lower() for name in states]
    events = [name for name, _ in enum("LEADERLIFE_EVENT_")]
    assert [row[1] for row in rows("docs/reference/events.md", "Events")] == events and len(events) == 5


def test_metrics():
    table = re.findall(r"^\| `(leaderlife_\w+)` \| (\w+) \|", text("docs/reference/metrics.md"), re.MULTILINE)
    source = text("c/cli/run/metrics.c")
    assert {name for name, _ in table} == set(re.findall(r'"(leaderlife_\w+)[{"]', source))


def test_json():
    table = {name for row in rows("docs/reference/events.md", "JSON of `leaderlife status")
             for name in re.findall(r"\w+", row[0])}
    source = text("c/cli/status/print.c")
    assert table == {name for name in re.findall(r'"(\w+)", ', source)} & table
    assert {"lock", "backend", "holder", "token", "notices"} <= table


LUA_NAMES = {"fileno": "pollfd", "option": "get", "set_option": "set"}
OTHERS = {"fileno", "set_option", "events"}  # which fail in another way, take something else, are something else


def in_python():
    """What help(leaderlife.Election) says of each method and property, in one line."""
    module = ast.parse(text("bindings/python/leaderlife/_election.py"))
    return {node.name: " ".join(ast.get_docstring(node).split()) for node in ast.walk(module)
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.get_docstring(node)}


def in_lua():
    """The same of what an editor shows of leaderlife.Election."""
    found = re.finditer(r"((?:^--- .*\n)+)(?:^---@.*\n)*function Election:(\w+)",
                        text("bindings/lua/leaderlife/election.lua"), re.MULTILINE)
    return {each[2]: " ".join(each[1].replace("--- ", "").split()) for each in found}


def in_the_words_of_lua(said):
    said = re.split(r" \(mypy| The new program leads already", said)[0]
    said = said.replace("None", "nil").replace("False", "false").replace("fileno()", "pollfd()")
    said = said.replace("another thread", "another coroutine").replace("From any thread. ", "")
    said = re.sub(r"\b(is_leader)\b(?!\()", r"\1()", said)
    return said.replace("`timeout`", "timeout()")


def test_python_and_lua_say_the_same_of_the_same():
    python, lua = in_python(), in_lua()
    both = {name for name in python if LUA_NAMES.get(name, name) in lua} - OTHERS
    assert len(both) > 15
    for name in sorted(both):
        assert in_the_words_of_lua(python[name]) == lua[LUA_NAMES.get(name, name)], name


# ---- The makers ----

def test_the_reader_of_the_header():
    made = header.parse('/* SPDX-License-Identifier: x */\n/*\n * one: two.\n */\n/* An election: x. */\n'
                        'typedef struct a a;\n'
                        '/* ---- Part --- */\n/* ---- Life ---------- */\n\n/* Does it.\n *     code */\n'
                        'LEADERLIFE_API int leaderlife_do(int a,\n    int b);\n#ifdef __cplusplus\n')
    life = made.sections[-1][1][0]
    assert life.functions == ["int leaderlife_do(int a, int b);"]
    assert list(header.blocks_of(life.text)) == [("text", "Does it."), ("code", ["code"])]


def test_the_drawer():
    made = mermaid.dot_of('flowchart TD\n    a([begin]) --> b\n    b{"is it?"} -- yes --> C["END: x"]\n')
    assert '"a" -> "b"' in made and '"b" -> "C" [label="yes"]' in made and "END: x" in made
    drawing = mermaid.svg_of("flowchart TD\n    a --> b\n")
    assert drawing.startswith('<svg role="img"') and "black" not in drawing and "currentColor" in drawing
    with pytest.raises(AttributeError):
        mermaid.dot_of("flowchart TD\n    a ==> b\n")
