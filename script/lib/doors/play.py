# SPDX-License-Identifier: Apache-2.0
"""Does what docs/start says on a clean Debian, and takes the time from the clone to the first hand-over. See
script/doors.

Usage: play.py [--publish] [DOOR...]"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INDEX = ROOT / "docs" / "index.md"
TIMES = ROOT / "build" / "doors" / "times.json"  # of each door the last
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"^(?:#|--|/\*) (leader\.\w+)")
MACHINE, PROGRAM, CLUSTER = (f"docs/start/{name}.md" for name in ("this-machine", "program", "cluster"))
CLONE = """cd /root
git config --global --add safe.directory '*'
git clone --quiet /checkout leaderlife
cd leaderlife
"""
# In place of three terminals.
TERMINALS = """
wait_for() { until "$@"; do sleep 0.1; done; }
({lead}) >first 2>&1 &
wait_for sh -c '{status} >/dev/null 2>&1'
({lead}) >second 2>&1 &
wait_for grep -q waiting second
said=$({status})
printf '%s\\n' "$said"
PID=$(sed -nE 's/^leader +pid ([0-9]+).*/\\1/p' <<<"$said")
{kill}
wait_for grep -q leading second
cat first second
"""


def section(page, heading):
    """The blocks under that heading: [(language, code)]."""
    text = (ROOT / page).read_text(encoding="utf-8")
    part, = [one for one in re.split(r"^## ", text, flags=re.MULTILINE) if one.startswith(heading + "\n")]
    return BLOCK.findall(part)


def typed(page, heading):
    """What a newcomer does there: commands are run, programs are saved by the name in their first line."""
    done = []
    for language, code in section(page, heading):
        name = NAMED.match(code)
        done.append(f"cat >{name[1]} <<'END'\n{code}END\n" if name else code if language == "sh" else "")
    return "".join(done)


def commands(page, heading):
    return [code for language, code in section(page, heading) if language == "sh"]


def in_terminals():
    lead, status = commands(MACHINE, "Lead a program")
    kill, = commands(MACHINE, "Kill the leader")
    return TERMINALS.replace("{lead}", lead.strip()).replace("{status}", status.strip()) \
        .replace("{kill}", kill.strip().replace("PID", '"$PID"'))


DOORS = {
    "command": lambda: typed(MACHINE, "Install the command") + in_terminals(),
    "Python": lambda: typed(PROGRAM, "Python"),
    "Lua": lambda: typed(PROGRAM, "Lua"),
    "C": lambda: typed(MACHINE, "Install the command") + typed(PROGRAM, "C"),
    "cluster": lambda: typed(CLUSTER, "Make the image of the command"),
}


def leaders(said):
    """Their tokens in order: nanoseconds of one clock."""
    return sorted({int(token) for token in re.findall(r"leading.*token (\d+)", said)})


def worked():
    """The seconds that processors have worked for what this process has started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def play(door):
    """The seconds that it took, and those that processors worked for it."""
    with tempfile.TemporaryDirectory(prefix="leaderlife-doors-") as folder:
        Path(folder, "commands.sh").write_text(CLONE + DOORS[door](), encoding="utf-8")
        began, before = time.monotonic(), worked()
        log = ROOT / "build" / "doors" / f"{door}.log"
        with log.open("w", encoding="utf-8") as file:
            status = subprocess.run(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash",
                 Path(__file__).with_name("in_debian.sh"), os.environ["LEADERLIFE_DOORS"], folder, ROOT],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
        took, work = time.monotonic() - began, worked() - before
        said = log.read_text(encoding="utf-8", errors="replace")
        assert status == 0, f"{door} stopped with status {status}: see {log}"
        if door == "cluster":
            image, = Path(folder, "written", "root", "leaderlife", "dist").glob("*-oci.tar")
            return took + in_the_cluster(image), work
        tokens = leaders(said)
        assert len(tokens) == 2, f"{door}: {len(tokens)} leaders, not two: see {log}"
        assert door == "command" or tokens[1] - tokens[0] > 3.9e9, f"{door}: did not work for some seconds: see {log}"
        return took, work


def in_the_cluster(image):
    """The seconds of the rest of the page, as the suite `cluster` takes them."""
    done = subprocess.run(["bash", Path(__file__).with_name("in_cluster.sh"), image], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return float(re.search(r"the minute on Kubernetes: ([\d.]+) s", done.stdout)[1])


def table(times):
    rows = "".join("| {} | {seconds:.0f} s | {worked:.0f} s | {load:.0f} |\n".format(door, **times[door])
                   if door in times else f"| {door} | not measured yet | | |\n" for door in DOORS)
    days = " to ".join(sorted({one["day"] for one in times.values()}))
    return ("| door | from clone to first hand-over | of which processors worked | load of the machine |\n"
            f"|---|---|---|---|\n{rows}\n"
            f"Measured {days} on {os.cpu_count()} cores, beside whatever else ran there. What apt, pip and cargo fetch "
            "is in\nit, reading and typing are not.\n")


def measure(door):
    seconds, work = play(door)
    return {"seconds": seconds, "worked": work, "load": os.getloadavg()[2],
            "day": datetime.now(timezone.utc).strftime("%Y-%m-%d")}


def main():
    kept = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
    for door in [one for one in sys.argv[1:] if one != "--publish"] or DOORS:
        kept[door] = measure(door)
        TIMES.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        print("{}: {seconds:.0f} s, of which processors worked {worked:.0f} s".format(door, **kept[door]), flush=True)
    if "--publish" in sys.argv[1:]:
        text, made = INDEX.read_text(encoding="utf-8"), table(kept)
        text = re.sub(r"(?<=<!-- doors -->\n).*?(?=<!-- /doors -->)", lambda _: made, text, flags=re.DOTALL)
        INDEX.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
