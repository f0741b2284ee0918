# SPDX-License-Identifier: Apache-2.0
"""Just enough reading of our C to judge its structure: what is included, what is called, how long functions are. It
leans on the house's format (a function's braces stand alone at the left edge), which script/format guarantees."""

import re
from pathlib import Path

_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
_CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)(?!\))")
_PUBLIC = re.compile(r"^LEADERLIFE_API\b[^;]*?\b(leaderlife_\w+)\s*\(", re.MULTILINE)


def without_noise(text):
    """Without comments, strings and characters; lines stay where they are."""
    return _NOISE.sub(lambda found: "\n" * found.group().count("\n") or " ", text)


def own_includes(text):
    return [own for own, _ in _INCLUDE.findall(text) if own]


def foreign_includes(text):
    return [foreign for _, foreign in _INCLUDE.findall(text) if foreign]


def calls(text):
    """Names before a parenthesis. A member that happens to be called so (ops->free) does not count."""
    return set(_CALL.findall(without_noise(text)))


def public_functions(header):
    return _PUBLIC.findall(header)


def function_lengths(text):
    """(name, lines) of each function, signature and braces included."""
    lines = without_noise(text).splitlines()
    found = []
    start = None
    for number, line in enumerate(lines):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            first = start
            while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";}>":
                first -= 1
            names = _CALL.findall(_ATTRIBUTE.sub("", " ".join(lines[first:start])))
            found.append((names[0] if names else f"line {first + 1}", number - first + 1))
            start = None
    return found


def library_files(root):
    """Every .c and .h of the library, by its path below c/src."""
    source = Path(root) / "c" / "src"
    return {str(path.relative_to(source)): path.read_text(encoding="utf-8")
            for path in sorted(source.rglob("*.[ch]"))}
