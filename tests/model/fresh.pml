/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal grows old (docs/protocol.md: P8), in Promela. A has been refused the right to keep a record for so long that it
 * may elect itself without one; its create fails, and is tried again. Meanwhile the right is given, B is elected with a
 * record, and a hand removes B's lock. Requirement: never two.
 *
 * Time is a flag: B's election takes more than 10 s, so it makes every refusal old; and a write that is sent is carried out, or
 * fails, before that much more has happened.
 */
#define NOBODY 7
#define A 0
#define B 1
#ifdef LARGE
#define FAILURES 4
#define HANDS 3
#else
#define FAILURES 2
#define HANDS 1
#endif

bool given;                        /* the right to keep a record */
bool fresh;                        /* A was refused within the last 10 s */
byte record = NOBODY;              /* whom it names */
byte lock = NOBODY;                /* whose it is */
byte leaders;                      /* a bit for each that believes */
byte failures = FAILURES, hands = HANDS;

/* The server's judgement on a create. */
inline create(me, won)
{
    atomic {
        won = (lock == NOBODY);
        if
        :: won -> lock = me
        :: else
        fi
    }
}

inline believe(me)
{
    atomic { assert(leaders == 0 || leaders == (1 << me)); leaders = leaders | (1 << me) }
}

proctype Refused()
{
    bool won, guarded;
end_idle:
    do
    :: atomic { !guarded && !given -> fresh = true } /* it asks, and is refused; that counts from when it asked */
    :: atomic { !guarded && given && (record == NOBODY || record == A) -> record = A; guarded = true }
    :: !guarded && given && record == B ->
end_barred:
        record != B
#ifdef WITHOUT_FRESH
    /* A right is refused for long. A create fails for minutes. Meanwhile the right is given, B leads with a record, and a
     * hand removes its lock: A's create goes through. */
    :: atomic { lock == NOBODY ->
#else
    :: atomic { lock == NOBODY && (guarded || fresh) ->
#endif
        if
        :: failures > 0 -> failures-- /* 503, a quota: again, later */
        :: create(A, won);
            if
            :: won -> believe(A); goto end_leads
            :: else
            fi
        fi }
    od;
end_leads:
    false
}

proctype Other()
{
    bool won;
end_idle:
    do
    :: atomic { given && record == NOBODY -> record = B; fresh = false } /* by CAS; more than 10 s after A's last refusal */
    :: record == B && lock == NOBODY ->
        create(B, won);
        if
        :: won -> believe(B)
        :: else
        fi
    od
}

proctype Surroundings()
{
end_given:
    given = true;
end_hand:
    do
    :: atomic { hands > 0 && lock == B && record == B -> hands--; lock = NOBODY } /* B puts it back (P9) */
    od
}

init
{
    fresh = true;
    atomic { run Refused(); run Other(); run Surroundings() }
}
