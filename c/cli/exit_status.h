/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit statuses of the leaderlife command.
 */
#ifndef LEADERLIFE_CLI_EXIT_STATUS_H
#define LEADERLIFE_CLI_EXIT_STATUS_H

/* As timeout(1) and env(1) have them where they have one. */
enum {
    CLI_OK = 0,
    CLI_NO = 1,             /* status: nobody leads; doctor: an election cannot succeed */
    CLI_LOST = 70,          /* run: leadership was lost, the program was stopped */
    CLI_TIMED_OUT = 124,    /* run: not elected in the given time */
    CLI_TROUBLE = 125,      /* the command itself failed: misuse, or no election */
    CLI_NOT_RUNNABLE = 126, /* run: the program is there and cannot be run */
    CLI_NOT_FOUND = 127,    /* run: there is no such program */
    CLI_SIGNALED = 128      /* run: plus the number of the signal */
};

#endif
