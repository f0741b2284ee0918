/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new to somebody who watches: each term once, in order. Lock, record and pod are seen by watches of their own, so a
 * term is shown when all of it has been seen, or when the next one comes before that. Pure; must not know where it is shown.
 */
#include "status.h"

#include <string.h>

enum {
    WHOLE_MS = 2000, /* so long a line waits for the rest of what it tells */
    NOBODY_MS = 1000 /* the moment between two leaders is nothing to tell */
};

void watch_init(struct watch_view *watch)
{
    memset(watch, 0, sizeof *watch);
    watch->nobody_at = watch->due = INT64_MAX;
}

/* A token that is not known says nothing: the record may come after the lock. */
static bool is_same_term(const struct snapshot *a, const struct snapshot *b)
{
    bool unknown = a->token[0] == '\0' || b->token[0] == '\0';

    return text_equal(a->uid, b->uid) && text_equal(a->holder, b->holder) &&
           (unknown || text_equal(a->token, b->token));
}

/* The record lags behind the lock: for a moment it shows a term that is over. */
static bool is_older(const struct snapshot *now, const struct snapshot *shown)
{
    bool known = now->token[0] != '\0' && shown->token[0] != '\0';

    return known && leaderlife_token_compare(now->token, shown->token) < 0;
}

static bool show(struct watch_view *watch, const struct snapshot *seen, struct snapshot *ret_shown)
{
    *ret_shown = watch->shown = *seen;
    watch->any = true;
    watch->due = 0; /* look again at once */
    return true;
}

/* Its pod; or all that there is to see. A lock outlives its owner's pod until somebody removes it, so a pod that is only named,
 * and then found dead, has not led since anybody looked (docs/protocol.md, P14). */
static bool was_seen(const struct snapshot *seen)
{
    return seen->settled || seen->phase[0] != '\0';
}

static bool step_nobody(struct watch_view *watch, const struct snapshot *now, int64_t now_ms,
                        struct snapshot *ret_shown)
{
    if (now->settled && watch->has_pending && !was_seen(&watch->pending))
        watch->has_pending = false;
    bool new = now->settled && !(watch->any && watch->shown.holder[0] == '\0' && !watch->has_pending);

    if (!new)
        watch->nobody_at = INT64_MAX;
    else if (watch->nobody_at == INT64_MAX)
        watch->nobody_at = now_ms + (watch->any ? NOBODY_MS : 0);
    watch->due = watch->nobody_at;
    if (now_ms < watch->nobody_at)
        return false;
    if (watch->has_pending) {
        watch->has_pending = false;
        return show(watch, &watch->pending, ret_shown);
    }
    watch->nobody_at = INT64_MAX;
    return show(watch, now, ret_shown);
}

/* What was known of it and is not any more stays known. */
static void refine(struct snapshot *pending, const struct snapshot *now)
{
    struct snapshot before = *pending;

    *pending = *now;
    if (now->token[0] != '\0')
        return;
    text_copy(pending->token, sizeof pending->token, before.token);
    text_copy(pending->since, sizeof pending->since, before.since);
    pending->term = before.term;
}

bool watch_step(struct watch_view *watch, const struct snapshot *now, int64_t now_ms, struct snapshot *ret_shown)
{
    watch->due = INT64_MAX;
    if (now->holder[0] == '\0')
        return step_nobody(watch, now, now_ms, ret_shown);
    watch->nobody_at = INT64_MAX;
    if (watch->any && is_same_term(&watch->shown, now)) {
        refine(&watch->shown, now);
        return false;
    }
    if (watch->any && is_older(now, &watch->shown))
        return false;
    if (watch->has_pending && !is_same_term(&watch->pending, now)) {
        watch->has_pending = false;
        return show(watch, &watch->pending, ret_shown);
    }
    if (!watch->has_pending) {
        watch->has_pending = true;
        watch->pending_at = now_ms;
        watch->pending = *now;
    } else {
        refine(&watch->pending, now);
    }
    watch->due = watch->pending_at + WHOLE_MS;
    if (!now->settled && now_ms < watch->due)
        return false;
    watch->has_pending = false;
    return show(watch, &watch->pending, ret_shown);
}
