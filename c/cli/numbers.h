/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of small numbers: pids, descriptors. Must not know which.
 */
#ifndef LEADERLIFE_CLI_NUMBERS_H
#define LEADERLIFE_CLI_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

struct numbers {
    int *all;
    size_t count;
};

bool numbers_have(const struct numbers *numbers, int number);
/* False without memory: it is left out. */
bool numbers_add(struct numbers *numbers, int number);
void numbers_remove(struct numbers *numbers, int number);
void numbers_free(struct numbers *numbers);

#endif
