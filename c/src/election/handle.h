/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle, as the files that implement the public functions share it. lifecycle.c begins and ends it, loop.c
 * drives it, wait.c has the functions that wait. Nobody outside this folder sees it.
 */
#ifndef LEADERLIFE_ELECTION_HANDLE_H
#define LEADERLIFE_ELECTION_HANDLE_H

#include "backend/backend.h"
#include "base/event_queue.h"
#include "base/options.h"
#include "base/text.h"
#include "io/reactor.h"
#include "machine/knowledge.h"

#include <leaderlife/leaderlife.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/* Which living pod is waited for, and what people were told of it. */
struct waiting {
    char for_uid[TEXT_UID]; /* "" = none */
    bool barred;            /* although there is no lock, or another's */
    int64_t tell_at;        /* barred: NEVER: told */
    bool overdue;           /* it takes too long to end: told */
};

/* What is foreign, and that nothing but its removal mends it (P14). */
struct foreign_note {
    char text[TEXT_MESSAGE]; /* the cause; "" = nothing to tell */
    bool told;
    char named[TEXT_UID]; /* told: whose end the advice waits for; "" = nobody's */
    int64_t until;        /* the telling waits no longer; NEVER: it has not begun to */
};

/* The holder's pod as it was observed last. */
struct observed_pod {
    char uid[TEXT_UID]; /* "" = none was observed */
    const char *phase;
    char node[TEXT_NAME];
};

/* Who led before, for whoever is told of the next term. */
struct past {
    struct pod_id holder; /* "" = nobody was observed to */
    const char *end;      /* how that ended, as far as is known for certain; NULL */
};

struct leaderlife_election {
    atomic_bool busy;
    pid_t process;  /* whose handle it is */
    char *own_page; /* 1 here, 0 in a forked child, whatever its pid (another PID namespace); NULL: not to be had */
    bool started;
    bool driven; /* has been processed at least once */
    bool exec_ready;
    const char *closed_by_program; /* what the program has closed; NULL: nothing that is known of */
    char lock[TEXT_LOCK_MAX + 1];
    struct options options;
    struct reactor reactor;
    struct event_queue events;
    struct counters counters;
    struct backend *backend;       /* NULL before the start and once it is closed */
    const struct backend_ops *ops; /* stays */
    struct knowledge known;
    int64_t deadline; /* of decision and backend */
    int log_level;
    int shown_state; /* as the last state event said */
    int noticed;     /* status of the fault that was announced, LEADERLIFE_OK for none */
    bool unguarded;  /* people were told that no record is kept (P8) */
    struct waiting waiting;
    struct foreign_note foreign[FOREIGN_KINDS];
    struct observed_pod pod;
    struct pod_id told_holder; /* by the last event about the holder; "" = nobody */
    struct past past;          /* option events alone */
    int end_status;
    char end_text[TEXT_MESSAGE];   /* that goes with it, whatever else fails later */
    char cause[TEXT_MESSAGE];      /* text of the last answer that was a failure */
    char node_cause[TEXT_MESSAGE]; /* of the last that was about a node */
    char error_text[TEXT_MESSAGE];
};

/* Every public function with a handle: LEADERLIFE_OK and the handle is ours until election_leave, else the status
 * to answer. */
int election_enter(struct leaderlife_election *election);
void election_leave(struct leaderlife_election *election);

/* Marks the handle as this process's own, and takes the mark away before it is freed. */
void election_own(struct leaderlife_election *election);
void election_disown(struct leaderlife_election *election);

/* In the process that made it. Async-signal-safe. */
bool election_is_ours(const struct leaderlife_election *election);

/* Getters: the handle if it may be asked here, else NULL. */
const struct leaderlife_election *election_here(const struct leaderlife_election *election);

/* Nothing is wanted any more (CLOSED), or possible: requests, watches and the seat go with the backend. */
void election_drop_backend(struct leaderlife_election *election);

/* Keeps a text for leaderlife_election_error_text and gives the status back. */
int election_fail(struct leaderlife_election *election, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
