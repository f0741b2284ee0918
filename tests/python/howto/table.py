# SPDX-License-Identifier: Apache-2.0
"""The table of docs/python/howto.md: written by the tests, and checked by them."""

import re
import subprocess

from .fleet import ROOT
from .frameworks import FRAMEWORKS

PAGE = ROOT / "docs" / "python" / "howto.md"
HEAD = ["| framework | version tried | test | gap seen at `kill -9` |", "|---|---|---|---|"]
CRON = "a script of cron"
# name in the table: (package, test)
ROWS = {**{framework.name: (framework.package, framework.test) for framework in FRAMEWORKS},
        CRON: ("Python", "test_cron.py")}
_VERSIONS = "import importlib.metadata, platform, sys; print('Python', platform.python_version()); " \
    "[print(name, importlib.metadata.version(name)) for name in sys.argv[1:]]"


def versions(python):
    """Of all packages, as that Python has them."""
    packages = sorted({framework.package for framework in FRAMEWORKS})
    told = subprocess.run([python, "-c", _VERSIONS, *packages], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in told.splitlines())


def lines(gaps, found):
    """gaps: seconds by name. The rows of those that were played, in the order of ROWS."""
    return [*HEAD, *(f"| {name} | {package} {found[package]} | {test} | {gaps[name]:.2f} s |"
                     for name, (package, test) in ROWS.items() if name in gaps)]


def in_page(text):
    """The table's cells: {name: (version, test, gap)}."""
    _, _, rest = text.partition("\n".join(HEAD) + "\n")
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")]
            for line in re.match(r"(?:\|.*\n)*", rest)[0].splitlines()]
    return {name: tuple(cells) for name, *cells in rows}


def write(made):
    text = PAGE.read_text(encoding="utf-8")
    new, count = re.subn(re.escape("\n".join(HEAD)) + r"\n(?:\|.*\n)*", "\n".join(made) + "\n", text)
    assert count == 1, f"{PAGE} has no table"
    PAGE.write_text(new, encoding="utf-8")
