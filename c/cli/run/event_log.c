/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the election's events on stderr: transitions, notices, and the log events that option log-level lets
 * through.
 */
#include "cli/run/event_log.h"

#include "base/text.h"
#include "cli/cli.h"

#include <string.h>

/* The end of an election comes twice, as a log line and as the text of its state: this says it once. */
static void say_once(struct event_log *log, enum tone tone, const char *text)
{
    if (strcmp(text, log->last) == 0)
        return;
    text_copy(log->last, sizeof log->last, text);
    log_say(tone, "%s", text);
}

static void tell_state(struct event_log *log, const leaderlife_event *event)
{
    int state = leaderlife_event_state(event);
    const char *text = leaderlife_event_text(event);

    if (state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST)
        say_once(log, TONE_ERROR, text);
    else if (state == LEADERLIFE_STATE_LEADER && !log->quiet)
        log_say(TONE_GOOD, "leading '%s', token %s", log->lock, leaderlife_event_token(event));
}

static void tell_holder(struct event_log *log, const leaderlife_event *event)
{
    const char *holder = leaderlife_event_holder(event);

    if (holder == NULL || strcmp(holder, log->holder) == 0)
        return;
    text_copy(log->holder, sizeof log->holder, holder);
    log->transitions++;
    if (!log->quiet && leaderlife_event_token(event) == NULL)
        log_say(TONE_PLAIN, "waiting for '%s': %s leads", log->lock, holder);
}

static void tell(struct event_log *log, const leaderlife_event *event)
{
    switch (leaderlife_event_kind(event)) {
    case LEADERLIFE_EVENT_STATE:
        tell_holder(log, event);
        tell_state(log, event);
        break;
    case LEADERLIFE_EVENT_HOLDER: tell_holder(log, event); break;
    case LEADERLIFE_EVENT_NOTICE:
        log->notices++;
        log->refused = log->refused || leaderlife_event_status(event) == LEADERLIFE_EAUTH;
        if (!log->quiet)
            say_once(log, TONE_WARNING, leaderlife_event_text(event));
        break;
    case LEADERLIFE_EVENT_LOG:
        if (!log->quiet)
            say_once(log, TONE_FAINT, leaderlife_event_text(event));
        break;
    default: break;
    }
}

void event_log_print(struct event_log *log, leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        tell(log, event);
        leaderlife_event_free(event);
    }
}
