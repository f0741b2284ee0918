# SPDX-License-Identifier: Apache-2.0
"""The liveness probe of docs/howto/leader-that-hangs.md fails for a leader that hangs, and for nobody else, in each
language that it names."""

import os
import re
import signal
import subprocess

import pytest

from cli.command import stop
from controlplane.process import _die_with_parent as die_with_parent
from controlplane.process import wait_for

from .test_manifests import HANG_S, ROOT, manifest

PAGE = (ROOT / "docs" / "howto" / "leader-that-hangs.md").read_text(encoding="utf-8")
FILE = "/tmp/heartbeat"
# A program whose work is one beat after the other; it hangs when it is stopped.
PROGRAMS = {
    "shell": (["sh", "-c"], "while :; do BEAT; sleep 0.02; done"),
    "C": (None, "#include <fcntl.h>\n#include <unistd.h>\nint main(void) { for (;;) { BEAT usleep(20000); } }"),
    "Python": (["python3", "-c"], "import pathlib, time\nwhile True:\n BEAT\n time.sleep(0.02)"),
    "Lua": (["lua5.4", "-e"], "while true do BEAT end"),
}


@pytest.fixture
def heartbeat(tmp_path):
    return tmp_path / "heartbeat"


@pytest.fixture
def is_alive(heartbeat):
    """By the probe, as the kubelet would run it."""
    words = re.search(r"command: \[sh, -c, '(.*)'\]", manifest("liveness.yaml", PAGE))[1]
    assert words.count(FILE) == 2
    return lambda: subprocess.run(["sh", "-c", words.replace(FILE, str(heartbeat))], check=False).returncode == 0


def beat(language):
    return re.search(rf"^\| {language} \| `(.*{FILE}.*)` \|$", PAGE, re.MULTILINE)[1]


@pytest.fixture(params=PROGRAMS)
def program(request, heartbeat, tmp_path):
    words, source = PROGRAMS[request.param]
    source = source.replace("BEAT", beat(request.param).replace(FILE, str(heartbeat)))
    if words is None:
        (tmp_path / "beats.c").write_text(source, encoding="ascii")
        subprocess.run(["cc", "-o", tmp_path / "beats", tmp_path / "beats.c"], check=True)
        words = [tmp_path / "beats"]
    else:
        words = [*words, source]
    with subprocess.Popen(words, preexec_fn=die_with_parent) as started:
        yield started
        started.kill()


def test_a_standby_is_alive(is_alive):
    assert is_alive()


def test_who_works_is_alive_and_who_hangs_is_not(program, heartbeat, is_alive):
    wait_for("a beat", heartbeat.exists, HANG_S)
    os.utime(heartbeat, (0, 0))
    wait_for("the next one", is_alive, HANG_S)
    stop(program.pid)
    os.utime(heartbeat, (0, 0))  # instead of a minute
    assert not is_alive()
    program.send_signal(signal.SIGCONT)
    wait_for("a beat after that", is_alive, HANG_S)
