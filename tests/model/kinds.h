/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of simulated histories, and the rules that can be broken in them, by name. */
#ifndef LEADERLIFE_TESTS_KINDS_H
#define LEADERLIFE_TESTS_KINDS_H

#include "model.h"

#include <stddef.h>

struct kind {
    const char *name;
    struct model_setup setup;
};

extern const struct kind kinds[];
extern const size_t kind_count;

/* NULL: there is none of that name. */
const struct kind *kind_named(const char *name);

const char *kind_sabotage_name(enum sabotage sabotage);
bool kind_sabotage_named(const char *name, enum sabotage *ret);

#endif
