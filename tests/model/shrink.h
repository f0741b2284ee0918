/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts of whole histories: made from a seed, played, read, printed, and shortened while the fault stays. */
#ifndef LEADERLIFE_TESTS_SHRINK_H
#define LEADERLIFE_TESTS_SHRINK_H

#include "kinds.h"
#include "model.h"

#include <stdbool.h>
#include <stdio.h>

struct script {
    const struct kind *kind;
    struct model_setup setup;
    struct history choices;
};

void script_init(struct script *s);
void script_free(struct script *s);
/* Plays that seed, and writes down what was chosen. */
void script_of_seed(struct script *s, const struct kind *kind, enum sabotage sabotage, uint64_t seed);
void script_play(const struct script *s, struct model_result *ret);
/* Returns how many lines; with file NULL it only counts. */
int script_print(const struct script *s, FILE *file);
bool script_read(struct script *s, FILE *file);

/* Takes away whatever the fault does not need. False: there is none. */
bool shrink(struct script *s, struct model_result *ret);

#endif
