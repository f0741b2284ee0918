# SPDX-License-Identifier: Apache-2.0
"""The public header and SWIG's file as data: what a binding must agree with."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "c" / "include" / "leaderlife" / "leaderlife.h").read_text()
SWIG = (ROOT / "bindings" / "leaderlife.i").read_text()


def _without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def constants(prefix):
    """{name without the prefix: number} of the header's enums."""
    return {name: int(number) for name, number in
            re.findall(rf"\bLEADERLIFE_{prefix}(\w+)\s*=\s*(-?\d+)", _without_comments(HEADER))}


def status_classes():
    """{name: "misuse", "retriable" or "fatal"} as the header's comments say."""
    return dict(re.findall(r"LEADERLIFE_(E\w+)\s*=\s*-\d+,?\s*/\* (\w+):", HEADER))


def _function(result, name, parameters):
    """Comparable, whatever the line breaks and the names of parameters."""
    types = [re.sub(r"\s*\b\w+$", "", part.strip()) if re.search(r"[\w*]\s*\b\w+$", part.strip()) else part.strip()
             for part in parameters.split(",") if part.strip() not in ("", "void")]
    return name, (" ".join(result.replace("*", " *").split()), [re.sub(r"\s+", " ", kind).strip() for kind in types])


def declared():
    """{function: (result, parameter types)} of the header."""
    return dict(_function(*found) for found in
                re.findall(r"LEADERLIFE_API\s+([\w ]+?[\s*]+)(leaderlife_\w+)\(([^)]*)\)", _without_comments(HEADER)))


def wrapped():
    """The same of SWIG's file: its methods get back the handle, its status type the C type."""
    text, found = _without_comments(re.sub(r"%\{.*?%\}", "", SWIG, flags=re.DOTALL)), {}
    pattern = r"^\s*((?:const )?\w+[\s*]+)(\w+)\(([^)]*)\);"
    for kind, body in re.findall(r"typedef struct (leaderlife_\w+) \{\s*%extend \{(.*?)\}", text, flags=re.DOTALL):
        for result, name, parameters in re.findall(pattern, body, flags=re.MULTILINE):
            handle = f"{kind} *self" + (", " if parameters else "")
            found.update([_function(result, f"{kind}_{name}", handle + parameters)])
    outside = re.sub(r"typedef struct .*?\n\}", "", text, flags=re.DOTALL)
    found.update(_function(*each) for each in re.findall(pattern, outside, flags=re.MULTILINE))
    return {name: (result.replace("leaderlife_status", "int"), kinds) for name, (result, kinds) in found.items()}
