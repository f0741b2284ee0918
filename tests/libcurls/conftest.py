# SPDX-License-Identifier: Apache-2.0
"""The oldest libcurl that serves, as script/curls has built it, and the command, which is built with the system's."""

import os
from pathlib import Path

import pytest

from controlplane.fixtures import require


def _named(variable, cure):
    if not os.environ.get(variable):
        require("libcurls", f"{variable} is not set: {cure}")
    return Path(os.environ[variable])


@pytest.fixture(scope="session")
def oldest():
    return _named("LEADERLIFE_LIBCURL", "let it name what script/curls prints for the oldest version")


@pytest.fixture(scope="session")
def command():
    return _named("LEADERLIFE_COMMAND", "let it name bin/leaderlife in the build folder")
