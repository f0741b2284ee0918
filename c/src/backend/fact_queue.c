/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of facts: a ring with room for a fixed number.
 */
#include "backend/fact_queue.h"

size_t fact_queue_room(const struct fact_queue *queue)
{
    return FACT_QUEUE_MAX - queue->count;
}

struct fact *fact_queue_add(struct fact_queue *queue, enum fact_kind kind)
{
    struct fact *fact = &queue->dropped;

    if (queue->count < FACT_QUEUE_MAX)
        fact = &queue->facts[(queue->first + queue->count++) % FACT_QUEUE_MAX];
    *fact = (struct fact){.kind = kind};
    return fact;
}

void fact_queue_put(struct fact_queue *queue, const struct fact *fact)
{
    *fact_queue_add(queue, fact->kind) = *fact;
}

bool fact_queue_take(struct fact_queue *queue, struct fact *ret_fact)
{
    if (queue->count == 0)
        return false;
    *ret_fact = queue->facts[queue->first];
    queue->first = (queue->first + 1) % FACT_QUEUE_MAX;
    queue->count--;
    return true;
}
