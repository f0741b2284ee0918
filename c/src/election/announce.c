/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what is known before and after a fact, and emits an event for each change: state, holder, notices, logs.
 * Each is told once, when it begins. It only reads knowledge.
 */
#include "election/announce.h"

#include "election/emit.h"
#include "election/end_text.h"
#include "election/foreign_notices.h"
#include "election/holder_history.h"
#include "election/notices.h"
#include "election/public_state.h"
#include "machine/command_kind.h"

/* What the answer is to; NONE for any other fact, and for an answer that nobody waits for any more. */
static enum command_kind answered(const struct leaderlife_election *election, const struct fact *fact)
{
    const struct command *command =
        fact->kind == FACT_ANSWER ? knowledge_asked_as(&election->known, fact->number) : NULL;
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
    bool failed = is_failure(fact) && kind != COMMAND_NONE && !of_node; /* notices.c tells of nodes */
    bool no_record = fact->outcome == OUTCOME_FORBIDDEN && command_is_of_record(kind);
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
        foreign_notice_keep(election, fact);
    } else if (fact->kind == FACT_NOTE && fact->level == 0) {
        emit_notice(election, fact->status, "%s", fact->text);
    } else if (failed && fact->status != LEADERLIFE_OK && fact->status != election->noticed &&
               (!no_record || election->known.require_record)) { /* else notices.c tells it, when it is given up */
        election->noticed = fact->status;
        emit_notice(election, fact->status, "%s", election->cause);
    } else {
        emit_log(election, fact->level != 0 ? fact->level : LEADERLIFE_LOG_DEBUG, "%s", fact->text);
    }
}

/* ---- State and holder ---- */

void announce_state(struct leaderlife_election *election)
{
    int state = public_state(election);
    if (state == election->shown_state)
        return;
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_STATE, .level = LEADERLIFE_LOG_INFO};
    election->shown_state = state;
    bool bad = state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST;
    if (bad && election->started)
        end_text_set(election);
    if (bad) {
        event.status = election->end_status;
        text_copy(election->end_text, sizeof election->end_text, election->error_text);
        text_copy(event.text, sizeof event.text, election->end_text);
    }
    emit(election, &event);
    emit_log(election, LEADERLIFE_LOG_INFO, "lock '%s': %s", election->lock, leaderlife_state_name(state));
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
    emit(election, &event);
}

void announce_change(struct leaderlife_election *election, const struct knowledge *before)
{
    announce_state(election);
    if (!knowledge_is_releasing(&election->known)) {
        announce_holder(election);
        notices_of_conditions(election, before);
        notices_of_nodes(election, before);
    }
    notices_of_guard(election, before);
    if (before->fault.kind == FAULT_RETRY && election->known.fault.kind == FAULT_NONE &&
        election->noticed != LEADERLIFE_OK) {
        election->noticed = LEADERLIFE_OK;
        emit_log(election, LEADERLIFE_LOG_INFO, "lock '%s': requests succeed again", election->lock);
    }
}
