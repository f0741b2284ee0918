# SPDX-License-Identifier: Apache-2.0
"""The tables of README and docs, from the figures: each stands between `<!-- figures:NAME -->` and `<!-- /figures -->`.

    python -m measure.tables    (in bench/) writes them anew"""

import re
import statistics
import textwrap

from . import ROOT, figures, goals
from .figures import TINY, number

BLOCK = re.compile(r"(<!-- figures:([a-z-]+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
PAGES = ("README.md", "docs/figures.md")
# Those of a part, which are there when it has been measured.
PLOTS = {"handover": {"takeover": "share of the hand-overs that were done after so many milliseconds"},
         "standing": {"requests": "requests an hour of leader and standby", "memory": "memory of leader and standby"},
         "herd": {"herd": "requests, writes and conflicts of a herd"}}
KNOWN = ("leaderlife, C", "leaderlife, Python", "leaderlife, command", "operator-lib", "client-go",
         "redis-py lock")


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def _peer_of(rows, row, who):
    """The row of the floor, or of the C library, that was measured of the same event with as many standbys; else with
    one."""
    same = [other for other in rows if other["event"] == row["event"] and (
        other["who"] == "floor" if who == "floor" else other["subject"] == who)]
    return next((other for other in same if other["standbys"] == row["standbys"]), same[0] if same else None)


def _ratio(row, other, of="median"):
    if other is None or other is row:
        return ""
    return number(figures.summary(row["values"])[of] / figures.summary(other["values"])[of]) + "x"


def _subject(row):
    return row["subject"] + (f", {row['standbys']} standbys" if row["standbys"] > 1 else "")


def times(rows, base="leaderlife, C"):
    """Of hand-overs and the like, event by event."""
    made = []
    for row in rows:
        found = figures.summary(row["values"])
        floor = _peer_of(rows, row, "floor")
        made.append([row["event"], _subject(row), found["n"],
                     *(number(found[name]) for name in ("median", "p99", "min", "max")),
                     _ratio(row, floor), _ratio(row, floor, "p99"), _ratio(row, _peer_of(rows, row, base))])
    return table(["what", "who", "n", "median ms", "p99", "min", "max", "median to the floor's", "p99 to the floor's",
                  f"median to that of {base}"], made)


def costs(rows):
    """Numbers by name, the same for all rows."""
    names = list(dict.fromkeys(name for row in rows for name in row["numbers"]))
    return table(["who", *names], [[", ".join([row["subject"], *([row["role"]] if "role" in row else [])]), *(
        number(row["numbers"][name]) if name in row["numbers"] else "" for name in names)] for row in rows])


def imports(rows):
    """Times beside the first row's, which is the least, and numbers."""
    names = list(rows[0]["numbers"])
    least = statistics.median(rows[0]["values"])
    made = []
    for row in rows:
        found = figures.summary(row["values"])
        more = number(found["median"] - least) if row is not rows[0] else ""
        made.append([row["subject"], found["n"], *(number(found[name]) for name in ("median", "p99", "min", "max")),
                     more, *(number(row["numbers"][name]) for name in names)])
    return table(["what", "n", "median ms", "p99", "min", "max", f"median over {rows[0]['subject']}", *names], made)


def about(found):
    machine = found["machine"]
    text = (f"Measured {found['date']} ({found['form']} form) on {machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB, {machine['system']}, Linux {machine['kernel']}. ")
    text += "Versions: " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()) + "."
    earlier = [f"{part} ({when})" for part, when in found.get("measured", {}).items() if when != figures.of_what(found)]
    if earlier:
        text += " Measured in other runs: " + ", ".join(earlier) + "."
    if found["form"] == TINY:
        text += " So few show that the tools work, and no more."
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def short(found):
    """README's: the medians of the main hand-overs, of those whom most readers know."""
    rows = [row for row in found["parts"].get("handover", ()) if row["standbys"] == 1]

    def median(who, event):
        values = [row["values"] for row in rows if row["subject"].startswith(who) and row["event"] == event]
        return number(statistics.median(values[0])) + " ms" if values else ""
    if found["form"] == TINY:
        return "Not measured yet on a machine that does nothing else: `script/bench --publish` does it."
    known = [who for who in KNOWN if any(row["subject"].startswith(who) for row in rows)]
    return table(["until the next one leads (median)", "the leader is dead", "the leader resigned"],
                 [[who, median(who, "leader dead"), median(who, "leader resigned")] for who in known])


def block(name, found):
    """What stands between the markers of that name."""
    if name == "about":
        return about(found)
    if name == "takeover":
        return short(found)
    if name == "goals":
        return table(["what", "goal", "measured", "met", "if not, why"], goals.rows(found))
    rows = rows_of(name, found)
    if not rows:
        return "Not measured in this form."
    plots = "".join(f"![{text}](figures/{plot}.svg)\n\n" for plot, text in PLOTS.get(name, {}).items())
    if "values" not in rows[0]:
        return plots + costs(rows)
    return plots + (imports(rows) if "numbers" in rows[0] else times(rows))


def rows_of(name, found):
    """PART, or PART-TABLE where a part has several."""
    part, _, of_part = name.partition("-")
    return [row for row in found["parts"].get(part, ()) if row.get("table", "") == of_part]


def names(found):
    """Of all tables of the figures."""
    return [*dict.fromkeys("-".join(filter(None, (part, row.get("table", ""))))
                           for part, rows in found["parts"].items() for row in rows), "goals"]


def filled(text, found):
    return BLOCK.sub(lambda match: f"{match[1]}{block(match[2], found)}\n{match[3]}", text)


def write(found):
    for page in PAGES:
        path = ROOT / page
        path.write_text(filled(path.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    write(figures.read())
