# SPDX-License-Identifier: Apache-2.0
"""Measures, prints, and writes: see script/bench."""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from controlplane.cluster import Cluster

from . import ROOT, figures, tables
from .baddays import BadDays
from .handover import Handover, OnThisMachine
from .herd import Herd
from .instructions import Instructions
from .standing import Standing
from .start import Start

# Of each form:
# takeovers, rare       hand-overs of each; of what takes long
# languages             whose candidates are measured
# standbys              further sizes of fleets, beside 1
# peers                 locks of each peer whose hand-over is slow; 0: no peers
# steady                whether peers get the time until they poll as seldom as they ever do
# idle_s                how long idleness is measured; idle_instructions_s: under callgrind
# locks                 in one process
# starts, restarts      of each; in place with less than all rights
# herd, herd_handovers  standbys of one lock; and its hand-overs
# bad_days, away_s      locks of each; how long the API server is away; silent: whether also a peer that says nothing
SIZES = {
    "tiny": {"takeovers": 2, "rare": 1, "languages": ["c"], "standbys": [2], "peers": 1, "steady": 0, "idle_s": 2,
             "idle_instructions_s": 0, "locks": [2, 5], "starts": 1, "restarts": 1, "herd": 5, "herd_handovers": 2,
             "bad_days": 1, "silent": False, "away_s": [1]},
    "quick": {"takeovers": 20, "rare": 5, "languages": ["c", "python", "luajit", "command"], "standbys": [10],
              "peers": 5, "steady": 1, "idle_s": 60, "idle_instructions_s": 30, "locks": [2, 100], "starts": 5,
              "restarts": 3, "herd": 50, "herd_handovers": 5, "bad_days": 5, "silent": True, "away_s": [1, 30]},
    "whole": {"takeovers": 200, "rare": 20, "languages": ["c", "python", "luajit", "command"],
              "standbys": [2, 10, 100, 500], "peers": 16, "steady": 1, "idle_s": 600, "idle_instructions_s": 600,
              "locks": [2, 100, 1000], "starts": 30, "restarts": 5, "herd": 500, "herd_handovers": 5, "bad_days": 10,
              "silent": True, "away_s": [1, 30, 300]},
}
PARTS = {"handover": Handover, "local": OnThisMachine, "instructions": Instructions, "standing": Standing,
         "start": Start, "herd": Herd, "baddays": BadDays}
WITHOUT_CLUSTER = {"local", "instructions"}


class Progress:
    """Takes the rows of one part, and says each with how long the part has run."""

    def __init__(self, part):
        self.rows, self._began = [], time.monotonic()
        print(f"== {time.strftime('%H:%M:%S')} {part}", flush=True)

    def keep(self, **row):
        self.rows.append(row)
        said = {**row.get("numbers", {}), **(figures.summary(row["values"]) if "values" in row else {})}
        words = [str(row[word]) for word in ("event", "subject", "role", "standbys") if word in row]
        print(f"  {time.monotonic() - self._began:5.0f} s ", *words,
              {name: float(f"{value:.4g}") for name, value in said.items()}, flush=True)


def measure(form, parts, sizes, build):
    """Adds what it measures to build/bench/FORM.json part by part, so that a part can be measured again alone."""
    path = build / f"{form}.json"
    found = figures.head(form)
    if path.exists():
        before = figures.read(path)
        found.update({name: before.get(name, {}) for name in ("parts", "measured")})
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        cluster = None if set(parts) <= WITHOUT_CLUSTER else stack.enter_context(Cluster())
        for part in parts:
            progress = Progress(part)
            PARTS[part](cluster, directory, sizes, progress.keep).run()
            found["parts"][part] = progress.rows
            found["measured"][part] = figures.of_what(found)
            figures.write(found, path)
    print(f"== {time.strftime('%H:%M:%S')} done", flush=True)
    return figures.read(path)


def parts_left(form, build):
    path = build / f"{form}.json"
    return [part for part in PARTS if not path.exists() or part not in figures.read(path)["parts"]]


def show(found):
    print(tables.about(found))
    for name in tables.names(found):
        print(f"\n{name}\n{tables.block(name, found)}")


def publish(found):
    from . import plots  # matplotlib is not needed to measure

    figures.write(found, figures.PATH)
    plots.draw(found, figures.PATH.parent)
    tables.write(found)


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--form", choices=SIZES, default="whole")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--publish", action="store_true", help="write docs/figures and the tables of README and docs")
    parser.add_argument("--rest", action="store_true", help="the parts that have not been measured yet")
    parser.add_argument("--without-peers", action="store_true", help="ours and the floor alone")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}")
    if given.publish and given.form == figures.TINY:
        parser.error("the figures of the form tiny mean nothing: they are not published")
    if given.publish and given.without_peers:
        parser.error("figures without peers are not published")
    parts = parts_left(given.form, given.build) if given.rest else given.parts or list(PARTS)
    sizes = {**SIZES[given.form], **({"peers": 0} if given.without_peers else {})}
    found = measure(given.form, parts, sizes, given.build)
    show(found)
    if given.publish:
        publish(found)


if __name__ == "__main__":
    sys.exit(main())
