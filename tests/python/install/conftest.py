# SPDX-License-Identifier: Apache-2.0
"""What is built once for all of these tests: a littered copy of the checkout, its source distribution, the wheel from
that, and the folder that the wheel unpacks to."""

import re
import zipfile
from types import SimpleNamespace

import pytest

from . import checkout, pythons
from .commands import TOOLS, run


@pytest.fixture(scope="session")
def version():
    text = (checkout.ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"VERSION (\d+\.\d+\.\d+)", text).group(1)


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    """A copy that nobody builds in."""
    return checkout.copy(tmp_path_factory.mktemp("clean") / "leaderlife")


@pytest.fixture(scope="session")
def littered(tmp_path_factory):
    folder = checkout.copy(tmp_path_factory.mktemp("littered") / "leaderlife")
    checkout.litter(folder)
    return folder


@pytest.fixture(scope="session")
def dist(littered, tmp_path_factory):
    """`python -m build`: the source distribution, and the wheel from that alone, with SWIG and CMake of PyPI."""
    folder = tmp_path_factory.mktemp("dist")
    log = run(TOOLS / "python", "-m", "build", "--outdir", folder, littered)
    sdist, = folder.glob("*.tar.gz")
    wheel, = folder.glob("*.whl")
    return SimpleNamespace(sdist=sdist, wheel=wheel, log=log)


@pytest.fixture(scope="session")
def unpacked(dist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(dist.wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def module(unpacked):
    """The path of the compiled module."""
    return unpacked / "leaderlife" / "capi.abi3.so"


@pytest.fixture
def clean_venv(tmp_path):
    """The path of the python of a clean venv of Debian's Python."""
    return pythons.venv(pythons.DEBIAN, tmp_path / "venv")
