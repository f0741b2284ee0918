# SPDX-License-Identifier: Apache-2.0
"""script/lib/cargo.sh: no cargo fetches the index of all crates, Debian 12's (1.65) neither."""

import subprocess

import pytest

from .artefacts import ROOT

CARGO = """#!/bin/sh
[ "$1" != --version ] || {{ echo "cargo {version}"; exit; }}
echo "$*|${{RUSTC_BOOTSTRAP:-}}|${{CARGO_REGISTRIES_CRATES_IO_PROTOCOL:-}}"
"""


@pytest.mark.parametrize("version, asks", [("1.65.0", "-Zsparse-registry fetch -q|1|"),
                                           ("1.67.1", "-Zsparse-registry fetch -q|1|"),
                                           ("1.68.0 (115f34552 2023-02-26)", "fetch -q||sparse"),
                                           ("1.100.0-nightly", "fetch -q||sparse"),
                                           ("2.0.0", "fetch -q||sparse")])
def test_asks_for_the_crates_that_are_wanted_alone(version, asks, tmp_path):
    cargo = tmp_path / "cargo"
    cargo.write_text(CARGO.format(version=version), encoding="utf-8")
    cargo.chmod(0o755)
    done = subprocess.run(["bash", "-euc", f". {ROOT}/script/lib/cargo.sh; thrifty_cargo fetch -q"], text=True,
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, check=True)
    assert done.stdout.strip() == asks


@pytest.mark.parametrize("script", ["script/curls", "script/outdated", "script/lib/release/sources.sh"])
def test_whoever_needs_crates_asks_so(script):
    lines = [line for line in (ROOT / script).read_text(encoding="utf-8").splitlines() if "&& cargo" in line]
    assert not lines
    assert "thrifty_cargo " in (ROOT / script).read_text(encoding="utf-8")
