# SPDX-License-Identifier: Apache-2.0
"""Plays mutants of the library's sources against the tests in C: each change of the source must fail a test.

Usage: play.py [--build FOLDER] [--sample NUMBER] [--all] [--seed NUMBER] [--only TEXT] [--jobs NUMBER]
               [--cpu SECONDS] [--junit FILE] AREA...

An AREA is a folder in c/src, at any depth. Without --sample all of their mutants are played. A mutant that lives is a
failure, unless living.txt names it with a reason; so is a name there that no mutant has, or, if it was played, one of
which a test has killed the mutant. With --sample and --all those beyond the sample are played, too, and listed if they
live, and that is no failure, for nobody has looked at each of them."""

import argparse
import hashlib
import sys
import time
import xml.etree.ElementTree as tree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mutate import Source
from programs import Build

ROOT = Path(__file__).resolve().parents[2]
LIVING = Path(__file__).resolve().with_name("living.txt")
KILLED, SAME, LIVES, UNREACHED = "killed", "changes nothing", "lives", "not reached"
# Which programs play against which area: for Kubernetes those that need no server and wait for nothing.
AREAS = {
    "machine": ("test_machine_", "test_model_", "test_unit_static_pod"),
    "kubernetes": tuple("test_unit_" + name for name in (
        "api", "diagnosis", "endpoint", "event", "foreign_notices", "handle_diagnose", "handle_events",
        "handle_input", "identity", "kubeconfig", "nodes", "objects", "observe", "proxy", "seat", "static_pod",
        "status_watch", "watch")),
}
# Areas of which only a control plane brings all about, which these programs have not: what is not reached is counted.
ALSO_ELSEWHERE = ("c/src/kubernetes/",)


def area(text):
    if text.split("/")[0] not in AREAS or not (ROOT / "c/src" / text).is_dir():
        raise argparse.ArgumentTypeError(f"no folder in c/src of {', '.join(AREAS)}")
    return text


def reasons(areas):
    """{name: reason} of living.txt: a reason, indented, stands below the names that it holds for."""
    found, names = {}, []
    for line in LIVING.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith("    "):
            if names and names[-1] in found:
                names = []
            names.append(line)
            continue
        for name in names:
            found[name] = (found.get(name, "") + " " + line.strip()).strip()
    without = [name for name in names if name not in found]
    if without:
        sys.exit(f"{LIVING.name} gives no reason for {without}")
    folders = tuple(f"c/src/{each}/" for each in areas)
    return {name: reason for name, reason in found.items() if name.startswith(folders)}


def mutants_of(areas):
    """All mutants, and {path: text} of the sources that have them."""
    mutants, sources, number = [], {}, 1
    for area in areas:
        for path in sorted((ROOT / "c/src" / area).rglob("*.c")):
            source = Source(path, ROOT, number)
            sources[path] = source.mutated()
            number = source.next_number
            mutants += source.mutants
    return mutants, sources


@dataclass(frozen=True)
class End:
    kind: str  # KILLED, SAME, LIVES, UNREACHED
    program: str  # that has killed it, or in which it decided otherwise


def play(mutant, programs):
    """How it ends, with the fastest programs first."""
    differs, reaching = "", [each for each in programs if mutant.number in each.reaches]
    for program in reaching:
        status, _, digest = program.play(mutant.number)
        if status != 0:
            return End(KILLED, program.path.name)
        if digest != program.digest:
            differs = differs or program.path.name
        elif not digest:  # the program has none
            differs = differs or "unknown"
    return End(LIVES if differs else SAME if reaching else UNREACHED, differs)


def write_junit(path, failures, count):
    root = tree.Element("testsuite", name="mutants")
    for name, text in failures:
        case = tree.SubElement(root, "testcase", classname="mutants", name=name)
        tree.SubElement(case, "failure", message=text)
    for number in range(count - len(failures)):
        tree.SubElement(root, "testcase", classname="mutants", name=f"mutant {number + 1}")
    tree.ElementTree(root).write(path, encoding="utf-8")


def lot(seed, mutant):
    """By name: a change of one source leaves the sample of the others as it is."""
    return hashlib.sha256(f"{seed} {mutant.name()}".encode()).digest()


def report(played, ends, failures):
    kinds = (KILLED, SAME, LIVES, UNREACHED)
    print(f"{'':44}{'mutants':>16}" + "".join(f"{kind:>16}" for kind in kinds))
    files = {}
    for mutant in played:
        for key in (mutant.file, "total"):
            files.setdefault(key, Counter())[ends[mutant].kind] += 1
    files["total"] = files.pop("total")
    for key, count in files.items():
        print(f"{key:44}{count.total():16}" + "".join(f"{count[kind]:16}" for kind in kinds))
    for name, text in failures:
        print(f"{name}\n    {text}")


def judge(played, ends, known):
    """(name, text) of what is wrong."""
    for mutant in played:
        end, name = ends[mutant], mutant.name()
        if end.kind == KILLED and name in known:
            yield name, f"living.txt says that it lives, and {end.program} kills it"
        elif end.kind == LIVES and name not in known:
            yield name, f"line {mutant.line}: it lives: all tests pass, though what is decided differs ({end.program})"
        elif end.kind == UNREACHED and name not in known and not name.startswith(ALSO_ELSEWHERE):
            yield name, f"line {mutant.line}: no test reaches it"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=ROOT / "build/tests")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cpu", type=int, default=60, help="seconds of processor time that each mutant has at least")
    parser.add_argument("--junit", type=Path)
    parser.add_argument("areas", nargs="+", type=area, metavar="AREA")
    options = parser.parse_args()

    mutants, sources = mutants_of(options.areas)
    known = reasons(options.areas)
    failures = [(name, "living.txt names it, and there is no such mutant (any more)")
                for name in sorted(set(known) - {each.name() for each in mutants})]
    played = [each for each in mutants if options.only in each.name()]
    judged = played
    if options.sample:
        judged = sorted(sorted(played, key=lambda each: lot(options.seed, each))[:options.sample],
                        key=lambda each: each.number)
    if not options.all:
        played = judged

    made = ROOT / "build/mutants" / "-".join(options.areas).replace("/", "_")
    build = Build(options.build.resolve(), made, options.jobs, options.cpu)
    objects = build.compile_all(sources)
    beginnings = tuple(word for each in options.areas for word in AREAS[each.split("/")[0]])
    names = sorted(each.name for each in (options.build / "tests").iterdir() if each.name.startswith(beginnings))
    programs = build.link_all(names, objects)
    build.measure_all(programs)
    programs.sort(key=lambda each: each.cpu)
    ends, began = {}, time.monotonic()
    with (build.made / "played.txt").open("w", encoding="utf-8") as log, ThreadPoolExecutor(options.jobs) as pool:
        for mutant, end in zip(played, pool.map(lambda each: play(each, programs), played)):
            ends[mutant] = end
            print(f"{mutant.name()} (line {mutant.line}): {end.kind} {end.program}", file=log, flush=True)
    failures += judge(judged, ends, known)
    report(played, ends, failures)
    for name, text in judge(sorted(set(played) - set(judged), key=lambda each: each.number), ends, known):
        print(f"not judged: {name}\n    {text}")
    print(f"{len(played)} of {len(mutants)} mutants played in {time.monotonic() - began:.0f} s, seed {options.seed}")
    if options.junit:
        write_junit(options.junit, failures, len(judged))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
