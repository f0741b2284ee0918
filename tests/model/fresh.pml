/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The right to the record (docs/protocol.md: P8), in Promela. Two pods that live on. The right to Leases is refused at
 * first and given at some time; who is refused creates the lock without a record. A create may fail for a while, and is
 * tried again. A hand removes, once, the lock of a leader that has a record: later than an unguarded write can come,
 * unless HASTY_HAND. Requirements: one leader at most; when nothing more can happen somebody leads.
 *
 * Reads are steps and may be old when they are used. Instead of a version that grows, the record has a bit for each
 * process that has read its present version.
 */
#define PODS 2
#define NOBODY 7
#define FAILURES 2

mtype = {NONE, PUT_RECORD, EMPTY_RECORD, POST_LOCK, OK, CONFLICT, RETRY, FORBIDDEN};

mtype write[PODS] = NONE;  /* what each has on its way to the server */
mtype answer[PODS] = NONE; /* what came back */
bool fresh[PODS];          /* refused, and less than 10 s have passed since */
bool guarded[PODS];        /* the term that it tries to begin has a record */
bool allowed;
byte record = NOBODY, record_read;
byte lock = NOBODY;
byte leaders; /* a bit for each that believes */
byte failures = FAILURES;

#define OTHERS(x) (x != NOBODY && x != me)
#define READ_RECORD atomic { holder = record; record_read = record_read | (1 << me) }
#define FORGET atomic { holder = NOBODY; record_read = record_read & (255 - (1 << me)) }

#ifdef WITHOUT_FRESH
/* A is refused, and its create fails. The right is given, B is elected with a record, and a hand removes B's lock. A
 * tries its create again, without a record as it was refused once, and leads beside B. */
#define FRESH(x) true
#else
#define FRESH(x) fresh[x]
#endif

inline send(what)
{
    write[me] = what;
    atomic { answer[me] != NONE -> result = answer[me]; answer[me] = NONE }
}

proctype Candidate(byte me)
{
    byte holder = NOBODY, seen = NOBODY; /* seen: a live holder of the lock; nobody dies here, so it bars for ever */
    mtype result;
again:
    FORGET;
end_idle:
    if
    :: lock == NOBODY && seen == NOBODY && !(allowed && OTHERS(record))
    :: OTHERS(lock) -> seen = lock; goto follows
    fi;
    READ_RECORD; /* where it is refused, this tells nothing, and neither does the write */
    if
    :: allowed && OTHERS(holder) -> goto again
    :: else
    fi;
    send(PUT_RECORD);
    if
    :: result == CONFLICT -> goto again
    :: result == FORBIDDEN -> guarded[me] = false
    :: result == OK -> guarded[me] = true
    fi;
    do
    :: atomic { guarded[me] || FRESH(me) -> write[me] = POST_LOCK } /* sent */
        atomic { answer[me] != NONE -> result = answer[me]; answer[me] = NONE }
        if
        :: result == OK -> break
        :: result == CONFLICT -> goto again
        :: result == RETRY
        fi
    :: atomic { !guarded[me] && !FRESH(me) } /* probed anew */
        goto again
    od;
    atomic { leaders = leaders | (1 << me); assert(leaders == (1 << me)) };
leads:
    FORGET;
end_leads:
    lock == NOBODY; /* P9 */
    if
    :: guarded[me] && record != me -> goto leads
    :: else -> send(POST_LOCK)
    fi;
    goto leads;
follows:
    FORGET;
end_follows:
    if
    :: OTHERS(lock) && record == me && allowed -> /* P3b: no idle claims */
        READ_RECORD;
        if
        :: holder == me -> send(EMPTY_RECORD)
        :: else
        fi;
        goto follows
    fi
}

proctype Server(byte i)
{
end_server:
    do
    :: atomic { write[i] != NONE && answer[i] == NONE ->
        answer[i] = CONFLICT;
        if
        :: write[i] != POST_LOCK && !allowed -> answer[i] = FORBIDDEN; fresh[i] = true
        :: write[i] == PUT_RECORD && allowed && ((record_read >> i) & 1) -> record = i; record_read = 0; answer[i] = OK
        :: write[i] == EMPTY_RECORD && allowed && ((record_read >> i) & 1) ->
            record = NOBODY; record_read = 0; answer[i] = OK
        :: write[i] == POST_LOCK && lock == NOBODY -> lock = i; answer[i] = OK
        :: write[i] == POST_LOCK && failures > 0 -> failures--; answer[i] = RETRY
        :: else
        fi;
        write[i] = NONE }
    od
}

/* What was sent on a refusal is answered, and no refusal is fresh any more. */
#ifdef HASTY_HAND
/* Within these seconds: the right is given, B is elected, the hand removes B's lock, A's create comes. This is what P8
 * leaves open. */
#define LATER true
#else
#define LATER ((write[0] != POST_LOCK || guarded[0]) && (write[1] != POST_LOCK || guarded[1]))
#endif

#ifdef REPLAYED
/* For random runs, of which few would be of interest: the right is not given before one of them was refused, and the
 * hand does not rest. */
#define MAY_ALLOW (fresh[0] || fresh[1] || lock != NOBODY)
#define MAY_REST false
#else
#define MAY_ALLOW true
#define MAY_REST true
#endif

/* The administrator, the clock and the hand. */
proctype World()
{
end_world:
    atomic { MAY_ALLOW -> allowed = true };
end_hand:
    if
    :: MAY_REST
    :: atomic { lock != NOBODY && guarded[lock] && ((leaders >> lock) & 1) && LATER ->
        fresh[0] = false;
        fresh[1] = false;
        lock = NOBODY }
    fi
}

/* P8: a refusal ages. */
proctype Clock(byte i)
{
end_clock:
    do
    :: fresh[i] -> fresh[i] = false
    od
}

/* Nothing more can happen. */
proctype Rest()
{
end_rest:
    atomic { timeout; assert(leaders != 0) }
}

init
{
    atomic {
        run Candidate(0);
        run Candidate(1);
        run Server(0);
        run Server(1);
        run Clock(0);
        run Clock(1);
        run World();
        run Rest()
    }
}
