/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog: a process that does nothing but end the program when `run` is gone, and hold the lock until the
 * program has ended. PR_SET_PDEATHSIG ends the program too, but the kernel drops that where the program changes its
 * user, gets capabilities, or is started anew by one of its threads. Nor does anybody know whether the program still
 * has the lock's descriptor: many close what they do not know.
 */
#ifndef LEADERLIFE_CLI_RUN_WATCHDOG_H
#define LEADERLIFE_CLI_RUN_WATCHDOG_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <sys/types.h>

struct watchdog {
    pid_t pid;   /* 0: none */
    int channel; /* held open by this process alone: its end is ours */
};

/* Before the program execs. It returns when the watchdog stands: of our descriptors it holds the election's lock alone
 * (leader only; NULL: none), until it is ended or the program is dead. Where that is not possible (before Linux 5.3,
 * pidfd_open or pidfd_send_signal forbidden by seccomp, no process or descriptor free) there is no watchdog: pid 0. */
void watchdog_start(struct watchdog *watchdog, pid_t program, leaderlife_election *election);
/* The program has ended. */
void watchdog_end(struct watchdog *watchdog);
/* This child was reaped. True: it was the watchdog, which somebody has killed. */
bool watchdog_reaped(struct watchdog *watchdog, pid_t pid);

#endif
