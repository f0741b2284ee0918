/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks without owner (docs/protocol.md: P14, P9), in Promela. Pod 0 leads, the others stand by. A pod may be deleted
 * so that its dependents are orphaned: the collector strips the lock's owner while the pod still has its grace period;
 * or a hand strips it under a leader that is well. A hand removes the record once. Requirements: one leader at most;
 * when nothing more can happen somebody leads, unless no pod is good.
 *
 * Reads are steps and may be old when they are used. Instead of a version that grows, an object has a bit for each
 * process that has read its present version.
 */
#define PODS 3
#define REMOVALS 1
#ifdef LARGE
#define DELETIONS 2
#define STRIPS 2
#else
#define DELETIONS 1
#define STRIPS 1
#endif
#define NOBODY 7

mtype = {GOOD, TERMINATING, GONE, NONE, PUT_RECORD, PUT_LOCK, DELETE_LOCK, POST_LOCK, OK, CONFLICT};

mtype pod[PODS];
bool ended[PODS];
mtype write[PODS] = NONE;  /* what each has on its way to the server */
mtype answer[PODS] = NONE; /* what came back */
byte record, record_read;  /* NOBODY = absent */
byte lock, lock_read;      /* whom it names, by owner or by annotation; NOBODY = absent */
bool orphaned;             /* the lock has no owner */
byte leaders = 1;          /* a bit for each that believes */
byte deletions = DELETIONS, strips = STRIPS, removals = REMOVALS;

#define DEAD(x) (x == NOBODY || pod[x] == GONE)
#define READ_LOCK atomic { owner = lock; lock_read = lock_read | (1 << me) }
#define READ_RECORD atomic { holder = record; record_read = record_read | (1 << me) }
#define FORGET atomic { owner = NOBODY; holder = NOBODY; record_read = record_read & (255 - (1 << me)); \
                        lock_read = lock_read & (255 - (1 << me)) }

#ifdef WITHOUT_ORPHAN
/* A leader is deleted with --cascade=orphan. Its lock has no owner, so that it counts as foreign: it stays when the pod
 * is gone, and everybody waits for ever. */
#define FOLLOWED(x) (x == NOBODY || !orphaned)
#else
#define FOLLOWED(x) true
#endif

#ifdef TAKE_ORPHAN_BY_RECORD
/* A leader is deleted with --cascade=orphan and is still at work. A hand removes the record. A standby writes the
 * record, takes the lock without owner for nobody's, removes it and leads too. */
#define TAKEABLE(x) (DEAD(x) || orphaned)
#else
#define TAKEABLE(x) (DEAD(x) && FOLLOWED(x))
#endif

#ifdef WITHOUT_RESTORE
/* A hand strips the owner under a leader that is well; long after that the leader's pod goes. The collector knows
 * nothing of the lock, and a standby that may not delete it waits for ever. */
#define RESTORES false
#else
#define RESTORES (lock == me && orphaned)
#endif

#ifdef NO_DELETE_RIGHT
/* A candidate may not delete locks (P7: it waits for the collector). With ORPHANS a leader is deleted with
 * --cascade=orphan, its lock stays when the pod is gone, and nobody leads until a hand removes it: the price of that
 * Role. */
#define MAY_DELETE false
#else
#define MAY_DELETE true
#endif

inline send(what)
{
    write[me] = what;
    atomic { answer[me] != NONE -> result = answer[me]; answer[me] = NONE }
}

proctype Candidate(byte me; bool first)
{
    byte owner = NOBODY, holder = NOBODY;
    mtype result;
    {
        if
        :: first -> goto leads
        :: else
        fi;
again:
        FORGET;
end_idle:
        /* A standby that terminates claims no more. */
        pod[me] == GOOD && TAKEABLE(lock) && (record == me || DEAD(record));
        READ_LOCK;
        READ_RECORD;
        if
        :: (holder == me || DEAD(holder)) && TAKEABLE(owner)
        :: else -> goto again
        fi;
        send(PUT_RECORD);
        if
        :: result == CONFLICT -> goto again
        :: result == OK
        fi;
        if
        :: owner != NOBODY && MAY_DELETE -> send(DELETE_LOCK) /* P7 */
        :: owner != NOBODY && !MAY_DELETE ->
end_waits:
            lock == NOBODY
        :: owner == NOBODY
        fi;
        send(POST_LOCK);
        if
        :: result == CONFLICT -> goto again
        :: result == OK ->
            atomic { leaders = leaders | (1 << me); assert(leaders == (1 << me)) }
        fi;
leads:
        FORGET;
end_leads:
        if /* P9: its pod is looked at first */
        :: pod[me] == GOOD && RESTORES ->
            READ_LOCK;
            if
            :: owner == me -> send(PUT_LOCK)
            :: else
            fi
        :: pod[me] == GOOD && DEAD(record) && record != me ->
            READ_RECORD;
            if
            :: DEAD(holder) -> send(PUT_RECORD)
            :: else
            fi
        :: pod[me] == GOOD && lock == NOBODY && record == me -> send(POST_LOCK)
        fi;
        goto leads
    } unless { ended[me] }
}

/* Judges a write at any time after it was sent, also when its sender is no more. */
proctype Server(byte i)
{
    bool done;
end_server:
    do
    :: atomic { write[i] != NONE && answer[i] == NONE ->
        if
        :: write[i] == PUT_RECORD && ((record_read >> i) & 1) -> record = i; record_read = 0; done = true
        :: write[i] == POST_LOCK && lock == NOBODY -> lock = i; lock_read = 0; orphaned = false; done = true
        :: write[i] == PUT_LOCK && ((lock_read >> i) & 1) && lock != NOBODY ->
                lock_read = 0; orphaned = false; done = true
        :: write[i] == DELETE_LOCK && ((lock_read >> i) & 1) && lock != NOBODY ->
            lock = NOBODY; lock_read = 0; orphaned = false; done = true
        :: else
        fi;
        write[i] = NONE;
        answer[i] = (done -> OK : CONFLICT);
        done = false }
    od
}

/* A process ends after its pod began to terminate and before its object goes. Who may not delete a lock depends on the
 * collector: no leader's dependents are orphaned then, unless ORPHANS (which nobody can cure but a hand). */
proctype Pod(byte i)
{
end_good:
#if defined(NO_DELETE_RIGHT) && !defined(ORPHANS) && !defined(WITHOUT_RESTORE)
    atomic { deletions > 0 && !(lock == i && orphaned) -> deletions--; pod[i] = TERMINATING };
#else
    atomic { deletions > 0 -> deletions--; pod[i] = TERMINATING };
#endif
    if
#if !defined(NO_DELETE_RIGHT) || defined(ORPHANS)
    :: atomic { lock == i -> orphaned = true; lock_read = 0 }
#endif
    :: true
    fi;
    atomic { ended[i] = true; leaders = leaders & (255 - (1 << i)) };
    pod[i] = GONE
}

proctype Collector()
{
end_collector:
    do
    :: atomic { lock != NOBODY && !orphaned && pod[lock] == GONE -> lock = NOBODY; lock_read = 0 }
    od
}

proctype Hand()
{
end_hand:
    do
    :: atomic { strips > 0 && lock != NOBODY && !orphaned && pod[lock] == GOOD ->
            strips--; orphaned = true; lock_read = 0 }
    :: atomic { removals > 0 && record != NOBODY -> removals--; record = NOBODY; record_read = 0 }
    od
}

proctype Calm()
{
    atomic { deletions = 0; strips = 0; removals = 0 }
}

/* Nothing more can happen. */
proctype Rest()
{
    byte i, good;
end_rest:
    atomic {
        timeout;
        do
        :: i < PODS -> good = good + ((pod[i] == GOOD && !ended[i]) -> 1 : 0); i++
        :: else -> break
        od;
        assert(leaders != 0 || good == 0)
    }
}

init
{
    byte i;
    atomic {
        do
        :: i < PODS ->
            pod[i] = GOOD;
            run Candidate(i, i == 0);
            run Server(i);
            run Pod(i);
            i++
        :: else -> break
        od;
        run Collector();
        run Hand();
        run Calm();
        run Rest()
    }
}
