/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports the lock to the machine: as the answer to GET_LOCK, or as the watch's fact when the lock has changed.
 */
#include "local/lock_facts.h"

#include "local/facts.h"

void local_say_lock(struct local *local, const struct lock_view *view)
{
    bool asked = local->asked;

    if (!asked && (!local->watching || local->reported == view->kind))
        return;
    if (asked)
        local_answer(local, local->asked_number, OUTCOME_OK)->lock = *view;
    else
        fact_queue_add(&local->facts, FACT_LOCK)->lock = *view;
    local->asked = false;
    local->reported = view->kind;
    if (view->kind == LOCK_VIEW_OWNED)
        local_say_pod(local, view->owner.uid, POD_ALIVE);
}

void local_say_absent(struct local *local)
{
    const struct lock_view absent = {.kind = LOCK_VIEW_ABSENT};

    local_say_lock(local, &absent);
}

void local_say_free(struct local *local)
{
    local->looks = 0;
    local_say_absent(local);
    local->look_at = local->watching ? clock_now() + LOOK_FIRST_MS : local->look_at;
}

/* A GET that cannot be answered now. */
void local_put_off(struct local *local, enum outcome outcome, int status, int64_t after, const char *text)
{
    struct fact *answer;

    if (!local->asked)
        return;
    local->asked = false;
    answer = local_answer(local, local->asked_number, outcome);
    answer->status = status;
    answer->retry_after_ms = after;
    text_copy(answer->text, sizeof answer->text, text);
}

void local_look_soon(struct local *local)
{
    local->look_at = 0;
}
