/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that `run` starts: finding them, their environment, their start.
 */
#ifndef LEADERLIFE_CLI_RUN_PROGRAM_H
#define LEADERLIFE_CLI_RUN_PROGRAM_H

#include "cli/run/process_state.h"
#include "cli/run/watchdog.h"

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <sys/types.h>

/* What runs the command of --on-standby, and scripts whose first line names no interpreter. */
#define SHELL "/bin/sh"

/* The path of a program as execvp would find it: CLI_OK and *ret_path (to be freed), or CLI_NOT_FOUND or
 * CLI_NOT_RUNNABLE with a message. So also for a script whose interpreter is missing. */
int program_find(const char *name, char **ret_path);

/* This environment with LEADERLIFE_LOCK, LEADERLIFE_TOKEN and LEADERLIFE_HOLDER as a leader's program finds them; to be
 * freed by program_environment_free. NULL without memory. */
char **program_environment(const leaderlife_election *election, const char *lock);
void program_environment_free(char **environment);
/* This environment without them, to be freed by free. NULL without memory. */
char **program_standby_environment(void);

/* Takes this process's place, with the lock. Returns only if it fails: CLI_TROUBLE, CLI_NOT_FOUND ... with a
 * message. */
int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct process_state *process_state);

/* The watchdog holds the leader's lock, and what is started inherits it. */
struct launch {
    leaderlife_election *election; /* NULL: there is none to hold */
    bool close;                    /* the watchdog holds it alone */
    const char *path;
    char **argv;
    char **environment;
};

/* Starts a child that dies with this process, of which the watchdog takes care (watchdog_end when it has ended). Its
 * pid, or minus an exit status with a message. */
pid_t program_start(const struct launch *launch, struct process_state *process_state, struct watchdog *watchdog);

#endif
