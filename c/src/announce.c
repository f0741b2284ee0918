/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed becomes events: state, holder, notices, logs. It only reads knowledge, and says each thing once, when it
 * begins; transitions, never repetitions.
 */
#include "election.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct leaderlife_election *election, struct leaderlife_event *event)
{
    const struct pod_id *holder = machine_holder(&election->known);
    event->state = election->shown_state;
    event->has_holder = holder != NULL;
    event->has_token = election->known.belief == BELIEF_YES;
    if (holder != NULL)
        text_copy(event->holder, sizeof event->holder, holder->name);
    if (event->has_token)
        text_copy(event->token, sizeof event->token, election->known.token);
    event_queue_put(&election->events, event);
}

void announce_log(struct leaderlife_election *election, int level, const char *format, ...)
{
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_LOG, .level = level};
    if (level > election->log_level)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    put(election, &event);
}

static void __attribute__((format(printf, 3, 4))) announce_notice(struct leaderlife_election *election, int status,
                                                                  const char *format, ...)
{
    struct leaderlife_event event = {
        .kind = LEADERLIFE_EVENT_NOTICE, .level = LEADERLIFE_LOG_WARNING, .status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    put(election, &event);
}

/* A failed answer is a notice when its cause is new, else a log; a watch's trouble comes as a note. */
static bool is_failure(const struct fact *fact)
{
    return fact->kind == FACT_ANSWER && (fact->outcome == OUTCOME_FORBIDDEN || fact->outcome == OUTCOME_AMBIGUOUS ||
                                         fact->outcome == OUTCOME_RETRY || fact->outcome == OUTCOME_PERMANENT);
}

void announce_fact(struct leaderlife_election *election, const struct fact *fact)
{
    bool current = fact->kind != FACT_ANSWER || fact->number == election->known.flight.number;
    if (is_failure(fact) && current) {
        text_copy(election->cause, sizeof election->cause, fact->text);
        text_copy(election->error_text, sizeof election->error_text, fact->text);
    }
    if (fact->kind == FACT_NOTE && fact->level == 0) {
        announce_notice(election, fact->status, "%s", fact->text);
    } else if (is_failure(fact) && fact->status != LEADERLIFE_OK && fact->status != election->noticed) {
        election->noticed = fact->status;
        announce_notice(election, fact->status, "%s", fact->text);
    } else {
        announce_log(election, fact->level != 0 ? fact->level : LEADERLIFE_LOG_DEBUG, "%s", fact->text);
    }
}

/* ---- State and holder ---- */

int public_state(const struct leaderlife_election *election)
{
    static const int ends[] = {[END_RESIGNED] = LEADERLIFE_STATE_RESIGNED,
                               [END_LOST] = LEADERLIFE_STATE_LOST,
                               [END_FAILED] = LEADERLIFE_STATE_FAILED,
                               [END_CLOSED] = LEADERLIFE_STATE_CLOSED};
    const struct knowledge *k = &election->known;
    if (k->end != END_NOT)
        return ends[k->end];
    if (!election->started)
        return LEADERLIFE_STATE_NEW;
    enum machine_state state = machine_state(k);
    if (state == STATE_RESIGNING)
        return LEADERLIFE_STATE_RESIGNING;
    if (state == STATE_LEADING)
        return LEADERLIFE_STATE_LEADER;
    bool before_look = state == STATE_LOOKING || (state == STATE_QUEUED && k->seat == SEAT_UNKNOWN);
    bool starting = state == STATE_IDENTIFYING || (before_look && !k->looked);
    if (starting && election->shown_state != LEADERLIFE_STATE_STANDBY) /* queued first, then looking: still standby */
        return LEADERLIFE_STATE_STARTING;
    return LEADERLIFE_STATE_STANDBY;
}

static void describe_end(struct leaderlife_election *election)
{
    const struct knowledge *k = &election->known;
    char *text = election->error_text;
    size_t size = sizeof election->error_text;
    election->end_status = election->end_status != LEADERLIFE_OK ? election->end_status : k->fault.status;
    if (k->identity == IDENTITY_GONE)
        text_format(
            text, size,
            "pod %s with UID %s is gone, has ended or has another UID, so this process %s; run it in a living pod, or "
            "correct POD_NAMESPACE, POD_NAME and POD_UID (options namespace, pod-name, pod-uid)",
            k->self.name, k->self.uid, k->end == END_LOST ? "no longer leads" : "does not campaign");
    else if (k->end == END_LOST)
        text_format(text, size, "leadership of '%s' is lost: the lock now belongs to pod %s with UID %s",
                    election->lock, k->lock.kind == LOCK_OTHER ? k->lock.owner.name : k->record.holder.name,
                    k->lock.kind == LOCK_OTHER ? k->lock.owner.uid : k->record.holder.uid);
    else
        text_copy(text, size, election->cause);
}

void announce_state(struct leaderlife_election *election)
{
    int state = public_state(election);
    if (state == election->shown_state)
        return;
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_STATE, .level = LEADERLIFE_LOG_INFO};
    election->shown_state = state;
    bool bad = state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST;
    if (bad && election->started)
        describe_end(election);
    if (bad) {
        event.status = election->end_status;
        text_copy(event.text, sizeof event.text, election->error_text);
    }
    put(election, &event);
    announce_log(election, LEADERLIFE_LOG_INFO, "lock '%s': %s", election->lock, leaderlife_state_name(state));
}

static bool same_pod(const struct pod_id *a, const struct pod_id *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || (text_equal(a->uid, b->uid) && text_equal(a->name, b->name)));
}

static void announce_holder(struct leaderlife_election *election, const struct knowledge *before)
{
    if (same_pod(machine_holder(before), machine_holder(&election->known)))
        return;
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_HOLDER, .level = LEADERLIFE_LOG_INFO};
    put(election, &event);
}

/* ---- Conditions that people should know, when they begin ---- */

/* By a pod that was asked for and lives; the moment between a lock's end and its pod's is nothing to tell. */
static bool is_barred(const struct knowledge *k)
{
    const struct pod_id *holder = k->record.kind == RECORD_OTHER ? &k->record.holder : &k->last;
    enum verdict verdict = verdict_of(k, holder->uid);
    return machine_state(k) == STATE_BARRED && (verdict == VERDICT_ALIVE || verdict == VERDICT_UNTIL);
}

static void announce_conditions(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    enum machine_state state = machine_state(k);
    if (is_barred(k) && !is_barred(before))
        announce_notice(
            election, LEADERLIFE_EBLOCKED,
            "lock '%s' is gone, but its holder, pod %s, is not known to have ended or to have given it back: "
            "nobody takes over before that pod has ended",
            election->lock, k->record.kind == RECORD_OTHER ? k->record.holder.name : k->last.name);
    if (state == STATE_LEADING && k->lock.kind == LOCK_ABSENT && k->lock.sure && !before->lock.sure)
        announce_notice(election, LEADERLIFE_EBLOCKED,
                        "lock '%s' was removed while this process leads; it still leads and puts the lock back",
                        election->lock);
    if (state == STATE_LEADING && k->lock.kind == LOCK_FOREIGN && before->lock.kind != LOCK_FOREIGN)
        announce_notice(
            election, LEADERLIFE_EBLOCKED,
            "lock '%s' is no longer as this process made it (another notice says why); it still leads, and nobody "
            "else can be elected before that is mended",
            election->lock);
    if (k->identity == IDENTITY_TERMINATING && before->identity != IDENTITY_TERMINATING)
        announce_notice(election, LEADERLIFE_OK, "this pod, %s, is terminating%s", k->self.name,
                        k->belief == BELIEF_YES ? "; it leads until it ends" : "; it does not campaign");
}

void announce_change(struct leaderlife_election *election, const struct knowledge *before)
{
    announce_state(election);
    if (election->known.wish != WISH_RESIGN && election->known.wish != WISH_CLOSE) {
        announce_holder(election, before);
        announce_conditions(election, before);
    }
    if (before->fault.kind == FAULT_RETRY && election->known.fault.kind == FAULT_NONE &&
        election->noticed != LEADERLIFE_OK) {
        election->noticed = LEADERLIFE_OK;
        announce_log(election, LEADERLIFE_LOG_INFO, "lock '%s': requests succeed again", election->lock);
    }
}
