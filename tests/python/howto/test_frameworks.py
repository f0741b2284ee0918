# SPDX-License-Identifier: Apache-2.0
"""In every framework one replica ticks, whatever is done to it: frozen, killed, hung up, deployed; and without an
election two do."""

import pytest

from .frameworks import FRAMEWORKS


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.test)
def test_one_ticks(framework, played, rows, report):
    came = played[framework.name].result()
    rows[framework.name] = came.gap
    report(f"{framework.name}: {came.ticks} ticks; without one for {came.gap:.2f} s when the leader was killed, for "
           f"{came.deployed:.2f} s at a deployment; without leaderlife {came.doubled}")
