/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done now: one command, one question, the watches.
 */
#ifndef LEADERLIFE_MACHINE_DECIDE_H
#define LEADERLIFE_MACHINE_DECIDE_H

#include "machine/state_table.h"

struct decision {
    enum machine_state state;
    struct command command;
    struct command question; /* beside it: own pod or node; it may replace the one that is under way */
    bool anew;               /* it does not do with the answer to that */
    unsigned watches;        /* WATCH_ bits */
    struct pod_id pod;       /* whom WATCH_POD is about */
    int64_t deadline;        /* when to decide again if nothing is learned; NEVER */
};

void decide(const struct knowledge *k, int64_t now, struct decision *ret);

#endif
