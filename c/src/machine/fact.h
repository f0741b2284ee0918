/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes between the machine and a backend: commands to the backend; facts from it, which are answers to
 * commands and what watches bring; and the views of lock, record, pod and node that facts contain.
 */
#ifndef LEADERLIFE_MACHINE_FACT_H
#define LEADERLIFE_MACHINE_FACT_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* A pod (or, on the embedded lock, a process): the UID identifies, the name is for people and requests (P2). */
struct pod_id {
    char name[TEXT_NAME];
    char uid[TEXT_UID];
};

/* A view of the lock. */
enum lock_view_kind { LOCK_VIEW_NOTHING, LOCK_VIEW_GAP, LOCK_VIEW_ABSENT, LOCK_VIEW_OWNED, LOCK_VIEW_FOREIGN };

struct lock_view {
    enum lock_view_kind kind;
    bool released;              /* its owner has marked it as released (docs/protocol.md, P10) */
    bool guarded;               /* its owner keeps a holder record (P8) */
    bool orphaned;              /* OWNED: it has no owner reference; the owner is whom its annotations name (P14) */
    struct pod_id owner;        /* OWNED */
    char nonce[TEXT_NONCE];     /* OWNED: of the last create or rewrite; "" = released, or not said */
    char uid[TEXT_UID];         /* OWNED, FOREIGN: the lock object's own */
    char version[TEXT_VERSION]; /* resourceVersion; of a watch's DELETED: that of the deletion; "" if unknown */
};

enum record_view_kind {
    RECORD_VIEW_NOTHING,
    RECORD_VIEW_GAP,
    RECORD_VIEW_ABSENT,
    RECORD_VIEW_EMPTY,
    RECORD_VIEW_HELD,
    RECORD_VIEW_FOREIGN
};

struct record_view {
    enum record_view_kind kind;
    struct pod_id holder; /* HELD */
    char uid[TEXT_UID];
    char version[TEXT_VERSION];
    char nonce[TEXT_NONCE];
    char token[TEXT_VERSION]; /* HELD: of the holder's term (P3): the annotation, else the version */
    int64_t term;
    char since[TEXT_TIME]; /* HELD: when the term began, for people; "" = not told */
};

/* A pod as P4 judges it; UNSURE asks for a quorum GET, and only such a GET or a watch's DELETED gives DEAD
 * for an absent one. */
enum pod_sign { POD_UNSURE, POD_ALIVE, POD_WAIT, POD_DEAD };

struct pod_view {
    char uid[TEXT_UID]; /* whom the sign is about */
    enum pod_sign sign;
    bool terminating;     /* has a deletionTimestamp */
    bool terminal;        /* phase Succeeded or Failed, whoever wrote it */
    bool mirror;          /* the own pod: of a static pod, so it proves nothing (P2); whatever UID it has */
    bool elsewhere;       /* its addresses are known, and none of them is one of this network namespace (P2) */
    bool ready;           /* its condition Ready is True */
    int64_t grace_ms;     /* how long its end may take */
    int64_t wait_ms;      /* WAIT: how long until a second quorum GET may call it dead, P4 (d) */
    char node[TEXT_NAME]; /* where it runs; "" = nowhere yet */
    const char *phase;    /* for people, a constant; NULL = not seen */
};

/* A node as P16 judges it: OUT is marked out of service and not ready. */
enum node_sign { NODE_FINE, NODE_UNREADY, NODE_OUT, NODE_GONE };

enum wish { WISH_CAMPAIGN, WISH_OBSERVE, WISH_RESIGN, WISH_CLOSE };
enum seat { SEAT_UNKNOWN, SEAT_MINE, SEAT_OTHER };

/* Watches, as bits. */
enum {
    WATCH_LOCK = 1 << 0,
    WATCH_RECORD = 1 << 1,
    WATCH_POD = 1 << 2, /* decision.pod: the holder's */
    WATCH_OWN = 1 << 3,
    WATCH_SEAT = 1 << 4
};

enum command_kind {
    COMMAND_NONE,
    COMMAND_IDENTIFY,
    COMMAND_GET_OWN_POD,
    COMMAND_TAKE_SEAT,
    COMMAND_RELEASE_SEAT,
    COMMAND_GET_LOCK,
    COMMAND_CREATE_LOCK,
    COMMAND_PUT_LOCK, /* rewrite the own lock with command.nonce (P1); "" marks it as released (P10) */
    COMMAND_DELETE_LOCK,
    COMMAND_GET_RECORD,
    COMMAND_PUT_RECORD,   /* create it (version "") or overwrite that version */
    COMMAND_EMPTY_RECORD, /* likewise */
    COMMAND_GET_POD,
    COMMAND_GET_NODE,
    COMMAND_KINDS
};

/* One request. PUT and DELETE are CAS on uid and version (docs/protocol.md: CAS). */
struct command {
    enum command_kind kind;
    unsigned number;
    struct pod_id pod;          /* GET_POD, GET_NODE: whom to judge */
    char node[TEXT_NAME];       /* GET_NODE: where that pod runs */
    char uid[TEXT_UID];         /* PUT, DELETE, EMPTY: the object's uid */
    char version[TEXT_VERSION]; /* and the version that was judged */
    char nonce[TEXT_NONCE];     /* CREATE_LOCK, PUT_LOCK, PUT_RECORD */
    bool guarded;               /* CREATE_LOCK, PUT_LOCK: the record names this pod */
    bool new_term;              /* PUT_RECORD: starts a term; else it puts back the record of the present one (P9) */
    char token[TEXT_VERSION];   /* PUT_RECORD that puts back: the term's token */
    int64_t term;               /* PUT_RECORD: the term's number; EMPTY_RECORD: that of the last one */
};

/* The first four say that the right was there. */
enum outcome {
    OUTCOME_OK,        /* the payload tells what was read or written; absent is an OK of a GET */
    OUTCOME_EXISTS,    /* create: the name is taken */
    OUTCOME_CONFLICT,  /* a precondition failed */
    OUTCOME_NOT_FOUND, /* PUT, DELETE: the object is not there */
    OUTCOME_FORBIDDEN, /* a right is missing */
    OUTCOME_AMBIGUOUS, /* may have happened, may still happen (P6) */
    OUTCOME_RETRY,     /* has not happened; may later */
    OUTCOME_PERMANENT  /* has not happened and will not without a change outside (P15) */
};

/* What may be somebody else's (P14). */
enum foreign { FOREIGN_NOTHING, FOREIGN_LOCK, FOREIGN_RECORD, FOREIGN_KINDS };

enum fact_kind {
    FACT_NONE,
    FACT_WISH,
    FACT_SEAT,   /* from the seat watch: UNKNOWN = the sibling is gone */
    FACT_LOCK,   /* from a watch */
    FACT_RECORD, /* from a watch */
    FACT_POD,    /* from the watch on decision.pod */
    FACT_OWN_POD,
    FACT_WATCH,  /* `watch` is or is not `usable`: its right is missing; poll instead */
    FACT_ANSWER, /* to the command with that number */
    FACT_TIME,   /* nothing but that time has passed: what is due by now happens */
    FACT_NOTE    /* nothing to learn: only status, level and text, for people */
};

struct fact {
    enum fact_kind kind;
    unsigned number;      /* ANSWER */
    unsigned sent;        /* ANSWER: the request's place in the order of what was sent; a repetition counts anew (P1) */
    enum outcome outcome; /* ANSWER */
    bool unheard;         /* ANSWER with RETRY: nothing listens where it was sent */
    int64_t retry_after_ms; /* ANSWER with RETRY or AMBIGUOUS: at least this long; 0 if not said */
    enum wish wish;
    enum seat seat;
    struct pod_id self; /* ANSWER to IDENTIFY */
    struct lock_view lock;
    struct record_view record;
    struct pod_view pod;
    enum node_sign node;
    unsigned watch;       /* WATCH: one WATCH_ bit */
    bool usable;          /* WATCH */
    int status;           /* LEADERLIFE_..., why it failed or what the note is about */
    int level;            /* NOTE: a LEADERLIFE_LOG_... level; 0 makes it a notice */
    enum foreign foreign; /* NOTE: what it is about, if it tells that that is foreign (P14) */
    bool removal;         /* and nothing but its removal mends it: the text has no cure, who lives decides that */
    char text[TEXT_MESSAGE];
};

#endif
