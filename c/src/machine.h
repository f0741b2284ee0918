/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine of docs/protocol.md: what is known of the election (struct knowledge), how facts change it
 * (knowledge_learn), and what follows from it (decide). Pure: no I/O, no clock, no allocation, no
 * randomness of its own; it must not know how a backend talks to anybody. Times are milliseconds on one
 * monotonic clock. Strings are bounded; a backend reports what does not fit as foreign.
 */
#ifndef LEADERLIFE_MACHINE_H
#define LEADERLIFE_MACHINE_H

#include "base/text.h"
#include "fact.h"

#include <stdbool.h>
#include <stdint.h>

#define NEVER INT64_MAX

/* How long a write whose answer was lost may still commit (P10): every write asks the server for 10 s. */
#define QUIET_MS 15000

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

enum { JUDGED = 3 }; /* whose lives can matter at a time */

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
struct herd {
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

/* Own writes to one object, so that giving back ends only when none can be under way (P10). The numbers are
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

    enum wish wish;
    enum belief belief;
    enum end end;
    struct fault fault;

    bool identified;
    struct pod_id self;
    enum identity identity;
    bool own_sure;        /* a quorum GET of the own pod newer than the last doubt (P9) */
    unsigned own_checked; /* P1: the number of the last one that showed it good; 0 = none */
    unsigned own_sent;    /* and its place in the order of what was sent */
    bool elsewhere;       /* P2: as the own pod was seen last */
    int64_t elsewhere_at; /* elsewhere: when that has lasted too long */
    int64_t own_poll_at;

    enum seat seat;
    struct lock lock;
    bool lock_claimed; /* a lock of this life has been seen */
    int64_t lock_poll_at;
    struct record record;
    bool claimed;       /* P3b: a claim of this life has been confirmed; an earlier life's cannot appear any more */
    bool stranger;      /* P3b: since then, another process has claimed for this pod */
    bool seen_own;      /* P10: lock or record has named this pod */
    int64_t refused_at; /* P8: record NONE for want of a right: when what was refused last was sent */
    unsigned refusals;  /* and how often in a row */
    struct judged judged[JUDGED]; /* verdicts on lock owner, record holder, remembered holder; by UID */
    int node_fault;               /* P16: why nodes cannot be asked for, LEADERLIFE_...; LEADERLIFE_OK */
    bool node_failed;             /* the last time */
    int64_t record_poll_at;
    struct pod_id last; /* P8: the last holder of the lock that was seen and did not give it back */
    bool last_guarded;  /* it kept a record, which then says whether it has given back */

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
    struct herd herd;

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

/* ---- What follows ---- */

/* In the order of the table in docs/protocol.md: the first row that holds. */
enum machine_state {
    STATE_ENDED,
    STATE_RESIGNING,
    STATE_LEADING,
    STATE_IDENTIFYING,
    STATE_UNFIT,
    STATE_OBSERVING,
    STATE_QUEUED,
    STATE_LOOKING,
    STATE_BLOCKED,
    STATE_FOLLOWING,
    STATE_BARRED,
    STATE_CLAIMING,
    MACHINE_STATES
};

struct decision {
    enum machine_state state;
    struct command command;
    struct command question; /* beside it: own pod or node; it may replace the one that is under way */
    bool anew;               /* it does not do with the answer to that */
    unsigned watches;        /* WATCH_ bits */
    struct pod_id pod;       /* whom WATCH_POD is about */
    int64_t deadline;        /* when to decide again if nothing is learned; NEVER */
};

/* The table itself: what a state may watch and command. The tests hold decide() to it, the docs print it. */
struct machine_row {
    const char *name;
    unsigned watches;
    unsigned commands; /* 1u << COMMAND_... */
};
extern const struct machine_row machine_rows[MACHINE_STATES];
const char *command_name(enum command_kind kind);
bool is_record_write(enum command_kind kind);
bool is_record_command(enum command_kind kind); /* or reads it */
bool is_lock_write(enum command_kind kind);
bool is_write(enum command_kind kind);
bool is_question(enum command_kind kind); /* nothing waits for its answer but what needs it */

struct machine_setup {
    const char *life;
    enum wish wish; /* CAMPAIGN or OBSERVE */
    bool late_writes;
    bool records; /* holder records are kept (P8: auto, required) */
    bool require_record;
    bool retry_permanent;
    int64_t elsewhere_ms; /* P2 */
    enum node_policy node_policy;
};

void knowledge_init(struct knowledge *k, const struct machine_setup *setup);

/* A fact changes what is known. random is any fresh number. */
void knowledge_learn(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);

/* The command of a decision has been handed to the backend; after it, its question. */
void knowledge_submit(struct knowledge *k, const struct command *command, int64_t now, uint32_t random);
void knowledge_ask(struct knowledge *k, const struct command *question, int64_t now);

/* The command or question that the answer with that number is to; NULL: nobody waits for it any more. */
const struct command *asked_as(const struct knowledge *k, unsigned number);

void decide(const struct knowledge *k, int64_t now, struct decision *ret);

enum machine_state machine_state(const struct knowledge *k);
enum verdict verdict_of(const struct knowledge *k, const char *uid);
/* It was asked for, and lives. */
bool is_alive(const struct knowledge *k, const char *uid);
const struct judged *judged_of(const struct knowledge *k, const char *uid);

/* Who leads as far as is known; NULL. */
const struct pod_id *machine_holder(const struct knowledge *k);

/* The lock's owner is another pod, and dead by P4. */
bool owner_is_dead(const struct knowledge *k);

/* P3: the record names another pod that is not known to be dead. */
bool barred_by_record(const struct knowledge *k);

/* P8: the lock was taken from a remembered holder that is not known to be dead and did not give it back. */
bool barred_by_memory(const struct knowledge *k);

/* The pod with that UID, as lock, record or memory name it; NULL. */
const struct pod_id *pod_known_as(const struct knowledge *k, const char *uid);

/* Whose end the state BARRED waits for. */
const struct pod_id *barring_pod(const struct knowledge *k);

/* This life may have to look after a record: it keeps one, or has written one before the right went (P3b, P9). A term
 * that began without is not led by what the record says. */
bool minds_record(const struct knowledge *k);

/* It was asked to resign or to close. */
bool is_giving_back(const struct knowledge *k);

/* P1's conditions for belief, all of them; and without the last, a look at the own pod. */
bool may_believe(const struct knowledge *k);
bool has_claimed(const struct knowledge *k);

/* P3b: the record names this pod by the claim of somebody else who lives, though it has the same UID; the lock is theirs
 * then, or has been rewritten by them. */
bool record_is_strangers(const struct knowledge *k);
bool lock_is_strangers(const struct knowledge *k);

/* P3b, P10: what this life may take away: all of the own pod's that is no stranger's; of a life that neither resigns nor
 * has ended, what it has written itself. */
bool may_clear_record(const struct knowledge *k);
bool may_clear_lock(const struct knowledge *k);

/* P15: the right to get the lock is needed, so one GET must have succeeded, whatever a watch has shown. */
bool lock_never_read(const struct knowledge *k);

/* P10: a quorum GET has looked since the last write; none of them can commit late any more. */
bool writes_checked(const struct writes *writes);
bool writes_quiet(const struct writes *writes);

/* P9: the record of a leader was removed or emptied, or a late write has put an earlier claim of this life there. */
bool record_is_spent(const struct knowledge *k);

/* The record names this pod by a claim of this life, standing or given up. */
bool record_is_of_life(const struct knowledge *k);

/* The record names this pod: as this life's claim or as an earlier one's or a sibling's. */
bool record_is_own(const struct knowledge *k);

#endif
