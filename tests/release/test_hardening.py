# SPDX-License-Identifier: Apache-2.0
"""What is shipped is hardened as far as its C library can be (docs/security.md)."""

import hardening
import pytest

from . import artefacts


@pytest.mark.parametrize(("arch", "libc"), [(arch, libc) for arch in artefacts.ARCHS for libc in artefacts.LIBCS])
def test_the_module_and_the_command_of_a_wheel(arch, libc, tmp_path):
    folder = artefacts.unpack_wheel(arch, libc, tmp_path)
    for path in (folder / "leaderlife/capi.abi3.so",
                 folder / f"leaderlife-{artefacts.VERSION}.data/scripts/leaderlife"):
        assert hardening.faults(path, fortified=libc == "gnu") == [], path


@pytest.mark.parametrize("arch", artefacts.ARCHS)
def test_the_static_command(arch, tmp_path):
    assert hardening.faults(artefacts.unpack_command(arch, tmp_path) / "leaderlife", fortified=False) == []
