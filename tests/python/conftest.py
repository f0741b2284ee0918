# SPDX-License-Identifier: Apache-2.0
"""The package, a lock of its own for each test, programs that use them, and the
candidates on the real control plane for what cannot happen elsewhere."""

import secrets
import signal

import pytest

from badinput.conftest import candidates, pytest_runtest_call  # noqa: F401
from controlplane.fixtures import cluster, proxy, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401
from scenarios import programs

from .script import Script

# The programs under test must be able to hear it; what a shell runs in the background inherits that it is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def leaderlife():
    """The package, imported into the tests' own interpreter."""
    try:
        import leaderlife
    except ImportError as error:
        require("python",
                f"{error}: build it (option LEADERLIFE_PYTHON), and let PYTHONPATH name python in the build folder")
    return leaderlife


@pytest.fixture
def lock():
    """The name of an embedded lock that nobody else has."""
    return "python-" + secrets.token_hex(6)


@pytest.fixture
def election(leaderlife, lock):
    """Not started; closed at the end."""
    with leaderlife.Election(lock, backend="local", log_level="debug") as made:
        yield made


@pytest.fixture
def script(leaderlife, lock, tmp_path):  # noqa: ARG001  the package must be there
    """Runs programs on that lock, in interpreters of their own."""
    made = Script(tmp_path, lock)
    yield made
    made.abandon()


@pytest.fixture(scope="session")
def candidate_program():
    """Python's own, for the candidates."""
    return programs.required("python", "python")
