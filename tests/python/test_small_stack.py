# SPDX-License-Identifier: Apache-2.0
"""An election in a thread whose stack is 64 KiB, of which the interpreter has its part; and an object that is nested
2,000 levels deep, which a reader that recursed as deep would not survive there (P14)."""

import sys

import pytest

from badinput.test_deep_nesting import pair, test_the_leaders_pod, test_the_lock  # noqa: F401

KIB = 64
IN_A_THREAD = """
import importlib.util, sys, threading
spec = importlib.util.spec_from_file_location("candidate", sys.argv[1])
candidate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(candidate)  # what it imports needs a larger stack
threading.stack_size({} << 10)
thread = threading.Thread(target=candidate.Candidate().run)
thread.start()
thread.join()
"""


@pytest.fixture(scope="session")
def candidate_program(candidate_program):
    """Python's own, in such a thread."""
    *interpreter, candidate = candidate_program
    return [*interpreter, "-c", IN_A_THREAD.format(KIB), candidate]
