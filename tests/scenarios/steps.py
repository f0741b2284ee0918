# SPDX-License-Identifier: Apache-2.0
"""Steps that mean the same on every backend. `who` is what Player.select()
takes; README.md lists all of them."""

import re
import time

from .registry import step


# Beginning

@step("start")
def start(player, who, options=None, access=None):
    """Starts processes and lets them campaign, all at once."""
    names = who if isinstance(who, list) else [who]
    names = sorted(player.scenario["candidates"]) if names == ["all"] else names
    given = {name: {**player.launch(name, access), **(options or {})} for name in names}
    _campaign(player, given)


@step("again")
def again(player, who):
    """A new handle in the same process, after freeing the old one."""
    for process in player.select(who):
        process.do("free")
        _, options = player.place.spot(process.name, player.scenario.get("access", "in-cluster"))
        _campaign(player, {process.name: options})


def _campaign(player, given, id="main"):
    waiting = []
    for name, options in given.items():
        process = player.processes[name]
        process.do("new", id, lock=player.place.lock, options=options)
    for name in given:
        waiting.append((player.processes[name], player.processes[name].send("start", id)))
    for process, expected in waiting:
        reply = process.reply(expected)
        assert reply["status"] == "LEADERLIFE_OK", f"{process}: start gave {reply['status']}: {reply['error_text']}"


@step("launch")
def launch(player, who):
    """Starts processes without an election in them."""
    for name in who if isinstance(who, list) else [who]:
        player.kept[f"options of {name}"] = player.launch(name)


@step("campaign")
def campaign(player, who, id="main"):
    """An election in a process that was only launched, under an id of its own."""
    _campaign(player, {who: player.kept[f"options of {who}"]}, id)


# Waiting for what must come

@step("elected")
def elected(player, of="candidates", name=None, is_=None):
    """Exactly one of them leads, the others stand by and are ready."""
    of = player.select(of)

    def settled():
        leading = player.observer.leading()
        return len(leading) == 1 and leading[0] in of and all(
            process.state == "standby" for process in of if process is not leading[0])
    player.observer.wait("one leader, the others standing by", settled)
    leader = player.one("leader")
    _wait_ready(player, [process for process in of if process is not leader])
    if name:
        player.names[name] = [leader.name]
    if is_:
        assert leader is player.one(is_), f"{leader} leads, not {is_}"


@step("leads-within")
def leads_within(player, who, seconds):
    """It leads soon: only for what must come much sooner than anything that would have to time out."""
    process = player.one(who)
    player.observer.wait(f"{process} to lead within {seconds} s", lambda: process.state == "leader", float(seconds))


@step("standby")
def standby(player, who):
    who = player.select(who)
    player.observer.wait("standing by", lambda: all(process.state == "standby" for process in who))
    _wait_ready(player, who)


@step("unready")
def unready(player, who):
    """They could not take over, and will say so."""
    for process in player.select(who):
        _poll(lambda process=process: not process.is_ready(), f"{process} not to be ready")


def _wait_ready(player, who):
    """Ready is no event: ask until all are."""
    deadline = time.monotonic() + 30
    while not all(process.is_ready() for process in who):
        assert time.monotonic() < deadline, "standing by, but not ready"
        time.sleep(0.05)


@step("reach")
def reach(player, who, state, id="main"):
    for process in player.select(who):
        player.observer.wait(f"{process} {state}", lambda: process.handle(id).state == state)


@step("notice")
def notice(player, who, status, text="", id="main"):
    """A notice of that status, whose text matches, has come or will come."""
    for process in player.select(who):
        player.observer.wait(
            f"a notice {status} /{text}/ of {process}",
            lambda: any(line["status"] == status and re.search(text, line["text"])
                        for line in process.handle(id).notices))


@step("holder")
def holder(player, who, is_):
    """They know who leads."""
    name = player.place.holder_name(player.one(is_))
    for process in player.select(who):
        _poll(lambda: process.do("state")["holder"] == name, f"{process} to see {name} as the holder")


def _poll(condition, what, timeout=30):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"after {timeout} s still waiting for {what}"
        time.sleep(0.05)


# What must not happen for some time

@step("stays")
def stays(player, leader, for_=2.0, standing_by="others"):
    """It leads all the time, the others are ready all the time and never lead."""
    process = player.one(leader)
    _watch_over(player, for_, standing_by, lambda: player.observer.leading() == [process],
                f"{process} does not lead any more")
    if process in player.alive():
        assert process.do("state")["is_leader"]


@step("nobody-leads")
def nobody_leads(player, for_=2.0, ready="candidates"):
    """Nobody leads although the others are ready all the time."""
    _watch_over(player, for_, ready, lambda: not player.observer.leading(), "somebody leads")


@step("nobody-else-leads")
def nobody_else_leads(player, than, for_=2.0, ready="candidates"):
    """That one, which may be frozen, still leads, nobody else does, although the others are ready all the time."""
    process = player.one(than)
    _watch_over(player, for_, ready, lambda: player.observer.leading() == [process],
                f"{process} is not the only one to lead")


def _watch_over(player, seconds, ready, condition, what):
    ready = player.select(ready)
    terms = len(player.observer.terms)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        with player.observer.changed:
            player.observer.check()
            assert condition(), what
            assert len(player.observer.terms) == terms, f"somebody became leader: {player.observer.terms[-1]}"
        for process in ready:
            assert process.is_ready(), f"{process} is not ready ({process.state})"
        time.sleep(0.1)


@step("sleep")
def sleep(player, seconds):
    time.sleep(float(seconds))


# Ending

@step("resign")
def resign(player, who, id="main"):
    for process in player.select(who):
        process.do("resign", id)
        assert not process.do("state", id)["is_leader"]


@step("close")
def close(player, who, id="main"):
    for process in player.select(who):
        process.do("close", id)
        assert not process.do("state", id)["is_leader"]


@step("free")
def free(player, who, id="main"):
    for process in player.select(who):
        process.do("free", id)


@step("kill")
def kill(player, who):
    """SIGKILL; its pod, where it has one, goes on."""
    for process in player.select(who):
        process.kill()


@step("end")
def end(player, who):
    """The end of its life: SIGKILL, and its pod, where it has one, goes too."""
    for process in player.select(who):
        player.place.end_life(process)


@step("restart")
def restart(player, who):
    """A new process in the place of one, which is killed if it still runs."""
    for process in player.select(who):
        if process.alive:
            process.kill()
        _campaign(player, {process.name: player.launch(process.name)})


@step("freeze")
def freeze(player, who):
    for process in player.select(who):
        process.freeze()


@step("thaw")
def thaw(player, who):
    for process in player.select(who):
        process.thaw()


@step("exec")
def exec_(player, who, argv):
    """Another program takes its place and leads on."""
    process = player.one(who)
    process.do("exec", argv=argv)
    process.replaced = True


# Anything else

@step("remember")
def remember(player, **names):
    """name: who; that name means those processes from now on."""
    for name, who in names.items():
        player.names[name] = [process.name for process in player.select(who)]


@step("command")
def command(player, to, do, expect="LEADERLIFE_OK", text="", id="main", **fields):
    """Any command; its status, and the error's text, must be as expected."""
    for process in player.select(to):
        reply = process.do(do, id, expect=expect, **fields)
        assert re.search(text, reply["error_text"]), f"the text is not /{text}/: {reply['error_text']}"


@step("shows")
def shows(player, who, id="main", **fields):
    """What its getters say now; a list gives several that are all right."""
    for process in player.select(who):
        state = process.do("state", id)
        for name, value in fields.items():
            allowed = value if isinstance(value, list) else [value]
            assert state[name] in allowed, f"{process}: {name} is {state[name]!r}, not {value!r}"


@step("same-token")
def same_token(player, who, as_):
    """They know the same token and term as that process, or will (an observer hears a little later)."""
    for process in player.select(who):
        def same():
            mine, theirs = process.do("state"), player.one(as_).do("state")
            return theirs["token"] and all(mine[name] == theirs[name] for name in ("token", "term"))
        _poll(same, f"{process} to know the token of {as_}")


@step("notices")
def notices(player, who, status, times, text=""):
    """So many notices of that status and text so far."""
    for process in player.select(who):
        seen = [line["text"] for line in process.handle().notices
                if line["status"] == status and re.search(text, line["text"])]
        assert len(seen) == times, f"{process} has told it {len(seen)} times, not {times}: {seen}"


@step("have-led")
def have_led(player, who):
    """Exactly these have become leader so far, in this order, repeats included."""
    seen = [term.process.name for term in player.observer.terms]
    expected = [name for part in who for name in player.names.get(part, [part])]
    assert seen == expected, f"{seen} have led, not {expected}"


@step("have-led-so-many")
def have_led_so_many(player, times):
    """So many terms have begun so far."""
    assert len(player.observer.terms) == times, [str(term) for term in player.observer.terms]


@step("failed-with")
def failed_with(player, who, status, text):
    """Its last state event carries that status and a text that matches."""
    for process in player.select(who):
        last = process.handle().last
        assert last["status"] == status and re.search(text, last["text"]), last
