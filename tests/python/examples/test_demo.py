# SPDX-License-Identifier: Apache-2.0
"""script/demo, as a newcomer runs it: candidates in C, Python, Lua and shell, each killed
in its turn. Also as a background job, for which shells ignore SIGINT."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HANG_S = 300  # it may have to build


@pytest.mark.parametrize("in_background", [False, True], ids=["in front", "in the background"])
def test_demo(in_background):
    def ignore():
        if in_background:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = subprocess.run([ROOT / "script" / "demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=HANG_S, preexec_fn=ignore, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    leaders = re.findall(r"^(\S+) \((C|Python|Lua|shell, by the command)\) leads", done.stdout, re.MULTILINE)
    assert len(set(leaders)) == 4, done.stdout
    assert {language for _, language in leaders} == {"C", "Python", "Lua", "shell, by the command"}
    assert done.stdout.splitlines()[-1] == "done: one leader at any time"
