/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process was started with and those that it starts are to find again: signals, descriptors, and whose orphans are
 * given to it. Must not know what they are.
 */
#ifndef LEADERLIFE_CLI_INHERITED_H
#define LEADERLIFE_CLI_INHERITED_H

#include "numbers.h"

#include <signal.h>
#include <stdbool.h>

enum { OF_WORDS = 2 };

struct inherited {
    bool reaps;
    sigset_t mask;
    struct sigaction child;
    struct sigaction of_words[OF_WORDS];
    int subreaper;
    struct numbers fds; /* above 2, and passed on */
};

/* The first thing of all, while nothing of ours is open. */
void inherited_keep(struct inherited *inherited);
void inherited_free(struct inherited *inherited);

/* Blocks the signals that `run` takes from the descriptor that is returned, and ignores those that our words may bring. What was ignored stays so.
 * reaps: children's ends are told, and orphans of what is started here are given to this process. -1 with a message. */
int inherited_take(struct inherited *inherited, bool reaps);

/* Nothing that was opened since inherited_keep() will survive exec, whoever opened it: libraries forget to say so. */
void inherited_fence(struct inherited *inherited);

/* Just before exec; async-signal-safe. */
void inherited_give_back(const struct inherited *inherited);
/* After an exec that failed: our words may bring signals again. */
void inherited_ignore(struct inherited *inherited);

/* Whether children were reaped by the kernel, unseen. */
bool inherited_reaps_by_itself(const struct inherited *inherited);

#endif
