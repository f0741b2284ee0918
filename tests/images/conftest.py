# SPDX-License-Identifier: Apache-2.0
"""The images of examples/images, each built once."""

import os

import pytest

from controlplane.fixtures import require

from . import store

NAMES = sorted(path.parent.name for path in (store.ROOT / "examples" / "images").glob("*/Dockerfile"))


@pytest.fixture(scope="session")
def images():
    why = store.missing()
    if why:
        require("images", why)
    return store.Store(os.environ["LEADERLIFE_IMAGES"])  # script/lib/suites/images.sh says where


@pytest.fixture(scope="session", params=NAMES)
def image(request, images):
    """(name, its files, what its Dockerfile says)."""
    name = images.build(store.ROOT / "examples" / "images" / request.param / "Dockerfile",
                        f"localhost/leaderlife-{request.param}")
    with images.unpacked(name) as root:
        yield request.param, root, images.settings(name)
