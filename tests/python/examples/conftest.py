# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, replicas of an example in pods of it, and lines for
the end of the run."""

import os
from pathlib import Path

import pytest

from controlplane.fixtures import cluster, require  # noqa: F401
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

from .replica import Replica

ROOT = Path(__file__).resolve().parents[3]
@pytest.fixture(scope="session")
def interpreter():
    """The command line of a Python that has kopf and kubernetes."""
    found = os.environ.get("LEADERLIFE_EXAMPLES_PYTHON", "")
    if not os.access(found, os.X_OK):
        require("python_examples", "LEADERLIFE_EXAMPLES_PYTHON names no Python with script/requirements-examples.txt")
    return [found, "-B"]


@pytest.fixture(scope="session")
def package():
    """The folder that holds the package leaderlife."""
    folder = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")).resolve() / "python" / "python"
    if not list(folder.glob("leaderlife/capi*.so")):
        require("python_examples", f"there is no package in {folder}: build it with -DLEADERLIFE_PYTHON=ON")
    return folder


@pytest.fixture
def start(interpreter, package, tmp_path):
    """start(pod, example, arguments, free port or None): a Replica. All end with the test, and none has told a
    secret."""
    started = []

    def start_one(pod, example, *arguments, port=None):
        command = [*interpreter, ROOT / "examples" / "python" / example, *arguments, *([port] if port else [])]
        started.append(Replica(pod, command, tmp_path, {"PYTHONPATH": str(package)}, port, len(started)))
        return started[-1]

    try:
        yield start_one
        for replica in started:
            assert replica.secret not in replica.log(), f"{replica} has told its token"
    except BaseException as error:
        error.add_note("\n".join(f"--- {replica}\n{replica.log()}" for replica in started))
        raise
    finally:
        for replica in started:
            replica.process.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What the replicas have said goes with the failure of a test."""
    try:
        return (yield)
    except Exception as error:
        for path in sorted(item.funcargs["tmp_path"].glob("*.log")) if "tmp_path" in item.funcargs else ():
            error.add_note(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}")
        raise
