# SPDX-License-Identifier: Apache-2.0
"""docs/python/howto.md says what the tests do: its commands are those that they start, its table is theirs, with the
versions that are installed."""

import re

import pytest

from . import table
from .fleet import ROOT
from .frameworks import FRAMEWORKS, WORKER
from .test_cron import JOB, LONG_S

TEXT = table.PAGE.read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==(\S+)$",
                         (ROOT / "script" / "requirements-frameworks.txt").read_text(encoding="utf-8"), re.MULTILINE))
NOT_OURS = ("pip install ", "cp ")


def commands():
    """The lines of all blocks of commands, without what cron has in front."""
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
    return [re.sub(r"^[*/0-9]+( \*){4}\s+|\s+#.*", "", line) for line in blocks.splitlines()]


def test_every_command_is_run_by_the_tests():
    run = {framework.shown for framework in FRAMEWORKS} | {WORKER, JOB.shown.removesuffix(f" {LONG_S}"),
                                                          "python kopf_operator.py my-operator"}
    shown = [line for line in commands() if not line.startswith(NOT_OURS)]
    assert set(shown) == run
    assert (ROOT / "tests" / "python" / "examples" / "test_kopf_operator.py").exists()


@pytest.mark.parametrize("name", table.ROWS)
def test_the_table_has_the_version_that_is_tried(name):
    version, test, gap = table.in_page(TEXT)[name]
    package, wanted = table.ROWS[name]
    assert test == wanted and re.fullmatch(r"\d+\.\d\d s", gap)
    assert version.startswith("Python 3.") if package == "Python" else version == f"{package} {PINNED[package]}"


def test_the_table_has_no_other_rows():
    assert list(table.in_page(TEXT)) == list(table.ROWS)


def test_each_example_is_named_and_short():
    examples = {framework.example for framework in [*FRAMEWORKS, JOB] if framework.example} | {"ticks.py"}
    for example in examples:
        assert f"(../../examples/python/{example})" in TEXT, example
        lines = (ROOT / "examples" / "python" / example).read_text(encoding="utf-8").count("\n")
        assert lines < 60, example
