/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes that come late (docs/protocol.md: P6, P10), in Promela. A process of pod 0 claims; the answer to its record write,
 * or to its create, is lost, and the write may be carried out later. It is told to close. Pod 0 lives on, and a standby in
 * pod 1 waits. Requirements: never two; and when nothing more can happen, somebody leads, or nobody is left to.
 */
#define NOBODY 7
#ifdef LARGE
#define STANDBYS 2
#else
#define STANDBYS 1
#endif

byte record = NOBODY, version;      /* whom it names, and its version */
byte lock = NOBODY;
byte leaders;
bool closed;
bool record_late, lock_late;        /* sent, not answered, not carried out */
byte late_version;                  /* that the record write carries */

inline believe(me)
{
    atomic { assert(leaders == 0); leaders = leaders | (1 << me) }
}

/* P10: nothing of it can still be carried out. */
#ifdef WITHOUT_QUIET
/* A claim is given up by its timeout, its process closes, and then the claim is carried out: the record names a pod in which
 * nobody looks after it, and everybody waits for that pod's end. */
#define QUIET true
#else
#ifdef PROXY_STORES
/* Something on the way has stored the write, so that the bound does not hold. */
#define QUIET true
#else
#define QUIET (!record_late && !lock_late)
#endif
#endif

proctype Closing()
{
    byte seen;
    atomic { seen = version }
    /* The record write. */
    if
    :: atomic { record == NOBODY && version == seen -> record = 0; version++ }
    :: atomic { record_late = true; late_version = seen; goto closing } /* its answer is lost */
    :: atomic { !(record == NOBODY && version == seen) -> goto closing }
    fi;
    /* The create. */
    if
    :: atomic { lock == NOBODY -> lock = 0; believe(0) }
    :: atomic { lock_late = true; goto closing }
    :: atomic { lock != NOBODY -> goto closing }
    fi;
closing:
    atomic { leaders = leaders & 254 } /* belief ends first */
    do
    :: atomic { record == 0 -> record = NOBODY; version++ }
    :: atomic { record != 0 && lock == 0 -> lock = NOBODY }
    :: atomic { record != 0 && lock != 0 && QUIET -> closed = true; break }
    od
}

/* The network carries out what it has kept, or loses it. Without a proxy it does so while the process waits. */
proctype Network()
{
end_network:
    do
    :: atomic { record_late -> record_late = false;
        if
        :: record == NOBODY && version == late_version -> record = 0; version++
        :: true
        fi }
    :: atomic { lock_late -> lock_late = false;
        if
        :: lock == NOBODY -> lock = 0
        :: true
        fi }
    od
}

proctype Standby(byte me)
{
    byte seen;
end_idle:
    do
    :: atomic { lock == NOBODY && (record == NOBODY || record == me) -> seen = version };
        if
        :: atomic { (record == NOBODY || record == me) && version == seen -> record = me; version++ }
        :: atomic { version != seen -> goto end_idle }
        fi;
        if
        :: atomic { lock == NOBODY && record == me -> lock = me; believe(me); goto end_leads }
        :: atomic { lock != NOBODY ->
            if
            :: record == me -> record = NOBODY; version++ /* P3b: no idle claim */
            :: else
            fi }
        :: atomic { lock == NOBODY && record != me }
        fi
    od;
end_leads:
    false
}

proctype Rest()
{
end_rest:
    atomic {
        timeout;
#ifndef ONLY_SAFETY
        assert(leaders != 0)
#endif
    }
}

init
{
    byte i = 1;
    atomic {
        run Closing();
        run Network();
        do
        :: i <= STANDBYS -> run Standby(i); i++
        :: else -> break
        od;
        run Rest()
    }
}
