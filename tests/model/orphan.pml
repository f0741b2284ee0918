/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks without an owner reference (docs/protocol.md: P14, P9, P7), in Promela. Pod 0 leads and has written lock and record.
 * It may be deleted with --cascade=orphan: the collector then strips the lock's owner, and the process lives on for its grace
 * period. A hand may strip the owner of a leader that goes on, and may remove lock or record, one of them at a time, which the
 * leader puts back (P9). The others stand by, and remember nothing. Requirements: never two; and when nothing more can happen,
 * somebody leads.
 */
#define NOBODY 7
#ifdef LARGE
#define PODS 3
#define STRIPS 2
#define REMOVALS 2
#else
#define PODS 2
#define STRIPS 1
#define REMOVALS 1
#endif

mtype = {GOOD, TERMINATING, GONE};

mtype pod = GOOD;        /* the leader's */
byte lock = 0;           /* whom owner or annotations name */
bool orphaned;           /* the annotations alone */
byte record = 0;
byte leaders = 1;
byte strips = STRIPS;
byte removals = REMOVALS;

#define DEAD(x) (x == NOBODY || (x == 0 && pod == GONE))

#ifdef WITHOUT_ORPHAN
/* The leader's pod is deleted with --cascade=orphan. The collector strips the lock's owner, the leader ends, and everybody is
 * BLOCKED by a lock that nobody owns. */
#define BLOCKED orphaned
#else
#define BLOCKED false
#endif
#ifdef TAKE_ORPHAN_BY_RECORD
/* The owner is stripped, and a hand removes the record. A standby claims the record, takes the lock for nobody's, removes it and
 * leads, while the pod that it names still works. */
#define MAY_CLAIM(me) (DEAD(lock) || orphaned)
#else
#define MAY_CLAIM(me) DEAD(lock)
#endif
#ifdef NO_DELETE
#define MAY_DELETE false
#else
#define MAY_DELETE true
#endif

proctype Leader()
{
    {
end_leads:
        do
#ifndef WITHOUT_RESTORE
        :: atomic { orphaned && lock == 0 && pod == GOOD -> orphaned = false }
#else
        /* A hand strips the owner; the leader leaves it so, and ends. No collector removes the lock, and candidates that may not
         * delete it wait for ever. */
#endif
        :: atomic { record == NOBODY && pod == GOOD -> record = 0 }
        :: atomic { lock == NOBODY && record == 0 && pod == GOOD -> lock = 0; orphaned = false }
        od
    } unless { pod == GONE }
}

/* Its process ends, and then its object goes. */
proctype Pod()
{
#ifndef NO_DELETE
end_good:
    atomic { pod = TERMINATING; if :: lock == 0 -> orphaned = true :: else fi }
#else
    atomic { timeout; pod = TERMINATING } /* as usual, once its leader has had the time to restore what it can */
#endif
    atomic { leaders = leaders & 254; pod = GONE }
}

proctype Hand()
{
end_hand:
    do
    :: atomic { strips > 0 && lock == 0 && pod == GOOD -> strips--; orphaned = true }
#ifndef NO_DELETE
    :: atomic { removals > 0 && record == 0 && lock == 0 && pod != GONE -> removals--;
        if
        :: record = NOBODY
        :: lock = NOBODY; orphaned = false
        fi }
#endif
    od
}

proctype Collector()
{
end_collector:
    do
    :: atomic { lock == 0 && !orphaned && pod == GONE -> lock = NOBODY }
    od
}

proctype Standby(byte me)
{
end_idle:
    do
    :: !BLOCKED && MAY_CLAIM(me) ->
        if
        :: atomic { DEAD(record) || record == me -> record = me } /* by CAS */
        :: atomic { !(DEAD(record) || record == me) -> goto end_idle }
        fi;
        if
        :: atomic { lock != NOBODY && MAY_DELETE && MAY_CLAIM(me) && record == me -> lock = NOBODY; orphaned = false }
        :: atomic { lock != NOBODY && !MAY_DELETE && DEAD(lock) }
        :: atomic { lock != NOBODY && !MAY_CLAIM(me) && record == me -> record = NOBODY; goto end_idle } /* P3b */
        :: atomic { lock != NOBODY && record != me -> goto end_idle }
        :: lock == NOBODY
        fi;
        if
        :: atomic { lock == NOBODY && record == me -> lock = me; assert(leaders == 0); leaders = (1 << me); goto end_leads }
        :: atomic { !(lock == NOBODY && record == me) && !(lock != NOBODY && DEAD(lock) && !MAY_DELETE) -> goto end_idle }
        :: atomic { lock != NOBODY && DEAD(lock) && !MAY_DELETE ->
end_waits:
            lock == NOBODY } /* for the collector */
        fi
    od;
end_leads:
    false
}

proctype Rest()
{
end_rest:
    atomic { timeout && pod == GONE; assert(leaders != 0) }
}

init
{
    byte i = 1;
    atomic {
        run Leader();
        run Pod();
        run Hand();
        run Collector();
        do
        :: i < PODS -> run Standby(i); i++
        :: else -> break
        od;
        run Rest()
    }
}
