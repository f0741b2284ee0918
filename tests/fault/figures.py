# SPDX-License-Identifier: Apache-2.0
"""What the faults have cost, for the end of the run. No test depends on it."""


def told(matrix):
    """A line for each class of faults: the dearest cell by each measure."""
    played = [(cell, outcome) for cell, outcome in matrix.outcomes.items() if not outcome.trouble]
    yield (f"fault matrix: {len(matrix.outcomes)} cells, {len({cell.row.name for cell, _ in played})} requests x "
           f"{len({cell.column.name for cell, _ in played})} faults; greatest of each class (where):")
    for kind in dict.fromkeys(cell.column.kind for cell, _ in played):
        of_kind = [(cell, outcome) for cell, outcome in played if cell.column.kind == kind]
        parts = [_greatest(of_kind, name) for name in ("requests", "wakeups", "failures")]
        slowest = max(of_kind, key=lambda pair: pair[1].seconds)
        yield f"  {kind}: {len(of_kind)} cells; {'; '.join(parts)}; {slowest[1].seconds:.1f} s ({slowest[0]})"


def _greatest(pairs, name):
    cell, outcome = max(pairs, key=lambda pair: pair[1].counters[name])
    return f"{outcome.counters[name]} {name} ({cell})"
