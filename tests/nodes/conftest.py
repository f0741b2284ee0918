# SPDX-License-Identifier: Apache-2.0
"""A control plane of its own, on which nodes are lost soon after they fall
silent, candidates, and lines for the end of the run."""

import pytest

from badinput.conftest import candidates, candidate_program, pytest_runtest_call  # noqa: F401
from controlplane.fixtures import own_cluster
from controlplane.report import pytest_configure, pytest_terminal_summary, report  # noqa: F401

# A kubelet renews its lease every 10 s, so not sooner than this; the default is 50 s.
SILENT_SECONDS = 14


@pytest.fixture(scope="module")
def cluster():
    flags = [f"--node-monitor-grace-period={SILENT_SECONDS}s", "--node-monitor-period=1s"]
    with own_cluster(manager_flags=flags) as started:
        yield started
