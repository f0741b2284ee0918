# SPDX-License-Identifier: Apache-2.0
"""Asks client-go and the library about the same kubeconfigs, and judges the two
answers: equal, different on intended (intended_differences.py), or different."""

import contextlib
import hashlib
import ipaddress
import json
import os
import re
import subprocess
from typing import NamedTuple

from . import yaml
from .intended_differences import ACCEPTED, REFUSED

FIELDS = ("server", "server_name", "ca", "token", "cert", "key", "namespace", "proxy", "exec")
# What the library would pass over in silence if it took such a file.
SILENT = ("insecure", "impersonate", "basic", "provider", "anonymous", "login")


class Case(NamedTuple):
    name: str
    files: dict  # the path in the folder: bytes
    ask: dict
    shows: tuple = ()


class Verdict(NamedTuple):
    case: Case
    theirs: dict
    ours: dict
    intended: str  # "": equal; NULL if it is different
    accepted: bool  # both


def case_of(seed, chance, mutator=None):
    """From a seed; changed if there is a mutator."""
    files, names = {}, {}
    for name, content in seed.files.items():
        if mutator:
            content = mutator.mutated(content)
        elif isinstance(content, dict):
            content = yaml.write(yaml.tree(content), chance)
        files[name] = content.encode() if isinstance(content, str) else content
        names[name] = name
    ask = dict(seed.ask)
    if "list" in ask:
        ask["list"] = ":".join(ask["list"])
    else:
        ask.setdefault("path", next(iter(files), "absent"))
        if mutator and chance.random() < 0.1:
            ask = {**ask, "list": ask.pop("path")}
    if mutator and chance.random() < 0.03:
        ask["context"] = chance.choice(("x", "y", "c", ""))
    if mutator and chance.random() < 0.03:
        ask["server"] = "https://option:1"
    return Case(seed.name, files, ask, seed.shows if not mutator else ())


# ---- Asking ----

def _run(command, folder, lines):
    done = subprocess.run(command, cwd=folder, input=lines, capture_output=True, text=True, timeout=600,
                          env={"PATH": os.environ["PATH"], "HOME": folder,
                               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
                               "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")})
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr[-3000:]}"
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == lines.count("\n"), f"{command}: {len(answers)} answers\n{done.stderr[-3000:]}"
    return answers


@contextlib.contextmanager
def written(folder, cases):
    """The files of all cases, each under a number of its own, and what is asked of them."""
    paths, lines = [], []
    for number, case in enumerate(cases):
        for name, content in case.files.items():
            path = os.path.join(folder, os.path.dirname(name), f"{number}-{os.path.basename(name)}")
            with open(path, "wb") as file:
                file.write(content)
            paths.append(path)

        def named(name, case=case, number=number):
            return os.path.join(os.path.dirname(name),
                                f"{number}-{os.path.basename(name)}") if name in case.files else name
        ask = dict(case.ask)
        for key in ("path", "list"):
            if key in ask:
                ask[key] = ":".join(named(name) for name in ask[key].split(":"))
        lines.append(json.dumps(ask) + "\n")
    try:
        yield "".join(lines)
    finally:
        for path in paths:
            os.unlink(path)


def _plain(answer):
    """The library's texts are in hexadecimal."""
    def text(value):
        if isinstance(value, str):
            return bytes.fromhex(value).decode("utf-8", "surrogateescape")
        if isinstance(value, list):
            return [text(one) for one in value]
        return {key: text(one) for key, one in value.items()} if isinstance(value, dict) else value
    return text(answer)


def _hash(value):
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:16] if value else ""


def _server(url):
    """As client-go's is written here: in small letters, with its port."""
    scheme, host, port, path = re.fullmatch(r"(https)://(\[[^]]*\]|[^/:]*)(?::(\d+))?(/.*)?", url).groups()
    return f"{scheme}://{host.lower().replace('%25', '%')}:{port or '443'}{path or ''}"


def _normal(ours):
    made = dict(ours)
    if "refused" in made:
        return made
    made["server"] = _server(made["server"])
    made["namespace"] = made.get("namespace", "default")
    for key in ("ca", "token", "cert", "key"):
        made[key] = _hash(made.get(key))
    return made


def _proxy(url):
    scheme, colon, rest = (url or "").partition(":")
    return scheme.lower() + colon + rest


def _address(name):
    with contextlib.suppress(ValueError):
        return str(ipaddress.IPv6Address(name.strip("[]")))
    return name


def differences(theirs, ours):
    found = []
    for field in FIELDS:
        one, other = theirs.get(field) or "", ours.get(field) or ""
        if field == "proxy":
            one, other = _proxy(one), _proxy(other)
        if field == "server_name":
            one, other = _address(one), _address(other)
        if field == "server":
            one = one.replace("%25", "%") if "[" in one else one
        if field == "exec" and one and other:
            one = {key: value or [] if key == "env" else value for key, value in one.items() if key != "extra"}
        if one != other:
            found.append(f"{field}: {one} here {other}")
    found += [field for field in SILENT if theirs.get(field)]
    if (theirs.get("exec") or {}).get("extra"):
        found.append("extra")
    return found


# ---- Judging ----

def _intended(theirs, ours):
    if "refused" in ours:
        return next((one.id for one in REFUSED if re.search(one.text, ours["refused"]) and one.when(theirs)), None)
    return next((one.id for one in ACCEPTED if re.search(one.text, theirs["refused"]) and one.when(theirs)), None)


def judge(case, theirs, ours):
    refused = ("refused" in theirs, "refused" in ours)
    if refused == (True, True):
        return Verdict(case, theirs, ours, "", False)
    if refused == (False, False):
        return Verdict(case, theirs, ours, None if differences(theirs, ours) else "", True)
    intended = _intended(theirs, ours)
    if intended and theirs.get("late") and differences(theirs, ours):
        intended = None
    return Verdict(case, theirs, ours, intended, False)


def compare(folder, cases, client_go, library):
    with written(folder, cases) as lines:
        theirs = _run(client_go, folder, lines)
        ours = _run(library, folder, lines)
    return [judge(case, one, _normal(_plain(other))) for case, one, other in zip(cases, theirs, ours)]


def describe(verdict):
    files = "\n".join(f"--- {name}\n{content[:3000].decode('utf-8', 'backslashreplace')}"
                      for name, content in verdict.case.files.items())
    both = "refused" not in verdict.theirs and "refused" not in verdict.ours
    return (f"{verdict.case.name}, asked {verdict.case.ask}\n{files}\nclient-go: {verdict.theirs}\n"
            f"here:      {verdict.ours}\n"
            + (f"different: {differences(verdict.theirs, verdict.ours)}\n" if both else ""))
