# SPDX-License-Identifier: Apache-2.0
"""Warns if the library takes more instructions than when the figures of the repository were made.

    python -m measure.growth FIGURES    (in bench/) prints a line for each that has grown, and nothing else

It is a warning, for libcurl, OpenSSL and the compiler count as well."""

import sys
from pathlib import Path

from . import figures

LIMIT = 1.1
MILLIONS = "million instructions"


def _counts(found):
    return {row["subject"]: row["numbers"][MILLIONS] for row in found["parts"].get("instructions", ())}


def grown(now, before):
    """A line for each row that both have and that has grown by more than a tenth."""
    was = _counts(before)
    return [f"{subject}: {count:.4g} {MILLIONS}, {count / was[subject]:.2f} times the {was[subject]:.4g} of "
            f"{before['date']}, leaderlife {before['versions']['leaderlife']}"
            for subject, count in _counts(now).items() if subject in was and count > LIMIT * was[subject]]


if __name__ == "__main__":
    for line in grown(figures.read(Path(sys.argv[1])), figures.read()):
        print(line)
