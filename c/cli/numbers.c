/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of small numbers, searched from its begin: there are few.
 */
#include "numbers.h"

#include <stdlib.h>

bool numbers_have(const struct numbers *numbers, int number)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->all[i] == number)
            return true;
    return false;
}

bool numbers_add(struct numbers *numbers, int number)
{
    int *more = realloc(numbers->all, (numbers->count + 1) * sizeof *more);

    if (more == NULL)
        return false;
    numbers->all = more;
    more[numbers->count++] = number;
    return true;
}

void numbers_remove(struct numbers *numbers, int number)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->all[i] == number)
            numbers->all[i--] = numbers->all[--numbers->count];
}

void numbers_free(struct numbers *numbers)
{
    free(numbers->all);
    *numbers = (struct numbers){NULL, 0};
}
