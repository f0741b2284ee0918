# SPDX-License-Identifier: Apache-2.0
"""The blocks of code in README and in docs, and who runs which. A block that cannot be run has the comment
'<!-- not run: REASON -->' in the line before it."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(?: *<!-- not run: (?P<why>[^>]*?) -->\n)?(?P<indent> *)```(?P<language>\S*)\n(?P<code>.*?)"
                   r"^(?P=indent)```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: str  # from the root of the checkout
    line: int  # of the code's first line
    language: str
    code: str
    why: str | None  # it is not run

    @property
    def place(self):
        return f"{self.page}:{self.line}"


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(text, page):
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("code")) + 1
        yield Block(page, line, found["language"], found["code"], found["why"])


def all_blocks():
    for path in pages():
        yield from blocks_of(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))


# Pages whose blocks of one language are run by a module of their own, for they need servers, frameworks or an order.
OWN = {
    ("docs/python/anyio.md", "python"): "tests/python/anyio/test_page.py",
    ("docs/python/campaign.md", "python"): "tests/python/campaign/test_page.py",
    ("docs/python/fencing.md", "python"): "tests/python/fence/test_docs.py",
    ("docs/python/fencing.md", "sql"): "tests/python/fence/test_docs.py",
    ("docs/python/frameworks.md", "python"): "tests/python/frameworks/servers.py",
    ("docs/python/greenlets.md", "python"): "tests/python/frameworks/test_green_page.py",
    ("docs/python/howto.md", "sh"): "tests/python/howto/test_docs.py",
    ("docs/python/testing.md", "python"): "tests/python/testing/test_page.py",
    **{(f"docs/reference/c-{page}.md", "c"): "tests/docs/test_made.py" for page in ("rules", "functions", "state")},
    ("docs/architecture.md", "mermaid"): "tests/api/test_architecture.py",
    ("docs/protocol.md", "mermaid"): "tests/machine/test_protocol_document.c",
    ("docs/start/cluster.md", "sh"): "tests/cluster/test_readme.py",
}
# Everybody else's.
BY_LANGUAGE = {
    "c": "tests/readme/test_programs.py",
    "lua": "tests/lua/test_readme.py",
    "python": "tests/python/test_readme.py",
    "sh": "tests/cli/test_readme.py",
    "sql": "tests/readme/test_fence.py",
    "yaml": "tests/readme/test_yaml.py",
}
# What is shown and not done: what a command prints.
OUTPUT = {"text"}


def runner(block):
    """The file of the test that runs it; None: nobody does."""
    return OWN.get((block.page, block.language)) or BY_LANGUAGE.get(block.language)


def to_run(language, by):
    """What this test, a file from the root of the checkout, has to run."""
    return [block for block in all_blocks()
            if block.language == language and block.why is None and runner(block) == by]
