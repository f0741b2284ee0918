# SPDX-License-Identifier: Apache-2.0
"""Every block of Python in docs/python/testing.md runs as it stands: tests by pytest, with the page's conftest.py, and
the rest as a program."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import leaderlife
from controlplane.fixtures import require

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "python" / "testing.md").read_text(encoding="utf-8")
CONFTEST, *BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
HANG_S = 60


def run(block, folder):
    code = block.replace('"my-operator"', f'"page-{os.getpid()}"')
    is_test = "def test_" in block
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    file = folder / ("test_block.py" if is_test else "block.py")
    file.write_text(code, encoding="utf-8")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, file] if is_test else [file]
    return subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-B", *words], cwd=folder, capture_output=True,
                          text=True, timeout=HANG_S, check=False)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block(tmp_path, number):
    block = BLOCKS[number]
    if "leaderlife.campaign(" in block and not hasattr(leaderlife, "campaign"):
        require("campaign", "this package has no campaign()")
    done = run(block, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in re.findall(r"print\(error\)  # (.*?); …$", block, re.MULTILINE):
        assert line.replace("my-operator", f"page-{os.getpid()}") in done.stdout


def test_there_are_blocks_of_both_kinds():
    assert len(BLOCKS) >= 5 and sum("def test_" in block for block in BLOCKS) == len(BLOCKS) - 1
    assert "fake_elections" in CONFTEST


def test_a_wrong_block_is_noticed(tmp_path):
    wrong = BLOCKS[0].replace('state == "closed"', 'state == "leader"')
    assert wrong != BLOCKS[0] and run(wrong, tmp_path).returncode == 1
