/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the election's events, and counts them.
 */
#ifndef LEADERLIFE_CLI_RUN_EVENT_LOG_H
#define LEADERLIFE_CLI_RUN_EVENT_LOG_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stdint.h>

struct event_log {
    bool quiet; /* errors only */
    const char *lock;
    int64_t transitions; /* another holder was observed */
    int64_t notices;
    bool refused;     /* a notice has said that the server does not accept the credentials; the reader takes it back */
    char holder[300]; /* the last one that was observed */
    char last[1024];  /* what was said last: an end and its cause are one text */
};

/* Pops all events, and prints what has changed. */
void event_log_print(struct event_log *log, leaderlife_election *election);

#endif
