# SPDX-License-Identifier: Apache-2.0
"""The fault matrix: request_rows.py has the requests, fault_columns.py the faults,
expectation.py what follows for a pair, cell_run.py how one cell is played,
matrix.py how all are. `-k h2-lock-POST-x-stall` chooses cells; where 50 or
less are chosen, a failure comes with all that the candidates logged."""
