/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events become lines on stderr: transitions, notices, and the log events that option log-level lets through.
 */
#include "tell.h"

#include "cli.h"

#include "base/text.h"

#include <string.h>

/* What ends an election comes as a log line, and as its state's text. */
static void say_once(struct told *told, enum tone tone, const char *text)
{
    if (strcmp(text, told->last) == 0)
        return;
    text_copy(told->last, sizeof told->last, text);
    say(tone, "%s", text);
}

static void tell_state(struct told *told, const leaderlife_event *event)
{
    int state = leaderlife_event_state(event);
    const char *text = leaderlife_event_text(event);

    if (state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST)
        say_once(told, TONE_ERROR, text);
    else if (state == LEADERLIFE_STATE_LEADER && !told->quiet)
        say(TONE_GOOD, "leading '%s', token %s", told->lock, leaderlife_event_token(event));
}

static void tell_holder(struct told *told, const leaderlife_event *event)
{
    const char *holder = leaderlife_event_holder(event);

    if (holder == NULL || strcmp(holder, told->holder) == 0)
        return;
    text_copy(told->holder, sizeof told->holder, holder);
    told->transitions++;
    if (!told->quiet && leaderlife_event_token(event) == NULL)
        say(TONE_PLAIN, "waiting for '%s': %s leads", told->lock, holder);
}

static void tell(struct told *told, const leaderlife_event *event)
{
    switch (leaderlife_event_kind(event)) {
    case LEADERLIFE_EVENT_STATE:
        tell_holder(told, event);
        tell_state(told, event);
        break;
    case LEADERLIFE_EVENT_HOLDER: tell_holder(told, event); break;
    case LEADERLIFE_EVENT_NOTICE:
        told->notices++;
        if (!told->quiet)
            say_once(told, TONE_WARNING, leaderlife_event_text(event));
        break;
    case LEADERLIFE_EVENT_LOG:
        if (!told->quiet)
            say_once(told, TONE_FAINT, leaderlife_event_text(event));
        break;
    default: break;
    }
}

void tell_events(struct told *told, leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        tell(told, event);
        leaderlife_event_free(event);
    }
}
