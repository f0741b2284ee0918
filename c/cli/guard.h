/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that does nothing but end another one when this one is gone. PR_SET_PDEATHSIG does so too, but the kernel drops it
 * where that other one changes its user or gets capabilities, or is started anew by one of its threads.
 */
#ifndef LEADERLIFE_CLI_GUARD_H
#define LEADERLIFE_CLI_GUARD_H

#include <sys/types.h>

struct guard {
    pid_t pid;   /* 0: none */
    int channel; /* held open by this process alone: its end is ours */
};

/* Before the ward execs. It returns when the guard stands: it holds no descriptor of ours any more, the lock's least of all.
 * Where that is not possible (before Linux 5.3, no process or descriptor is free) there is none, and as process 1 none is
 * needed: the kernel ends all with it. */
void guard_start(struct guard *guard, pid_t ward);
/* The ward has ended. */
void guard_end(struct guard *guard);
/* This child was reaped: it may have been the guard, which somebody has killed. */
void guard_reaped(struct guard *guard, pid_t pid);

#endif
