/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of docs/protocol.md a second time: what each row does first, what only when nothing before is due, and when
 * it wakes. Written as lists, to be held against decide() by the walk over all combinations of knowledge.
 */
#ifndef LEADERLIFE_TESTS_ROWS_H
#define LEADERLIFE_TESTS_ROWS_H

#include "machine/decide.h"
#include "machine/knowledge.h"

struct row {
    enum command_kind command;
    enum command_kind question;
    unsigned watches;
    const char *pod;  /* UID of whom WATCH_POD is about; NULL */
    int64_t deadline; /* when neither command nor question is due */
};

/* In that state, with no request under way and no fault. */
void row_of_table(const struct knowledge *k, enum machine_state state, int64_t now, struct row *ret);

#endif
