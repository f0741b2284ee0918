# SPDX-License-Identifier: Apache-2.0
"""Elections through the public API in C: every call of the library's that may fail
does, once; and so do those of the libraries under it. The driver judges: statuses, the
order of states, tokens, who leads, what is left; and who comes then must lead."""

import os

import pytest

from controlplane.fixtures import require

from .conftest import BUILD

# Without nghttp2: where a call of its own failed, 1.52 leaked once and crashed once, in itself.
BELOW = ("libleaderlife", "libcurl", "libjansson", "libyaml-0")


@pytest.fixture
def words(built):
    return [built("tests/torture_driver")]


def test_on_the_embedded_lock(torture, players_on_embedded, words):
    torture("handles, embedded lock", players_on_embedded(words, ["libleaderlife"]), 200)


@pytest.mark.parametrize("modules", [("libleaderlife",), BELOW], ids=["ours", "and-below"])
def test_on_kubernetes(torture, players_on_server, words, modules):
    below = len(modules) > 1
    torture("handles, fake API server" + (", libraries below" if below else ""), players_on_server(words, modules),
            40 if below else 80)


@pytest.fixture
def sanitized():
    """The driver under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer, and its environment."""
    program = BUILD / "sanitize" / "tests" / "torture_driver"
    if not program.exists():
        require("torture", f"there is no {program}: build the target with the option LEADERLIFE_SANITIZE")
    # The shim is called first, and calls the sanitizer's functions.
    options = ":".join([*filter(None, [os.environ.get("ASAN_OPTIONS")]), "verify_asan_link_order=0"])
    return [str(program)], {"ASAN_OPTIONS": options, "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}, {
        "libleaderlife": str(program.parents[1] / "libleaderlife.so")}


def test_sanitized_on_the_embedded_lock(torture, players_on_embedded, sanitized):
    words, environment, files = sanitized
    torture("handles sanitized, embedded lock", players_on_embedded(words, ["libleaderlife"], environment), 30, files)


def test_sanitized_on_kubernetes(torture, players_on_server, sanitized):
    words, environment, files = sanitized
    torture("handles sanitized, fake API server, libraries below", players_on_server(words, BELOW, environment), 30,
            files, 300)
