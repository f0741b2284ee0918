/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that `run` starts: finding them, their environment, their descriptors and signals, their end. Knows of the
 * election only that its lock may have to survive exec.
 */
#ifndef LEADERLIFE_CLI_PROGRAM_H
#define LEADERLIFE_CLI_PROGRAM_H

#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* What this process was started with, for those that it starts in turn. */
struct inherited {
    sigset_t mask;
    struct sigaction child;
    struct sigaction pipe;
};

/* Blocks the signals that `run` takes from its descriptor, ignores SIGPIPE, and becomes the one to whom the orphans of what
 * it starts are given. The descriptor, or -1. */
int signals_take(struct inherited *inherited);

/* The path of a program as execvp would find it: CLI_OK and *ret_path (to be freed), or CLI_NOT_FOUND or CLI_NOT_RUNNABLE
 * with a message. */
int program_find(const char *name, char **ret_path);

/* This environment with LEADERLIFE_LOCK, LEADERLIFE_TOKEN and LEADERLIFE_HOLDER as a leader's program finds them; to be
 * freed, with its last three strings. NULL without memory. */
char **program_environment(const leaderlife_election *election, const char *lock);
void program_environment_free(char **environment);

/* Takes this process's place, with the lock. Returns only if it fails: CLI_TROUBLE, CLI_NOT_FOUND ... with a message. */
int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited);

/* Starts a child that dies with this process. With an election it inherits that one's lock (leader only). Its pid, or -1 with
 * a message. */
pid_t program_start(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited);

/* Sends a signal to every child that this process has now, orphans that were given to it among them, or to those that have
 * not got it yet. False if there is none. */
bool children_signal(int signal);

#endif
