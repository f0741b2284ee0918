# SPDX-License-Identifier: Apache-2.0
"""Draws the flowcharts of Mermaid that the pages have: by dot, so that the site needs no script from elsewhere."""

import html
import re
import subprocess
import textwrap

BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NODE = re.compile(r'([\w/]+)(?:\(\[(.*?)\]\)|\{"(.*?)"\}|\["(.*?)"\])?')
ATTRIBUTES = 'fontname="sans-serif" fontsize=13'


def node(text, known):
    """The name of a node, whose shape and words are kept in known."""
    found = NODE.fullmatch(text.strip())
    name, *words = found.groups()
    if any(words):
        known[name] = ("ellipse" if words[0] else "diamond" if words[1] else "box", next(filter(None, words)))
    return name


def label(words, shape):
    return "\\n".join(textwrap.wrap(words, 28 if shape == "diamond" else 44)).replace('"', '\\"')


def dot_of(text):
    known, edges = {}, []
    for line in text.splitlines()[1:]:
        parts = re.split(r" -- (\w+) --> | --> ", line)
        edges.append((node(parts[0], known), node(parts[-1], known), parts[1] if len(parts) == 3 and parts[1] else ""))
    lines = [f"digraph {{ bgcolor=transparent; node [shape=box {ATTRIBUTES}]; edge [{ATTRIBUTES}];"]
    form = {"diamond": "box style=rounded"}  # of dot's own: its diamonds are too wide for words
    lines += [f'"{name}" [shape={form.get(shape, shape)} label="{label(words, shape)}"];'
              for name, (shape, words) in known.items()]
    lines += [f'"{a}" -> "{b}" [label="{told}"];' for a, b, told in edges]
    return "\n".join([*lines, "}"])


def svg_of(text):
    made = subprocess.run(["dot", "-T", "svg"], input=dot_of(text), text=True, check=True, capture_output=True).stdout
    made = made[made.index("<svg"):].replace("<title>%3</title>", "")
    made = re.sub(r"<!--.*?-->\n|<title>.*?</title>\n", "", made, flags=re.DOTALL)
    made = re.sub(r'(fill|stroke)="(?:black|#000000)"', r'\1="currentColor"', made)  # so it fits light and dark
    words = html.escape("A drawing: " + "; ".join(line.strip() for line in text.splitlines()[1:]), quote=True)
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{words}" class="drawing" ', made, count=1)


def drawn(text):
    """The page with drawings in place of their text."""
    return BLOCK.sub(lambda found: "```{raw} html\n" + svg_of(found[1]).rstrip() + "\n```", text)
