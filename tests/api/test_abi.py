# SPDX-License-Identifier: Apache-2.0
"""The ABI is as it is stored; and the gate, tried on little libraries, tells what breaks programs from what does
not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script" / "lib"))
import abi  # noqa: E402  its place is above

NO_TOOLS = [tool for tool in ("abidw", "abidiff") if not shutil.which(tool)]
needs_tools = pytest.mark.skipif(bool(NO_TOOLS), reason=f"no {' and no '.join(NO_TOOLS)} here (Debian: abigail-tools)")

# A header with all that an ABI can have, also what ours has not.
HEADER = """
struct shown { int first; long second; };
typedef struct hidden hidden;
enum kind { KIND_A = 1, KIND_B = 2 };
int use(struct shown *shown, int number);
int look(hidden *hidden, enum kind kind);
const char *name(void);
"""
SOURCE = """
#include "it.h"
struct hidden { char inside[%s]; };
int use(struct shown *shown, int number) { return shown->first + number; }
int look(hidden *hidden, enum kind kind) { return hidden->inside[0] + (int)kind; }
const char *name(void) { return "it"; }
"""


class Little:
    """Builds libraries out of the header and the source with texts replaced."""

    def __init__(self, folder):
        self._folder = folder

    def build(self, name, *changes, inside="8", options=("-O0",), compiler="gcc"):
        folder = self._folder / name
        folder.mkdir()
        header, source = HEADER, SOURCE % inside
        for old, new in changes:
            assert old in header + source
            header, source = header.replace(old, new), source.replace(old, new)
        (folder / "it.h").write_text(header, encoding="utf-8")
        (folder / "it.c").write_text(source, encoding="utf-8")
        library = folder / "libit.so"
        subprocess.run([compiler, "-g", "-gdwarf-4", "-shared", "-fPIC", *options, folder / "it.c", "-o", library],
                       check=True)
        return library

    def verdict(self, *changes, **more):
        first, stored = self.build("first"), self._folder / "stored.abi"
        abi.dump(first, stored, first.parent)
        second = self.build("second", *changes, **more)
        return abi.compare(stored, second, second.parent)


@pytest.fixture
def little(tmp_path):
    return Little(tmp_path)


@needs_tools
def test_the_abi_is_as_it_is_stored(root):
    library = Path(os.environ.get("LEADERLIFE_BUILD", root / "build")) / "abi" / "libleaderlife.so"
    assert library.exists(), f"{library} is missing: script/abi builds it"
    stored = abi.stored_file()
    if not stored.exists():
        pytest.skip(f"NO ABI IS STORED for this machine ({stored.name}): script/abi renew")
    verdict, text = abi.compare(stored, library)
    assert verdict == abi.EQUAL, text + abi.ADVICE[verdict]


def test_the_constants_are_as_they_are_stored(root):
    verdict, text = abi.compare_constants(abi.stored_constants(),
                                          abi.constants(root / "c" / "include" / "leaderlife" / "leaderlife.h"))
    assert verdict == abi.EQUAL, text + abi.ADVICE[verdict]


def test_every_constant_of_the_header_is_seen(root):
    """Whatever has a value there: lines NAME = NUMBER, also where the formatter has broken one."""
    code = (root / "c" / "include" / "leaderlife" / "leaderlife.h").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(LEADERLIFE_\w+)\s*=\s*-?\d", code)) == set(abi.stored_constants())


def test_what_is_stored_knows_all_symbols_and_no_machine_s_paths(root):
    files = list(abi.FOLDER.glob("leaderlife-*.abi"))
    assert files
    symbols = sorted((root / "tests" / "api" / "symbols.txt").read_text(encoding="utf-8").split())
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert sorted(f"{name}@@{version}" for name, version in
                      re.findall(r"<elf-symbol name='(\w+)' version='([\w.]+)'", text)) == symbols
        assert not [place for place in re.findall(r"path='([^']*)'", text) if not place.startswith("./c/src/")]


@needs_tools
@pytest.mark.parametrize("changes, words", [
    ([("int first;", "long first;")], "type of 'int first' changed"),
    ([("long second; };", "long second; int third; };")], "type size changed"),
    ([("int number)", "long number)")], "parameter 2 of type 'int' changed"),
    ([("int look(", "long look(")], "return type changed"),
    ([("KIND_B = 2", "KIND_B = 3")], "'kind::KIND_B' from value '2' to '3'"),
    ([("const char *name(void);", ""), ("const char *name(void)", "static const char *name_(void)")],
     "'function const char* name()'"),
    ([("int use(struct shown *shown, int number)", "int use(struct shown *shown)"), ("+ number", "")],
     "parameter 2 of type 'int' was removed"),
], ids=["member", "size", "parameter", "result", "constant", "removed", "fewer"])
def test_what_breaks_programs(little, changes, words):
    verdict, text = little.verdict(*changes)
    assert verdict == abi.BROKEN and words in text


@needs_tools
def test_what_is_added(little):
    verdict, text = little.verdict(("const char *name(void);", "const char *name(void);\nint more(void);"),
                                   ("const char *name(void) {",
                                    "int more(void) { return 0; }\nconst char *name(void) {"))
    assert verdict == abi.ADDED and "[A] 'function int more()'" in text


@needs_tools
@pytest.mark.parametrize("how", [
    {"inside": "16"}, {"options": ["-O2"]}, {"options": ["-O2", "-gdwarf-5"]}, {"options": ["-Os", "-flto"]},
    {"compiler": "clang"}, {"compiler": "clang", "options": ["-O2", "-gdwarf-5"]},
], ids=["inside", "optimised", "dwarf-5", "whole-program", "clang", "clang-dwarf-5"])
def test_what_is_no_change(little, how):
    """What is inside of a type that no program sees, and how the compiler has told of it."""
    if not shutil.which(how.get("compiler", "gcc")):
        pytest.skip("no clang here")
    assert little.verdict(**how) == (abi.EQUAL, "")


def test_constants():
    stored = {"A": 0, "B": -1}
    assert abi.compare_constants(stored, {"A": 0, "B": -1}) == (abi.EQUAL, "")
    assert abi.compare_constants(stored, {"A": 0, "B": -1, "C": 2}) == (abi.ADDED, "Constants:\n  [A] C = 2\n")
    assert abi.compare_constants(stored, {"A": 0, "B": 1})[0] == abi.BROKEN
    assert abi.compare_constants(stored, {"A": 0})[0] == abi.BROKEN
