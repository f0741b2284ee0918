#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the pages that are made of something else."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from website.reference import PAGES  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


def main():
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
