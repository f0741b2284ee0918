# SPDX-License-Identifier: Apache-2.0
"""Every module in Python and Lua begins with its licence and its duty, and is short enough to be read at once."""

import re

import pytest

FILE_MAX = 400
FOLDERS = ("bench", "bindings", "examples", "script", "tests")
FIRST = r"(?:#!.*\n)?(?:#|--) SPDX-License-Identifier: Apache-2\.0\n"
DUTY = {".py": r'""".*', ".lua": r"(?:--\n)?-- .*"}


@pytest.fixture(scope="module")
def modules(root):
    """{path: text}; an empty __init__.py only makes a package of its folder."""
    found = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for folder in FOLDERS
             for path in sorted((root / folder).rglob("*")) if path.suffix in DUTY and "__pycache__" not in path.parts}
    found = {path: text for path, text in found.items() if text or not path.endswith("__init__.py")}
    assert len(found) > 200
    return found


def test_modules_are_short(modules):
    assert not [f"{path}: {lines} lines" for path, text in modules.items() if (lines := text.count("\n")) > FILE_MAX]


def test_modules_say_their_licence_and_their_duty(modules):
    assert not [path for path, text in modules.items()
                if not re.match(FIRST + DUTY["." + path.rpartition(".")[2]], text)]
