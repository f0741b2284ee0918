# SPDX-License-Identifier: Apache-2.0
"""How many suites script/test runs side by side: more while the processors are idle, never less than twice as many as
there are of them; and each runs to its end, once."""

import subprocess

import pytest

# Two processors, on which so many percent are idle. Each job tells how many it has beside it, and itself.
PROGRAM = """
set -euo pipefail
. script/lib/jobs.sh
. script/lib/side_by_side.sh
look_every=0.1
nproc() { echo 2; }
free_memory() { echo "$memory"; }
ticks=0
look_at_processors() { idle=${idles[$((ticks < ${#idles[@]} ? ticks : ${#idles[@]} - 1))]}; ticks=$((ticks + 1)); }
run() {
    touch "$folder/$1"
    find "$folder" -type f | wc -l >>"$folder.seen"
    sleep 1
    rm "$folder/$1"
    [[ $1 != 3 ]] || return 1
}
ended() { echo "ended $1"; }
read -r -a idles <<<"$idle_percent"
side_by_side run ended $(seq 1 16)
[[ -z $(jobs -rp) ]] || sleep 1
[[ -z $(jobs -rp) ]]
"""


def play(root, tmp_path, idle, memory):
    """How many have run at most."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    done = subprocess.run(["bash", "-c", PROGRAM], cwd=root, capture_output=True, text=True, timeout=300, env={
        "PATH": "/usr/bin:/bin", "idle_percent": idle, "memory": memory, "folder": str(folder)})
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == sorted(f"ended {number}" for number in range(1, 17))
    return max(int(line) for line in (tmp_path / "jobs.seen").read_text().split())


@pytest.mark.parametrize("idle, memory, least, most", [
    ("0", "9999", 2, 4), ("10", "9999", 2, 4), ("60", "9999", 5, 8), ("60", "100", 2, 4), ("60 60 60 0", "9999", 5, 6)])
def test_more_run_while_processors_are_idle(root, tmp_path, idle, memory, least, most):
    assert least <= play(root, tmp_path, idle, memory) <= most


def test_what_is_idle_is_read(root):
    read = "before=(0 0); . script/lib/side_by_side.sh; look_at_processors; echo $idle; processor_times; free_memory"
    done = subprocess.run(["bash", "-c", read], cwd=root, capture_output=True, text=True, check=True)
    idle, times, memory = done.stdout.splitlines()
    everything, unused = map(int, times.split())
    assert 0 <= int(idle) <= 100 and 0 < unused < everything and int(memory) > 0
