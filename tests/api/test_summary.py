# SPDX-License-Identifier: Apache-2.0
"""The judge of script/test: no failure, crash, silence or forbidden skip gets past it."""

import subprocess
import sys

import pytest

PASSED = '<testsuites><testsuite name="unit_a"><testcase name="t"/></testsuite></testsuites>'
FAILED = '<testsuite name="g"><testcase name="t"><failure message="why"/></testcase></testsuite>'
SKIPPED = '<testsuite name="g"><testcase name="s"><skipped message="no x"/></testcase></testsuite>'


def ctest(status):
    return f'<testsuite><testcase name="unit.a" status="{status}"><system-out>boom</system-out></testcase></testsuite>'


@pytest.fixture
def judge(root, tmp_path):
    def run(files, status=0, required=""):
        folder = tmp_path / "unit"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if status is not None:
            (folder / "ran").write_text(f"{status} 1.0 3.5\n0m0.25s 0m0.00s\n1m1.05s 0m0.20s\n", encoding="utf-8")
        done = subprocess.run([sys.executable, root / "script/lib/summary.py", tmp_path, "unit"], capture_output=True,
                              text=True, env={"LEADERLIFE_REQUIRE": required})
        assert not done.stderr
        return done.returncode, done.stdout.splitlines()[-1], done.stdout
    return run


def test_success_is_counted_and_timed(judge):
    code, last, text = judge({"a.xml": PASSED, "b.xml": PASSED})
    assert (code, last) == (0, "2 passed, 0 failed")
    assert "unit: 2 passed, 0 failed, 0 skipped (2.5 s, 61.5 s of a processor)" in text


def test_a_failure_is_shown(judge):
    code, last, text = judge({"a.xml": PASSED, "b.xml": FAILED}, status=1)
    assert (code, last) == (1, "1 passed, 1 failed")
    assert "FAILED unit: g.t\n    why" in text


@pytest.mark.parametrize("required, code", [("", 0), ("all", 1), ("api,unit", 1), ("api", 0)])
def test_a_skip_is_loud_and_may_be_forbidden(judge, required, code):
    assert judge({"a.xml": PASSED, "b.xml": SKIPPED}, required=required)[:2] == (code, "1 passed, 0 failed, 1 skipped")


@pytest.mark.parametrize("files, status", [
    ({}, 0), ({"a.xml": PASSED}, 3), ({"a.xml": PASSED}, None), ({"a.xml": "<testsuite>"}, 0),
    ({"ctest.xml": ctest("run")}, 0), ({"ctest.xml": ctest("fail")}, 0), ({"ctest.xml": "<broken"}, 0),
    ({"ctest.xml": ctest("fail"), "unit_a.xml": PASSED}, 0)])
def test_silence_and_crashes_are_failures(judge, files, status):
    code, last, _ = judge(files, status)
    assert code == 1
    assert last.endswith(" passed, 1 failed")


def test_a_program_is_judged_by_its_own_results(judge):
    assert judge({"ctest.xml": ctest("run"), "unit_a.xml": PASSED})[:2] == (0, "1 passed, 0 failed")


def test_runs_in_folders_are_all_counted(judge):
    first = {"1/ctest.xml": ctest("run"), "1/unit_a.xml": PASSED}
    assert judge({**first, "2/pytest.xml": PASSED})[:2] == (0, "2 passed, 0 failed")


def test_a_failure_in_a_folder_is_told_with_its_name(judge):
    code, last, text = judge({"1/ctest.xml": ctest("run"), "1/unit_a.xml": PASSED, "2/pytest.xml": FAILED})
    assert (code, last) == (1, "1 passed, 1 failed")
    assert "FAILED unit: 2: g.t" in text


@pytest.mark.parametrize("left", [{"2/pytest.log": "crashed"}, {"2/pytest.xml": '<testsuite name="g"/>'}])
def test_a_silent_folder_is_a_failure(judge, left):
    assert judge({"1/pytest.xml": PASSED, **left})[:2] == (1, "1 passed, 1 failed")


def test_a_failure_inside_a_program_is_counted_once(judge):
    assert judge({"ctest.xml": ctest("fail"), "unit_a.xml": FAILED})[:2] == (1, "0 passed, 1 failed")


def test_warnings_are_shown_and_change_nothing(judge):
    code, last, text = judge({"a.xml": PASSED, "warnings": "more than before\n"})
    assert (code, last) == (0, "1 passed, 0 failed")
    assert "WARNING unit: more than before\n" in text
