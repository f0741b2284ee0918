# SPDX-License-Identifier: Apache-2.0
"""The blocks of docs/python/greenlets.md run as they stand, on the embedded lock."""

import re
from pathlib import Path

import pytest

import scenarios.script

from .green import PACKAGE, python

PAGE = Path(__file__).resolve().parents[3] / "docs" / "python" / "greenlets.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_there_are_blocks():
    assert len(BLOCKS) == 3 and all("leaderlife.become(" in code for code in BLOCKS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block_runs(number, tmp_path, lock):
    script = scenarios.script.Script(
        tmp_path, lock, [python(), "-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning"], ".py", "",
        {"PYTHONPATH": str(PACKAGE / "python")})
    try:
        script.run(BLOCKS[number].replace('"my-operator"', f'"{lock}"'))
    finally:
        script.abandon()
