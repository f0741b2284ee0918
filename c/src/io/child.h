/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process whose output is read on the reactor: started, awaited, stopped, and reaped by nobody else than its
 * struct. Other children are never waited for and no signal handler is needed, so a host program may reap children
 * as it likes; it may even take this one away.
 */
#ifndef LEADERLIFE_IO_CHILD_H
#define LEADERLIFE_IO_CHILD_H

#include "io/reactor.h"

#include <stdbool.h>
#include <stddef.h>

/* How it ended. GONE: somebody else has reaped it, so only its output tells. */
enum child_end { CHILD_EXITED, CHILD_SIGNALLED, CHILD_GONE };

struct child {
    struct reactor *reactor;
    struct source process; /* its pidfd; -1: none runs */
    struct source output;  /* -1: closed */
    char *bytes; /* what it has written so far, ended by NUL; NULL before the first start and after child_wipe */
    size_t size;
    size_t max;
    bool unwatchable; /* child_start failed because pidfd_open or pidfd_send_signal are not to be had at all */
    bool too_much;    /* it has written more than max bytes, and was stopped */
    enum child_end end;
    int number; /* exit status or signal */
};

void child_init(struct child *child, struct reactor *reactor);

/* Starts argv[0] (searched on PATH if it has no '/') with that environment, nothing to read, and our standard error:
 * 0, or an errno. None may be running. Does not wait for more than the exec. */
int child_start(struct child *child, char *const *argv, char *const *envp, size_t max);

bool child_is_running(const struct child *child);

/* Its end then comes by the reactor, as any other. */
void child_kill(struct child *child);

/* One whose pidfd the host program has closed is not waited for any more: it has ended, as CHILD_GONE. */
void child_check(struct child *child);

/* The output, which may be secret, leaves the memory. */
void child_wipe(struct child *child);

/* One that runs is killed and reaped. In a forked child of ours (forked) it is the parent's: only our copies of the
 * descriptors are closed. */
void child_free(struct child *child, bool forked);

#endif
