/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of events, and what a program may ask of one.
 */
#include "base/event_queue.h"

#include <stdlib.h>

static void push(struct event_queue *queue, struct leaderlife_event *event)
{
    event->next = NULL;
    if (queue->last != NULL)
        queue->last->next = event;
    else
        queue->first = event;
    queue->last = event;
}

static void free_list(struct leaderlife_event *event)
{
    while (event != NULL) {
        struct leaderlife_event *next = event->next;

        free(event);
        event = next;
    }
}

bool event_queue_init(struct event_queue *queue)
{
    *queue = (struct event_queue){0};
    for (int i = 0; i < EVENTS_RESERVED; i++) {
        struct leaderlife_event *event = calloc(1, sizeof *event);

        if (event == NULL) {
            event_queue_free(queue);
            return false;
        }
        event->next = queue->reserve;
        queue->reserve = event;
    }
    return true;
}

void event_queue_free(struct event_queue *queue)
{
    free_list(queue->first);
    free_list(queue->reserve);
    *queue = (struct event_queue){0};
}

/* Memory first, so that the reserve is whole when memory is short. */
static struct leaderlife_event *event_for_state(struct event_queue *queue)
{
    struct leaderlife_event *event = malloc(sizeof *event);

    if (event == NULL && queue->reserve != NULL) {
        event = queue->reserve;
        queue->reserve = event->next;
    }
    return event;
}

static struct leaderlife_event *event_for_others(struct event_queue *queue)
{
    struct leaderlife_event *event = NULL;

    if (queue->optional < EVENTS_QUEUED_MAX)
        event = malloc(sizeof *event);
    if (event != NULL)
        queue->optional++;
    return event;
}

void event_queue_put(struct event_queue *queue, const struct leaderlife_event *event)
{
    bool of_state = event->kind == LEADERLIFE_EVENT_STATE;
    struct leaderlife_event *copy = of_state ? event_for_state(queue) : event_for_others(queue);

    if (copy == NULL) {
        queue->dropped++;
        return;
    }
    *copy = *event;
    push(queue, copy);
}

struct leaderlife_event *event_queue_pop(struct event_queue *queue)
{
    struct leaderlife_event *event = queue->first;

    if (event == NULL)
        return NULL;
    queue->first = event->next;
    if (queue->first == NULL)
        queue->last = NULL;
    if (event->kind != LEADERLIFE_EVENT_STATE)
        queue->optional--;
    event->next = NULL;
    return event;
}

int leaderlife_event_kind(const leaderlife_event *event)
{
    return event != NULL ? event->kind : 0;
}

int leaderlife_event_state(const leaderlife_event *event)
{
    return event != NULL ? event->state : 0;
}

int leaderlife_event_status(const leaderlife_event *event)
{
    return event != NULL ? event->status : 0;
}

const char *leaderlife_event_text(const leaderlife_event *event)
{
    return event != NULL ? event->text : NULL;
}

int leaderlife_event_level(const leaderlife_event *event)
{
    return event != NULL ? event->level : 0;
}

const char *leaderlife_event_holder(const leaderlife_event *event)
{
    return event != NULL && event->has_holder ? event->holder : NULL;
}

const char *leaderlife_event_token(const leaderlife_event *event)
{
    return event != NULL && event->has_token ? event->token : NULL;
}

void leaderlife_event_free(leaderlife_event *event)
{
    free(event);
}
