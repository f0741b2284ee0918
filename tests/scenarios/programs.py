# SPDX-License-Identifier: Apache-2.0
"""The candidate programs that the scenarios can play with. Each language has
one of its own; all speak the language of README.md."""

import os
import shlex

from controlplane.fixtures import require

# name: the variable with its command line (so that it can be run under valgrind), and where its program comes from
PROGRAMS = {
    "c": ("LEADERLIFE_CANDIDATE_C", "build the target 'candidate' (option LEADERLIFE_TESTS) and let it name "
                                    "tests/candidate in the build folder"),
    "python": ("LEADERLIFE_CANDIDATE_PYTHON",
               "build the Python package (option LEADERLIFE_PYTHON), let PYTHONPATH name "
               "python in the build folder, and let it be "
               "'python3 tests/python/candidate.py'"),
    **{lua: (f"LEADERLIFE_CANDIDATE_{lua.upper().replace('.', '')}",
             "build the Lua modules (options LEADERLIFE_LUA and LEADERLIFE_LUA_TESTS) and let it be "
             f"'env LUA_PATH=… LUA_CPATH=… {lua} tests/lua/candidate.lua', as script/lib/suite.sh does")
       for lua in ("lua5.1", "lua5.4", "luajit")},
}


class ProgramMissing(Exception):
    """The program is not there; the text says how to get it."""


def command(name):
    """The command line of a candidate program, as a list."""
    variable, cure = PROGRAMS[name]
    words = shlex.split(os.environ.get(variable, ""))
    if not words:
        raise ProgramMissing(f"{variable} is not set: {cure}")
    if not os.access(words[-1], os.X_OK):
        raise ProgramMissing(f"{variable} names {words[-1]}, which cannot be run")
    return [os.path.abspath(word) if os.path.exists(word) else word for word in words]


def required(name, suite):
    """command(); without the program the tests of that suite are skipped, loudly, or fail where it is required."""
    try:
        return command(name)
    except ProgramMissing as missing:
        require(suite, str(missing))
