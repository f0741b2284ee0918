# SPDX-License-Identifier: Apache-2.0
"""script/lib/cargo.sh: no cargo fetches the index of all crates, Debian 12's (1.65) neither."""

import hashlib
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
    text = (ROOT / script).read_text(encoding="utf-8")
    assert "&& cargo" not in text
    assert "thrifty_cargo " in text or "fetch_crates " in text


def test_a_crate_with_another_sum_is_none(tmp_path):
    cache = tmp_path / "registry" / "cache" / "some-index"
    cache.mkdir(parents=True)
    (cache / "curl-sys-1.0+curl-9.crate").write_bytes(b"what cargo brought")
    right = hashlib.sha256(b"what cargo brought").hexdigest()

    def crate(*words):
        return subprocess.run(["bash", "-euc", '. script/lib/common.sh; . script/lib/cargo.sh; crate "$@"', "crate",
                               *words], cwd=ROOT, env={"PATH": "/usr/bin:/bin", "CARGO_HOME": str(tmp_path)}, text=True,
                              capture_output=True, check=False)

    assert crate("curl-sys", "1.0+curl-9", right).stdout.strip() == str(cache / "curl-sys-1.0+curl-9.crate")
    for words in (("curl-sys", "1.0+curl-9", right[::-1]), ("curl-sys", "1.1+curl-9", right)):
        done = crate(*words)
        assert done.returncode != 0 and not done.stdout
        assert f"cargo has brought no {words[0]} {words[1]} with the sum" in done.stderr
