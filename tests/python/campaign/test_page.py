# SPDX-License-Identifier: Apache-2.0
"""Every block of Python in docs/python/campaign.md runs, as it stands, on the embedded lock."""

import re
import signal
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "python" / "campaign.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_block_runs(block, script, lock):
    """On a lock of its own."""
    assert '"my-operator"' in block
    quiet = 'import logging; logging.getLogger("asyncio").setLevel("ERROR")\n'  # a busy machine makes it warn
    source = quiet * ("asyncio" in block) + block.replace('"my-operator"', f'"{lock}"')
    if "serve(" in block or "asyncio" in block:
        assert script.run(source)
        return
    ends_well = "signal" in block
    started = script.start(source)
    assert started.stdout.readline().startswith("tick ")
    started.send_signal(signal.SIGTERM if ends_well else signal.SIGINT)
    assert (started.wait(60) == 0) == ends_well


def test_there_are_blocks():
    """Or the test above has lost its object."""
    assert len(BLOCKS) == 4
