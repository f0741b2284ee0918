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


def _definitions(text):
    """(signature, first line, last line) of each function that is defined there, counted from 0."""
    lines = without_noise(text).splitlines()
    start = None
    for number, line in enumerate(lines):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            first = start
            while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";}>":
                first -= 1
            yield _ATTRIBUTE.sub("", " ".join(lines[first:start])), first, number
            start = None


def function_lengths(text):
    """(name, lines) of each function, signature and braces included."""
    return [((_CALL.findall(signature) or [f"line {first + 1}"])[0], last - first + 1)
            for signature, first, last in _definitions(text)]


def functions(text):
    """{name: whether it is static} of the functions that are defined there."""
    return {_CALL.findall(signature)[0]: signature.lstrip().startswith("static")
            for signature, _, _ in _definitions(text) if _CALL.findall(signature)}


def folder(path):
    """Of a file below c/src."""
    return path.rpartition("/")[0]


def calls_between(files):
    """File: the others whose functions it calls."""
    owners = {name: path for path, text in files.items() for name, is_static in functions(text).items()
              if not is_static}
    return {path: {owners[name] for name in calls(text) & owners.keys() - functions(text).keys()}
            for path, text in files.items() if path.endswith(".c")}


def circle_in(edges):
    """A path that comes back to its beginning; None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name):], name]
        if name in done:
            return None
        path.append(name)
        for other in sorted(edges.get(name, ())):
            if found := visit(other):
                return found
        done.add(path.pop())
        return None

    return next((found for name in edges if (found := visit(name))), None)


def library_files(root):
    """Every .c and .h of the library, by its path below c/src."""
    source = Path(root) / "c" / "src"
    return {str(path.relative_to(source)): path.read_text(encoding="utf-8")
            for path in sorted(source.rglob("*.[ch]"))}
