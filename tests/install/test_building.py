# SPDX-License-Identifier: Apache-2.0
"""docs/building.md has every option of the build, and says what each is unless it is set."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOR_LUAROCKS = {"LEADERLIFE_LUA_INCLUDE_DIR", "LEADERLIFE_LUA_LIBDIR", "LEADERLIFE_LUA_DATADIR"}


def test_the_table_has_every_option():
    lists = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8").replace("${top_level}", "ON")
    options = dict(re.findall(r'^ *option\((\w+) "[^"]*" (ON|OFF)\)', lists, re.MULTILINE))
    options.update(re.findall(r"^set\((LEADERLIFE_\w+) (ON|OFF) CACHE", lists, re.MULTILINE))
    assert len(options) > 9
    table = {}
    for row in re.findall(r"^\| (`.*) \|$", (ROOT / "docs" / "building.md").read_text(encoding="utf-8"), re.MULTILINE):
        names, default, _ = (cell.strip() for cell in row.split(" | "))
        table.update({name: default for name in re.findall(r"`(\w+)`", names)})
    assert table == options


def test_no_option_is_read_that_nobody_has_declared():
    read = {name for path in [ROOT / "CMakeLists.txt", *(ROOT / "cmake").glob("*.cmake")]
            for name in re.findall(r"\bif\((?:NOT )?(LEADERLIFE_\w+)", path.read_text(encoding="utf-8"))}
    lists = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert read and not [name for name in read - FOR_LUAROCKS if not re.search(rf"(option|set)\({name} ", lists)]
