/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the local backend, as its files share it. local.c has the operations.
 */
#ifndef LEADERLIFE_LOCAL_STATE_H
#define LEADERLIFE_LOCAL_STATE_H

#include "backend/backend.h"
#include "backend/fact_queue.h"
#include "io/kernel_lock.h"
#include "io/reactor.h"
#include "machine/knowledge.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One look makes at most seven, one command three, a hang-up two; they are taken out between. */
static_assert(FACT_QUEUE_MAX >= 7 + 3 + 2, "room for the facts of one step");

enum { SCOPE_MAX = 160 };

/* Nothing tells that a free lock was taken, or that one was released: the first look, and ever more seldom ones. */
enum { LOOK_FIRST_MS = 1 };

/* Conditions that a notice was given for; each is said once while it lasts. */
enum {
    NOTED_FULL = 1 << 0,
    NOTED_FOREIGN = 1 << 1,
    NOTED_SILENT = 1 << 2,
    NOTED_TROUBLE = 1 << 3,
    NOTED_LEFT = 1 << 4, /* a process that the leader has started keeps the lock */
    NOTED_OWN = 1 << 5,  /* another election of this process leads */
    NOTED_UNSEEN = 1 << 6,
    NOTED_OF_HOLDER = NOTED_FULL | NOTED_FOREIGN | NOTED_LEFT | NOTED_OWN /* over with its end */
};

/* Which process holds the lock. */
struct local_who {
    pid_t pid;    /* 0: not known */
    bool gone;    /* that one has ended, and the lock is held all the same */
    pid_t keeper; /* gone: by this one, if that is known; else 0 */
};

struct local {
    struct backend base;
    const char *lock;
    struct reactor *reactor;
    struct kernel_lock_name name;
    uid_t user;
    bool observes;
    char scope[SCOPE_MAX];
    struct pod_id self;

    /* Held by us. */
    int listener; /* -1: not held */
    struct file_id listener_file;
    struct lock_view own;

    /* Held by somebody else, who is known if other.seen is OWNED. */
    struct lock_view other;
    unsigned holders; /* so many were known */
    struct local_who who;
    bool has_holder_user;
    uid_t holder_user;
    uint64_t inode;        /* of the holder's socket; 0: not known */
    struct source process; /* tells of the end of who.pid; fd -1: there is none */
    struct source waiter;  /* a connection, which tells of the end of the lock; fd -1: there is none, looks tell */
    int64_t follow_at;     /* no connection before: who comes and goes must leave none; NEVER */
    int64_t left_at;       /* who.pid has ended: if the lock is held then, it was left to another; else NEVER */

    uint64_t last_version;

    /* Looking who holds it: for the watch, and for a GET that has no answer yet. */
    bool watching;
    bool asked; /* GET_LOCK with number asked_number waits for an answer */
    unsigned asked_number;
    enum lock_view_kind reported; /* what the machine was told last */
    int64_t look_at;              /* NEVER: no look is due */
    unsigned looks;               /* in a row that found the same nothing, for the next interval */
    bool blind;                   /* the system refuses such sockets */

    /* Creates in a row that found the name taken and nobody listening. */
    unsigned taken;
    int64_t taken_until; /* before that, a refused connect does not mean a free lock */

    unsigned noted;
    struct fact_queue facts;
};

#endif
