# SPDX-License-Identifier: Apache-2.0
"""The fixture of the suites that play on the fake server."""

import pytest

from controlplane.keys import Authority

from .server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(Authority(str(tmp_path_factory.mktemp("ca")))) as started:
        yield started
        assert not started.broken, f"the fake server itself has failed: {started.broken[:3]}"
