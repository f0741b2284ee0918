/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, watches and polls that decisions are made of, each with its preconditions. It only reads knowledge,
 * and does not know which state holds.
 */
#include "machine/decide_commands.h"

#include "machine/command_kind.h"

#include <string.h>

enum { PROBE_FIRST_MS = 30 * 1000, PROBE_MAX_MS = 30 * 60 * 1000 };

#define TERM_MAX INT32_MAX /* of a Lease's leaseTransitions */

void decide_not_before(struct decision *d, int64_t at)
{
    if (at < d->deadline)
        d->deadline = at;
}

void decide_command(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    d->command.kind = kind;
    d->command.number = k->numbers + 1;
}

void decide_ask_own_pod(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (!k->own_sure || now >= k->own_poll_at)
        d->question.kind = COMMAND_GET_OWN_POD;
    else
        decide_not_before(d, k->own_poll_at);
}

void decide_lock_command(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    decide_command(k, d, kind);
    text_copy(d->command.uid, sizeof d->command.uid, k->lock.uid);
    text_copy(d->command.version, sizeof d->command.version, k->lock.version);
}

void decide_record_command(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    decide_command(k, d, kind);
    text_copy(d->command.uid, sizeof d->command.uid, k->record.uid);
    text_copy(d->command.version, sizeof d->command.version, k->record.version);
    d->command.term = k->record.term;
}

void decide_fresh_nonce(const struct knowledge *k, struct decision *d)
{
    text_format(d->command.nonce, sizeof d->command.nonce, "%s.%u", k->life, k->numbers + 1);
}

void decide_create_lock(const struct knowledge *k, struct decision *d)
{
    decide_command(k, d, COMMAND_CREATE_LOCK);
    d->command.guarded = k->record.kind != RECORD_NONE;
    decide_fresh_nonce(k, d);
}

/* P13, P14: with owner and annotations, whatever of them is missing. */
void decide_rewrite_lock(const struct knowledge *k, struct decision *d)
{
    decide_lock_command(k, d, COMMAND_PUT_LOCK);
    d->command.guarded = k->belief == BELIEF_YES ? k->guarded : k->record.kind != RECORD_NONE;
    decide_fresh_nonce(k, d);
}

void decide_put_record(const struct knowledge *k, struct decision *d)
{
    decide_record_command(k, d, COMMAND_PUT_RECORD);
    d->command.new_term = true;
    d->command.term = d->command.term < TERM_MAX ? d->command.term + 1 : TERM_MAX;
    decide_fresh_nonce(k, d);
}

/* P9: the term, its nonce and its token stay. */
void decide_put_record_back(const struct knowledge *k, struct decision *d)
{
    decide_record_command(k, d, COMMAND_PUT_RECORD);
    text_copy(d->command.nonce, sizeof d->command.nonce, k->nonce);
    text_copy(d->command.token, sizeof d->command.token, k->token);
    d->command.term = k->term;
}

void decide_watch(struct decision *d, const struct knowledge *k, unsigned watches)
{
    d->watches = knowledge_minds_record(k) ? watches : watches & ~(unsigned)WATCH_RECORD;
}

void decide_watch_pod(struct decision *d, const struct knowledge *k, unsigned watches, const struct pod_id *pod)
{
    decide_watch(d, k, watches | WATCH_POD);
    d->pod = *pod;
}

/* P4, P18: asks for the pod when nothing is known, when the time of P4 (d) has come, and at every poll. */
bool decide_judge_pod(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod)
{
    const struct judged *judged = knowledge_judged(k, pod->uid);
    if (judged == NULL || judged->verdict == VERDICT_DEAD)
        return false;
    int64_t at = judged->poll_at;
    if (judged->verdict == VERDICT_UNTIL && judged->until < at)
        at = judged->until;
    if (judged->verdict == VERDICT_UNKNOWN || now >= at) {
        decide_command(k, d, COMMAND_GET_POD);
        d->command.pod = *pod;
        return true;
    }
    decide_not_before(d, at);
    return false;
}

/* P16: the node of a pod that is not ready, every 10 s; where nothing else is to be done. */
void decide_judge_node(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod)
{
    const struct judged *judged = knowledge_judged(k, pod->uid);
    bool asking = k->question.kind == COMMAND_GET_NODE;
    if (k->node_policy == NODE_STRICT || asking || !knowledge_is_alive(k, pod->uid) || judged->node[0] == '\0')
        return;
    if (now < judged->node_at) {
        decide_not_before(d, judged->node_at);
    } else if (d->question.kind == COMMAND_NONE) {
        d->question.kind = COMMAND_GET_NODE;
        d->question.pod = *pod;
        text_copy(d->question.node, sizeof d->question.node, judged->node);
    }
}

/* P18's backstop, and the only way where the lock cannot be watched. */
bool decide_poll_lock(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (now >= k->lock_poll_at) {
        decide_command(k, d, COMMAND_GET_LOCK);
        return true;
    }
    decide_not_before(d, k->lock_poll_at);
    return false;
}

/* Likewise for the record. A candidate that waits without one looks now and then whether the right is there again: an
 * earlier claim of its own pod may be what everybody else waits for (P3b). */
bool decide_poll_record(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool waits = k->keep_record && k->wish == WISH_CAMPAIGN && k->belief == BELIEF_NO;
    if (k->record.kind == RECORD_NONE && !waits)
        return false;
    if (now >= k->record_poll_at) {
        decide_command(k, d, COMMAND_GET_RECORD);
        return true;
    }
    decide_not_before(d, k->record_poll_at);
    return false;
}

/* So that a refusal at the next claim is known to have lasted, or the right to have been given: more and more seldom,
 * down to twice an hour, for the record may name this pod by an earlier life's claim, which others wait for (P3b).
 * Where this life has claimed, always soon. */
void decide_probe_refused(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (k->record.kind != RECORD_NONE || !k->keep_record)
        return;
    int64_t longer = PROBE_FIRST_MS;
    for (unsigned i = 0; i < k->refusals && longer < PROBE_MAX_MS; i++)
        longer *= 2;
    int64_t at = k->record_poll_at + (k->record_writes.last != 0 ? 0 : longer < PROBE_MAX_MS ? longer : PROBE_MAX_MS);
    if (now >= at)
        decide_command(k, d, COMMAND_GET_RECORD);
    else
        decide_not_before(d, at);
}
