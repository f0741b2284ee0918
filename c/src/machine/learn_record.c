/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a view of the record changes knowledge: whose claim it is (P3, P3b), and the right to it (P8).
 */
#include "machine/learn_record.h"

#include "machine/learn_pod.h"
#include "machine/poll.h"

#include <string.h>

/* Every nonce begins with its life (decide_fresh_nonce). */
bool learn_record_is_of_life(const struct knowledge *k, const char *nonce)
{
    size_t length = strlen(k->life);
    return strncmp(nonce, k->life, length) == 0 && nonce[length] == '.';
}

/* P8: the record of a holder that kept one has been emptied or taken over, so that holder has released it or is dead.
 * Whom the record names then is a holder too. */
static void remember_by_record(struct knowledge *k)
{
    bool another = k->record.kind == RECORD_OTHER && !text_equal(k->record.holder.uid, k->last.uid);
    bool later = k->record.sure && !k->lock_moved; /* the record's view is later than that of its lock */
    if (k->last_guarded && later && (another || k->record.kind == RECORD_EMPTY))
        memset(&k->last, 0, sizeof k->last);
    if (k->record.kind == RECORD_OTHER && k->last.uid[0] == '\0' && k->wish != WISH_OBSERVE) {
        k->last = k->record.holder; /* so that it counts if the right to the record is lost */
        k->last_guarded = true;
    }
}

static enum record_kind record_kind_of(const struct knowledge *k, const struct record_view *view)
{
    switch (view->kind) {
    case RECORD_VIEW_ABSENT: return RECORD_ABSENT;
    case RECORD_VIEW_EMPTY: return RECORD_EMPTY;
    case RECORD_VIEW_FOREIGN: return RECORD_FOREIGN;
    case RECORD_VIEW_HELD: break;
    case RECORD_VIEW_NOTHING:
    case RECORD_VIEW_GAP: return RECORD_UNKNOWN;
    }
    if (!k->identified || !text_equal(view->holder.uid, k->self.uid))
        return RECORD_OTHER;
    return k->nonce[0] != '\0' && text_equal(view->nonce, k->nonce) ? RECORD_MINE : RECORD_SIBLING;
}

/* P3b: whose claim it is. Confirmed is what was observed: nobody else writes a nonce of this life. */
static void note_life_of_record(struct knowledge *k, const struct record_view *view, bool sure)
{
    k->record.of_life = knowledge_record_is_own(k) && learn_record_is_of_life(k, view->nonce);
    k->claimed = k->claimed || k->record.of_life;
    k->stranger = k->stranger || (sure && knowledge_record_is_strangers(k));
    k->own_named = k->own_named || knowledge_record_is_own(k);
}

void learn_record_set(struct knowledge *k, const struct record_view *view, bool sure, int64_t now, uint32_t random)
{
    bool changed = !text_equal(k->record.version, view->version);
    k->record.kind = record_kind_of(k, view);
    k->refusals = 0;
    k->record.sure = sure;
    note_life_of_record(k, view, sure);
    k->record.holder = view->holder;
    if (view->kind != RECORD_VIEW_ABSENT)
        k->record.term = view->term; /* a record that is made anew goes on with the count */
    k->record_poll_at = poll_time(k, WATCH_RECORD, now, random);
    text_copy(k->record.token, sizeof k->record.token, view->token);
    text_copy(k->record.since, sizeof k->record.since, view->since);
    text_copy(k->record.uid, sizeof k->record.uid, view->uid);
    if (view->version[0] != '\0' || k->record.kind == RECORD_UNKNOWN)
        text_copy(k->record.version, sizeof k->record.version, view->version);
    if (k->record.kind == RECORD_ABSENT)
        k->record.version[0] = '\0'; /* a create has no version to compare with */
    if (k->belief == BELIEF_YES && knowledge_record_is_spent(k))
        k->own_sure = false;
    if (changed && k->record.kind == RECORD_OTHER)
        learn_pod_doubt_lost(k, k->record.holder.uid, now);
    remember_by_record(k);
    learn_pod_track(k, now);
}

void learn_record(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random)
{
    bool known = k->record.kind > RECORD_NONE && view->version[0] != '\0' && view->kind != RECORD_VIEW_GAP;
    if (view->kind == RECORD_VIEW_NOTHING || !knowledge_minds_record(k))
        return;
    if (!known || text_compare_decimal(view->version, k->record.version) > 0) {
        k->record_moved = true;
        learn_record_set(k, view, false, now, random);
    }
}

void learn_record_in_doubt(struct knowledge *k)
{
    if (k->record.kind != RECORD_NONE)
        k->record.kind = RECORD_UNKNOWN;
}
