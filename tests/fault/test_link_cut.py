# SPDX-License-Identifier: Apache-2.0
"""P10: a write that is given up is not carried out later. Between two network
namespaces the way to the server is cut for 33 s while claims are under way; their
handles are closed, or freed. Left to itself the kernel would send a claim again
51 s after the first time, and a closed process's pod would hold the record."""

import os
import subprocess
import sys

from controlplane.fixtures import require
from controlplane.process import _die_with_parent as die_with_parent

from . import network_link


def test_nothing_is_carried_out_after_the_end(candidate_program, tmp_path, report):
    play = network_link.in_private([sys.executable, "-m", "fault.link_cut", *candidate_program, str(tmp_path)])
    if play is None:
        require("fault", "ip (Debian: iproute2) and unshare cannot make network namespaces with a link between them "
                         "here: run it as root")
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(play, cwd=tests, env={**os.environ, "PYTHONPATH": tests}, capture_output=True, text=True,
                          timeout=240, preexec_fn=die_with_parent)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    for line in done.stdout.splitlines():
        report("cut link: " + line)
