# SPDX-License-Identifier: Apache-2.0
"""Words of comments as Markdown."""

import re
import textwrap

NAME = re.compile(r"(?<![\w`])((?:leaderlife|LEADERLIFE)_\w*(?:\(\w*\))?|_[a-z]\w*(?:\(\))?)")
WIDTH = 118


def prose(text, before=""):
    """One paragraph, after what stands before it: names as code, and nothing that Markdown would take for markup."""
    parts = re.split(r"(`[^`]*`)", NAME.sub(r"`\1`", " ".join(text.split())))
    plain = [part if part.startswith("`") else re.sub(r"([*_<\[\]#])", r"\\\1", part) for part in parts]
    indent = "  " if before.startswith("- ") else ""
    lines = textwrap.wrap("".join(plain), WIDTH, initial_indent="\0" * len(before), subsequent_indent=indent,
                          break_long_words=False, break_on_hyphens=False)
    lines = [re.sub(r"^([+-]|\d+\.)(?= )", r"\\\1", line) for line in lines]
    return before + "\n".join(lines)[len(before):]


def code(language, text):
    return f"```{language}\n{text.rstrip()}\n```"


def row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def page(title, source, parts):
    return f"# {title}\n\n<!-- Made from {source} by script/docs --write. -->\n\n" + "\n\n".join(parts) + "\n"
