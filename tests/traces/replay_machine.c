/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives the machine of a process that is played: its questions, its watches, its time.
 */
#include "replay_machine.h"

#include "machine/command_kind.h"
#include "machine/learn.h"
#include "replay_rules.h"

#include <stdio.h>
#include <stdlib.h>

struct player player = {.now = 1000000};

void machine_part(const char *why)
{
    printf("end %s reads %d beliefs %d judged %d losses %d refusals %d", why, player.reads, player.beliefs,
           follower.judged, player.over, player.refusals);
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        if (command_writes((enum command_kind)kind))
            printf(" %s %d", command_name((enum command_kind)kind), player.sends[kind]);
    }
    printf("\n");
    exit(0);
}

static bool same(const struct object *a, const struct object *b)
{
    return a->owner == b->owner && a->version == b->version;
}

bool machine_is_newer(void)
{
    return !same(&world.lock, &player.read_lock) || !same(&world.record, &player.read_record);
}

/* ---- Facts ---- */

void machine_learns(const struct fact *fact, uint32_t random)
{
    learn_fact(&player.known, fact, player.now, random);
}

struct fact machine_answer_to(const struct command *command)
{
    return (struct fact){
        .kind = FACT_ANSWER, .number = command->number, .sent = command->number, .outcome = OUTCOME_OK};
}

static void answer_read(void)
{
    struct fact fact = machine_answer_to(&player.known.flight);
    switch (player.known.flight.kind) {
    case COMMAND_IDENTIFY: fact.self = world_pod_id(world.me); break;
    case COMMAND_GET_LOCK:
        fact.lock = world_view_lock();
        rules_shown_lock();
        break;
    case COMMAND_GET_RECORD:
        fact.record = world_view_record();
        rules_shown_record();
        break;
    case COMMAND_GET_POD: fact.pod = world_view_pod(player.known.flight.pod.uid); break;
    case COMMAND_TAKE_SEAT: fact.seat = SEAT_MINE; break;
    default: break;
    }
    machine_learns(&fact, 0);
    player.reads++;
}

static void answer_question(void)
{
    struct fact fact = machine_answer_to(&player.known.question);
    fact.pod = world_view_pod(world_pod_id(world.me).uid);
    rules_shown_own_pod(player.known.question.number);
    machine_learns(&fact, 0);
    player.reads++;
}

/* ---- Driving ---- */

static bool is_held(enum command_kind kind, bool answer_all)
{
    bool of_model = kind == COMMAND_GET_LOCK || kind == COMMAND_GET_RECORD;
    return command_writes(kind) || (of_model && !answer_all) || (kind == COMMAND_GET_RECORD && world.forbids);
}

struct command machine_pump(bool answer_all)
{
    struct decision d;
    for (int i = 0; i < STEPS; i++) {
        if (player.known.flight.kind != COMMAND_NONE && !is_held(player.known.flight.kind, answer_all)) {
            answer_read();
            continue;
        }
        if (player.known.question.kind != COMMAND_NONE && !player.looking) {
            answer_question();
            continue;
        }
        rules_judge_belief(&player.known);
        decide(&player.known, player.now, &d);
        rules_judge(&player.known, &d.command, player.now);
        struct command command = d.command, question = d.question;
        bool sent = false;
        if (command.kind != COMMAND_NONE && !command_writes(command.kind)) {
            learn_command(&player.known, &command, player.now, 0);
            sent = true;
        }
        if (question.kind != COMMAND_NONE && (sent || command.kind == COMMAND_NONE)) {
            learn_question(&player.known, &question, player.now);
            sent = true;
        }
        if (!sent)
            return d.command;
    }
    rules_fail("asks without end", "");
    return d.command;
}

bool machine_time_passes(void)
{
    struct decision d;
    decide(&player.known, player.now, &d);
    bool record = follower.late_record && d.deadline >= player.known.record_writes.quiet_at;
    bool lock = follower.late_lock && d.deadline >= player.known.lock_writes.quiet_at;
    bool ages = player.fresh && d.deadline > follower.refused_at + UNGUARDED_MS;
    if (d.deadline > player.now + WAIT_MS || record || lock || ages)
        return false;
    player.now = d.deadline > player.now ? d.deadline : player.now + 1;
    return true;
}

struct command machine_wish(void)
{
    struct command wanted = machine_pump(true);
    for (int i = 0; i < STEPS && wanted.kind == COMMAND_NONE && machine_time_passes(); i++)
        wanted = machine_pump(true);
    return wanted;
}

void machine_show(bool of_lock)
{
    struct decision d;
    decide(&player.known, player.now, &d);
    if ((d.watches & WATCH_OWN) != 0 && (!player.looks || player.told)) {
        rules_shown_own_pod(0);
        machine_learns(&(struct fact){.kind = FACT_OWN_POD, .pod = world_view_pod(world_pod_id(world.me).uid)}, 0);
    }
    if ((d.watches & WATCH_POD) != 0)
        machine_learns(&(struct fact){.kind = FACT_POD, .pod = world_view_pod(d.pod.uid)}, 0);
    if (of_lock && (d.watches & WATCH_LOCK) != 0) {
        rules_shown_lock();
        machine_learns(&(struct fact){.kind = FACT_LOCK, .lock = world_view_lock()}, 0);
    }
    if (!of_lock && (d.watches & WATCH_RECORD) != 0 && !world.forbids) {
        rules_shown_record();
        machine_learns(&(struct fact){.kind = FACT_RECORD, .record = world_view_record()}, 0);
    }
    enum command_kind asked = of_lock ? COMMAND_GET_LOCK : COMMAND_GET_RECORD;
    if (player.known.flight.kind == asked && !is_held(asked, true))
        answer_read();
    machine_pump(false);
}
