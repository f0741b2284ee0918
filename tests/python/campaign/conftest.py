# SPDX-License-Identifier: Apache-2.0
"""What the tests of campaigns share."""

from scenarios.conftest import _place_in_run


def pytest_configure(config):
    config.addinivalue_line("markers", "rough: stops parts of the control plane")


def pytest_collection_modifyitems(items):
    items.sort(key=_place_in_run)  # those that stop parts of the control plane last
