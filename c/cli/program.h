/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that `run` starts: finding them, their environment, their start. Knows of the election only that its lock may
 * have to survive exec.
 */
#ifndef LEADERLIFE_CLI_PROGRAM_H
#define LEADERLIFE_CLI_PROGRAM_H

#include "guard.h"
#include "inherited.h"

#include <leaderlife/leaderlife.h>
#include <sys/types.h>

/* The path of a program as execvp would find it: CLI_OK and *ret_path (to be freed), or CLI_NOT_FOUND or CLI_NOT_RUNNABLE
 * with a message. So also for a script whose interpreter is missing. */
int program_find(const char *name, char **ret_path);

/* This environment with LEADERLIFE_LOCK, LEADERLIFE_TOKEN and LEADERLIFE_HOLDER as a leader's program finds them; to be
 * freed by program_environment_free. NULL without memory. */
char **program_environment(const leaderlife_election *election, const char *lock);
void program_environment_free(char **environment);
/* This environment without them, to be freed by free. NULL without memory. */
char **standby_environment(void);

/* Takes this process's place, with the lock. Returns only if it fails: CLI_TROUBLE, CLI_NOT_FOUND ... with a message. */
int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct inherited *inherited);

/* Starts a child that dies with this process, of which the guard takes care (guard_end when it has ended). With an election it
 * inherits that one's lock (leader only). Its pid, or minus an exit status with a message. */
pid_t program_start(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct inherited *inherited, struct guard *guard);

#endif
