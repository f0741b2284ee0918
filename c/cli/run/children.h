/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of this process: those that it started, orphans that were given to it, and strangers, which it had
 * before it became `leaderlife run` and which it must not stop.
 */
#ifndef LEADERLIFE_CLI_RUN_CHILDREN_H
#define LEADERLIFE_CLI_RUN_CHILDREN_H

#include "cli/run/int_set.h"

#include <stdbool.h>
#include <sys/types.h>

struct children {
    int list;               /* a descriptor of the kernel's list of our children; -1: it has none */
    bool mixed;             /* and there are strangers, which cannot be told from orphans then */
    struct int_set strange; /* as far as they are listed */
    struct int_set own;     /* started by us */
    struct int_set asked;   /* have been asked to end */
    bool asked_all;         /* without a list: everybody was */
};

/* Before the first child is started. */
void children_open(struct children *children);
void children_close(struct children *children);

/* A child was started. */
void children_add(struct children *children, pid_t pid);

/* A child that is none of those who are asked to end, counted or signalled. */
void children_except(struct children *children, pid_t pid);

/* The pid of a child that has ended, of a stranger too, and how; 0: there is none now. */
pid_t children_reap(struct children *children, int *ret_status);

/* Whether there is a child that is no stranger. Never false while there is one, but where they are mixed: then those
 * count that were started here. */
bool children_are_left(const struct children *children);
/* One of them, to tell people; 0: not known. */
pid_t children_any(const struct children *children);

/* Asks each that is no stranger to end, once, however often this is called: SIGTERM, and SIGCONT so that a stopped one
 * hears it. */
void children_ask(struct children *children);
/* A signal to each. */
void children_signal(struct children *children, int signal);
/* Whether orphans cannot be seen, and so get no signal. */
bool children_are_hidden(const struct children *children);

#endif
