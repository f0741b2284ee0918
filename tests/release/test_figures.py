# SPDX-License-Identifier: Apache-2.0
"""What it costs: printed, and held to limits that leave room for another machine."""

from . import artefacts
from .test_wheel import PYTHON

ROUNDS = 25
IMPORT = "import time; began = time.perf_counter(); import leaderlife; print((time.perf_counter() - began) * 1000)"


def test_importing_is_cheap(bare, capsys):
    """The least of many, each in a new Python: what else the machine does is not ours."""
    assert bare.run(PYTHON, "-m", "compileall", "-q", "/usr/local/lib").returncode == 0
    taken = min(float(bare.run(PYTHON, "-I", "-c", IMPORT).stdout) for _ in range(ROUNDS))
    with capsys.disabled():
        print(f"\nimport leaderlife over a bare Python: {taken:.1f} ms")
    assert taken < 50, "it does far more than to load one module"


def test_the_sizes_are_told(capsys):
    with capsys.disabled():
        print()
        for path in sorted(artefacts.DIST.iterdir()):
            print(f"{path.name}: {path.stat().st_size} bytes")
    assert list(artefacts.DIST.glob("*.whl"))


def memory_of(pid):
    """(RSS, private memory) in KiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        values = {line.split()[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
    return values["Rss:"], values["Private_Clean:"] + values["Private_Dirty:"]


def test_a_standby_is_small(empty, orphans, namespace, starter, capsys):
    """The static command, which watches the leader over TLS."""
    empty.carry(orphans)
    (_, of_a), (_, of_b) = (empty.play(namespace, name) for name in ("a", "b"))
    words = ["/leaderlife", "run", "lock", "--", orphans]
    first = starter.start_words(empty.words(words), of_a)
    first.wait_said("works as ")
    second = starter.start_words(empty.words(words), of_b)
    second.wait_said("waiting for")
    rss, private = memory_of(second.pid)
    with capsys.disabled():
        print(f"\na standby of the static command: {rss} KiB RSS, {private} KiB private")
    assert rss < 16 * 1024
