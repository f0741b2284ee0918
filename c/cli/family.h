/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All children that this process has: those that it started, orphans that were given to it, and strangers, which it had
 * before it became `leaderlife run` and which are not its to stop. Must not know what any of them is.
 */
#ifndef LEADERLIFE_CLI_FAMILY_H
#define LEADERLIFE_CLI_FAMILY_H

#include "numbers.h"

#include <stdbool.h>
#include <sys/types.h>

struct family {
    int list;               /* a descriptor of the kernel's list of our children; -1: it has none */
    bool mixed;             /* and there are strangers, which cannot be told from orphans then */
    struct numbers strange; /* as far as they are listed */
    struct numbers own;     /* started by us */
    struct numbers asked;   /* have been asked to end */
    bool asked_all;         /* without a list: everybody was */
};

/* Before the first child is started. */
void family_open(struct family *family);
void family_close(struct family *family);

/* A child was started. */
void family_add(struct family *family, pid_t pid);

/* The pid of a child that has ended, and how; 0: there is none now. strangers: those are reaped as well. */
pid_t family_reap(struct family *family, bool strangers, int *ret_status);

/* Whether there is a child that is no stranger. Never false while there is one, but where they are mixed: then those count
 * that were started here. */
bool family_is_left(const struct family *family);
/* One of them, to tell people; 0: not known. */
pid_t family_member(const struct family *family);

/* Asks each that is no stranger to end, once, however often this is called: SIGTERM, and SIGCONT so that a stopped one hears
 * it. */
void family_ask(struct family *family);
/* A signal to each. */
void family_signal(struct family *family, int signal);
/* Whether orphans cannot be seen, and so get no signal. */
bool family_is_blind(const struct family *family);

#endif
