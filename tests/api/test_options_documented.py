# SPDX-License-Identifier: Apache-2.0
"""The table of docs/reference/options.md is the library's own table."""

import ctypes
import re


def table_of(library):
    loaded = ctypes.CDLL(str(library))
    loaded.leaderlife_option_count.restype = ctypes.c_size_t
    columns = [getattr(loaded, f"leaderlife_option_{column}") for column in ("name", "type", "default", "help")]
    for column in columns:
        column.restype = ctypes.c_char_p
        column.argtypes = [ctypes.c_size_t]
    return [tuple(column(index).decode() for column in columns) for index in range(loaded.leaderlife_option_count())]


def row(name, type_, default, help_):
    if name == "user-agent":  # holds the version
        default = "leaderlife/VERSION"
    return f"| `{name}` | {type_.replace('|', ', ')} | {f'`{default}`' if default else ''} | {help_} |"


def test_every_option_is_in_the_page_as_it_is_in_the_library(root, library):
    page = (root / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `[a-z-]+` \| .*$", page, re.MULTILINE)
    assert documented == [row(*option) for option in table_of(library)]
