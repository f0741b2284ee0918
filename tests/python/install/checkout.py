# SPDX-License-Identifier: Apache-2.0
"""A copy of the checkout to build from, so that nothing of setuptools' is left in it, with the rubbish of a developer's
day in it, and what of it belongs to a source distribution."""

import shutil
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "bindings/python/leaderlife"

_FOLDERS = ("c", "cmake", "bindings", "tests")
_FILES = ("CMakeLists.txt", "LICENSE", "README.md", "MANIFEST.in", "pyproject.toml", "setup.py")
_NOT_OURS = shutil.ignore_patterns("__pycache__", "*.py[co]", "*.so", "*.egg-info", "*~", "*.swp", ".*_cache")

# As setuptools calls its folders: an earlier wheel's, whose build environment is gone.
_BUILT = f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}"

RUBBISH = (
    f"build/lib.{_BUILT}/leaderlife/gone.py", f"build/temp.{_BUILT}/CMakeCache.txt", "build/release/old.c",
    "dist/leaderlife-0.0.1.tar.gz", ".env", "bindings/leaderlife_wrap.c", "bindings/python/capi_wrap.c",
    "bindings/python/leaderlife/capi.so",
    "bindings/python/leaderlife/__pycache__/_election.cpython-311.pyc", "bindings/python/leaderlife/_election.py~",
    "bindings/python/leaderlife/._election.py.swp", "bindings/python/leaderlife/notes.txt",
    "bindings/python/.mypy_cache/3.11/cache.db", "c/src/election/wait.o", "c/src/core", "c/src/election/.wait.c.swp",
    "cmake/CMakeCache.txt", "tests/__pycache__/x.pyc",
)


def copy(target):
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, ignore=_NOT_OURS)
    for name in _FILES:
        shutil.copy(ROOT / name, target / name)
    return target


def litter(folder):
    for name in RUBBISH:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("rubbish\n", encoding="utf-8")


def files_below(folder, *parts):
    """The paths of all files below these parts of a folder, from the folder."""
    return {str(path.relative_to(folder)) for part in parts for path in (folder / part).rglob("*") if path.is_file()}


def distributed(clean):
    """Every file of a clean copy that a source distribution must hold: all of these folders, whatever is in them."""
    return (files_below(clean, "c", "cmake", "bindings/python") | set(_FILES) |
            {"bindings/leaderlife.i", "bindings/exports.map"})


def hand_written(clean):
    """The names of the package's modules, stubs and marker."""
    return {path.name for path in (clean / PACKAGE).iterdir() if path.suffix in (".py", ".pyi", ".typed")}
