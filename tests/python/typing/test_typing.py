# SPDX-License-Identifier: Apache-2.0
"""The package is typed, completely and rightly: mypy --strict and pyright find nothing in it nor in right uses of it,
and find each wrong one."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
PYRIGHT = ("pyright", "--outputjson")


def clean(result):
    status, output = result
    assert status == 0, output


def found_by_mypy(check, *arguments):
    _, output = check("mypy", "--strict", "--no-error-summary", "--hide-error-context", *arguments)
    return {(int(line), rule)
            for line, rule in re.findall(r"^\S+?:(\d+): error: .*\[([\w-]+)\]$", output, re.MULTILINE)}


def found_by_pyright(check, *arguments):
    _, output = check(*PYRIGHT, *arguments)
    return {(told["range"]["start"]["line"] + 1, told["rule"]) for told in json.loads(output)["generalDiagnostics"]}


def expected(column):
    """What the comments of misuses.py say of one checker: 0 is mypy, 1 pyright. Of several rules any will do."""
    found = {}
    for number, line in enumerate((HERE / "misuses.py").read_text(encoding="utf-8").splitlines(), 1):
        comment = re.search(r"  # ([\w,-]+) (report\w+)$", line)
        if comment:
            found[number] = set(comment.group(column + 1).split(","))
    assert len(found) > 15
    return found


def compare(found, column):
    wanted = expected(column)
    assert {line for line, _ in found} == set(wanted)
    assert not [(line, rule) for line, rule in found if rule not in wanted[line]]


def test_mypy_finds_nothing_in_the_package(check):
    clean(check("mypy", "--strict", "-p", "leaderlife"))


def test_mypy_finds_nothing_in_right_uses(check):
    clean(check("mypy", "--strict", HERE / "uses.py", HERE / "uses_testing.py"))


def test_mypy_finds_nothing_in_the_reference(check, root, tmp_path):
    """In its example for asyncio, as it stands, and in that of a loop of one's own."""
    text = (root / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    chosen = [block for block in blocks if "while_leading(" in block or "poll.register(election.fileno()" in block]
    assert len(chosen) == 2
    for number, block in enumerate(chosen):
        (tmp_path / f"block{number}.py").write_text(block, encoding="utf-8")
        clean(check("mypy", "--strict", tmp_path / f"block{number}.py"))


def test_mypy_finds_the_wrong_uses(check):
    compare(found_by_mypy(check, HERE / "misuses.py"), 0)


def test_the_stub_of_the_module_is_as_the_module(check):
    clean(check("mypy.stubtest", "leaderlife.capi"))


def test_pyright_finds_nothing_in_the_package_and_in_right_uses(check):
    clean(check("pyright", "python/leaderlife", HERE / "uses.py", HERE / "uses_testing.py"))


def test_pyright_finds_the_wrong_uses(check):
    compare(found_by_pyright(check, HERE / "misuses.py"), 1)


def test_pyright_knows_the_type_of_every_public_name(check):
    _, output = check(*PYRIGHT, "--verifytypes", "leaderlife", "--ignoreexternal")
    report = json.loads(output)["typeCompleteness"]
    unknown = {symbol["name"]: symbol["diagnostics"] for symbol in report["symbols"]
               if symbol["isExported"] and not symbol["isTypeKnown"]}
    assert len(report["symbols"]) > 100 and not unknown
