# SPDX-License-Identifier: Apache-2.0
"""docs/security.md names a test for each answer, and those tests exist."""

import re

import pytest

PAGE = "docs/security.md"
TEST = re.compile(r"`(tests/[\w/]+\.(?:py|c))(?:::(\w+))?`")
DEFINITION = {".py": r"^def {name}\(", ".c": r"^static void {name}\("}


def tables(text):
    """The rows of each table that has a column of tests, without its head."""
    rows = [line for line in text.splitlines() if line.startswith("|") and line.count(" | ") >= 2]
    return [row for row in rows if not row.startswith(("| threat |", "|---"))]


def exists(root, path, name):
    file = root / path
    if not file.is_file():
        return False
    definition = DEFINITION[file.suffix].format(name=name)
    return name is None or re.search(definition, file.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_each_test_that_is_named_exists(root):
    named = TEST.findall((root / PAGE).read_text(encoding="utf-8"))
    assert len(named) > 30
    assert not [f"{path}::{name}" for path, name in named if not exists(root, path, name or None)]


def test_each_answer_has_a_test_or_says_that_there_is_none(root):
    rows = tables((root / PAGE).read_text(encoding="utf-8"))
    assert len(rows) > 20
    assert not [row for row in rows if not TEST.search(row) and not re.search(r"\| none: [^|]+\|$", row)]


@pytest.mark.parametrize("named", ["tests/cli/test_health.py::test_of_no_kind", "tests/cli/test_gone.py::x"])
def test_the_check_finds_what_is_gone(root, named):
    path, _, name = named.partition("::")
    assert not exists(root, path, name)
