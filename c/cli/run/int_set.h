/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of small numbers: pids, descriptors.
 */
#ifndef LEADERLIFE_CLI_RUN_INT_SET_H
#define LEADERLIFE_CLI_RUN_INT_SET_H

#include <stdbool.h>
#include <stddef.h>

struct int_set {
    int *all;
    size_t count;
};

bool int_set_has(const struct int_set *set, int number);
/* False without memory: it is left out. */
bool int_set_add(struct int_set *set, int number);
void int_set_remove(struct int_set *set, int number);
void int_set_free(struct int_set *set);

#endif
