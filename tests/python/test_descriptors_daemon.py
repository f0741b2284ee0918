# SPDX-License-Identifier: Apache-2.0
"""The context of python-daemon closes descriptors: an election that was made before ends, unless it is preserved."""

from .descriptors import BEGIN

DAEMON = BEGIN + """
import daemon


def context(**more):
    return daemon.DaemonContext(stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr, **more)


"""


def test_a_context_of_python_daemon_that_does_not_detach(script):
    """It closes and does not fork."""
    script.run(DAEMON + """
leader = local().become(HANG)
with context(detach_process=False):
    assert not os.path.exists("/proc/self/fd/%d" % 700)
    leader.process()
    assert leader.state == "lost" and says_closed(raised(leaderlife.LostError, leader.raise_if_ended))
    second = local().become(HANG)
    leader.close()
    assert second.is_leader
    second.process()
    assert second.is_leader
""")


def test_a_context_of_python_daemon_that_detaches(script):
    """It forks and closes: the election is the parent's, which ends; to drop it closes nobody's files."""
    out = script.run(DAEMON + """
leader = local().become(HANG)
with context(detach_process=True):
    raised(leaderlife.ForkError, leader.process)
    assert not leader.is_leader
    pipes = open_many()
    del leader
    gc.collect()
    assert are_untouched(pipes)
    after = local().become(HANG)
    print("daemon", flush=True)
""")
    assert out == "daemon\n"


def test_a_context_of_python_daemon_that_preserves(script):
    """The cure for a program that cannot begin later."""
    script.run(DAEMON + """
def numbers():
    return {number for number in range(2048) if os.path.exists(f"/proc/self/fd/{number}")}


before = numbers()
leader = local().become(HANG)
ours = list(numbers() - before)
with context(detach_process=False, files_preserve=ours):
    leader.process()
    assert leader.is_leader
    leader.close()
""")
