/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new to a person who watches: each term once, in order. Lock, record and pod have watches of their own, so
 * a term is shown when all of it is known, or when the next one comes before that. Pure.
 */
#include "cli/status/status.h"

#include <string.h>

enum {
    WHOLE_MS = 2000, /* so long a line waits for the rest of what it tells */
    NOBODY_MS = 1000 /* the moment between two leaders is nothing to tell */
};

void changes_init(struct changes *changes)
{
    memset(changes, 0, sizeof *changes);
    changes->nobody_at = changes->due = NEVER;
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

static bool show(struct changes *changes, const struct snapshot *snapshot, struct snapshot *ret_shown)
{
    *ret_shown = changes->shown = *snapshot;
    changes->any = true;
    changes->due = 0; /* look again at once */
    return true;
}

/* Its pod; or all that there is to see. A lock outlives its owner's pod until somebody removes it, so a pod that is
 * only named, and then found dead, has not led since anybody looked (docs/protocol.md, P14). */
static bool is_complete(const struct snapshot *snapshot)
{
    return snapshot->settled || snapshot->phase[0] != '\0';
}

static bool step_nobody(struct changes *changes, const struct snapshot *now, int64_t now_ms, struct snapshot *ret_shown)
{
    if (now->settled && changes->has_pending && !is_complete(&changes->pending))
        changes->has_pending = false;
    bool new = now->settled && !(changes->any && changes->shown.holder[0] == '\0' && !changes->has_pending);

    if (!new)
        changes->nobody_at = NEVER;
    else if (changes->nobody_at == NEVER)
        changes->nobody_at = now_ms + (changes->any ? NOBODY_MS : 0);
    changes->due = changes->nobody_at;
    if (now_ms < changes->nobody_at)
        return false;
    if (changes->has_pending) {
        changes->has_pending = false;
        return show(changes, &changes->pending, ret_shown);
    }
    changes->nobody_at = NEVER;
    return show(changes, now, ret_shown);
}

/* What was known of a term stays known, even if it cannot be read any more. */
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

bool changes_step(struct changes *changes, const struct snapshot *now, int64_t now_ms, struct snapshot *ret_shown)
{
    changes->due = NEVER;
    if (now->holder[0] == '\0')
        return step_nobody(changes, now, now_ms, ret_shown);
    changes->nobody_at = NEVER;
    if (changes->any && is_same_term(&changes->shown, now)) {
        refine(&changes->shown, now);
        return false;
    }
    if (changes->any && is_older(now, &changes->shown))
        return false;
    if (changes->has_pending && !is_same_term(&changes->pending, now)) {
        changes->has_pending = false;
        return show(changes, &changes->pending, ret_shown);
    }
    if (!changes->has_pending) {
        changes->has_pending = true;
        changes->pending_at = now_ms;
        changes->pending = *now;
    } else {
        refine(&changes->pending, now);
    }
    changes->due = changes->pending_at + WHOLE_MS;
    if (!now->settled && now_ms < changes->due)
        return false;
    changes->has_pending = false;
    return show(changes, &changes->pending, ret_shown);
}
