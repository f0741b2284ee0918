/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of an election: bytes move, answers and watches become facts, the machine decides, the backend carries
 * out, and what changed becomes events.
 */
#include "election/loop.h"

#include "base/random.h"
#include "election/announce.h"
#include "election/descriptors.h"
#include "election/emit.h"
#include "election/foreign_notices.h"
#include "election/holder_history.h"
#include "election/notices.h"
#include "machine/command_kind.h"
#include "machine/decide.h"
#include "machine/leadership.h"
#include "machine/learn.h"
#include "machine/state_table.h"

enum { ROUNDS_MAX = 64 /* of facts and commands in one step, so that no fault can keep the caller in here */ };

void election_learn(struct leaderlife_election *election, const struct fact *fact)
{
    struct knowledge before = election->known;
    if (fact->text[0] != '\0' || fact->kind == FACT_NOTE)
        announce_fact(election, fact);
    learn_fact(&election->known, fact, clock_now(), random_number());
    announce_change(election, &before);
    holder_history_learn(election, &before, fact);
}

/* The command first: P1 counts a look at the own pod that was sent after it. */
static void carry_out(struct leaderlife_election *election, const struct decision *decision)
{
    const char *state = machine_rows[decision->state].name;
    if (decision->command.kind != COMMAND_NONE) {
        emit_log(election, LEADERLIFE_LOG_DEBUG, "%s: %s", state, command_name(decision->command.kind));
        learn_command(&election->known, &decision->command, clock_now(), random_number());
        election->ops->submit(election->backend, &decision->command);
    }
    if (decision->question.kind != COMMAND_NONE) {
        emit_log(election, LEADERLIFE_LOG_DEBUG, "%s: %s", state, command_name(decision->question.kind));
        learn_question(&election->known, &decision->question, clock_now());
        election->ops->submit(election->backend, &decision->question);
    }
}

/* False when there is nothing more to do now. */
static bool round_of_facts(struct leaderlife_election *election)
{
    struct fact fact;
    struct decision decision;
    bool learned = false;
    while (election->ops->next_fact(election->backend, &fact)) {
        election_learn(election, &fact);
        learned = true;
    }
    if (leadership_is_rehearsal_due(&election->known, clock_now())) {
        fact = (struct fact){.kind = FACT_TIME};
        election_learn(election, &fact);
    }
    decide(&election->known, clock_now(), &decision);
    election->ops->want(election->backend, decision.watches, &decision.pod);
    carry_out(election, &decision);
    int64_t told = clock_earlier(notices_of_waiting(election, clock_now()), foreign_notice_tell(election, clock_now()));
    int64_t later = clock_earlier(election->ops->deadline(election->backend), told);
    election->deadline = clock_earlier(decision.deadline, later);
    return learned || decision.command.kind != COMMAND_NONE || decision.question.kind != COMMAND_NONE;
}

void election_step(struct leaderlife_election *election)
{
    election_check_descriptors(election);
    bool worked = reactor_poll(&election->reactor) > 0;
    election->driven = true;
    for (int round = 0; election->backend != NULL; round++) {
        if (election->known.end == END_CLOSED) {
            election_drop_backend(election);
        } else if (round == ROUNDS_MAX) {
            election->deadline = 0; /* the rest at the next call */
            break;
        } else if (!round_of_facts(election)) {
            break;
        }
        worked = true;
    }
    if (worked)
        election->counters.wakeups++;
}

void election_arm(struct leaderlife_election *election, bool hot)
{
    bool now = hot && (election->events.first != NULL || !election->driven);
    reactor_arm(&election->reactor, now ? 0 : election->deadline);
}

int leaderlife_election_process(leaderlife_election *election)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    if (election->exec_ready)
        status = election_fail(election, LEADERLIFE_ESTATE, "after prepare_exec only free is allowed");
    else if (!election->started && election->known.end == END_NOT)
        status = election_fail(election, LEADERLIFE_ESTATE, "the election has not been started");
    else
        election_step(election);
    election_arm(election, true);
    election_leave(election);
    return status;
}

leaderlife_event *leaderlife_election_pop_event(leaderlife_election *election)
{
    if (election_enter(election) != LEADERLIFE_OK)
        return NULL;
    struct leaderlife_event *event = event_queue_pop(&election->events);
    if (event != NULL && election->events.first == NULL)
        election_arm(election, true);
    election_leave(election);
    return event;
}
