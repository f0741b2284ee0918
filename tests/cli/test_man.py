# SPDX-License-Identifier: Apache-2.0
"""leaderlife(1) is well formed, and says what the command says: every option with
its help, every member of the JSON, every exit status."""

import json
import re
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "leaderlife.1"
COMMANDS = ["run", "status", "doctor", "rbac"]


def squeezed(text):
    return re.sub(r"\s+", " ", text)


@pytest.fixture(scope="module")
def page():
    """As people see it, in one line."""
    shown = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=1000", str(PAGE)], capture_output=True, text=True,
                           check=True)
    return squeezed(re.sub(r".\x08", "", shown.stdout))


def test_it_is_well_formed():
    """An older groff and man(1) read what mandoc finds nothing wrong with."""
    checked = subprocess.run(["mandoc", "-T", "lint", str(PAGE)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout


def test_its_version_is_the_commands(command, page):
    assert command.run("--version").stdout.strip() in page


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_every_option_with_its_help(command, page, name):
    text = command.run(name, "--help").stdout
    options = re.findall(r"^  (?:(-\w), |    )--(\S+)(?: ([A-Z]+))? {2,}(\S.*(?:\n {20,}\S.*)*)", text, re.MULTILINE)
    assert len(options) > 3
    for letter, option, value, said in options:
        if option == "help":
            continue
        head = f"{letter + ', ' if letter else ''}--{option}{' ' + value if value else ''} "
        assert head + squeezed(said) in page, option


def test_it_has_every_member_of_the_json(command, lock, page):
    for name in ("status", "doctor"):
        section = page.partition(f" leaderlife {name} Looks at ")[2].partition(" leaderlife ")[0]
        members = json.loads(command.run(name, "-o", "json", lock).stdout)
        assert len(members) > 2
        more = ["level", "text"] if name == "doctor" else ["uid", "phase", "node", "at", "event"]
        for member in [*members, *more]:
            assert re.search(rf"\b{member}\b", section), (name, member)


def test_it_has_every_exit_status(command, page):
    section = page.partition(" EXIT STATUS")[2]
    for name in COMMANDS:
        said = command.run(name, "--help").stdout.partition("Status: ")[2].partition("\n\n")[0]
        for number in re.findall(r"\b(\d+)\b", said):
            assert re.search(rf"\b{number}\b", section.partition(f" {name} ")[2]), (name, number)
