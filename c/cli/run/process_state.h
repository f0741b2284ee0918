/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process was started with, and what those that it starts are to find again: signals, descriptors, and
 * whose orphans are given to it.
 */
#ifndef LEADERLIFE_CLI_RUN_PROCESS_STATE_H
#define LEADERLIFE_CLI_RUN_PROCESS_STATE_H

#include "cli/run/int_set.h"

#include <signal.h>
#include <stdbool.h>

enum { OF_WORDS = 2 };

struct process_state {
    bool reaps;
    sigset_t mask;
    struct sigaction child;
    struct sigaction of_words[OF_WORDS];
    int subreaper;
    struct int_set fds; /* above 2, and passed on */
};

/* The first thing of all, while nothing of ours is open. As process 1 it blocks the signals that process_state_take()
 * takes, so that those that come before are taken too. */
void process_state_keep(struct process_state *process_state);
void process_state_free(struct process_state *process_state);

/* Blocks the signals that `run` takes from the descriptor that is returned, and ignores those that our words may bring.
 * What was ignored stays so. reaps: children's ends are told, and orphans of what is started here are given to this
 * process. -1 with a message. */
int process_state_take(struct process_state *process_state, bool reaps);

/* Nothing that was opened since process_state_keep() will survive exec, whoever opened it: libraries forget to say
 * so. */
void process_state_fence(struct process_state *process_state);

/* Just before exec; async-signal-safe. */
void process_state_restore(const struct process_state *process_state);
/* After an exec that failed: our words may bring signals again. */
void process_state_ignore(struct process_state *process_state);

#endif
