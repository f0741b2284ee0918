# SPDX-License-Identifier: Apache-2.0
"""What runs side by side is told of as pytest does it, however a test ends."""

import os
import subprocess
import sys
import xml.etree.ElementTree as tree

from .images import ROOT

CONFTEST = """
from cluster import side_by_side
from controlplane.report import pytest_configure, pytest_terminal_summary, report

def pytest_runtestloop(session):
    side_by_side.run(session, session.items, 2)
    return True
"""
TESTS = """
import os, pathlib, pytest
from controlplane.process import wait_for

FOLDER = pathlib.Path(__file__).parent

@pytest.mark.parametrize("mine, other", ["ab", "ba"])
def test_meets_the_other(mine, other, report):
    (FOLDER / mine).touch()
    wait_for(other, (FOLDER / other).exists, 60)
    report(f"{mine} has met {other}")

def test_fails():
    assert "what is expected" == "what is found"

def test_is_skipped():
    pytest.skip("nothing to do")

def test_dies():
    os._exit(9)

def test_ends_its_set_up_badly(missing):
    pass
"""


def test_however_a_test_ends(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_few.py").write_text(TESTS)
    words = ["-m", "pytest", "-rs", "-p", "no:cacheprovider", "--junitxml", tmp_path / "results.xml", tmp_path]
    done = subprocess.run([sys.executable, *words], env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done
    assert "2 failed, 2 passed, 1 skipped, 1 error" in done.stdout
    for line in ("a has met b", "b has met a", "nothing to do", "what is expected", "ended with status 9"):
        assert line in done.stdout, line
    cases = tree.parse(tmp_path / "results.xml").iter("testcase")
    assert sorted((case.get("name"), [each.tag for each in case]) for case in cases) == [
        ("test_dies", ["failure"]), ("test_ends_its_set_up_badly", ["error"]), ("test_fails", ["failure"]),
        ("test_is_skipped", ["skipped"]), ("test_meets_the_other[a-b]", []), ("test_meets_the_other[b-a]", [])]
