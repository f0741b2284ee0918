#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command and makes an SVG of what it prints: each line appears when it was printed, with that time beside it.

    recording.py FILE FIRST LAST COMMAND...

FIRST and LAST are regular expressions: the picture begins with the first line that has FIRST, and ends with the line
after the first one that has LAST. The command runs to its end."""

import html
import re
import subprocess
import sys
import time

COLUMNS, CHARACTER, ROW, MARGIN, BAR = 82, 8.5, 22, 18, 34
FONT = "14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLE = f"""
    .window {{ fill: #16181d }} .bar {{ fill: #2b2f38 }} .title {{ fill: #c3c9d4 }}
    text {{ font: {FONT}; fill: #e6e6e6; white-space: pre }}
    .time {{ fill: #9aa4b5 }} .killed {{ fill: #ff9b93 }} .next {{ fill: #8fe3a1 }}
    .line {{ animation: appear 1ms both }} @keyframes appear {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
    @media (prefers-reduced-motion: reduce) {{ .line {{ animation: none }} }}
"""


def record(words):
    """(seconds since the start, line) of each line."""
    began = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as started:
        lines = [(time.monotonic() - began, line.rstrip("\n")) for line in started.stdout]
    if started.returncode:
        sys.exit(f"{words[0]} has ended with status {started.returncode}")
    return lines


def part(lines, first, last):
    """What is shown, with times from its first line on."""
    begin = next(i for i, (_, line) in enumerate(lines) if re.search(first, line))
    end = next(i for i, (_, line) in enumerate(lines) if i > begin and re.search(last, line))
    return [(when - lines[begin][0], line) for when, line in lines[begin:end + 2]]


def kind(line):
    return "killed" if "killing" in line else "next" if "taken over" in line else "said"


def row(number, when, line):
    y = BAR + (number + 1) * ROW
    return [f'  <g class="line" style="animation-delay: {when:.3f}s">',
            f'    <text class="time" x="{MARGIN}" y="{y}">{when:7.3f} s</text>',
            f'    <text class="{kind(line)}" x="{MARGIN + 12 * CHARACTER:.0f}" y="{y}">{html.escape(line)}</text>',
            "  </g>"]


def svg(lines, title):
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), BAR + (len(lines) + 1) * ROW + MARGIN
    said = [f"    {when:.3f} s: {html.escape(line.strip())}" for when, line in lines]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
        '    role="img" aria-labelledby="title what">',
        f'  <title id="title">{html.escape(title)}</title>', '  <desc id="what">', *said, "  </desc>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="window" width="{width}" height="{height}" rx="8"/>',
        f'  <rect class="bar" width="{width}" height="{BAR - 8}" rx="8"/>',
        f'  <text class="title" x="{MARGIN}" y="18">$ {html.escape(title)}</text>',
        *[made for number, (when, line) in enumerate(lines) for made in row(number, when, line)], "</svg>", ""])


def main():
    file, first, last, *words = sys.argv[1:]
    shown = part(record(words), first, last)
    with open(file, "w", encoding="utf-8") as picture:
        picture.write(svg(shown, " ".join(words)))


if __name__ == "__main__":
    main()
