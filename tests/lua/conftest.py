# SPDX-License-Identifier: Apache-2.0
"""The interpreters, a lock of its own for each test, and programs that use them."""

import secrets
import shutil

import pytest

from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

from .script import BUILD, VERSIONS, Script


def pytest_generate_tests(metafunc):
    """A test that takes `version` is run with each, unless it names its own."""
    if "version" in metafunc.fixturenames and not any(
            "version" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize")):
        metafunc.parametrize("version", VERSIONS)


@pytest.fixture
def lock():
    """The name of an embedded lock that nobody else has."""
    return "lua-" + secrets.token_hex(6)


@pytest.fixture
def interpreter(version):
    """That version and our module for it are there."""
    if not shutil.which(f"lua{version}"):
        require("lua", f"lua{version} is not installed (Debian: lua{version}; LuaJIT: luajit2)")
    if not (BUILD / version / "leaderlife" / "capi.so").exists():
        require("lua", f"there is no module for Lua {version} in {BUILD}: build it (option LEADERLIFE_LUA)")
    return f"lua{version}"


@pytest.fixture
def script(interpreter, version, lock, tmp_path):  # noqa: ARG001
    """Runs programs on that lock, in interpreters of their own."""
    made = Script(tmp_path, lock, version)
    yield made
    made.abandon()
