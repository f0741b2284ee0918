# SPDX-License-Identifier: Apache-2.0
"""The public header alone is enough, in C99 and in C++17, whatever the compiler."""

import shutil
import subprocess

import pytest

USE = """
#include <leaderlife/leaderlife.h>
int use(void);
int use(void)
{
    leaderlife_election *election = 0;
    int status = leaderlife_become("lock", &election);
    leaderlife_election_free(election);
    return status == LEADERLIFE_OK ? 0 : 1;
}
"""

WAYS = [("gcc", "c99", "c"), ("gcc", "c11", "c"), ("g++", "c++17", "c++"),
        ("clang", "c99", "c"), ("clang++", "c++17", "c++")]


@pytest.mark.parametrize("compiler, standard, language", WAYS)
def test_the_header_compiles_alone(root, compiler, standard, language):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    warnings = ["-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"]
    done = subprocess.run(
        [compiler, f"-std={standard}", *warnings, f"-I{root / 'c' / 'include'}", "-x", language, "-fsyntax-only", "-"],
        input=USE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_header_has_nothing_that_would_be_compiled_into_programs(root):
    """No public struct, inline function, varargs, callback or macro with logic: the ABI vow."""
    text = (root / "c" / "include" / "leaderlife" / "leaderlife.h").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith((" *", "/*"))]
    code = "\n".join(lines)
    for forbidden in ("struct leaderlife_election {", "struct leaderlife_event {", "inline", "...)", "(*"):
        assert forbidden not in code, forbidden
    macros = [line.split()[1] for line in lines if line.lstrip().startswith("#define")]
    assert set(macros) == {"LEADERLIFE_LEADERLIFE_H", "LEADERLIFE_API"}
