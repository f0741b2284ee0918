/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election's events say to people, and what is counted of them.
 */
#ifndef LEADERLIFE_CLI_TELL_H
#define LEADERLIFE_CLI_TELL_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stdint.h>

struct told {
    bool quiet; /* errors only */
    const char *lock;
    int64_t transitions; /* another holder was seen */
    int64_t notices;
    char holder[300]; /* the last one that was seen */
    char last[1024];  /* what was said last: an end and its cause are one text */
};

/* Pops all events, and prints what has changed. */
void tell_events(struct told *told, leaderlife_election *election);

#endif
