/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle, as the files that implement the public functions share it: election.c (life and step), owner.c (process
 * and thread), announce.c, conditions.c and foreign.c (events), remember.c (what is only for people), blocking.c
 * (functions that wait), diagnose.c (what stands in the way of an election), state.c (getters). Nobody else sees it.
 */
#ifndef LEADERLIFE_ELECTION_H
#define LEADERLIFE_ELECTION_H

#include "backend.h"
#include "base/event.h"
#include "base/text.h"
#include "io/reactor.h"
#include "machine.h"
#include "options.h"

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

/* The holder's pod as it was seen last. */
struct seen_pod {
    char uid[TEXT_UID]; /* "" = none was seen */
    const char *phase;
    char node[TEXT_NAME];
};

/* Who led before, for whoever is told of the next term. */
struct past {
    struct pod_id holder; /* "" = nobody was seen to */
    const char *end;      /* how that ended, as far as is known for certain; NULL */
};

struct leaderlife_election {
    atomic_bool busy;
    pid_t process;  /* whose handle it is */
    char *own_page; /* 1 here, 0 in a forked child, whatever its pid (another PID namespace); NULL: not to be had */
    bool started;
    bool driven; /* has been processed at least once */
    bool exec_ready;
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
    struct seen_pod pod;
    struct pod_id told_holder; /* by the last event about the holder; "" = nobody */
    struct past past;          /* option events alone */
    int end_status;
    char cause[TEXT_MESSAGE];      /* text of the last answer that was a failure */
    char node_cause[TEXT_MESSAGE]; /* of the last that was about a node */
    char error_text[TEXT_MESSAGE];
};

/* Every public function with a handle: LEADERLIFE_OK and the handle is ours until election_leave, else the status
 * to answer. */
int election_enter(struct leaderlife_election *election);
void election_leave(struct leaderlife_election *election);

/* owner.c: marks the handle as this process's own, and takes the mark away before it is freed. */
void election_own(struct leaderlife_election *election);
void election_disown(struct leaderlife_election *election);

/* In the process that made it. Async-signal-safe. */
bool election_is_ours(const struct leaderlife_election *election);

/* Getters: the handle if it may be asked here, else NULL. */
const struct leaderlife_election *election_here(const struct leaderlife_election *election);

/* The same as leaderlife_election_start, for a caller that has entered. */
int election_start(struct leaderlife_election *election);

/* The backend that the options and the environment choose, and why that one: a status, with the text of a failure in
 * error_text. */
int election_backend_new(struct leaderlife_election *election, bool observe, struct counters *counters,
                         struct backend **ret_backend, const char **ret_reason);

/* Everything that is due now, without waiting. */
void election_step(struct leaderlife_election *election);

/* Makes the descriptor readable when work is due, and, if hot, while events are queued. */
void election_arm(struct leaderlife_election *election, bool hot);

/* Keeps a text for leaderlife_election_error_text and gives the status back. */
int election_fail(struct leaderlife_election *election, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int public_state(const struct leaderlife_election *election);

/* announce.c: what changed between two states of knowledge becomes events; a fact's text too. */
void announce_fact(struct leaderlife_election *election, const struct fact *fact);
void announce_change(struct leaderlife_election *election, const struct knowledge *before);
void announce_state(struct leaderlife_election *election);
void announce_notice(struct leaderlife_election *election, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void announce_log(struct leaderlife_election *election, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* remember.c: keeps what people may ask for or are told, and the machine does not need; tells the cluster of a term. */
void remember_fact(struct leaderlife_election *election, const struct knowledge *before, const struct fact *fact);

/* remember.c: who leads, for people: NULL as long as nothing but a word that outlives its pod, a record or a lock without
 * its owner, says so, and that pod has not been looked for. */
const struct pod_id *holder_for_people(const struct leaderlife_election *election);

/* conditions.c: notices about what lasts. _waiting gives the time when it is to be called again. */
void announce_conditions(struct leaderlife_election *election, const struct knowledge *before);
void announce_guard(struct leaderlife_election *election, const struct knowledge *before);
void announce_nodes(struct leaderlife_election *election, const struct knowledge *before);
int64_t announce_waiting(struct leaderlife_election *election, int64_t now);

/* foreign.c: keeps a note about something foreign, or tells it at once; and tells what was kept when its cure is known, or
 * gives the time when it is to be called again. */
void keep_foreign(struct leaderlife_election *election, const struct fact *fact);
int64_t announce_foreign(struct leaderlife_election *election, int64_t now);

#endif
