# SPDX-License-Identifier: Apache-2.0
"""The command that is tested, the shared control plane, and `leaderlife doctor` on it."""

import os
import secrets
import time

import pytest

from controlplane.fixtures import cluster  # noqa: F401
from controlplane.node import SilentNode

from .command import Command
from .doctor import Doctor


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


# `leaderlife doctor`

@pytest.fixture
def doctor(command, cluster, tmp_path):  # noqa: F811
    return Doctor(command, cluster, tmp_path)


@pytest.fixture
def space(doctor):
    return doctor.space()


@pytest.fixture
def healthy(doctor, space):
    """(space, files of the leader's pod, of the standby's, of a third one's)."""
    files = [doctor.files(space, name) for name in "abc"]
    doctor.leader(files[0])
    doctor.start(files[1]).wait_said("waiting for 'lock': a leads")
    return space, *files


@pytest.fixture
def node(cluster):  # noqa: F811
    """Its pods do not go by themselves."""
    return SilentNode(cluster)


@pytest.fixture(scope="session")
def overdue(cluster):  # noqa: F811
    """(files, when it is so, its node) of a pod that does not end; begun first, for it takes time."""
    doctor = Doctor(None, cluster, None)
    node = SilentNode(cluster)
    files = doctor.files(doctor.space(), node=node, grace=1)
    files.pod.namespace.admin.create(files.pod.namespace.path("configmaps"), files.pod.namespace.lock_body(files.pod))
    other = doctor.files(files.pod.namespace, "b")
    files.pod.delete()
    return other, time.monotonic() + 33.0, node
