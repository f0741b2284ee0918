# SPDX-License-Identifier: Apache-2.0
"""The house one can walk through: who may see whom, and rooms that are small enough to see whole."""

import re
from pathlib import PurePath

import pytest
from sources import calls, foreign_includes, function_lengths, library_files, own_includes, without_noise
from test_symbols import FORBIDDEN

FILE_MAX = 400
FUNCTION_MAX = 60
EXAMPLE_MAX = 80

# Files at the top of c/src by the part that they belong to; all others belong to the election.
TOP = {"machine": "machine", "decide": "machine", "decision": "machine", "give_back": "machine",
       "knowledge": "machine", "answers": "machine", "fact": "machine", "pods": "machine", "herd": "machine",
       "removal": "machine", "belief": "machine",
       "options": "options", "backend": "backend"}

# base <- io <- {kubernetes, local} <- election; the machine sees base only.
MAY_SEE = {
    "base": {"base"},
    "io": {"base", "io"},
    "machine": {"base", "machine"},
    "options": {"base", "options"},
    "backend": {"base", "io", "machine", "options"},
    "local": {"base", "io", "machine", "options", "backend", "local"},
    "kubernetes": {"base", "io", "machine", "options", "backend", "kubernetes"},
    "election": {"base", "io", "machine", "options", "backend", "election"},
}

# Headers of others, and the only files that may include them.
ONLY_IN = {
    r"curl/": r"io/http(_\w+)?\.(c|h)",
    r"jansson\.h": r"kubernetes/objects(_\w+)?\.(c|h)",
    r"yaml\.h": r"kubernetes/kubeconfig(_\w+)?\.(c|h)",
    r"ifaddrs\.h": r"io/address\.c",
}


def part(path):
    pure = PurePath(path)
    return TOP.get(pure.stem, "election") if len(pure.parts) == 1 else pure.parts[0]


@pytest.fixture(scope="module")
def files(root):
    found = library_files(root)
    assert len(found) > 20
    return found


def test_every_file_belongs_to_a_known_part(files):
    assert not [path for path in files if part(path) not in MAY_SEE]


def test_own_headers_are_named_from_the_root_of_the_sources(files):
    assert not [f"{path}: {name}" for path, text in files.items() for name in own_includes(text) if name not in files]


def test_a_part_sees_only_what_it_may(files):
    assert not [f"{path} includes {name}" for path, text in files.items() for name in own_includes(text)
                if part(name) not in MAY_SEE[part(path)]]


def test_includes_are_acyclic(files):
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path, name])
        if name not in done:
            path.append(name)
            for other in own_includes(files.get(name, "")):
                visit(other)
            done.add(path.pop())

    for name in files:
        visit(name)


def test_the_parts_are_acyclic():
    """The table above, without what a part may see of itself, has an order."""
    left = {name: seen - {name} for name, seen in MAY_SEE.items()}
    while left:
        free = [name for name, seen in left.items() if not seen & set(left)]
        assert free, left
        for name in free:
            del left[name]


@pytest.mark.parametrize("header", ONLY_IN)
def test_a_foreign_library_has_one_door(files, header):
    users = [path for path, text in files.items()
             if any(re.match(header, name) for name in foreign_includes(text))]
    assert users, "nobody includes it: this test has lost its object"
    assert not [path for path in users if not re.fullmatch(ONLY_IN[header], path)]
    assert not {"io/http.h", "kubernetes/objects.h", "kubernetes/kubeconfig.h"} & set(users)


def test_no_source_calls_what_belongs_to_the_host_program(files):
    assert not [f"{path} calls {name}" for path, text in files.items() for name in sorted(calls(text) & FORBIDDEN)]


STARTS = "io/child.c"  # the only file that starts, kills and reaps, and only what it has started


def test_one_file_has_a_child(files):
    own = {"posix_spawnp", "waitid", "waitpid", "wait", "wait4", "syscall"}
    assert calls(files[STARTS]) & own == {"posix_spawnp", "waitid", "syscall"}
    assert not [path for path, text in files.items() if path != STARTS and calls(text) & own]
    assert "P_ALL" not in files[STARTS] and "P_PGID" not in files[STARTS]


def test_nobody_else_is_killed(files):
    """Signal 0 only asks whether a process is there."""
    assert re.findall(r"\bkill\s*\([^()]*\)", without_noise(files[STARTS])) == ["kill(pid, SIGKILL)"]
    assert not [path for path, text in files.items() if path != STARTS and
                len(re.findall(r"\bkill\s*\(", without_noise(text))) != len(re.findall(r"\bkill\([^()]*, 0\)", text))]


def test_every_file_says_its_licence_and_its_duty(files):
    for path, text in files.items():
        assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * "), path


def test_only_one_kind_of_comment(files):
    for path, text in files.items():
        without = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', "", text, flags=re.DOTALL)
        assert "//" not in without, path


def test_files_are_short(root):
    assert not [f"{path.relative_to(root)}: {lines} lines" for path in sorted((root / "c").rglob("*.[ch]"))
                if path.name != "leaderlife.h" and (lines := path.read_text().count("\n")) > FILE_MAX]


def test_functions_are_short(root):
    lengths = [(f"{path.relative_to(root)}: {name}", length) for path in sorted((root / "c").rglob("*.c"))
               for name, length in function_lengths(path.read_text())]
    assert len(lengths) > 200
    assert not [(name, length) for name, length in lengths if length > FUNCTION_MAX]


def test_examples_are_short(root):
    examples = sorted((root / "c" / "examples").glob("*.c"))
    assert examples
    assert not [path.name for path in examples if path.read_text().count("\n") >= EXAMPLE_MAX]


# ---- The reader itself ----

SAMPLE = """\
#include "base/text.h"
#include <curl/curl.h>

/* a(); */
static const char *
first(int a,
      int b)
{
    say("printf(", '"', a); // exit(1)
    ops->abort(b);
}

static struct s table[] = {
    {1},
};

int __attribute__((unused)) second(void)
{
}
"""


def test_the_reader_finds_functions_and_their_length():
    assert function_lengths(SAMPLE) == [("first", 7), ("second", 3)]


def test_the_reader_sees_calls_but_no_comments_strings_or_members():
    assert calls(SAMPLE) >= {"say", "first"}
    assert not calls(SAMPLE) & {"printf", "exit", "abort", "a"}
    assert calls("if (x) exit (1);") >= {"exit"}
    assert without_noise(SAMPLE).count("\n") == SAMPLE.count("\n")


def test_the_reader_finds_includes():
    assert own_includes(SAMPLE) == ["base/text.h"]
    assert foreign_includes(SAMPLE) == ["curl/curl.h"]
