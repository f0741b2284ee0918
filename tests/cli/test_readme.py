# SPDX-License-Identifier: Apache-2.0
"""What README and docs show of the command is run: blocks of shell as they are, and each line of them succeeds."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from controlplane.process import free_port
from readme.pages import to_run

BLOCKS = {block.place: block.code for block in to_run("sh", "tests/cli/test_readme.py")}


def test_there_are_some():
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("place", BLOCKS)
def test_a_block(command, tmp_path, place):
    block = BLOCKS[place]
    for name in ("operator", "standby"):
        (tmp_path / name).write_text("#!/bin/sh\necho \"$0 works, token $LEADERLIFE_TOKEN\"\n")
        (tmp_path / name).chmod(0o755)
    bash = shutil.which("bash")
    path = f"{Path(command.program[0]).parent}:{os.environ['PATH']}"
    script = block.replace(":8080", f":{free_port()}")
    ended = subprocess.run([bash, "-euo", "pipefail", "-c", script], cwd=tmp_path,
                           env=command.environment({"PATH": path}),
                           capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended
    for line in re.findall(r"^# prints (.*)$", block, re.MULTILINE):
        assert re.search(line, ended.stdout + ended.stderr, re.MULTILINE), (line, ended)
