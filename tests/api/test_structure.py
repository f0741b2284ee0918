# SPDX-License-Identifier: Apache-2.0
"""The house one can walk through: who may see whom, and rooms that are small enough to see whole."""

import re

import pytest
from sources import (calls, calls_between, circle_in, folder, foreign_includes, function_lengths, functions,
                     library_files, own_includes, without_noise)
from test_symbols import FORBIDDEN

FILE_MAX = 400
FUNCTION_MAX = 60
EXAMPLE_MAX = 80

# What a folder may see beside itself: base <- io <- backend <- {kubernetes, local} <- election. The machine sees base
# only.
_BELOW = {"base", "io", "machine", "backend"}
_ASKS = _BELOW | {"io/http", "kubernetes/objects", "kubernetes/config", "kubernetes/api"}
MAY_SEE = {
    "base": set(),
    "io": {"base"},
    "io/curl": {"base"},
    "io/http": {"base", "io", "io/curl"},
    "machine": {"base"},
    "backend": {"base", "io", "machine"},
    "local": _BELOW,
    "kubernetes/objects": {"base", "machine"},
    "kubernetes/config": _BELOW | {"kubernetes/objects"},
    "kubernetes/api": _BELOW | {"io/http", "kubernetes/objects", "kubernetes/config"},
    "kubernetes/watch": _ASKS,
    "kubernetes/backend": _ASKS | {"kubernetes/watch"},
    "kubernetes/diagnosis": _ASKS,
    "kubernetes": _ASKS | {"kubernetes/watch", "kubernetes/backend", "kubernetes/diagnosis"},
    "without_kubernetes": {"base", "backend"},  # in place of kubernetes, where that is left out
    "election": _BELOW,
}

# Headers of others, and the only files that may include them.
ONLY_IN = {
    r"curl/": r"io/(curl/load\.c|http/\w+\.(c|h))",
    r"dlfcn\.h": r"io/curl/load\.c",
    r"jansson\.h": r"kubernetes/objects/\w+\.(c|h)",
    r"yaml\.h": r"kubernetes/config/yaml(_\w+)?\.(c|h)",
    r"ifaddrs\.h": r"io/address\.c",
}

# The faces of those folders, which show nothing of the foreign library behind them.
OPAQUE = {"io/http/http.h", "kubernetes/objects/document.h", "kubernetes/config/kubeconfig.h"}


@pytest.fixture(scope="module")
def files(root):
    found = library_files(root)
    assert len(found) > 20
    return found


def test_every_file_is_in_a_known_folder(files):
    assert {folder(path) for path in files} == set(MAY_SEE)


def test_own_headers_are_named_from_the_root_of_the_sources(files):
    assert not [f"{path}: {name}" for path, text in files.items() for name in own_includes(text) if name not in files]


def test_a_folder_sees_only_what_it_may(files):
    assert not [f"{path} includes {name}" for path, text in files.items() for name in own_includes(text)
                if folder(name) not in MAY_SEE[folder(path)] | {folder(path)}]


def blocks_of_includes(text):
    """Of each block without a blank line: what it includes, as it is written."""
    return [re.findall(r'[<"].*[>"]', block) for block in re.findall(r"(?:^#include .*\n)+", text, re.MULTILINE)]


def test_includes_stand_in_one_order(root):
    """The file's own header; then ours; then those of others: a block each, sorted."""
    wrong = []
    for path in sorted((root / "c").rglob("*.[ch]")):
        blocks = blocks_of_includes(path.read_text(encoding="utf-8"))
        kinds = ["".join(sorted({name[0] for name in block})) for block in blocks]
        own_blocks = 2 if path.suffix == ".c" else 1
        if (kinds != sorted(kinds) or kinds.count('"') > own_blocks or kinds.count("<") > 1 or '"<' in kinds
                or any(block != sorted(block) for block in blocks)):
            wrong.append(f"{path.relative_to(root)}: {blocks}")
    assert not wrong


def assert_acyclic(edges):
    circle = circle_in(edges)
    assert circle is None, " -> ".join(circle)


def test_includes_are_acyclic(files):
    assert_acyclic({path: set(own_includes(text)) for path, text in files.items()})


def test_the_folders_are_acyclic():
    """The table above has an order."""
    assert_acyclic(MAY_SEE)


def test_no_two_files_call_each_other_in_a_circle(files):
    edges = calls_between(files)
    assert sum(map(len, edges.values())) > 300
    assert_acyclic(edges)


@pytest.mark.parametrize("header", ONLY_IN)
def test_a_foreign_library_has_one_user(files, header):
    users = [path for path, text in files.items()
             if any(re.match(header, name) for name in foreign_includes(text))]
    assert users, "nobody includes it: this test has lost its object"
    assert not [path for path in users if not re.fullmatch(ONLY_IN[header], path)]
    assert not OPAQUE & set(users)


def test_the_opaque_headers_are_there(files):
    assert OPAQUE <= set(files)


def test_no_source_calls_what_belongs_to_the_host_program(files):
    mask = ("io/http/sigpipe.c", "pthread_sigmask")  # of one thread, put back at once, and with an old libcurl alone
    assert [(path, name) for path, text in files.items() for name in sorted(calls(text) & FORBIDDEN)] == [mask]


def test_one_file_reads_the_environment(files):
    """And says how each variable is read under AT_SECURE; docs/environment.md has the table."""
    assert [path for path, text in files.items()
            if calls(text) & {"getenv", "secure_getenv"}] == ["backend/environment.c"]


def test_one_file_makes_handles_of_curl(files):
    """Which change no signal handler of the host program."""
    assert [path for path, text in files.items() if "curl_easy_init" in calls(text)] == ["io/http/curl.c"]


STARTS = "io/child.c"  # the only file that starts, kills and reaps, and only what it has started
WATCHES = "io/process.c"  # learns of the end of others
# Other system calls, for which older C libraries have no function.
OTHER_SYSTEM_CALLS = {"base/random.c": "SYS_getrandom", "io/http/ca_file.c": "SYS_memfd_create"}


def test_one_file_has_a_child(files):
    own = {"posix_spawnp", "waitid", "waitpid", "wait", "wait4", "syscall"}
    assert calls(files[STARTS]) & own == {"posix_spawnp", "waitid", "syscall"}
    others = files.keys() - {STARTS, WATCHES, *OTHER_SYSTEM_CALLS}
    assert not [path for path in others if calls(files[path]) & own]
    for path, call in {WATCHES: "SYS_pidfd_open", **OTHER_SYSTEM_CALLS}.items():
        assert re.findall(r"\bsyscall\s*\((\w+)", without_noise(files[path])) == [call]
        assert calls(files[path]) & own == {"syscall"}
    assert "P_ALL" not in files[STARTS] and "P_PGID" not in files[STARTS]


def test_nobody_else_is_killed(files):
    """Signal 0 only asks whether a process is there."""
    assert re.findall(r"\bkill\s*\([^()]*\)", without_noise(files[STARTS])) == ["kill(pid, SIGKILL)"]
    assert not [path for path, text in files.items() if path != STARTS and
                len(re.findall(r"\bkill\s*\(", without_noise(text))) != len(re.findall(r"\bkill\([^()]*, 0\)", text))]


def test_every_file_says_its_licence_and_its_duty(files):
    for path, text in files.items():
        assert text.startswith("/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * "), path


def test_a_header_is_guarded_by_its_path(files):
    for path, text in files.items():
        guard = "LEADERLIFE_" + re.sub(r"[/.]", "_", path).upper()
        assert path.endswith(".c") or f"\n#ifndef {guard}\n#define {guard}\n" in text, path


def test_only_one_kind_of_comment(files):
    for path, text in files.items():
        without = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', "", text, flags=re.DOTALL)
        assert "//" not in without, path


def test_files_are_short(root):
    assert not [f"{path.relative_to(root)}: {lines} lines" for path in sorted((root / "c").rglob("*.[ch]"))
                if (lines := path.read_text().count("\n")) > FILE_MAX]


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


def test_the_reader_tells_static_functions():
    assert functions(SAMPLE) == {"first": True, "second": False}


def test_the_reader_finds_a_circle():
    one = {"a.c": "void a(void)\n{\n    b();\n}\n", "b.c": "void b(void)\n{\n    c();\n}\n",
           "c.c": "static void b(void)\n{\n}\n\nvoid c(void)\n{\n    a();\n    b();\n}\n"}
    assert circle_in(calls_between(one)) == ["a.c", "b.c", "c.c", "a.c"]
    assert circle_in(calls_between({**one, "c.c": "void c(void)\n{\n}\n"})) is None


def test_the_reader_finds_includes():
    assert own_includes(SAMPLE) == ["base/text.h"]
    assert foreign_includes(SAMPLE) == ["curl/curl.h"]
