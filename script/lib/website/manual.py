# SPDX-License-Identifier: Apache-2.0
"""leaderlife(3), made from the header."""

import re
import textwrap

from . import header

WIDTH = 76


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def filled(text):
    """Lines of words, none of which roff takes for a request."""
    return [escaped(line) for line in textwrap.wrap(text, WIDTH - 8, break_long_words=False, break_on_hyphens=False)]


def wrapped(line):
    """A line of code that may be longer than the page."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, WIDTH - 8, initial_indent="", subsequent_indent=indent + "    ",
                         break_on_hyphens=False, replace_whitespace=False) or [""]


def written(text, skip=()):
    out = []
    for kind, what in header.blocks_of(text):
        if kind == "code":
            out += [".PP", ".EX", *[escaped(part) for line in what for part in wrapped(line)], ".EE"]
        elif kind == "item":
            out += [".TP", f".B {escaped(what[0])}", *filled(what[1] if len(what) > 1 else "")]
        elif re.fullmatch(r"[A-Z ]+", what):
            out += [f".SH {what}"]
        else:
            out += [*([] if out and out[-1].startswith(".SH") else [".PP"]), *filled(what)]
    return out[1:] if out and out[0] == ".PP" and "first" in skip else out


def declared(declaration):
    """Of one line, in bold, split where roff lets it."""
    lines = textwrap.wrap(declaration, WIDTH - 8, subsequent_indent="    ", break_on_hyphens=False)
    return [f'.B "{escaped(line)}"' if not line.startswith("    ") else f'.br\n.B "{escaped(line)}"' for line in lines]


def page(text, date):
    made = header.parse(text)
    out = ['.\\" SPDX-License-Identifier: Apache-2.0', '.\\" Made from leaderlife.h by script/docs --write.',
           f'.TH LEADERLIFE 3 {date} "leaderlife" "Library Functions"',
           ".SH NAME", "leaderlife \\- leader for life, in C",
           ".SH LIBRARY", "leaderlife (libleaderlife, \\-lleaderlife)",
           ".SH SYNOPSIS", ".nf", ".B #include <leaderlife/leaderlife.h>", ".PP",
           ".B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs leaderlife)", ".fi", ".SH DESCRIPTION"]
    intro = re.sub(r"^leaderlife: leader for life\.\s*", "", made.intro)
    out += written(intro, skip=("first",))
    for title, entries in made.sections:
        out.append(f".SH {title.upper()}")
        for number, entry in enumerate(entries):
            heads = entry.functions or entry.types
            out += [f".SS {header.names_of(entry.functions[0])}"] if entry.functions else [".PP"] if number else []
            for position, one in enumerate(heads):
                out += [*([".br"] if position else []), *declared(one)]
            body = written(entry.text, skip=() if heads else ("first",))
            out += body
            for name, value, what in entry.constants:
                out += [".TP", f".BR {name} \" ({escaped(value)})\"", *filled(what or "-")]
    out += [".SH SEE ALSO", ".BR leaderlife (1)"]
    return "\n".join(out) + "\n"
