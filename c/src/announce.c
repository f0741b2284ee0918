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

void announce_notice(struct leaderlife_election *election, int status, const char *format, ...)
{
    struct leaderlife_event event = {
        .kind = LEADERLIFE_EVENT_NOTICE, .level = LEADERLIFE_LOG_WARNING, .status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event.text, sizeof event.text, format, arguments);
    va_end(arguments);
    put(election, &event);
}

/* What the answer is to; NONE for any other fact, and for an answer that nobody waits for any more. */
static enum command_kind answered(const struct leaderlife_election *election, const struct fact *fact)
{
    const struct command *command = fact->kind == FACT_ANSWER ? asked_as(&election->known, fact->number) : NULL;
    return command != NULL ? command->kind : COMMAND_NONE;
}

/* A failed answer is a notice when its cause is new, else a log; a watch's trouble comes as a note. */
static bool is_failure(const struct fact *fact)
{
    return fact->kind == FACT_ANSWER && (fact->outcome == OUTCOME_FORBIDDEN || fact->outcome == OUTCOME_AMBIGUOUS ||
                                         fact->outcome == OUTCOME_RETRY || fact->outcome == OUTCOME_PERMANENT);
}

void announce_fact(struct leaderlife_election *election, const struct fact *fact)
{
    enum command_kind kind = answered(election, fact);
    bool of_node = kind == COMMAND_GET_NODE;
    bool failed = is_failure(fact) && kind != COMMAND_NONE && !of_node; /* that is told by conditions.c */
    bool no_record = fact->outcome == OUTCOME_FORBIDDEN && is_record_command(kind);
    if (of_node)
        text_copy(election->node_cause, sizeof election->node_cause, fact->text);
    if (failed) {
        text_copy(election->cause, sizeof election->cause, fact->text);
        if (no_record && election->known.require_record)
            text_append(election->cause, sizeof election->cause,
                        ", or do without a holder record (option guard is 'required')");
        text_copy(election->error_text, sizeof election->error_text, election->cause);
    }
    if (fact->kind == FACT_NOTE && fact->foreign != FOREIGN_NOTHING) {
        keep_foreign(election, fact);
    } else if (fact->kind == FACT_NOTE && fact->level == 0) {
        announce_notice(election, fact->status, "%s", fact->text);
    } else if (failed && fact->status != LEADERLIFE_OK && fact->status != election->noticed &&
               (!no_record || election->known.require_record)) { /* else it is told when it is given up: conditions.c */
        election->noticed = fact->status;
        announce_notice(election, fact->status, "%s", election->cause);
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
    else if (k->identity == IDENTITY_ELSEWHERE)
        text_format(text, size,
                    "this process has the identity of pod %s but not its network namespace, for none of the pod's "
                    "addresses is one here: the pod's own processes and this one cannot see each other, so it does not "
                    "campaign; run it in a container of that pod (not under unshare -n or PrivateNetwork, nor with a "
                    "borrowed identity), or, if that pod's containers do not have its address, set the option "
                    "pod-network to 'any'",
                    k->self.name);
    else if (k->end == END_LOST && lock_is_strangers(k))
        text_format(text, size,
                    "leadership of '%s' is lost: another process with the identity of pod %s (UID %s) has claimed it, "
                    "and the two do not see each other: run only one, in the pod's own network namespace, and let no "
                    "program close the descriptors of this library",
                    election->lock, k->self.name, k->self.uid);
    else if (k->end == END_LOST && k->lock.kind == LOCK_OTHER)
        text_format(text, size, "leadership of '%s' is lost: the lock now belongs to pod %s with UID %s",
                    election->lock, k->lock.owner.name, k->lock.owner.uid);
    else if (k->end == END_LOST)
        text_format(text, size, "leadership of '%s' is lost: the holder record now names %s %s with UID %s",
                    election->lock, k->record.kind == RECORD_SIBLING ? "another claim of this pod," : "pod",
                    k->record.holder.name, k->record.holder.uid);
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

static void announce_holder(struct leaderlife_election *election)
{
    static const struct pod_id nobody;
    const struct pod_id *holder = holder_for_people(election);
    struct pod_id *told = &election->told_holder;
    holder = holder == NULL ? &nobody : holder;
    if (text_equal(holder->uid, told->uid) && text_equal(holder->name, told->name))
        return;
    *told = *holder;
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_HOLDER, .level = LEADERLIFE_LOG_INFO};
    put(election, &event);
}

void announce_change(struct leaderlife_election *election, const struct knowledge *before)
{
    announce_state(election);
    if (!is_giving_back(&election->known)) {
        announce_holder(election);
        announce_conditions(election, before);
        announce_nodes(election, before);
    }
    announce_guard(election, before);
    if (before->fault.kind == FAULT_RETRY && election->known.fault.kind == FAULT_NONE &&
        election->noticed != LEADERLIFE_OK) {
        election->noticed = LEADERLIFE_OK;
        announce_log(election, LEADERLIFE_LOG_INFO, "lock '%s': requests succeed again", election->lock);
    }
}
