# SPDX-License-Identifier: Apache-2.0
"""Sphinx's configuration. The pages are plain Markdown, which a person reads without it as well: what only the site has
(the tree of pages, drawings of Mermaid, the index of functions) is added while they are read."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "script" / "lib"))

from website import mermaid  # noqa: E402

project = "leaderlife"
author = "the authors of leaderlife"
version = re.search(r"^    VERSION (\S+)$", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)[1]
release = version
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["figures/*.md"]
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
html_theme = "furo"
html_title = "leaderlife"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "default"
pygments_dark_style = "github-dark"
nitpicky = True
toc_object_entries = False  # each function has a heading already
nitpick_ignore_regex = [("c:identifier", ".*")]  # of parameters

LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
FUNCTIONS = re.compile(r"^```c\n((?:[\w ]+\*?leaderlife_\w+\([^;]*\);\n)+)```$", re.MULTILINE)


def trees(text):
    """Of the first page: its lists of links are the tree."""
    made = []
    for part in re.split(r"^##+ ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        pages = [found[2] for found in LINK.finditer(body) if found[2].endswith(".md") and "://" not in found[2]]
        made.append(f"```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n")
    return text + "\n" + "\n".join(made)


def outside(page, text):
    """A link to a folder or a page that is not part of the site becomes its words; one to a file is a file to load."""
    folder = (ROOT / "docs" / page).parent

    def replaced(found):
        target = folder / found[2]
        is_page = target.suffix == ".md" and ROOT / "docs" not in target.resolve().parents
        return found[1] if "://" not in found[2] and (is_page or target.is_dir()) else found[0]

    return LINK.sub(replaced, text)


def of_the_index(text):
    """Declarations that the index, and the search, know as functions."""
    def replaced(found):
        return "```{c:function} " + "\n".join(line.rstrip(";") for line in found[1].splitlines()) + "\n```"

    return FUNCTIONS.sub(replaced, text)


def read(_app, page, source):
    text = source[0]
    if page == "index":
        text = trees(text)
    if page.startswith("reference/c-"):
        text = of_the_index(text)
    text = outside(page + ".md", mermaid.drawn(text))
    source[0] = text


# What the theme leaves out, for those who use a keyboard or hear the page: what scrolls can be reached, each landmark
# and heading says which it is, and an empty corner of a table is no heading.
MENDED = (
    (re.compile(r"<pre>"), '<pre tabindex="0">'),
    (re.compile(r'<div class="table-wrapper'), r'<div tabindex="0" class="table-wrapper'),
    (re.compile(r'<p>(?=<img [^>]*\.svg"[^>]*>\s*</p>)'), '<p class="picture" tabindex="0">'),
    (re.compile(r'<p class="caption" role="heading">'), '<p class="caption" role="heading" aria-level="2">'),
    (re.compile(r'<aside class="sidebar-drawer">'), '<aside class="sidebar-drawer" aria-label="All pages">'),
    (re.compile(r'<aside class="toc-drawer'), '<aside aria-label="This page" class="toc-drawer'),
    (re.compile(r'<th class="head"><p></p></th>'), '<td class="head"></td>'),
    (re.compile(r'(<article role="main"[^>]*>\s*)(?=<noscript>)'), r"\1<h1>Search</h1>"),
)


def mend(app, failed):
    for file in Path(app.outdir).rglob("*.html") if failed is None else ():
        text = file.read_text(encoding="utf-8")
        for wrong, right in MENDED:
            text = wrong.sub(right, text)
        file.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("source-read", read)
    app.connect("build-finished", mend)
