# SPDX-License-Identifier: Apache-2.0
"""What c/include/leaderlife/leaderlife.h says, in its order: the text at its top, constants with what each means, and
functions with their comments. The manual page and the reference are made of this."""

import re
from dataclasses import dataclass, field

COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)


@dataclass
class Entry:
    """A comment, and the declarations that follow it."""
    text: str
    functions: list = field(default_factory=list)  # declarations, each on one line
    types: list = field(default_factory=list)
    constants: list = field(default_factory=list)  # (name, value, text)


@dataclass
class Header:
    intro: str
    sections: list  # (title, [Entry])


def words_of(comment):
    """Without stars: paragraphs, and lines of code or lists, which are indented."""
    lines = [re.sub(r"^ \* ?", "", line) for line in comment.split("\n")]
    lines[0] = lines[0].lstrip()
    return "\n".join(lines).strip()


def constants_of(body):
    found = re.finditer(r"(LEADERLIFE_\w+)\s*=\s*(-?\d+),?[ \t]*(?:\n\s*)?(?:/\*(.*?)\*/)?", body, re.DOTALL)
    return [(one[1], one[2], " ".join(words_of(one[3] or "").split())) for one in found]


def parse(text):
    intro, = re.findall(r"\A/\* SPDX.*?\*/\n/\*\n(.*?)\*/", text, re.DOTALL)
    body = text[text.index("/* An election:"):text.rindex("#ifdef __cplusplus")]
    sections, entry = [("Types and constants", [])], None
    for token in re.finditer(r"/\*(?P<comment>.*?)\*/|^enum \{(?P<enum>.*?)^\};|"
                             r"^LEADERLIFE_API (?P<function>[^;]*;)|^(?P<type>typedef [^;]*;)", body,
                             re.DOTALL | re.MULTILINE):
        if token["comment"]:
            title = re.fullmatch(r" -+ (.*?) -+ ", token["comment"])
            if title:
                sections.append((title[1], []))
            else:
                entry = Entry(words_of(token["comment"]))
                sections[-1][1].append(entry)
            continue
        if token["function"]:
            declaration = " ".join(token["function"].split())
            if "event_free" in declaration:  # has no comment of its own
                entry = Entry("Frees an event. Ignores NULL.")
                sections[-1][1].append(entry)
            entry.functions.append(declaration)
        elif token["type"]:
            entry.types.append(token["type"])
        else:
            entry.constants += constants_of(token["enum"])
    return Header("\n".join(re.sub(r"^ \* ?", "", line) for line in intro.split("\n")).strip(), sections)


def blocks_of(text):
    """('text', words), ('code', lines) or ('item', (term, words)) in their order. A block of code is indented by four,
    an item of a list by two."""
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.split("\n")
        while lines:
            width = len(lines[0]) - len(lines[0].lstrip())
            kind = "code" if width >= 4 else "item" if width == 2 and lines[0].lstrip().startswith('"') else "text"
            taken = [lines.pop(0)]
            while lines and not lines[0].startswith('  "') and \
                    ((lines[0].startswith("    ") if kind == "code" else kind == "text" and lines[0][:4].strip())
                     or (kind == "item" and lines[0].startswith("   "))):
                taken.append(lines.pop(0))
            if kind == "code":
                yield kind, [line[4:] for line in taken]
            elif kind == "item":
                yield kind, tuple(" ".join(" ".join(taken).split()).split(" ", 1))
            else:
                yield kind, " ".join(" ".join(taken).split())


def names_of(declaration):
    return re.search(r"(leaderlife_\w+)\(", declaration)[1]
