/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes whose answer was lost (docs/protocol.md: P6, P10), in Promela. Two pods that live on; each has a process that
 * campaigns and may resign once, which closes it. A write that was given up may still commit later, or never.
 * Requirements: one leader at most; when nothing more can happen somebody leads, unless nobody campaigns: a record or a
 * lock must not name a pod whose process is closed.
 *
 * ONLY_TWO leaves but the first requirement. With CANNOT_REWRITE no process may rewrite its lock, and one process
 * restarts at any time after it has led, also while it resigns: what the earlier life has sent may still commit.
 *
 * Reads are steps and may be old when they are used. Instead of a version that grows, an object has bits: for each
 * process that has read its present version, and (from LATE on) for its write on that version that was given up.
 */
#define PODS 2
#define LATE 4
#define NOBODY 7
#ifdef LARGE
#define LOSSES 4
#else
#define LOSSES 2
#endif

mtype = {NONE, PUT_RECORD, EMPTY_RECORD, POST_LOCK, PUT_LOCK, DELETE_LOCK, OK, CONFLICT, LOST};

mtype write[PODS] = NONE;       /* what each has on its way to the server */
mtype answer[PODS] = NONE;      /* what came back */
mtype late_record[PODS] = NONE; /* what it has given up, and what may still commit */
mtype late_lock[PODS] = NONE;
byte record = NOBODY, record_read;
byte lock = NOBODY, lock_read;
byte leaders; /* a bit for each that believes */
bool campaigns[PODS] = true;
bool resigns[PODS]; /* sooner or later */
byte losses = LOSSES;
#ifdef CANNOT_REWRITE
byte restarts = 1;
#else
byte restarts = 0;
#endif

#define OTHERS(x) (x != NOBODY && x != me)
#if defined(UNGUARDED)
/* A late delete of an earlier life removes the lock of the process that has resumed, and the next one leads. */
#define BARS(x) false
#else
#define BARS(x) OTHERS(x)
#endif
#define READ_LOCK atomic { owner = lock; lock_read = lock_read | (1 << me) }
#define READ_RECORD atomic { holder = record; record_read = record_read | (1 << me) }
#define FORGET atomic { owner = NOBODY; holder = NOBODY; record_read = record_read & (255 - (1 << me)); \
                        lock_read = lock_read & (255 - (1 << me)) }

#if defined(WITHOUT_QUIET)
/* A life resigns while its record write is lost. The record names nobody, so it is through and closes; then the write
 * comes, and the record names a pod that lives and does not campaign: everybody waits for ever. */
#define QUIET true
#elif defined(PROXY_STORES)
/* The same, though it has waited: something on the way stores the write for longer than anybody waits. This costs the
 * election its progress, and never makes two leaders. */
#define QUIET true
#else
#define QUIET (late_record[me] == NONE && late_lock[me] == NONE)
#endif

/* The next life knows nothing of this one, whose writes that were given up may still commit. */
#define RESTART atomic { restarts > 0 -> restarts--; deletes = false; campaigns[me] = true; \
                         leaders = leaders & (255 - (1 << me)) }; goto again

#ifdef REPLAYED
/* For random runs, of which few would be of interest: nobody resigns before it has claimed. And who clears begins with
 * the record, as the code does. */
#define MAY_RESIGN (record == me || lock == me || !QUIET)
#define MAY_CLEAR_LOCK (record != me)
#else
#define MAY_RESIGN true
#define MAY_CLEAR_LOCK true
#endif

/* Answered, or given up: then it is on its way still, and its version is kept for it. */
inline send(what)
{
    write[me] = what;
    atomic {
        if
        :: answer[me] != NONE -> result = answer[me]; answer[me] = NONE
        :: losses > 0 && answer[me] != NONE -> losses--; result = LOST; answer[me] = NONE /* it has committed */
        :: losses > 0 && write[me] != NONE && (what == PUT_RECORD || what == EMPTY_RECORD) && late_record[me] == NONE ->
            losses--;
            result = LOST;
            late_record[me] = what;
            write[me] = NONE;
            record_read = (record_read & (255 - (1 << (me + LATE)))) | (((record_read >> me) & 1) << (me + LATE))
        :: losses > 0 && write[me] != NONE && what != PUT_RECORD && what != EMPTY_RECORD && late_lock[me] == NONE ->
            losses--;
            result = LOST;
            late_lock[me] = what;
            write[me] = NONE;
            lock_read = (lock_read & (255 - (1 << (me + LATE)))) | (((lock_read >> me) & 1) << (me + LATE))
        fi
    }
}

proctype Candidate(byte me)
{
    byte owner = NOBODY, holder = NOBODY;
    mtype result;
    bool deletes; /* P1: this life has sent a DELETE for the lock that it sees */
again:
    FORGET;
end_idle:
    if
    :: !OTHERS(lock) && !BARS(record) && (lock == NOBODY || !deletes) -> skip
    :: lock == NOBODY && deletes -> deletes = false; goto again
    :: OTHERS(lock) && record == me -> /* P3b: no idle claims */
        READ_RECORD;
        if
        :: holder == me -> send(EMPTY_RECORD)
        :: else
        fi;
        goto again
    :: lock == me && (BARS(record) || deletes) -> /* P3b: two live pods would wait for each other */
        READ_LOCK;
        if
        :: owner == me -> deletes = true; send(DELETE_LOCK)
        :: else
        fi;
        goto again
    :: resigns[me] && MAY_RESIGN -> goto resign
    fi;
    READ_LOCK;
    READ_RECORD;
    if
    :: OTHERS(owner) || BARS(holder) -> goto again
    :: else
    fi;
    send(PUT_RECORD);
    if
    :: result != OK -> goto again
    :: result == OK
    fi;
    READ_LOCK;
    if
    :: OTHERS(owner) || (owner == me && deletes) -> goto again
    :: owner == NOBODY -> deletes = false; send(POST_LOCK)
#ifdef CANNOT_REWRITE
    :: owner == me && !deletes /* P1: a look after the own record write; the record guards the lock */
#else
    :: owner == me && !deletes -> send(PUT_LOCK) /* a late create came; its version kills a late delete */
#endif
    fi;
    if
    :: result != OK -> goto again
    :: result == OK ->
        atomic { leaders = leaders | (1 << me); assert(leaders == (1 << me)) }
    fi;
    /* P10 */
end_leads:
    if
    :: resigns[me]
    :: RESTART
    fi;
resign:
    atomic { leaders = leaders & (255 - (1 << me)); campaigns[me] = false };
clear:
    FORGET;
end_resigns:
    if
    :: record == me ->
        READ_RECORD;
        if
        :: holder == me -> send(EMPTY_RECORD)
        :: else
        fi;
        goto clear
    :: lock == me && MAY_CLEAR_LOCK ->
        READ_LOCK;
        if
        :: owner == me -> send(DELETE_LOCK)
        :: else
        fi;
        goto clear
    :: RESTART
    :: atomic { record != me && lock != me && QUIET } /* closed: from here on it watches nothing */
    fi
}

/* Judges a write at any time after it was sent, also when it was given up. */
proctype Server(byte i)
{
    bool done;
end_server:
    do
    :: atomic { write[i] != NONE && answer[i] == NONE ->
        if
        :: write[i] == PUT_RECORD && ((record_read >> i) & 1) -> record = i; record_read = 0; done = true
        :: write[i] == EMPTY_RECORD && ((record_read >> i) & 1) -> record = NOBODY; record_read = 0; done = true
        :: write[i] == POST_LOCK && lock == NOBODY -> lock = i; lock_read = 0; done = true
        :: write[i] == PUT_LOCK && ((lock_read >> i) & 1) && lock != NOBODY -> lock = i; lock_read = 0; done = true
        :: write[i] == DELETE_LOCK && ((lock_read >> i) & 1) && lock != NOBODY ->
                lock = NOBODY; lock_read = 0; done = true
        :: else
        fi;
        write[i] = NONE;
        answer[i] = (done -> OK : CONFLICT);
        done = false }
    :: atomic { late_record[i] != NONE ->
        if
        :: late_record[i] == PUT_RECORD && ((record_read >> (i + LATE)) & 1) -> record = i; record_read = 0
        :: late_record[i] == EMPTY_RECORD && ((record_read >> (i + LATE)) & 1) -> record = NOBODY; record_read = 0
        :: true -> record_read = record_read & (255 - (1 << (i + LATE))) /* it never comes */
        fi;
        late_record[i] = NONE }
    :: atomic { late_lock[i] != NONE ->
        if
        :: late_lock[i] == POST_LOCK && lock == NOBODY -> lock = i; lock_read = 0
        :: late_lock[i] == PUT_LOCK && ((lock_read >> (i + LATE)) & 1) && lock != NOBODY -> lock = i; lock_read = 0
        :: late_lock[i] == DELETE_LOCK && ((lock_read >> (i + LATE)) & 1) && lock != NOBODY ->
                lock = NOBODY; lock_read = 0
        :: true -> lock_read = lock_read & (255 - (1 << (i + LATE)))
        fi;
        late_lock[i] = NONE }
    od
}

/* Nothing more can happen. */
proctype Rest()
{
end_rest:
    atomic {
        timeout;
#ifndef ONLY_TWO
        assert(leaders != 0 || !(campaigns[0] || campaigns[1]))
#endif
    }
}

init
{
    atomic {
        if
        :: resigns[0] = true
        :: resigns[0] = true; resigns[1] = true
        :: true
        fi;
        run Candidate(0);
        run Candidate(1);
        run Server(0);
        run Server(1);
        run Rest()
    }
}
