# SPDX-License-Identifier: Apache-2.0
"""The fake server, and the real control plane that it is compared with."""

import pytest

from controlplane.fixtures import cluster  # noqa: F401
from controlplane.keys import Authority

from .server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with Server(Authority(str(tmp_path_factory.mktemp("ca")))) as started:
        yield started
        assert not started.broken, f"the fake server itself has failed: {started.broken[:3]}"
