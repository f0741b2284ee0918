# SPDX-License-Identifier: Apache-2.0
"""Running what a person would type: pip, build, cmake and small Python programs, in an environment without what would
decide where Python finds modules or where an election takes place."""

import os
import subprocess
import sys
from pathlib import Path

HANG_S = 300  # a guard, not a measure: the longest of them takes a tenth

_NOT_INHERITED = ("PYTHON", "PIP_REQUIRE", "VIRTUAL_ENV", "KUBE", "POD_", "LEADERLIFE_", "SWIG", "CMAKE")
TOOLS = Path(sys.executable).parent  # the venv of script/requirements.txt


def environment(**more):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    return {**ours, "CMAKE_BUILD_PARALLEL_LEVEL": "2", **more}


def attempt(*command, cwd="/", **more):
    """The finished command, however it ended. Not in the checkout, whose folders Python would take for packages."""
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=HANG_S, cwd=cwd,
                          env=environment(**more), check=False)


def run(*command, cwd="/", **more):
    """What the command prints; it must succeed."""
    done = attempt(*command, cwd=cwd, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


def with_tools():
    """The PATH on which SWIG is the newest, of PyPI."""
    return f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
