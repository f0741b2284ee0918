# SPDX-License-Identifier: Apache-2.0
"""The table of docs/python/frameworks.md, against the tests that print it."""

import asyncio
import platform
import re
import subprocess
from pathlib import Path

import pytest

from .servers import ROOT, blocks, rows

ROWS = {name: row for name, row in rows().items() if row[3].startswith("test_servers_")}
REQUIREMENTS = (ROOT / "script" / "requirements-frameworks.txt").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([\w-]+)(?:\[.*\])?==(.*?)(?:\.post\d+)?$", REQUIREMENTS, re.MULTILINE))


def versions(name):
    """What is tried under that name."""
    word = re.match(r"[\w.]+", name)[0].lower()
    if word in ("multiprocessing", "concurrent.futures"):
        return [platform.python_version().rpartition(".")[0]]
    if name == "uWSGI, --enable-threads":
        shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "uwsgi-plugin-python3"], text=True, check=False,
                               stdout=subprocess.PIPE)
        return [shown.stdout.partition("-")[0]]
    return [PINNED["pyuwsgi" if word == "uwsgi" else word]]


@pytest.mark.parametrize("name", ROWS)
def test_the_row_is_that_of_a_test(name):
    _, version, _, file, gap = ROWS[name]
    assert version in versions(name)
    assert f'"{name}"' in (Path(__file__).parent / file).read_text(encoding="utf-8"), f"no test prints {name!r}"
    assert re.fullmatch(r"\d+ ms( .*)?", gap)


def test_the_work_of_the_page_runs(capsys):
    class Term:
        token = "7"
        answers = iter([False, True])

        def wait(self, seconds):
            return next(self.answers)

    names = {}
    exec(blocks()["", "jobs.py"], names)
    names["work"](Term())
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(names["work_async"](Term()), 0.1))
    assert capsys.readouterr().out == "tick 7\ntick 7\n"


def test_there_are_rows():
    """Or the test above has lost its object."""
    assert len(ROWS) >= 12
