# SPDX-License-Identifier: Apache-2.0
"""script/outdated, where a registry cannot be asked: that is no good news."""

import os
import subprocess

from .artefacts import ROOT


def test_a_registry_that_does_not_answer_is_an_error(tmp_path):
    """Cargo without network, and without what it has fetched before."""
    environment = {**os.environ, "CARGO_HOME": str(tmp_path), "CARGO_NET_OFFLINE": "true"}
    done = subprocess.run([ROOT / "script/outdated"], env=environment, capture_output=True, text=True, check=False,
                          timeout=300)
    assert done.returncode == 2, done
    assert "the registry of crates could not be asked" in done.stderr and "newest" not in done.stdout
