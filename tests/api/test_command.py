# SPDX-License-Identifier: Apache-2.0
"""The command stands on the public API alone, as anybody's program could, and
each foreign library is used in one place there too."""

import re

import pytest
from sources import calls_between, circle_in, foreign_includes, own_includes

DOORS = {r"microhttpd\.h": r"cli/run/health\.c"}


@pytest.fixture(scope="module")
def files(root):
    found = {str(path.relative_to(root / "c")): path.read_text()
             for path in sorted((root / "c" / "cli").rglob("*.[ch]"))}
    assert len(found) > 10
    return found


def test_it_sees_the_public_header_and_its_own(files):
    """base/text.h knows nothing of elections, and its source is compiled in."""
    seen = {name for text in files.values() for name in own_includes(text)}
    assert seen - set(files) == {"base/text.h"}
    assert any("leaderlife/leaderlife.h" in foreign_includes(text) for text in files.values())


def test_no_two_files_call_each_other_in_a_circle(files):
    assert circle_in(calls_between(files)) is None, " -> ".join(circle_in(calls_between(files)))


@pytest.mark.parametrize("header", DOORS)
def test_a_foreign_library_has_one_user(files, header):
    users = [name for name, text in files.items() if any(re.match(header, seen) for seen in foreign_includes(text))]
    assert users and not [name for name in users if not re.fullmatch(DOORS[header], name)]


def test_every_file_says_its_licence_and_its_duty(files):
    for name, text in files.items():
        assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * "), name


def test_nothing_unbounded_is_written_into_a_buffer(files):
    for name, text in files.items():
        assert not re.search(r"\b(strcpy|strcat|sprintf|gets|system|popen)\s*\(", text), name
