# SPDX-License-Identifier: Apache-2.0
"""Programs in a pod that close the election's descriptors: its seat (P12) and its connections."""

import pytest

from .descriptors import BEGIN, let_go

IN_POD = """
def in_pod():
    return leaderlife.Election("lock", logger=False, x_service_account_dir=ARGUMENTS[0])


"""


@pytest.mark.parametrize("closed", ["close_descriptors()", "os.closerange(700, 2048)"], ids=["all", "the-seat"])
def test_another_container_of_the_pod_leads(candidates, script, closed):
    """P12: the seat is free with that, so what was lost is theirs; P10: nothing is written any more without it."""
    files = candidates.files()
    environment = files.in_cluster_environment()
    first = script.start(BEGIN + IN_POD + f"""
leader = in_pod().become(HANG)
token = leader.token
{closed}
print(token, flush=True)
sys.stdin.readline()
writes = leader.counter("writes")
leader.process()
assert leader.state == "lost" and not leader.is_leader, leader.state
says_closed(raised(leaderlife.LostError, leader.raise_if_ended))
for _ in range(20):
    leader.process()
    time.sleep(0.05)
assert leader.counter("writes") == writes
print("lost", flush=True)
sys.stdin.readline()
leader.close()
""", files.directory, environment=environment)
    token = first.stdout.readline()
    assert token.strip().isdecimal(), script.finish(first)
    second = script.start(IN_POD + """
leader = in_pod().become(HANG)
print(leader.token, flush=True)
for _ in range(2):
    sys.stdin.readline()
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        leader.wait(0.1)
    assert leader.is_leader
    print("leads", flush=True)
leader.close()
""", files.directory, environment=environment)
    later = second.stdout.readline()
    assert int(later) > int(token), script.finish(second)
    for process, expected in ((first, "lost"), (second, "leads"), (second, "leads")):
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == f"{expected}\n", script.finish(process)
    script.finish(second)
    let_go(script, first)


def test_a_leader_on_kubernetes_that_is_looked_after(candidates, script):
    """Everything is another file's by then: curl's connections, too."""
    files = candidates.files()
    out = script.run(BEGIN + """
pipes = []
try:
    with leaderlife.become("lock", on_lost="raise", logger=False, x_service_account_dir=ARGUMENTS[0]) as leader:
        time.sleep(0.5)
        close_descriptors()
        open_many(pipes)
        time.sleep(HANG)
except leaderlife.LostError as error:
    assert says_closed(error) and are_untouched(pipes)
    print(leader.state)
""", files.directory, environment=files.in_cluster_environment())
    assert out == "closed\n"
    assert candidates.space.lock_object() is not None  # nothing is given back: the pod holds it until it ends


def test_a_standby_on_kubernetes(candidates, script):
    holder = candidates.files("a")
    files = candidates.files("b")
    first = script.start(IN_POD + """
leader = in_pod().become(HANG)
print("leads", flush=True)
sys.stdin.readline()
leader.close()
""", holder.directory, environment=holder.in_cluster_environment())
    assert first.stdout.readline() == "leads\n", script.finish(first)
    script.run(BEGIN + IN_POD + """
standby = in_pod()
standby.start()
until(standby, "standby")
threading.Timer(0.2, close_descriptors).start()
says_closed(raised(leaderlife.ResourceError, standby.become), leaderlife.ResourceError)
assert standby.state == "failed"
standby.close()
""", files.directory, environment=files.in_cluster_environment())
    let_go(script, first)


@pytest.mark.parametrize("end", ["resign", "begin_close"])
def test_while_it_is_given_back(candidates, script, proxy, end):
    """Or after that, while it still watches (P3b): it ends, with a word, and hangs nowhere."""
    files = candidates.files(proxy=proxy)
    process = script.start(BEGIN + IN_POD + f"""
leader = in_pod().become(HANG)
print("leads", flush=True)
sys.stdin.readline()
leader.{end}()
assert leader.state == "resigning"
close_descriptors()
print("closed", flush=True)
leader.wait(HANG)
assert leader.state == ("closed" if {end == "begin_close"} else "lost"), leader.state
assert any("the program has closed" in event.text for event in leader.events())
leader.close()
""", files.directory, environment=files.in_cluster_environment())
    assert process.stdout.readline() == "leads\n", script.finish(process)
    held = proxy.hold(method="PUT")
    process.stdin.write("go\n")
    process.stdin.flush()
    script.finish(process)
    proxy.release(held)


def test_after_it_was_given_back(candidates, script):
    files = candidates.files()
    script.run(BEGIN + IN_POD + """
leader = in_pod().become(HANG)
leader.resign()
until(leader, "resigned")
list(leader.events())
close_descriptors()
assert leader.wait(HANG) and leader.state == "resigned"
notices = [event for event in leader.events() if event.kind == "notice"]
assert len(notices) == 1 and says_closed(notices[0].error, leaderlife.ResourceError)
leader.close()
""", files.directory, environment=files.in_cluster_environment())
