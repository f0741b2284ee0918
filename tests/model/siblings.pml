/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes of one pod UID that do not see each other's seat (docs/protocol.md: P2, P3b), in Promela. ONE leads with the
 * pod's lock and record; TWO has the same identity in another network namespace; B stands by in another pod. A container of the
 * pod may also be started again, as an ordinary later life (THREE), once ONE is dead. Either may resign. Requirement: B never
 * leads beside one of the pod's processes.
 */
#define NOBODY 0
#define ONE 1
#define TWO 2
#define THREE 3
#define B 4
#ifdef LARGE
#define RESIGNS 2
#else
#define RESIGNS 1
#endif

/* Lock and record tell by their nonce whose they are; ONE, TWO and THREE have one UID. */
byte record = ONE, lock = ONE;
bool leads_one = true, leads_two, leads_three, leads_b;
bool one_dead;
byte resigns = RESIGNS;

#define OF_POD(x) (x == ONE || x == TWO || x == THREE)
#define CHECK assert(!(leads_b && (leads_one || leads_two || leads_three)))

#ifdef WITHOUT_WHOSE
/* TWO resumes, ONE is LOST, empties the record and deletes the lock because both name its UID; B leads beside TWO. */
#define MAY_CLEAR(x, me) OF_POD(x)
#else
#define MAY_CLEAR(x, me) (x == me)
#endif

/* P10, and what an ended life still clears. */
inline clear(me)
{
    do
    :: atomic { MAY_CLEAR(record, me) -> record = NOBODY }
    :: atomic { !MAY_CLEAR(record, me) && MAY_CLEAR(lock, me) && !(OF_POD(record)) -> lock = NOBODY }
    :: atomic { !MAY_CLEAR(record, me) && (!MAY_CLEAR(lock, me) || OF_POD(record)) -> break }
    od
}

proctype One()
{
end_leads:
    if
    :: atomic { !one_dead && record != ONE && OF_POD(record) -> leads_one = false } /* LOST, told by its watch, at any time */
    :: atomic { !one_dead && resigns > 0 -> resigns--; leads_one = false }
    :: one_dead -> goto end_ended
    fi;
    clear(ONE); /* what was sent may be carried out although it is dead by then */
end_ended:
    false
}

/* Resumes as any restarted container does: what it finds before its first claim is an earlier life's. */
proctype Later(byte me)
{
    if
    :: atomic { OF_POD(record) -> record = me }
    :: atomic { !OF_POD(record) -> goto end_ended }
    fi;
    if
    :: atomic { OF_POD(lock) && record == me -> lock = me }
    :: atomic { lock == NOBODY && record == me -> lock = me }
    :: atomic { record != me || lock == B -> goto clears }
    fi;
    atomic {
        if
        :: me == TWO -> leads_two = true
        :: else -> leads_three = true
        fi;
        CHECK
    }
end_leads:
    if
    :: atomic { record != me && OF_POD(record) ->
        leads_two = (me == TWO -> false : leads_two);
        leads_three = (me == THREE -> false : leads_three) }
    :: atomic { resigns > 0 -> resigns--;
        leads_two = (me == TWO -> false : leads_two);
        leads_three = (me == THREE -> false : leads_three) }
    fi;
clears:
    clear(me);
end_ended:
    false
}

proctype Restart()
{
end_restart:
    atomic { one_dead = true; leads_one = false }
    run Later(THREE)
}

proctype Standby()
{
end_idle:
    do
    :: lock == NOBODY ->
        if
        :: atomic { record == NOBODY -> record = B }
        :: atomic { record != NOBODY -> goto end_idle }
        fi;
        if
        :: atomic { lock == NOBODY && record == B -> lock = B; leads_b = true; CHECK; goto end_leads }
        :: atomic { lock != NOBODY && record == B -> record = NOBODY }
        :: atomic { record != B }
        fi
    od;
end_leads:
    false
}

init
{
    atomic {
        run One();
#ifdef WITHOUT_NETWORK_RULE
        /* TWO resumes; before ONE has noticed, TWO resigns and gives back; B leads beside ONE. No wording of P3b helps. */
        run Later(TWO);
#endif
        run Restart();
        run Standby()
    }
}
