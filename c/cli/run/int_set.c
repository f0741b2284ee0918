/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of small numbers, searched from its beginning: there are few.
 */
#include "cli/run/int_set.h"

#include <stdlib.h>

bool int_set_has(const struct int_set *set, int number)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->all[i] == number)
            return true;
    return false;
}

bool int_set_add(struct int_set *set, int number)
{
    int *more = realloc(set->all, (set->count + 1) * sizeof *more);

    if (more == NULL)
        return false;
    set->all = more;
    more[set->count++] = number;
    return true;
}

void int_set_remove(struct int_set *set, int number)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->all[i] == number)
            set->all[i--] = set->all[--set->count];
}

void int_set_free(struct int_set *set)
{
    free(set->all);
    *set = (struct int_set){NULL, 0};
}
