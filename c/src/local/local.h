/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the local backend share: local.c (commands), holder.c (who holds the lock, and its death),
 * facts.c (the queue of facts), diagnosis.c (what stands in the way). Nobody else includes it.
 */
#ifndef LEADERLIFE_LOCAL_LOCAL_H
#define LEADERLIFE_LOCAL_LOCAL_H

#include "backend.h"
#include "io/klock.h"
#include "io/reactor.h"
#include "machine.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One look makes at most four, one command three, a hang-up two; they are taken out between. */
enum { FACTS_MAX = 12 };

/* Conditions that a notice was given for; each is said once while it lasts. */
enum {
    NOTED_FULL = 1 << 0,
    NOTED_FOREIGN = 1 << 1,
    NOTED_SILENT = 1 << 2,
    NOTED_TROUBLE = 1 << 3,
};

struct local {
    struct backend base;
    const char *lock;
    struct reactor *reactor;
    struct klock_name name;
    uid_t user;
    struct pod_id self;

    /* Held by us. */
    int listener; /* -1: not held */
    struct lock_view own;

    /* Held by somebody else. */
    struct source waiter; /* fd -1: nobody is known to hold it */
    struct lock_view other;
    unsigned connections;

    uint64_t last_version;

    /* Looking who holds it: for the watch, and for a GET that has no answer yet. */
    bool watching;
    bool asked; /* GET_LOCK with number asked_number waits for an answer */
    unsigned asked_number;
    enum lock_seen reported; /* what the machine was told last */
    int64_t look_at;         /* INT64_MAX: no look is due */
    unsigned looks;          /* in a row that found the same nothing, for the next interval */
    bool blind;              /* the system refuses such sockets */

    /* Creates in a row that found the name taken and nobody listening. */
    unsigned taken;
    int64_t taken_until; /* before that, a refused connect does not mean a free lock */

    unsigned noted;
    struct fact facts[FACTS_MAX];
    size_t first_fact;
    size_t fact_count;
};

/* ---- facts.c ---- */

bool local_next_fact(struct local *local, struct fact *ret_fact);
/* The next fact, zeroed but for its kind, to be filled in. */
struct fact *local_fact(struct local *local, enum fact_kind kind);
struct fact *local_answer(struct local *local, unsigned number, enum outcome outcome);
void local_say_pod(struct local *local, const char *uid, enum pod_sign sign);
/* A notice, unless it was given since the condition began. */
void local_note(struct local *local, unsigned condition, int status, const char *text);
/* Whether a call that failed so will fail for ever; and what it was, with its cure. */
bool local_is_refusal(int error);
void local_describe_error(const struct local *local, int error, char *text, size_t size);
/* What is wrong with a holder, with its cure: its queue is full, it never listens, it is somebody else's. */
void local_describe_full(const struct local *local, char *text, size_t size);
void local_describe_silent(const struct local *local, char *text, size_t size);
void local_describe_stranger(const struct local *local, const char *holder, uid_t user, char *text, size_t size);

/* ---- holder.c ---- */

/* Grows with every call, within a boot in all processes that call it while they hold the lock (P11). */
void local_next_version(struct local *local, char *target);
/* "pid N (comm)" and the like. */
void local_name_process(pid_t pid, char *target, size_t size);
/* Carries out the look that is due, if one is. */
void local_look(struct local *local, int64_t now);
/* The next look is due at once. */
void local_look_soon(struct local *local);
/* A create found the name taken. */
void local_learn_taken(struct local *local, int64_t now);
void local_want(struct local *local, bool watching);
/* GET_LOCK; answered at once, or by a later look. */
void local_ask(struct local *local, unsigned number);
/* Whether that holder is alive still; false for one that is not known any more. */
bool local_is_alive(struct local *local, const char *uid);
void local_forget_holder(struct local *local, bool forked);

/* ---- diagnosis.c ---- */

void local_diagnose(struct backend *backend, const struct finder *finder);

#endif
