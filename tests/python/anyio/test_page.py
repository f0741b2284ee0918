# SPDX-License-Identifier: Apache-2.0
"""Every block of docs/python/anyio.md runs, as it stands, on the embedded lock."""

import re
import uuid

import pytest
from conftest import HERE
from test_processes import run_python

TEXT = (HERE.parents[2] / "docs/python/anyio.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_there_are_blocks():
    assert len(BLOCKS) == 4 and all('"my-operator"' in block for block in BLOCKS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_runs(number):
    done = run_python(BLOCKS[number].replace('"my-operator"', f'"page-{uuid.uuid4().hex}"'))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_block_that_is_wrong_is_noticed():
    assert run_python(BLOCKS[0].replace("while_leading", "while_absent")).returncode == 1
