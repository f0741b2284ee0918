# SPDX-License-Identifier: Apache-2.0
"""Asks client-go and the library about the same kubeconfigs."""

import os

import pytest

from controlplane.binary import BinaryMissing, binary
from controlplane.fixtures import require

from . import pki
from .comparison import compare


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return pki.make(str(tmp_path_factory.mktemp("kubeconfigs")))


@pytest.fixture(scope="module")
def ask(folder):
    try:
        client_go = [binary(), "kubeconfig"]
    except BinaryMissing as missing:
        require("compatibility", str(missing))
    library = [os.environ.get("LEADERLIFE_KUBECONFIG_ANSWERS")
               or os.path.join(os.environ["LEADERLIFE_BUILD"], "tests", "tests", "kubeconfig_answers")]
    return lambda cases: compare(folder, cases, client_go, library)
