/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's table of states, and which of them holds.
 */
#ifndef LEADERLIFE_MACHINE_STATE_TABLE_H
#define LEADERLIFE_MACHINE_STATE_TABLE_H

#include "machine/knowledge.h"

/* In the order of the table in docs/protocol.md: the first row that holds. */
enum machine_state {
    STATE_ENDED,
    STATE_RESIGNING,
    STATE_LEADING,
    STATE_IDENTIFYING,
    STATE_UNFIT,
    STATE_OBSERVING,
    STATE_QUEUED,
    STATE_LOOKING,
    STATE_BLOCKED,
    STATE_FOLLOWING,
    STATE_BARRED,
    STATE_CLAIMING,
    MACHINE_STATES
};

/* The table itself: what a state may watch and command. The tests hold decide() to it, the docs print it. */
struct machine_row {
    const char *name;
    unsigned watches;
    unsigned commands; /* 1u << COMMAND_... */
};
extern const struct machine_row machine_rows[MACHINE_STATES];
enum machine_state machine_state(const struct knowledge *k);

#endif
