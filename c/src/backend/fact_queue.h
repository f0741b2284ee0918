/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts that a backend has for the election and that were not taken yet, oldest first.
 */
#ifndef LEADERLIFE_BACKEND_FACT_QUEUE_H
#define LEADERLIFE_BACKEND_FACT_QUEUE_H

#include "machine/fact.h"

#include <stdbool.h>
#include <stddef.h>

enum { FACT_QUEUE_MAX = 16 };

/* All zero is an empty one. */
struct fact_queue {
    struct fact facts[FACT_QUEUE_MAX];
    struct fact dropped; /* what found no room */
    size_t first;
    size_t count;
};

/* How many more it takes. */
size_t fact_queue_room(const struct fact_queue *queue);

/* The next fact, zeroed but for its kind, to be filled in before anything else is put. What finds no room is dropped,
 * so who puts more than one asks for room first. */
struct fact *fact_queue_add(struct fact_queue *queue, enum fact_kind kind);
void fact_queue_put(struct fact_queue *queue, const struct fact *fact);

/* False if it is empty. */
bool fact_queue_take(struct fact_queue *queue, struct fact *ret_fact);

#endif
