# SPDX-License-Identifier: Apache-2.0
"""The command that is tested, and the shared control plane."""

import os
import secrets

import pytest

from controlplane.fixtures import cluster  # noqa: F401

from .command import Command


def pytest_configure(config):
    config.addinivalue_line("markers", "without_proc: takes /proc away from the command, which sanitizers do not bear")


@pytest.fixture
def command(tmp_path):
    """The program that LEADERLIFE_COMMAND names; script/lib/suites/command.sh sets it."""
    made = Command(os.environ["LEADERLIFE_COMMAND"], tmp_path)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def lock():
    """A name that nobody else on this machine has."""
    return "cli-" + secrets.token_hex(6)
