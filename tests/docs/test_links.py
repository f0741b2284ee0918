# SPDX-License-Identifier: Apache-2.0
"""Every link in README and docs leads to something that is there, for who reads them as plain Markdown; every page can
be found from the first one, and none is too long."""

import re
from pathlib import Path

import pytest

from readme.pages import ROOT, pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NO_LONGER_THAN, FRONT = 400, 150
INDEX = ROOT / "docs" / "index.md"


def prose(path):
    """The text without blocks of code and without code in lines."""
    text = re.sub(r"^( *)```.*?^\1```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", lambda found: "`" + "x" * (len(found[0]) - 2) + "`", text)


def anchors(path):
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"),
                                               flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def faults(path, text):
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists():
            yield f"{target}: there is no such file"
        elif ROOT not in found.parents:
            yield f"{target}: is outside of the checkout"
        elif anchor and found.suffix == ".md" and anchor not in anchors(found):
            yield f"{target}: the page has no such heading"


PAGES = [*pages(), *ROOT.glob("*.md")]


@pytest.mark.parametrize("path", sorted(set(PAGES)), ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path):
    assert not list(faults(path, prose(path)))


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_length(path):
    assert path.read_text(encoding="utf-8").count("\n") <= (FRONT if path.parent == ROOT else NO_LONGER_THAN)


def test_every_page_is_in_the_index():
    linked = {(INDEX.parent / target.partition("#")[0]).resolve() for target in LINK.findall(prose(INDEX))}
    assert not [str(path.relative_to(ROOT)) for path in pages()[1:] if path not in linked and path != INDEX]


@pytest.mark.parametrize("text, told", [
    ("[a](absent.md)", "no such file"), ("[a](index.md#absent)", "no such heading"),
    ("[a](../../outside.md)", "no such file"), ("[a](index.md#start)", None), ("[a](https://example.com/x)", None)])
def test_the_judge_of_links(text, told):
    found = list(faults(INDEX, text))
    assert not found if told is None else told in found[0]


def test_the_first_steps_of_readme_are_those_that_a_test_runs():
    """README's lines for a cluster stand in docs/start/cluster.md, in that order; the suite `cluster` runs them."""
    def block(path, first):
        return next(found.splitlines() for found in re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"),
                                                               re.DOTALL) if first in found)

    shown = block(ROOT / "README.md", "kubectl apply")
    run = iter(block(ROOT / "docs" / "start" / "cluster.md", "kubectl apply"))
    assert len(shown) == 5 and all(line in run for line in shown)  # in: goes on from where it was


@pytest.mark.parametrize("word, page", [
    ("AddressSanitizer", "building"), ("static library", "building"), ("uninstall", "building"),
    ("daemon()", "howto/processes"), ("closefrom()", "howto/processes"), ("fork", "howto/processes"),
    ("threads", "howto/processes"), ("valgrind", "howto/processes"), ("holderIdentity", "explanation/glossary"),
    ("leaseTransitions", "explanation/glossary")])
def test_what_people_look_for_is_there(word, page):
    """By the words that they type into a search."""
    assert word in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
