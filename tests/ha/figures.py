# SPDX-License-Identifier: Apache-2.0
"""Counts what happened in the histories on three machines, for the end of the run
and for docs/assurance.md."""

from history.figures import Figures

from .plan import KINDS


class HaFigures(Figures):
    title, kinds = "Random histories on three etcd members and three API servers", KINDS

    def _outcomes(self):
        yield from super()._outcomes()
        judged = [operation for history in self._histories for operation in history.judged]
        yield "operations, all of each history linearizable", len(judged)
        for outcome in ("accepted", "refused", "unknown"):
            yield (f"writes with a token: {outcome}",
                   sum(operation.get("outcome") == outcome for operation in judged))
