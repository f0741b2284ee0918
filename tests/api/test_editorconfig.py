# SPDX-License-Identifier: Apache-2.0
"""Every tracked file is as .editorconfig says, so that an editor that reads it changes nothing by itself."""

import io
import re
import subprocess
import tokenize

import pytest
from editorconfig import get_properties

# Their blocks are indented step by step; other files may be aligned in any way.
STEPPED = (".cmake", ".go", ".lua", ".sh", ".yaml", ".yml", "CMakeLists.txt")


@pytest.fixture(scope="module")
def files(root):
    """{path: (its properties, its bytes)} of all files that git knows, but for those that are no text."""
    names = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    found = {name: (get_properties(str(root / name)), (root / name).read_bytes())
             for name in names.split("\0") if name and (root / name).is_file()}
    assert len(found) > 500
    return {name: one for name, one in found.items() if one[0]["charset"] != "unset"}


def is_of_c(name):
    return name.startswith("c/") or name.endswith((".c", ".h"))


def lines(content):
    return content.decode().split("\n")


def unbreakable(name, content):
    """The numbers of the lines of Markdown that are rows of tables or lines of drawings, which cannot be broken."""
    found, fence = set(), ""
    for number, line in enumerate(lines(content) if name.endswith(".md") else (), 1):
        if line.lstrip().startswith("```"):
            fence = "" if fence else line.strip("` ") or "text"
        elif fence == "mermaid" or not fence and re.match(r"\s*\|.*\|$", line):
            found.add(number)
    return found


def too_long(name, properties, content):
    """The numbers of lines that have more characters than they may."""
    most = properties["max_line_length"]
    if most == "off":
        return []
    spared = unbreakable(name, content)
    return [number for number, line in enumerate(lines(content), 1)
            if len(line.expandtabs(int(properties["tab_width"]))) > int(most) and number not in spared]


def badly_indented(name, properties, content):
    """The numbers of lines whose indentation has other characters than it should have, or is no step."""
    tabs = properties["indent_style"] == "tab"
    unit = "\t" if tabs else " " * int(properties["indent_size"])
    wrong = {number for number, line in enumerate(lines(content), 1)
             if re.match(r" +\S" if tabs else r" *\t", line) and not re.match(r" \*", line)}
    if name.endswith(".py"):
        depth = [""]
        for token in tokenize.tokenize(io.BytesIO(content).readline):
            if token.type == tokenize.INDENT:
                wrong |= {token.start[0]} if token.string != depth[-1] + unit else set()
                depth.append(token.string)
            elif token.type == tokenize.DEDENT:
                depth.pop()
    elif name.endswith(STEPPED):
        indented = {number: re.match(r"\s+(?=[^\s#*-])", line) for number, line in enumerate(lines(content), 1)}
        first = min((number for number in indented if indented[number]), default=None,
                    key=lambda number: len(indented[number].group()))
        wrong |= {first} if first and indented[first].group() != unit else set()
    return sorted(wrong)


@pytest.mark.parametrize("of_c", [False, True], ids=["other files", "C"])
def test_no_line_is_too_long(files, of_c):
    found = [f"{name}:{number}" for name, (properties, content) in files.items() if is_of_c(name) == of_c
             for number in too_long(name, properties, content)]
    assert not found, f"{len(found)} lines: {' '.join(found)}"


def test_the_indentation_is_as_it_should_be(files):
    assert not [f"{name}:{number}" for name, (properties, content) in files.items()
                for number in badly_indented(name, properties, content)]


def test_every_file_is_utf_8(files):
    assert {properties["charset"] for properties, _ in files.values()} == {"utf-8"}
    for name, (_, content) in files.items():
        assert not content.startswith(b"\xef\xbb\xbf"), f"{name} begins with a mark"
        content.decode()


def test_lines_end_as_they_should(files):
    for name, (properties, content) in files.items():
        assert properties["end_of_line"] == "lf" and b"\r" not in content, name
        assert properties["insert_final_newline"] == "true", name
        assert content == b"" or content.endswith(b"\n") and not content.endswith(b"\n\n"), name


def test_no_blank_is_at_the_end_of_a_line(files):
    assert not [f"{name}:{number}" for name, (properties, content) in files.items()
                if properties["trim_trailing_whitespace"] == "true"
                for number, line in enumerate(lines(content), 1) if line != line.rstrip()]


# ---- The reader itself ----

PROPERTIES = {"max_line_length": "20", "indent_style": "space", "indent_size": "4", "tab_width": "4"}


def test_characters_are_counted_and_not_bytes():
    assert too_long("a.c", PROPERTIES, ("ü" * 20 + "\n" + "u" * 21 + "\n").encode()) == [2]


def test_tabs_count_as_they_are_shown():
    assert too_long("a.go", PROPERTIES, b"\t\t\t\t1234\n\t\t\t\t12345\n") == [2]


def test_rows_and_drawings_are_left_out_and_prose_is_not():
    text = "| a row of a table in Markdown |\n```mermaid\na line of a drawing that is long\n```\n" \
           "```sh\na line of a program that is long\n```\nand a line of prose that is long\n"
    assert too_long("a.md", PROPERTIES, text.encode()) == [6, 8]
    assert too_long("a.py", PROPERTIES, text.encode()) == [1, 3, 6, 8]


@pytest.mark.parametrize("name, text, wrong", [
    ("a.py", "if a:\n    b\n", []), ("a.py", "if a:\n  b\n", [2]), ("a.py", "f(a,\n  b)\n", []),
    ("a.py", "if a:\n\tb\n", [2]), ("a.sh", "if a; then\n    b\nfi\n", []), ("a.sh", "if a; then\n  b\nfi\n", [2]),
    ("a.c", "/*\n * a\n */\n", []), ("a.c", "{\n    \ta;\n}\n", [2])])
def test_indentation_is_judged(name, text, wrong):
    assert badly_indented(name, PROPERTIES, text.encode()) == wrong
