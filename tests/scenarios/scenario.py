# SPDX-License-Identifier: Apache-2.0
"""Scenarios as they are written: the YAML files here, each a list. README.md
says what may stand in them."""

import glob
import os
import re

import yaml

_KEYS = {"name", "about", "backends", "rough", "candidates", "pods", "pods-on", "grace", "access", "options",
         "proxy", "rights", "without-rights", "timer", "two-may-lead", "matrix", "steps"}
_NUMBERED = "c{:02}"


class BadScenario(Exception):
    """The file, the scenario and what is wrong with it."""


def load_all(folder=os.path.dirname(__file__)):
    """All scenarios, each row of a matrix as one of its own."""
    scenarios = []
    for path in sorted(glob.glob(os.path.join(folder, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            for scenario in yaml.safe_load(file):
                _check(path, scenario)
                scenarios += _expand(scenario)
    names = [scenario["name"] for scenario in scenarios]
    doubles = {name for name in names if names.count(name) > 1}
    if doubles:
        raise BadScenario(f"more than one scenario is named {', '.join(sorted(doubles))}")
    return scenarios


def _check(path, scenario):
    unknown = set(scenario) - _KEYS
    missing = {"name", "about", "candidates", "steps"} - set(scenario)
    if unknown or missing:
        raise BadScenario(f"{os.path.basename(path)}: {scenario.get('name', '?')}: "
                          f"unknown {sorted(unknown)}, missing {sorted(missing)}")
    for step in scenario["steps"]:
        if not isinstance(step, (str, dict)) or (isinstance(step, dict) and len(step) != 1):
            raise BadScenario(f"{os.path.basename(path)}: {scenario['name']}: one step each, not {step}")


def _expand(scenario):
    rows = scenario.get("matrix", [{}])
    made = []
    for row in rows:
        one = _fill({key: value for key, value in scenario.items() if key != "matrix"}, row)
        one.setdefault("backends", ["local", "kubernetes"])
        if isinstance(one["candidates"], int):
            one["candidates"] = [_NUMBERED.format(number) for number in range(1, one["candidates"] + 1)]
        made.append(one)
    return made


def _fill(value, row):
    """Puts a row's values in: ${key} alone as it is, within a text as text."""
    if isinstance(value, dict):
        return {key: _fill(part, row) for key, part in value.items()}
    if isinstance(value, list):
        return [_fill(part, row) for part in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{([\w-]+)\}", value)
    if whole:
        return row[whole.group(1)]
    return re.sub(r"\$\{([\w-]+)\}", lambda match: str(row[match.group(1)]), value)
