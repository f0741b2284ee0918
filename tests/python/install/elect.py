# SPDX-License-Identifier: Apache-2.0
"""A program that is run by every Python under test: one election on this machine, won, refused to a second candidate,
given back and won by that one. Prints where the package lies."""

import os
import sys

import leaderlife

lock = f"python-install-{os.getpid()}"
with leaderlife.become(lock, timeout=60, backend="local") as leader:
    assert leader.is_leader and leader.state == "leader" and leader.backend == "local", leader
    second = leaderlife.Election(lock, backend="local", logger=False)
    try:
        second.become(timeout=0)
    except leaderlife.TimeoutError as error:
        assert error.name == "LEADERLIFE_ETIMEDOUT", error.name
    else:
        sys.exit("a second candidate leads beside the first")
    old = leader.token
with second:
    second.become(timeout=60)
    assert leaderlife.token_compare(old, second.token) < 0, (old, second.token)
assert leader.state == "closed"
assert leaderlife.__version__ == leaderlife.version() == leaderlife.capi.version()
print(os.path.dirname(leaderlife.__file__), leaderlife.__version__)
