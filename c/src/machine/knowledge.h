/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine of docs/protocol.md knows of the election (struct knowledge). Facts change it (learn.h), and it
 * decides what is to be done (decide.h). Pure: no I/O, no clock, no allocation, no randomness of its own; it must
 * not know how a backend talks to anybody. Times are milliseconds on one monotonic clock. Strings are bounded; a
 * backend reports what does not fit as foreign.
 */
#ifndef LEADERLIFE_MACHINE_KNOWLEDGE_H
#define LEADERLIFE_MACHINE_KNOWLEDGE_H

#include "base/clock.h"
#include "base/text.h"
#include "machine/fact.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- What is known ---- */

enum identity {
    IDENTITY_UNKNOWN,
    IDENTITY_GOOD,
    IDENTITY_TERMINATING,
    IDENTITY_TERMINAL,  /* its phase says so, but not yet that it is dead (P4 (d)): it may be taken back */
    IDENTITY_ELSEWHERE, /* this process is not in that pod's network namespace (P2) */
    IDENTITY_GONE,
    IDENTITY_UNNEEDED
};
enum lock_kind { LOCK_UNKNOWN, LOCK_ABSENT, LOCK_MINE, LOCK_OTHER, LOCK_FOREIGN };
enum record_kind {
    RECORD_UNKNOWN,
    RECORD_NONE, /* no record is kept: by option, by backend, or for want of rights (P8) */
    RECORD_ABSENT,
    RECORD_EMPTY,
    RECORD_MINE,
    RECORD_SIBLING,
    RECORD_OTHER,
    RECORD_FOREIGN
};
enum verdict { VERDICT_UNKNOWN, VERDICT_ALIVE, VERDICT_UNTIL, VERDICT_DEAD };
enum belief { BELIEF_NO, BELIEF_YES, BELIEF_ENDED };
enum end { END_NOT, END_RESIGNED, END_LOST, END_FAILED, END_CLOSED };
enum fault_kind { FAULT_NONE, FAULT_RETRY, FAULT_PERMANENT };

struct lock {
    enum lock_kind kind;
    bool sure;      /* a quorum GET or an answered write of ours has shown it so, not a watch alone */
    bool doubt;     /* UNKNOWN after a write: ask, do not wait for the watch */
    bool confirmed; /* MINE: created or rewritten by this life, or read where it cannot be rewritten (P1) */
    unsigned sent;  /* confirmed: in the order of what was sent, the request that did it */
    bool of_life;   /* MINE: created or rewritten by this life */
    bool of_other;  /* MINE: by another life, as its nonce says */
    bool released;
    bool guarded;
    bool orphaned; /* its owner is told by annotations alone (P14) */
    struct pod_id owner;
    char uid[TEXT_UID];
    char version[TEXT_VERSION];
};

struct record {
    enum record_kind kind;
    bool sure;
    bool of_life; /* MINE, SIBLING: written by this life, though it may have given it up since */
    struct pod_id holder;
    char uid[TEXT_UID];
    char version[TEXT_VERSION];
    char token[TEXT_VERSION];
    int64_t term;
    char since[TEXT_TIME]; /* for people */
};

/* P16: alive until Kubernetes says otherwise; or until its node is gone or out of service; or only not ready. */
enum node_policy { NODE_STRICT, NODE_FENCED, NODE_UNSAFE };

enum { JUDGED = 3 }; /* so many pods' lives can matter at a time */

struct judged {
    char uid[TEXT_UID];
    enum verdict verdict;
    int64_t until;        /* UNTIL */
    int64_t poll_at;      /* when to ask again although a watch is open */
    int64_t overdue_at;   /* when its end has taken longer than its grace period; NEVER: it is not terminating */
    char node[TEXT_NAME]; /* P16: where it runs; "" = not known */
    bool ready;
    int64_t node_at;      /* when to ask for its node */
    int64_t node_free_at; /* and not before, however the pod's readiness changes */
    enum node_sign lost;  /* DEAD because its node is so; else FINE */
};

/* P17: so that many who wait for one lock do not all write at once. */
struct claim_backoff {
    int64_t spread_ms; /* the next claim waits for a part of this, at random; it grows with each race lost */
    int64_t lost_at;   /* the last one */
    int64_t claim_at;  /* drawn: no claim before */
    bool drawn;        /* for the claim that is due now */
    bool look;         /* having waited, it reads the record again before it writes */
};

struct fault {
    enum fault_kind kind;
    int64_t at;       /* RETRY: no command before */
    unsigned attempt; /* failures in a row */
    unsigned number;  /* RETRY: what was sent later only can make up for it */
    bool of_write;    /* a read that succeeds does not make up for a write that fails */
    bool of_line;     /* the connection failed: any sign of the server makes up for it */
    int status;
};

/* Since when a right has been missing without a break: an API server that has just started refuses everybody for a
 * moment, so only a refusal that lasts counts (P8, P15). */
struct refusal {
    bool on;
    bool final;
    int64_t final_at; /* on: a request that is sent then, or soon after, and refused too, makes it final */
    int64_t last_at;  /* on: the last one */
};

/* Own writes to one object, so that the release ends only when none can be under way (P10). The numbers are
 * those of commands. */
struct writes {
    unsigned last;      /* the last write; 0 = this life wrote nothing */
    unsigned checked;   /* the last quorum GET */
    int64_t checked_at; /* when that was sent */
    int64_t quiet_at;   /* when the last ambiguous write can no longer commit; 0 = none */
};

struct knowledge {
    /* Set by knowledge_init, constant. */
    char life[TEXT_LIFE]; /* random; begins every nonce */
    bool late_writes;     /* a lost write may commit later (false: the kernel's lock) */
    bool retry_permanent;
    int64_t elsewhere_ms; /* P2: how long this process may be outside its pod's network namespace */
    bool keep_record;     /* a holder record is to be kept wherever the rights allow it (P8: auto, required) */
    bool require_record;  /* and nobody is elected without (P8: required) */
    enum node_policy node_policy;
    int rehearse_s; /* the loss is rehearsed so many seconds after belief has begun; 0 = never */

    enum wish wish;
    enum belief belief;
    enum end end;
    int64_t rehearse_at; /* belief: when its loss is rehearsed; 0 = never */
    struct fault fault;
    bool rehearsed; /* end LOST: by a rehearsal, so all that is held stays so until it is asked to close */

    bool identified;
    struct pod_id self;
    enum identity identity;
    bool own_sure;        /* a quorum GET of the own pod newer than the last doubt (P9) */
    unsigned own_checked; /* P1: the number of the last one that showed it good; 0 = none */
    unsigned own_sent;    /* and its place in the order of what was sent */
    bool mirror;          /* P2: the pod of that name is the mirror of a static pod */
    bool elsewhere;       /* P2: as the own pod was observed last */
    int64_t elsewhere_at; /* elsewhere: when that has lasted too long */
    int64_t own_poll_at;

    enum seat seat;
    struct lock lock;
    bool lock_claimed; /* a lock of this life has been observed */
    int64_t lock_poll_at;
    struct record record;
    bool claimed;       /* P3b: a claim of this life has been confirmed; an earlier life's cannot appear any more */
    bool stranger;      /* P3b: since then, another process has claimed for this pod */
    bool own_named;     /* P10: lock or record has named this pod */
    int64_t refused_at; /* P8: record NONE for want of a right: when what was refused last was sent */
    unsigned refusals;  /* and how often in a row */
    struct judged judged[JUDGED]; /* verdicts on lock owner, record holder, remembered holder; by UID */
    int node_fault;               /* P16: why nodes cannot be asked for, LEADERLIFE_...; LEADERLIFE_OK */
    bool node_failed;             /* the last time */
    int64_t record_poll_at;
    struct pod_id last; /* P8: the last holder of the lock that was observed and did not release it */
    bool last_guarded;  /* it kept a record, which then says whether it has released the lock */

    bool looked;                                /* the lock has been known once */
    struct refusal refusal;                     /* P15: of a right that the start needs */
    struct refusal own_refusal;                 /* likewise, to look at the own pod */
    struct refusal read_refusal, write_refusal; /* P8: of the record */
    struct refusal put_refusal, delete_refusal; /* P1, P7: of the lock */
    bool started;               /* a first round of requests has succeeded: 403 is transient from now on (P15) */
    bool can_put;               /* no 403 on configmaps update yet */
    unsigned blind;             /* WATCH_ bits whose watch is forbidden */
    char undeletable[TEXT_UID]; /* 403 on deleting the lock with this uid: the collector must (P7) */
    char deleted[TEXT_UID];     /* P1: this life has sent a DELETE for the lock with this uid */
    char nonce[TEXT_NONCE];     /* of the last record write; "" once an emptying was sent (P3) */

    char token[TEXT_VERSION]; /* P11 */
    int64_t term;
    bool guarded;        /* the present term began with a record (P8) */
    int64_t put_back_at; /* P9: rate limit */
    unsigned put_backs;
    unsigned collisions; /* lost races in a row, with nobody to follow seen between them */
    struct claim_backoff claim_backoff;

    unsigned numbers;      /* the last number of a command or question */
    struct command flight; /* kind NONE: nothing under way */
    int64_t flight_at;
    bool lock_moved;         /* a watch showed the lock while the flight was under way */
    bool record_moved;       /* likewise the record */
    bool pod_moved;          /* likewise the pod that the flight asks for */
    bool pod_missed;         /* a watch missed it: the answer may be older than that */
    struct command question; /* beside the flight; kind NONE: nothing is asked */
    int64_t question_at;
    bool own_moved, own_missed; /* as pod_moved and pod_missed, for the question */
    struct writes lock_writes;
    struct writes record_writes;
};

struct machine_setup {
    const char *life;
    enum wish wish; /* CAMPAIGN or OBSERVE */
    bool late_writes;
    bool records; /* holder records are kept (P8: auto, required) */
    bool require_record;
    bool retry_permanent;
    int64_t elsewhere_ms; /* P2 */
    enum node_policy node_policy;
    int rehearse_s; /* 0 = never */
};

void knowledge_init(struct knowledge *k, const struct machine_setup *setup);

/* The command or question that the answer with that number is to; NULL: nobody waits for it any more. */
const struct command *knowledge_asked_as(const struct knowledge *k, unsigned number);

enum verdict knowledge_verdict(const struct knowledge *k, const char *uid);
/* It was asked for, and lives. */
bool knowledge_is_alive(const struct knowledge *k, const char *uid);
const struct judged *knowledge_judged(const struct knowledge *k, const char *uid);

/* Who leads as far as is known; NULL. */
const struct pod_id *machine_holder(const struct knowledge *k);

/* The lock's owner is another pod, and dead by P4. */
bool knowledge_owner_is_dead(const struct knowledge *k);

/* P3: the record names another pod that is not known to be dead. */
bool knowledge_barred_by_record(const struct knowledge *k);

/* P8: the lock was taken from a remembered holder that is not known to be dead and did not release it. */
bool knowledge_barred_by_memory(const struct knowledge *k);

/* The pod with that UID, as lock, record or memory name it; NULL. */
const struct pod_id *knowledge_pod(const struct knowledge *k, const char *uid);

/* Whose end the state BARRED waits for. */
const struct pod_id *knowledge_barring_pod(const struct knowledge *k);

/* This life may have to look after a record: it keeps one, or has written one before the right went (P3b, P9). A term
 * that began without is not led by what the record says. */
bool knowledge_minds_record(const struct knowledge *k);

/* It was asked to resign or to close. */
bool knowledge_is_releasing(const struct knowledge *k);

/* P1's conditions for belief, all of them; and without the last, a look at the own pod. */
bool knowledge_may_believe(const struct knowledge *k);
bool knowledge_has_claimed(const struct knowledge *k);

/* P3b: the record names this pod by the claim of somebody else who lives, though it has the same UID; the lock is
 * theirs then, or has been rewritten by them. */
bool knowledge_record_is_strangers(const struct knowledge *k);
bool knowledge_lock_is_strangers(const struct knowledge *k);

/* P3b, P10: what this life may take away: all of the own pod's that is no stranger's; of a life that neither resigns
 * nor has ended, what it has written itself. */
bool knowledge_may_clear_record(const struct knowledge *k);
bool knowledge_may_clear_lock(const struct knowledge *k);

/* P15: the right to get the lock is needed, so one GET must have succeeded, whatever a watch has shown. */
bool knowledge_lock_never_read(const struct knowledge *k);

/* P9: the record of a leader was removed or emptied, or a late write has put an earlier claim of this life there. */
bool knowledge_record_is_spent(const struct knowledge *k);

/* The record names this pod by a claim of this life, standing or given up. */
bool knowledge_record_is_of_life(const struct knowledge *k);

/* The record names this pod: as this life's claim or as an earlier one's or a sibling's. */
bool knowledge_record_is_own(const struct knowledge *k);

#endif
