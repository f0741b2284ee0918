# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/protocol.md as they can be read off a trace: what a process was told, what it sent, what it
believed. Written from the document, not from the machine: nothing here knows how the machine keeps its knowledge, and a
process may only rest on what it was shown."""

WRITES = {"create-lock", "put-lock", "delete-lock", "put-record", "empty-record"}
ON_LOCK = {"get-lock", "create-lock", "put-lock", "delete-lock"}
ON_RECORD = {"get-record", "put-record", "empty-record"}
UNGUARDED_MS = 10000  # P8
QUIET_MS = 15000  # P10
SLACK_MS = 10000  # P4 (d)
RESIGNED, CLOSED = 1, 4


class Broken(Exception):
    """A rule that a process has broken, by its name in docs/protocol.md."""


def require(holds, rule, text):
    if not holds:
        raise Broken(f"{rule}: {text}")


class Pods:
    """Who is dead by P4, as one process was shown it."""

    def __init__(self):
        self.dead = set()
        self.silent_since = {}

    def learn(self, now, uid, shown, by_get):
        if shown["gap"] and not by_get:
            return  # after a gap the pod is read again, and that counts
        exists, same = shown["exists"], shown["uid"] == uid
        if not exists or not same:
            if by_get or (same and not shown["initial"] and not shown["gap"]):
                self.dead.add(uid)  # (a), (b)
            return
        if not shown["terminal"] or shown["disruption"]:
            self.silent_since.pop(uid, None)
        elif shown["statuses"]:
            if not shown["running"]:
                self.dead.add(uid)  # (c)
        elif not shown["terminating"]:
            since = self.silent_since.setdefault(uid, now)
            if by_get and now - since >= shown["grace"] + SLACK_MS:
                self.dead.add(uid)  # (d)


class Refusals:
    """P8: since when one right to the record, to read or to write it, has been refused without a break. It is asked for
    all the while: what was refused long before says nothing, unless it had lasted already."""

    def __init__(self):
        self.first = self.last = self.told = None

    def learn(self, now, outcome, sent_at):
        if outcome == "forbidden":
            if self.first is None or (not self.is_final() and sent_at - self.told > UNGUARDED_MS):
                self.first = sent_at
            self.last, self.told = sent_at, now
        elif outcome in ("ok", "exists", "conflict", "not-found"):
            self.first = self.last = self.told = None

    def is_final(self):
        return self.first is not None and self.last - self.first >= UNGUARDED_MS


class Life:
    """One process."""

    def __init__(self, name, start, history):
        self.name, self.history = name, history
        self.pod, self.life = start["pod"], start["life"]
        self.records, self.older = bool(start["records"]), bool(start["older"])
        self.pods, self.reads, self.record_puts = Pods(), Refusals(), Refusals()
        self.unguarded_since = None  # P8: when the last refusal was sent that has lowered the level, if it is lowered
        self.sent = {}  # number: (when, command)
        self.locks, self.record_views = {}, {}  # version: what was shown
        self.lock = self.record = None  # shown last
        self.own = None  # the own pod, shown last
        self.newest = {}  # lock, own: the newest version shown; a watch and a GET overtake each other
        self.asked = 0  # number of the question for the own pod; one that it replaces is given up, and so is its answer
        self.looks = []  # numbers of GETs that have shown the own pod good
        self.seat = False
        self.claim = None  # the nonce of the last record write
        self.claimed = False  # and whether it is known to have succeeded
        self.emptied = False  # an emptying was sent after it
        self.own_lock = None  # (uid, number) of the write, or the GET, that made a lock ours
        self.deleted = set()
        self.last_holder = None  # P8, level memory
        self.ambiguous = {}  # lock, record: when the last lost answer was told
        self.checked = {}  # lock, record: (number, when) of the last GET
        self.written = {}  # lock, record: number of the last write
        self.believes = False
        self.token = None

    # ---- What it is told ----

    def learns(self, now, what, shown):
        if what == "answer":
            self.answer(now, shown)
        elif what == "lock":
            self.shown_lock(shown, shown["version"])
        elif what == "record":
            self.shown_record(shown, shown["version"])
        elif what == "pod":
            self.pods.learn(now, shown["target"], shown, False)
        elif what == "own":
            self.shown_own(shown)

    def answer(self, now, shown):
        number, command, outcome = shown["number"], shown["command"], shown["outcome"]
        sent_at, words = self.sent[number]
        if command in ON_RECORD:
            self.refusal(now, command, outcome, sent_at)
        where = "lock" if command in ON_LOCK else "record"
        if outcome == "ambiguous":
            self.ambiguous[where] = now
        if outcome == "forbidden" and command == "delete-lock":
            self.deleted.discard(int(words["uid"][1:]))  # it did not happen
        if outcome == "not-found" and command in ON_LOCK:
            self.lock = {"exists": 0}
        if outcome != "ok":
            return
        gets = command.startswith("get-")
        version = "" if gets and not shown["exists"] else shown["version"]
        if command in ("get-lock", "get-record"):
            self.checked[where] = (number, sent_at)
        if command in ON_LOCK:
            self.shown_lock(shown, version)
            self.made_lock(number, command, words, shown)
        elif command in ON_RECORD:
            self.shown_record(shown, version)
        elif command == "get-own-pod" and number == self.asked:
            self.shown_own(shown, True)
            if self.is_fit(shown):
                self.looks.append(number)
        elif command == "get-pod":
            uid = int(words["pod"][1:])
            self.pods.learn(now, uid, {**shown, "target": uid}, True)
        elif command == "take-seat":
            self.seat = True
        elif command == "release-seat":
            self.seat = False

    def refusal(self, now, command, outcome, sent_at):
        """P8: reading and writing are two rights, and each may be refused for good; whoever gets the record has its
        steps to do again, until the next refusal."""
        right = self.reads if command == "get-record" else self.record_puts
        right.learn(now, outcome, sent_at)
        if outcome == "forbidden" and right.is_final():
            self.unguarded_since = sent_at
        elif outcome == "ok":
            self.unguarded_since = None

    def made_lock(self, number, command, words, shown):
        own = shown["exists"] and not shown["foreign"] and shown["holder"] == self.pod
        if command in ("create-lock", "put-lock") and words["nonce"]:
            self.own_lock = (shown["uid"], number)
        elif command == "get-lock" and own and (self.own_lock is None or self.own_lock[0] != shown["uid"]):
            self.own_lock = (shown["uid"], number)  # P1: where it cannot be rewritten

    def is_fit(self, shown):
        ended = shown["terminal"] and not shown["disruption"] and not (shown["statuses"] and shown["running"])
        return (shown["exists"] and shown["uid"] == self.pod and not shown["terminating"] and not ended
                and (self.older or self.believes or not shown["elsewhere"]))  # a leader is not dethroned by it

    def is_old(self, what, version):
        """Whether a newer version was shown before: that rules."""
        if version == "":
            return False
        newest = self.newest.get(what, 0)
        self.newest[what] = max(newest, version)
        return version < newest

    def shown_own(self, shown, by_get=False):
        there = shown["exists"] and shown["uid"] == self.pod
        if not by_get and (shown["gap"] or (shown["initial"] and not there)):
            return  # the pod is read again, and that counts
        if not self.is_old("own", shown["version"] if shown["exists"] else ""):
            self.own = shown

    def shown_lock(self, shown, version):
        if version != "":
            self.locks[version] = shown
        if self.is_old("lock", version):
            return
        self.lock = shown
        if not shown["exists"] or shown["foreign"]:
            return
        if shown["holder"] != self.pod:
            released = shown["nonce"] == ""
            self.last_holder = None if released else shown["holder"]

    def shown_record(self, shown, version):
        self.record = shown
        if version != "":
            self.record_views[version] = shown
        if shown["exists"] and shown["holder"] == self.pod and shown["nonce"] == self.claim and not self.emptied:
            self.claimed = True

    # ---- What it does ----

    def sends(self, now, command, words):
        number = words["number"]
        self.sent[number] = (now, words)
        if command == "get-own-pod":
            self.asked = number
        if command not in WRITES:
            return
        where = "lock" if command in ON_LOCK else "record"
        self.written[where] = number
        self.ambiguous.pop(where, None)
        require(self.seat, "P12", f"{command} without the seat")
        {"create-lock": self.creates, "put-lock": self.rewrites, "delete-lock": self.deletes,
         "put-record": self.claims, "empty-record": self.empties}[command](now, words)

    def has_record(self, now):
        """P3, or P8 for who may not keep one."""
        if not self.records:
            return True
        if self.claimed and not self.emptied:
            return True
        return self.unguarded_since is not None and now - self.unguarded_since <= UNGUARDED_MS

    def bars(self):
        """P8, level memory: a living holder that was seen and has not given back."""
        return not self.records and self.last_holder is not None and self.last_holder not in self.pods.dead

    def creates(self, now, words):
        require(self.lock is not None and not self.lock["exists"], "P5", "a create of a lock that was not seen absent")
        require(self.has_record(now), "P3", "a create of the lock without a claim in the record")
        require(not self.bars(), "P8", f"a create beside u{self.last_holder}, whose end was not shown")
        require(self.own is None or self.is_fit(self.own), "P2", "a create by a pod that is not fit for it")

    def rewrites(self, now, words):
        shown = self.locks.get(int(words["version"] or -1))
        require(shown is not None and shown["holder"] == self.pod, "P1", "a lock is rewritten that is another's")
        if words["nonce"] and not self.believes:
            require(self.has_record(now), "P3", "a lock is taken over without a claim in the record")

    def deletes(self, now, words):
        shown = self.locks.get(int(words["version"] or -1))
        require(shown is not None and f"u{shown['uid']}" == words["uid"], "P7", "a delete of a version never shown")
        self.deleted.add(shown["uid"])
        if shown["holder"] == self.pod:
            return
        require(shown["holder"] in self.pods.dead, "P7", f"the lock of u{shown['holder']} is deleted, which lives")
        require(self.has_record(now), "P7", "a dead holder's lock is deleted without a claim in the record")

    def claims(self, now, words):
        nonce, version = words["nonce"], words["version"]
        if words["new_term"]:
            fresh = nonce.startswith(self.life + ".") and nonce not in self.history.nonces
            require(fresh, "P3", "a claim whose nonce is not new")
            self.history.nonces.add(nonce)
            self.claim, self.claimed, self.emptied = nonce, False, False
        else:
            require(self.believes and nonce == self.claim, "P9", "a record is put back that is not the term's")
        if version:
            require(words["uid"], "P3", "a PUT without uid")
            shown = self.record_views.get(int(version))
            require(shown is not None and not shown["foreign"], "P3", "a version is overwritten that was never shown")
            holder = shown["holder"] if shown["exists"] else 0
            require(holder in (0, self.pod) or holder in self.pods.dead, "P3",
                    f"the claim of u{holder} is overwritten, which lives")
        if words["new_term"]:
            require(self.own is None or self.is_fit(self.own), "P2", "a claim by a pod that is not fit for it")
        self.own_lock = None if words["new_term"] else self.own_lock

    def empties(self, now, words):
        self.emptied = True
        if words["version"]:
            shown = self.record_views.get(int(words["version"]))
            require(shown is not None and (not shown["exists"] or shown["holder"] in (0, self.pod)), "P3b",
                    "another's claim is emptied")

    def believed(self, now, token):
        require(self.own_lock is not None, "P1", "belief without a lock of its own")
        uid, number = self.own_lock
        require(uid not in self.deleted, "P1", "belief in a lock that it has sent a delete for")
        require(self.older or any(look > number for look in self.looks), "P1",
                "belief without a look at the own pod after the lock was its own")
        require(self.claimed and not self.emptied or not self.records or self.unguarded_since is not None, "P3",
                "belief without a claim in the record")
        if self.records and self.claimed and not self.emptied:
            versions = [v for v, shown in self.record_views.items() if shown["nonce"] == self.claim]
            require(int(token) in versions, "P11", "a token that is no version of its claim")
        self.believes = True

    def ended(self, now, how, rehearsed):
        if how not in (RESIGNED, CLOSED) or not self.seat:
            return
        for where, number in self.written.items():
            checked, at = self.checked.get(where, (0, 0))
            if where == "record" and self.unguarded_since is not None:
                continue
            require(checked > number, "P10", f"it is through, and has not looked at its {where} again")
            if where in self.ambiguous:
                require(at >= self.ambiguous[where] + QUIET_MS, "P10", f"a late write of the {where} may still come")


class History:
    """All processes of one history."""

    def __init__(self):
        self.nonces = set()
        self.lives = {}
        self.leaders = set()

    def line(self, now, name, what, first, words):
        if what == "start":
            self.lives[name] = Life(name, words, self)
            return
        life = self.lives[name]
        if what == "learns":
            life.learns(now, first, words)
        elif what == "sends":
            life.sends(now, first, words)
        elif what == "believes":
            self.leaders.add(name)
            require(len(self.leaders) == 1, "P0", f"two leaders: {', '.join(sorted(self.leaders))}")
            life.believed(now, words["token"])
        elif what == "ends":
            life.ended(now, words["how"], words["rehearsed"])
        elif what in ("gone", "disbelieves"):
            self.leaders.discard(name)
            life.believes = False
