/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emits an event: puts it into the handle's queue with state, holder and token as they are then. announce.c and the
 * files of notices say which.
 */
#include "election/emit.h"

#include "election/holder_history.h"

#include <stdarg.h>
#include <stdio.h>

void emit(struct leaderlife_election *election, struct leaderlife_event *event)
{
    const struct pod_id *holder = holder_for_people(election);
    event->state = election->shown_state;
    event->has_holder = holder != NULL;
    event->has_token = election->known.belief == BELIEF_YES;
    if (holder != NULL)
        text_copy(event->holder, sizeof event->holder, holder->name);
    if (event->has_token)
        text_copy(event->token, sizeof event->token, election->known.token);
    event_queue_put(&election->events, event);
}

void emit_log(struct leaderlife_election *election, int level, const char *format, ...)
{
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_LOG, .level = level};
    if (level > election->log_level)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    emit(election, &event);
}

void emit_notice(struct leaderlife_election *election, int status, const char *format, ...)
{
    struct leaderlife_event event = {
        .kind = LEADERLIFE_EVENT_NOTICE, .level = LEADERLIFE_LOG_WARNING, .status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    emit(election, &event);
}
