/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backend offers to the election: it carries out the machine's commands and watches, and reports facts.
 * A backend decides nothing of the protocol but what the machine asks it to judge (a pod's signs, an answer's
 * outcome).
 *
 * All calls come from inside one handle call, never concurrently, and none blocks (but prepare_exec, at most 15 s, and
 * diagnose).
 */
#ifndef LEADERLIFE_BACKEND_BACKEND_H
#define LEADERLIFE_BACKEND_BACKEND_H

#include "backend/backend_choice.h"
#include "base/options.h"
#include "io/reactor.h"
#include "machine/knowledge.h"

#include <stdbool.h>
#include <stdint.h>

/* What the election counts, for leaderlife_election_counter(). */
struct counters {
    int64_t wakeups;
    int64_t requests;
    int64_t watches;
    int64_t writes;
    int64_t failures;
    int64_t failed_watches; /* those of them that were watches, and those that were writes */
    int64_t failed_writes;
};

struct backend_setup {
    const char *lock;                    /* valid as long as the backend */
    const struct options *options;       /* likewise */
    const struct backend_choice *choice; /* during the call; its texts as long as the backend */
    struct reactor *reactor;             /* as long as the backend */
    struct counters *counters;           /* likewise */
    enum wish wish;                      /* CAMPAIGN or OBSERVE */
};

struct backend {
    const struct backend_ops *ops;
};

/* Who wants to know what an election would meet, and how long it may take. */
struct diagnosis_sink {
    void (*put)(void *context, int level, int status, const char *text); /* LEADERLIFE_LOG_..., LEADERLIFE_... */
    void *context;
    struct reactor *reactor;
    int64_t until;
};

struct backend_ops {
    const char *name;
    bool late_writes; /* machine_setup.late_writes */
    bool records;     /* machine_setup.records */
    int guard;        /* LEADERLIFE_GUARD_... of a term without a record */

    /* The watches wanted from now on, all others end; called after every decision, cheap when nothing changed. */
    void (*want)(struct backend *backend, unsigned watches, const struct pod_id *pod);

    /* Carry out one command or question; the previous command has been answered, a question that is under way is given
     * up for the next one. Answered by exactly one FACT_ANSWER with its number, unless it was given up. */
    void (*submit)(struct backend *backend, const struct command *command);

    /* The next fact, oldest first; false when there is none now. Called after reactor_poll, and again after want and
     * submit, until false. */
    bool (*next_fact)(struct backend *backend, struct fact *ret_fact);

    /* When the backend wants to be called although no descriptor is ready: ms, NEVER. */
    int64_t (*deadline)(const struct backend *backend);

    /* What is known beside facts, for people: "namespace", "server", "pod-containers"; NULL. NULL itself where there is
     * none of it. */
    const char *(*detail)(const struct backend *backend, const char *name);

    /* Tells the cluster of this process's term, once, beside all commands and without an answer; text NULL: nothing.
     * True while that is under way. NULL where nobody can be told. */
    bool (*publish)(struct backend *backend, bool warning, const char *text);

    /* The descriptor of the lock or the seat is ours still, and not closed by the host program; true where none is
     * held. Async-signal-safe. */
    bool (*lock_is_ours)(const struct backend *backend);

    /* The descriptor that must survive exec (lock or seat), or -1. Async-signal-safe: reads one int. */
    int (*exec_fd)(const struct backend *backend);

    /* Puts what stands in the way of an election, and what is good: on a backend that does nothing else, before and
     * after. Blocks, writes nothing, takes nothing. */
    void (*diagnose)(struct backend *backend, const struct diagnosis_sink *sink);

    /* Ends everything and frees the backend. With forked, only closes descriptors and frees nothing that could
     * touch shared state (TLS sessions, the epoll of the parent). */
    void (*free)(struct backend *backend, bool forked);
};

/* LEADERLIFE_OK and *ret_backend, or a status and text (LEADERLIFE_ENOMEM, _ESYSTEM, _ECONFIG ...). Nothing is
 * contacted and no lock is touched. */
int local_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size);
int kubernetes_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size);

/* NULL, or, where this library has no such backend and kubernetes_backend_new() always fails, the cause and the
 * cure. */
const char *kubernetes_backend_missing(void);

#endif
