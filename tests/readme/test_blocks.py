# SPDX-License-Identifier: Apache-2.0
"""Every block of README and docs is run by a test, or says why not; none is hidden from this count."""

import re
import sys
from collections import Counter

import pytest

from .pages import BY_LANGUAGE, OUTPUT, OWN, ROOT, all_blocks, blocks_of, pages, runner

sys.path.insert(0, str(ROOT / "script" / "lib"))

from doors import play  # noqa: E402

BLOCKS = list(all_blocks())


def fault(block):
    if block.language in OUTPUT:
        return "is output, so it needs no reason" if block.why is not None else None
    if block.why is not None:
        return None if len(block.why) > 20 else "gives no reason"
    if not runner(block):
        return f"is of a language that nobody runs: '{block.language}'"
    return None


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_it_is_run_or_says_why_not(block):
    assert fault(block) is None, f"{block.place} {fault(block)}"


@pytest.mark.parametrize("path", sorted({*OWN.values(), *BY_LANGUAGE.values()}))
def test_who_runs_them_exists(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("page, language", OWN)
def test_a_page_with_a_runner_of_its_own_is_read_by_it(page, language):
    runner_of_it = (ROOT / OWN[page, language]).read_text(encoding="utf-8")
    assert any((block.page, block.language) == (page, language) for block in BLOCKS)
    if OWN[page, language].startswith("tests/python/"):  # the others read the folder
        assert page.rpartition("/")[2] in runner_of_it or "table.PAGE" in runner_of_it


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_block_hides(path):
    """No block by indentation, and no fence that the count does not see."""
    text = path.read_text(encoding="utf-8")
    seen = sum(1 for _ in blocks_of(text, path.name))
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * seen, path
    outside = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.findall(r"(?:^|\n)\n    +(?![*+-] |\d+\. )\S.*", outside), path


PROGRAMS = {"./leader", "apt", "apt-get", "cc", "cmake", "cp", "ctr", "curl", "docker", "kill", "kubectl", "ldconfig",
            "leaderlife", "lua5.4", "luarocks", "nginx", "pip", "python3", "runuser", "skopeo", "venv/bin/pip",
            "venv/bin/python"}


def torn(block):
    """The lines of commands that do not begin with one: a line break has torn them."""
    words = [line.split()[0].partition("=")[0] for line in block.code.splitlines() if line.strip()]
    return [word for word in words if word not in PROGRAMS | {"leader"} and not (ROOT / word).is_file()]


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.why is not None and block.language == "sh"],
                         ids=lambda block: block.place)
def test_commands_that_are_not_run_are_commands(block):
    assert not torn(block)


def test_the_judge_of_commands():
    text = "<!-- not run: it needs something -->\n```sh\nscript/demo # the next\none takes over\n```\n"
    block, = blocks_of(text, "x.md")
    assert torn(block) == ["one"]


def played(block):
    """By script/doors, as its reason says."""
    return block.why is not None and "`script/doors`" in block.why


def test_what_the_doors_are_said_to_play_they_play():
    commands = "".join(made() for made in play.DOORS.values())
    found = [block for block in BLOCKS if played(block)]
    assert len(found) >= 7
    for block in found:
        for line in block.code.splitlines():
            assert line.replace("PID", '"$PID"') in commands, f"{block.place}: {line}"


def test_how_many(capsys):
    """Printed, so that what is not run is seen to grow."""
    run = Counter(runner(block) for block in BLOCKS if block.why is None and block.language not in OUTPUT)
    left = [block for block in BLOCKS if block.why is not None and not played(block)]
    shown = sum(block.language in OUTPUT for block in BLOCKS)
    with capsys.disabled():
        print(f"\n  {len(BLOCKS)} blocks: {sum(run.values())} run, {shown} output, {len(left)} not run")
        for path, number in sorted(run.items()):
            print(f"    {number:3} by {path}")
        for block in left:
            print(f"    not run: {block.place}: {block.why}")
    assert sum(run.values()) > 4 * len(left)


@pytest.mark.parametrize("text, told", [
    ("```rust\nfn main() {}\n```\n", "nobody runs"), ("```\nx\n```\n", "nobody runs"),
    ("<!-- not run: so -->\n```sh\nx\n```\n", "no reason"),
    ("```sh\nx\n```\n", None), ("<!-- not run: it needs a registry of yours -->\n```sh\nx\n```\n", None)])
def test_the_judge(text, told):
    block, = blocks_of(text, "docs/x.md")
    assert fault(block) is None if told is None else told in fault(block)
