/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The own pod (docs/protocol.md: P1's look before belief, P2's watch), in Promela. Pod 0 leads, the others stand by.
 * A standby's pod object may be removed by force while its process lives on (a ghost); any pod may be deleted as usual:
 * it terminates, its process ends, then its object goes. Requirements: one leader at most; nobody begins to believe
 * whose pod was gone or terminating before its lock write was sent; who was told in time that its pod terminates takes
 * nothing over; when nothing more can happen somebody leads, unless no pod is good.
 *
 * ONLY_TWO leaves but the first requirement, to show that a dropped clause elects two.
 *
 * Every read is a step of its own and may be old when it is used; every write is a step that the server judges. Instead
 * of a version that grows, an object has a bit for each process that has read its present version.
 */
#define PODS 3
#ifdef LARGE
#define DELETIONS 3
#define GHOSTS 2
#else
#define DELETIONS 2
#define GHOSTS 1
#endif
#define NOBODY 7

mtype = {GOOD, TERMINATING, GONE, NOT_YET};

mtype pod[PODS];          /* its object */
bool ended[PODS];         /* its process */
bool told[PODS];          /* its own watch has shown that it is not good */
bool sent[PODS];          /* the lock write of this try */
bool looked[PODS];        /* the look of this try was answered */
bool too_late[PODS];      /* the pod was not good when the lock write was sent */
bool in_time[PODS];       /* told before the leader's pod was gone */
byte leaders = 1;         /* a bit for each that believes */
byte record, record_read; /* P3: whom it names; NOBODY = empty */
byte lock, lock_read;     /* whom it names; NOBODY = absent */
byte deletions = DELETIONS, ghosts = GHOSTS;

#define DEAD(x) (x == NOBODY || pod[x] == GONE)
#define READ(object) ((object##_read >> me) & 1)
#ifdef WITHOUT_OWN_WATCH
/* A rollout deletes a standby and then the leader. The standby, with its grace period before it, takes the lock over
 * and gives it back soon: two hand-overs where one was enough. */
#define TOLD(x) refused
#else
#define TOLD(x) (refused || told[x])
#endif

#ifdef REPLAYED
/* For random runs, of which few would be of interest: no standby's pod goes before it has claimed, and the rest is not
 * cut short. */
#define MAY_GO(x) (x == 0 || record == x)
#define MAY_CALM false
#else
#define MAY_GO(x) true
#define MAY_CALM true
#endif

/* The quorum GET of the own pod; it was begun where this stands, or earlier. */
inline look()
{
    atomic { seen = pod[me]; looked[me] = true; refused = refused || (seen != GOOD) }
}

/* Both by CAS, and only what this life wrote. */
inline give_back()
{
    atomic {
        if
        :: record == me -> record = NOBODY; record_read = 0
        :: else
        fi
    }
    atomic {
        wrote = false;
        if
        :: lock == me -> lock = NOBODY; lock_read = 0
        :: else
        fi
    }
}

proctype Standby(byte me)
{
    byte holder = NOBODY;
    mtype seen = NOT_YET;
    bool wrote, written, created, refused;
    {
end_idle:
        do
        :: TOLD(me) && wrote -> give_back()
        :: TOLD(me) && !wrote ->
end_unfit:
            false
        :: atomic { !TOLD(me) && DEAD(lock) && (record == me || DEAD(record)) -> lock_read = lock_read | (1 << me) }
            atomic { holder = record; record_read = record_read | (1 << me) }
            /* What was read is judged here, and may be over. */
            if
            :: (holder == me || DEAD(holder)) && !TOLD(me)
            :: !(holder == me || DEAD(holder)) || TOLD(me) -> goto again
            fi;
#ifdef LOOK_BEFORE_RECORD
            /* A standby looks, its pod is removed by force, it writes the record and takes the lock. Another one sees
             * that this pod is gone and takes the lock from it. */
            look();
#endif
            atomic {
                if
                :: READ(record) -> record = me; record_read = 0; wrote = true
                :: else -> goto again
                fi
            }
#ifdef LOOK_BEFORE_LOCK
            /* The same, but the pod is removed after the record was written and before the lock is. */
            look();
#endif
            atomic { /* P7: the dead holder's lock, by CAS. */
                if
                :: lock != NOBODY && READ(lock) -> lock = NOBODY; lock_read = 0
                :: else
                fi
            }
            atomic {
                if
                :: TOLD(me) -> goto again
                :: else -> sent[me] = true; too_late[me] = (pod[me] != GOOD)
                fi
            }
            do
            :: atomic { !written -> /* the server's judgement */
                written = true;
                if
                :: lock == NOBODY ->
                    lock = me;
                    lock_read = 0;
                    created = true; /* 201 */
#ifndef ONLY_TWO
                    assert(!in_time[me])
#endif
                :: else
                fi }
#if !defined(WITHOUT_LOOK) && !defined(LOOK_BEFORE_LOCK) && !defined(LOOK_BEFORE_RECORD)
            :: seen == NOT_YET -> look() /* beside the write, or after it */
            :: written && seen != NOT_YET -> break
#else
            :: written -> break
#endif
            od;
#ifdef WITHOUT_LOOK
            /* The pod of a standby is removed by force; it does not know, takes the lock, and the next one sees that
             * this lock's owner is gone. */
            atomic { seen = GOOD; looked[me] = true }
#endif
            atomic {
                if
                :: created && seen == GOOD ->
                    assert(leaders == 0);
#ifndef ONLY_TWO
                    assert(!too_late[me]);
#endif
                    leaders = leaders | (1 << me)
                :: else -> goto again
                fi
            }
end_leads:
            false;
again:
            atomic { sent[me] = false; looked[me] = false; holder = NOBODY; seen = NOT_YET; written = false;
                     created = false;
                     too_late[me] = false; record_read = record_read & (255 - (1 << me));
                     lock_read = lock_read & (255 - (1 << me)) }
        od
    } unless { ended[me] }
}

/* What happens to pod i. Who leads is not removed by force (docs/protocol.md, Assumed). */
proctype Pod(byte i)
{
    byte j;
end_good:
    if
    :: atomic { deletions > 0 && MAY_GO(i) && pod[i] == GOOD -> deletions--; pod[i] = TERMINATING }
    :: atomic { ghosts > 0 && MAY_GO(i) && i > 0 && i <= GHOSTS && !(sent[i] && looked[i]) ->
            ghosts--; pod[i] = GONE; goto end_gone }
    fi;
end_terminating:
    if
    :: atomic { ended[i] = true; leaders = leaders & (255 - (1 << i)) }
    :: atomic { ghosts > 0 && i > 0 && i <= GHOSTS && !(sent[i] && looked[i]) ->
            ghosts--; pod[i] = GONE; goto end_gone }
    fi;
    atomic {
        do
        :: j < PODS -> in_time[j] = in_time[j] || (told[j] && lock == i && !sent[j]); j++
        :: else -> break
        od;
        j = 0;
        pod[i] = GONE
    }
end_gone:
    false
}

/* P2: the watch of the own pod, with any delay; the garbage collector; and whether anything else happens. */
proctype Watch(byte i)
{
end_watch:
    atomic { pod[i] != GOOD && !ended[i] -> told[i] = true }
}

proctype Collector()
{
end_collector:
    do
    :: atomic { lock != NOBODY && pod[lock] == GONE -> lock = NOBODY; lock_read = 0 }
    od
}

proctype Calm()
{
end_calm:
    atomic { MAY_CALM -> deletions = 0; ghosts = 0 }
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
            run Pod(i);
            if
            :: i > 0 -> run Watch(i); run Standby(i)
            :: else
            fi;
            i++
        :: else -> break
        od;
        run Collector();
        run Calm();
        run Rest()
    }
}
