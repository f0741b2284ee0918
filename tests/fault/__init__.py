# SPDX-License-Identifier: Apache-2.0
"""The fault matrix: rows.py has the requests, columns.py the faults,
expectation.py what follows for a pair, play.py how one cell is played,
matrix.py how all are. `-k h2-lock-POST-x-stall` chooses cells; where 50 or
less are chosen, a failure comes with all that the candidates logged."""
