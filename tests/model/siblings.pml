/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes of one pod (docs/protocol.md: P2's network rule, P3b's whose claim), in Promela. ONE and TWO have the
 * same pod UID, B is another pod's; no pod ends. Either TWO is in another network namespace, so that neither sees the
 * other's seat; or it is ONE's next life after a restart in place, while ONE's last write may still be on its way.
 * Requirements: B does not believe while ONE or TWO does; when nothing more can happen somebody leads, unless nobody
 * campaigns.
 *
 * A claim and a lock carry a nonce; of a nonce only the life that drew it matters. Reads are steps and may be old when
 * they are used. Instead of a version that grows, an object has a bit for each life that has read its present version.
 */
#define ONE 0
#define TWO 1
#define B 2
#define NOBODY 7
#ifdef LARGE
#define HANDS 1
#else
#define HANDS 0
#endif

mtype = {NONE, PUT_RECORD, EMPTY_RECORD, POST_LOCK, PUT_LOCK, DELETE_LOCK, OK, CONFLICT};

mtype write[3] = NONE;  /* what each has on its way to the server */
mtype answer[3] = NONE; /* what came back */
byte record = NOBODY, record_read;
byte lock = NOBODY, lock_read;
byte leaders;     /* a bit for each that believes */
bool killed;      /* ONE's process, with its pod well: a restart in place */
bool elsewhere;   /* TWO is in another network namespace than its pod */
bool campaigns[3];
byte hands = HANDS;

#define POD(x) (x == B -> 1 : 0)
#define MY_PODS(x) (x != NOBODY && POD(x) == POD(me))
#define OTHERS(x) (x != NOBODY && POD(x) != POD(me))
#define READ_LOCK atomic { owner = lock; lock_read = lock_read | (1 << me) }
#define READ_RECORD atomic { holder = record; record_read = record_read | (1 << me); \
                             stranger = stranger || (confirmed && MY_PODS(holder) && holder != me) }
#define FORGET atomic { owner = NOBODY; holder = NOBODY; record_read = record_read & (255 - (1 << me)); \
                        lock_read = lock_read & (255 - (1 << me)) }

/* P3b: a claim of the own pod by another life that appears after the own one was confirmed is a stranger's; its lock is
 * whatever has another life's nonce after that. A lock of another life that comes with no claim is an earlier life's
 * late create: nobody else would remove it. */
#ifdef WITHOUT_WHOSE
/* TWO resumes ONE's lock with a claim of its own. ONE is LOST, empties the record and deletes the lock because both
 * name its pod, and B leads beside TWO. */
#define CLEARS_RECORD(x) MY_PODS(x)
#define CLEARS_LOCK(x) MY_PODS(x)
#elif defined(LEAVE_EVERY_OTHER_NONCE)
/* ONE is killed, its create of the lock is on its way. TWO leads, resigns and clears; the create comes. TWO takes the
 * lock for a stranger's, nobody removes it, and B waits for ever for a pod that lives and does not campaign. */
#define CLEARS_RECORD(x) (x == me)
#define CLEARS_LOCK(x) (x == me)
#else
#define CLEARS_RECORD(x) (x == me)
#define CLEARS_LOCK(x) (x == me || (MY_PODS(x) && !stranger))
#endif

#ifdef REPLAYED
/* For random runs, of which few would be of interest: TWO is elsewhere where that lets it begin; else ONE is killed,
 * after it has claimed. And who clears begins with the record, as the code does. */
#ifdef WITHOUT_NETWORK_RULE
#define MAY_LIVE true
#define MAY_BE_HERE false
#else
#define MAY_LIVE false
#define MAY_BE_HERE true
#endif
#define MAY_KILL (record == ONE || lock == ONE)
#define MAY_CLEAR_LOCK (record != me)
#else
#define MAY_LIVE true
#define MAY_BE_HERE true
#define MAY_KILL true
#define MAY_CLEAR_LOCK true
#endif

inline send(what)
{
    write[me] = what;
    atomic { answer[me] != NONE -> result = answer[me]; answer[me] = NONE }
}

proctype Life(byte me)
{
    byte owner = NOBODY, holder = NOBODY;
    mtype result;
    bool confirmed, stranger;
    {
        skip;
end_start:
        if
        :: me != TWO
#ifdef WITHOUT_NETWORK_RULE
        /* TWO takes over from ONE, as the next life would; it resigns and gives the lock back. B leads, and ONE does
         * not know yet that it is LOST. */
        :: me == TWO && elsewhere
#endif
#ifdef ADDRESS_UNKNOWN
        /* The same, begun while the pod's status showed no address yet: the rule says nothing then. */
        :: me == TWO && elsewhere
#endif
        :: me == TWO && !elsewhere && killed
        fi;
        campaigns[me] = true;
again:
        FORGET;
end_idle:
        if
        :: !OTHERS(lock) && !OTHERS(record)
        :: OTHERS(lock) && record == me -> /* P3b: no idle claims */
            READ_RECORD;
            if
            :: holder == me -> send(EMPTY_RECORD)
            :: else
            fi;
            goto again
        :: OTHERS(record) && MY_PODS(lock) -> /* P3b: two live pods would wait for each other */
            READ_LOCK;
            if
            :: MY_PODS(owner) && OTHERS(record) -> send(DELETE_LOCK)
            :: else
            fi;
            goto again
        fi;
        READ_LOCK;
        READ_RECORD;
        if
        :: OTHERS(owner) || OTHERS(holder) -> goto again
        :: !OTHERS(owner) && MY_PODS(holder) && holder != me && confirmed -> goto ended /* LOST */
        :: else
        fi;
        send(PUT_RECORD);
        if
        :: result == CONFLICT -> goto again
        :: result == OK -> confirmed = true
        fi;
        READ_LOCK;
        if
        :: OTHERS(owner) -> goto again
        :: owner == NOBODY -> send(POST_LOCK)
        :: MY_PODS(owner) -> send(PUT_LOCK) /* resume */
        fi;
        if
        :: result == CONFLICT -> goto again
        :: result == OK ->
            atomic {
                leaders = leaders | (1 << me);
                assert(leaders <= 4);
                campaigns[me] = false
            }
        fi;
        /* P9, in any order and with any delay. */
leads:
        FORGET;
end_leads:
        if
        :: record != me -> READ_RECORD;
            if
            :: holder == NOBODY -> send(PUT_RECORD)
            :: holder == me
            :: holder != NOBODY && holder != me -> goto ended /* LOST */
            fi;
            goto leads
        :: lock == NOBODY -> READ_LOCK;
            READ_RECORD;
            if
            :: owner == NOBODY && holder == me -> send(POST_LOCK)
            :: else
            fi;
            goto leads
        :: OTHERS(lock) -> goto ended /* LOST */
#ifndef NOBODY_RESIGNS /* without the network rule, resigning alone elects B; this leaves it out to see the rest */
        :: true
#endif
        fi;
        /* LOST and resigned. ONE and TWO each have the seat of their namespace. */
ended:
        atomic { leaders = leaders & (255 - (1 << me)); campaigns[me] = false };
clear:
        FORGET;
end_ended:
        if
        :: CLEARS_RECORD(record) ->
            READ_RECORD;
            if
            :: CLEARS_RECORD(holder) -> send(EMPTY_RECORD)
            :: else
            fi
        :: CLEARS_LOCK(lock) && (!MY_PODS(record) || CLEARS_RECORD(record)) && MAY_CLEAR_LOCK ->
            READ_LOCK;
            READ_RECORD;
            if
            :: CLEARS_LOCK(owner) && (!MY_PODS(holder) || CLEARS_RECORD(holder)) -> send(DELETE_LOCK)
            :: else
            fi
        fi;
        goto clear
    } unless { me == ONE && killed }
}

/* Judges a write at any time after it was sent, also when its sender is no more. */
proctype Server(byte i)
{
    bool done;
end_server:
    do
    :: atomic { write[i] != NONE && answer[i] == NONE ->
        done = false;
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
    od
}

/* A restart in place, at any time or never. Whoever starts in a pod's own network namespace finds the seat free. */
proctype Restart()
{
end_restart:
    if
    :: MAY_LIVE
    :: atomic { !elsewhere && MAY_KILL ->
            killed = true;
            leaders = leaders & (255 - (1 << ONE)); campaigns[ONE] = false }
    fi
}

/* A hand removes one object, once. */
proctype Hand()
{
    if
    :: true
    :: atomic { hands > 0 && lock != NOBODY -> hands--; lock = NOBODY; lock_read = 0 }
    :: atomic { hands > 0 && record != NOBODY -> hands--; record = NOBODY; record_read = 0 }
    fi
}

proctype Rest()
{
end_rest:
    atomic { timeout; assert(leaders != 0 || !(campaigns[ONE] || campaigns[TWO] || campaigns[B])) }
}

init
{
    atomic {
        if
        :: MAY_LIVE -> elsewhere = true
        :: MAY_BE_HERE -> elsewhere = false
        fi;
        run Life(ONE);
        run Life(TWO);
        run Life(B);
        run Server(ONE);
        run Server(TWO);
        run Server(B);
        run Restart();
        run Hand();
        run Rest()
    }
}
