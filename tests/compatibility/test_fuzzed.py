# SPDX-License-Identifier: Apache-2.0
"""Kubeconfigs that a fuzzer has found mean to the library what they mean to client-go, or are refused on purpose.
LEADERLIFE_FUZZED names their folder; else they are those of the fuzzer's own beginning."""

import os
from pathlib import Path

from .comparison import Case, describe

CORPUS = Path(__file__).resolve().parents[1] / "fuzz" / "corpus" / "kubeconfig"


def test_fuzzed(ask):
    folder = Path(os.environ.get("LEADERLIFE_FUZZED") or CORPUS)
    cases = [Case(path.name, {"fuzzed": path.read_bytes()}, {"path": "fuzzed"}) for path in sorted(folder.iterdir())]
    assert cases
    verdicts = ask(cases)
    different = [describe(verdict) for verdict in verdicts if verdict.intended is None]
    assert not different, f"{len(different)} of {len(cases)} differ:\n\n" + "\n".join(different[:10])
