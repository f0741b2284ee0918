#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ABI of the library as it is stored, and as it is: functions and types by abidw and abidiff, the header's
constants by the compiler. What the library's own types look like inside counts for nothing: no program sees them."""

import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "c" / "include"
FOLDER = ROOT / "tests" / "api" / "abi"
LIBRARY = ROOT / "build" / "abi" / "libleaderlife.so"
CONSTANTS = FOLDER / "constants.txt"

EQUAL, ADDED, BROKEN = "equal", "added", "broken"
_ABIDIFF_CHANGED = 4  # of its exit status; 1 and 2 are errors of its own
_SEEN = ["--exported-interfaces-only", "--drop-private-types"]


def stored_file(machine=None):
    return FOLDER / f"leaderlife-{machine or platform.machine()}.abi"


def dump(library, target, headers=HEADERS):
    """Writes the ABI of a library with debug information; the same whatever compiler, place and names of parameters."""
    subprocess.run(["abidw", *_SEEN, "--headers-dir", str(headers), "--no-corpus-path", "--no-comp-dir-path",
                    "--no-show-locs",
                    "--no-elf-needed", "--no-parameter-names", "--type-id-style", "hash", "--out-file", str(target),
                    str(library)], check=True)


def _abidiff(first, second, *options):
    done = subprocess.run(["abidiff", *options, str(first), str(second)], capture_output=True, text=True)
    if done.returncode & ~(_ABIDIFF_CHANGED | 8):
        raise RuntimeError(f"abidiff has failed: {done.stdout}{done.stderr}")
    return done.returncode != 0, done.stdout


def compare(stored, library, headers=HEADERS):
    """EQUAL, ADDED (programs go on as they were) or BROKEN, and abidiff's text."""
    with tempfile.TemporaryDirectory() as folder:
        now = Path(folder) / "now.abi"
        dump(library, now, headers)
        differs, text = _abidiff(stored, now)
        if not differs:
            return EQUAL, ""
        return (BROKEN if _abidiff(stored, now, "--no-added-syms")[0] else ADDED), text


def constants(header):
    """{name: value} of every enumerator."""
    code = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = [name for body in re.findall(r"\benum\b[^{;]*\{(.*?)\}", code, re.DOTALL)
             for name in re.findall(r"\b(LEADERLIFE_\w+)\s*(?=[=,}]|$)", body.rstrip())]
    lines = "".join(f'    printf("%s %lld\\n", "{name}", (long long){name});\n' for name in names)
    program = f'#include <stdio.h>\n#include "{header}"\nint main(void)\n{{\n{lines}    return 0;\n}}\n'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "constants"
        subprocess.run(["cc", "-x", "c", "-", "-o", str(path)], input=program, text=True, check=True)
        said = subprocess.run([str(path)], capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in map(str.split, said.splitlines())}


def stored_constants(path=CONSTANTS):
    return {name: int(value) for name, value in map(str.split, path.read_text(encoding="utf-8").splitlines())}


def compare_constants(stored, now):
    changed = [f"  [D] {name} = {value} was removed" if name not in now
               else f"  [C] {name} was {value}, and is {now[name]}"
               for name, value in stored.items() if now.get(name) != value]
    added = [f"  [A] {name} = {value}" for name, value in now.items() if name not in stored]
    text = "".join(f"{line}\n" for line in ["Constants:", *changed, *added])
    return (BROKEN if changed else ADDED, text) if changed or added else (EQUAL, "")


def look():
    """The worse of both verdicts, and both texts."""
    found = [compare(stored_file(), LIBRARY),
             compare_constants(stored_constants(), constants(HEADERS / "leaderlife" / "leaderlife.h"))]
    verdict = max((verdict for verdict, _ in found), key=[EQUAL, ADDED, BROKEN].index)
    return verdict, "".join(text for _, text in found)


ADVICE = {
    EQUAL: "The ABI is as it is stored.\n",
    ADDED: "Programs go on as they were. If this is meant: script/abi renew, and commit what it stores.\n",
    BROKEN: "Programs that were built before would break. If this is meant, and the version allows it: "
            "script/abi renew --break, "
            "and say so in CHANGELOG.md.\n",
}


def renew(verdict, text, may_break):
    if verdict == BROKEN and not may_break:
        return text + ADVICE[BROKEN], 1
    FOLDER.mkdir(exist_ok=True)
    dump(LIBRARY, stored_file())
    now = constants(HEADERS / "leaderlife" / "leaderlife.h")
    CONSTANTS.write_text("".join(f"{name} {value}\n" for name, value in now.items()), encoding="utf-8")
    return f"{text}Stored.\n", 0


def main(arguments):
    if arguments not in ([], ["renew"], ["renew", "--break"]):
        return "usage: script/abi [renew [--break]]\n", 2
    is_stored = stored_file().exists() and CONSTANTS.exists()
    if not is_stored and not arguments:
        return f"no ABI is stored for this machine ({stored_file()}): script/abi renew\n", 1
    verdict, text = look() if is_stored else (ADDED, "")
    if arguments:
        return renew(verdict, text, "--break" in arguments)
    return text + ADVICE[verdict], 0 if verdict == EQUAL else 1


if __name__ == "__main__":
    said, status = main(sys.argv[1:])
    sys.stdout.write(said)
    sys.exit(status)
