# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md says what is: its drawing shows the includes, and every path that it names is there."""

import re

import pytest
from sources import folder, library_files, own_includes


@pytest.fixture(scope="module")
def text(root):
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def included(root):
    """Folder: the others that it includes from."""
    files = library_files(root)
    seen = {folder(path): set() for path in files}
    for path, source in files.items():
        seen[folder(path)] |= {folder(name) for name in own_includes(source)} - {folder(path)}
    return seen


def reached(edges, begin, without=None):
    """All that can be reached from there, but for the direct arrow to `without`."""
    found, waiting = set(), list(edges[begin] - {without})
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return found


def test_the_drawing_shows_the_includes(root, text):
    """Without the arrows that others imply."""
    edges = included(root)
    needed = {(begin, end) for begin, ends in edges.items() for end in ends if end not in reached(edges, begin, end)}
    drawing = re.search(r"```mermaid\n(.*?)```", text, re.DOTALL).group(1)
    assert set(re.findall(r"^ +([\w/]+) --> ([\w/]+)$", drawing, re.MULTILINE)) == needed


def test_every_folder_has_a_paragraph(root, text):
    said = {name.rsplit("/", 1)[-1] for name in re.findall(r"^(?:- )?\*\*([\w/]+)\*\*:", text, re.MULTILINE)}
    assert {name.rsplit("/", 1)[-1] for name in included(root)} <= said


def test_every_path_that_is_named_exists(root, text):
    paths = re.findall(r"`((?:c|tests|bindings|docs|script)/[\w./*-]+)`", text)
    assert len(paths) > 40
    assert not [path for path in paths if not list(root.glob(path.rstrip("/")))]


def test_every_suite_that_is_named_exists(root, text):
    table = text[text.index("## I want to change"):text.index("## Promises of the ABI")]
    suites = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.strip("| ").rpartition("|")[2])}
    assert suites and not [name for name in suites if not (root / "script" / "lib" / "suites" / f"{name}.sh").exists()]


def test_the_tests_are_explained(root):
    """tests/README.md has a row for each folder, and names suites and modules that exist."""
    table = (root / "tests" / "README.md").read_text(encoding="utf-8")
    folders = {path.name for path in (root / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == folders
    suites = {path.stem for path in (root / "script" / "lib" / "suites").glob("*.sh")}
    commands = " ".join(row.split("|")[3] for row in table.splitlines() if row.startswith("| `"))
    named = set(re.findall(r"(?:script/test |`, `|^`|, `)(\w+)`", commands))
    assert named and named <= suites
    assert suites - named <= {"analysers", "bench", "format", "warnings", "scenarios_lua54", "scenarios_luajit"}
    modules = re.findall(r"`([\w/]+\.py)`", table)
    assert len(modules) > 5 and not [path for path in modules if not (root / "tests" / path).exists()]
