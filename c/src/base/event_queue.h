/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that wait to be popped. A queue keeps a reserve, so that a state event needs no memory at the moment
 * it happens; notices and logs are dropped, and counted, when the queue is full or memory is short. Knows nothing
 * of why an event happened.
 */
#ifndef LEADERLIFE_BASE_EVENT_QUEUE_H
#define LEADERLIFE_BASE_EVENT_QUEUE_H

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stdint.h>

enum { EVENTS_QUEUED_MAX = 256, EVENTS_RESERVED = 12 };

struct leaderlife_event {
    struct leaderlife_event *next;
    int kind;
    int state;
    int status;
    int level;
    bool has_holder;
    bool has_token;
    char holder[TEXT_NAME];
    char token[TEXT_VERSION];
    char text[TEXT_MESSAGE];
};

struct event_queue {
    struct leaderlife_event *first;
    struct leaderlife_event *last;
    struct leaderlife_event *reserve;
    int optional; /* queued notices, logs and holder events */
    int64_t dropped;
};

/* False without memory; the queue is then empty and may be freed. */
bool event_queue_init(struct event_queue *queue);
void event_queue_free(struct event_queue *queue);

/* A copy of the event goes into the queue; for a state event from the reserve. */
void event_queue_put(struct event_queue *queue, const struct leaderlife_event *event);

/* The oldest, now the caller's; NULL. */
struct leaderlife_event *event_queue_pop(struct event_queue *queue);

#endif
