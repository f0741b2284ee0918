# SPDX-License-Identifier: Apache-2.0
"""The shared control plane, and candidates for each test."""

import contextlib

import pytest

from controlplane.fixtures import cluster, proxy  # noqa: F401
from controlplane.keys import Authority
from scenarios import programs

from .candidates import Candidates


@pytest.fixture(scope="session")
def candidate_program():
    """C's alone: what goes wrong goes wrong below all bindings."""
    return programs.required("c", "badinput")


@pytest.fixture
def candidates(cluster, candidate_program, tmp_path):  # noqa: F811
    made = Candidates(cluster, tmp_path, candidate_program)
    try:
        with made.observer.telling():
            yield made
            made.finish()
    finally:
        made.abandon()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """The story of what was said goes with the failure of a test, too."""
    made = item.funcargs.get("candidates")
    with made.observer.telling() if made is not None else contextlib.nullcontext():
        return (yield)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """A certificate authority that nobody trusts."""
    return Authority(str(tmp_path_factory.mktemp("stranger")), "a stranger")
