# SPDX-License-Identifier: Apache-2.0
"""What the README shows of the command is run: blocks of shell as they are, and
each line of them succeeds."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from controlplane.process import free_port

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README.partition("## From the command line")[2].partition("\n## ")[0], re.DOTALL)


def test_there_are_some():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0].strip("# ")[:40])
def test_a_block(command, tmp_path, block):
    for name in ("operator", "standby"):
        (tmp_path / name).write_text("#!/bin/sh\necho \"$0 works, token $LEADERLIFE_TOKEN\"\n")
        (tmp_path / name).chmod(0o755)
    bash = shutil.which("bash")
    path = f"{Path(command.program[0]).parent}:{os.environ['PATH']}"
    script = block.replace(":8080", f":{free_port()}")
    ended = subprocess.run([bash, "-euo", "pipefail", "-c", script], cwd=tmp_path, env=command.environment({"PATH": path}),
                           capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended
    for line in re.findall(r"^# prints (.*)$", block, re.MULTILINE):
        assert re.search(line, ended.stdout + ended.stderr, re.MULTILINE), (line, ended)
