/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the machine's writes with those of the model's process, and answers them.
 */
#include "replay_writes.h"

#include "machine/command_kind.h"
#include "machine/learn.h"
#include "replay_rules.h"

#include <string.h>

static bool asks;           /* the model writes the record, and the machine reads it first, if it may */
static bool stands;         /* the model writes again a claim that stands */
static struct command lost; /* the write whose answer was lost last; NONE: of a claim that stands */
static struct command late_record, late_lock; /* what may still come */

/* The look beside the write that elects is asked and answered after it (P1). */
static void send_now(const struct command *wanted)
{
    rules_sent(wanted);
    learn_command(&player.known, wanted, player.now, 0);
    player.looking = player.looks && wanted->kind == COMMAND_CREATE_LOCK;
    player.sends[wanted->kind]++;
}

void writes_send(const char *name)
{
    if (world.forbids && strstr(name, "record") != NULL) {
        asks = true;
        return;
    }
    struct command wanted = machine_wish();
    stands = strcmp(name, "put record") == 0 && wanted.kind != COMMAND_PUT_RECORD && follower.claims &&
             player.known.record.kind == RECORD_MINE && !follower.leads && !follower.unfit;
    if (stands)
        return;
    if (strcmp(command_name(wanted.kind), name) != 0) {
        bool claims = strcmp(name, "empty record") != 0 && strcmp(name, "delete lock") != 0;
        if (follower.unfit && claims && !follower.leads)
            machine_part("unfit");
        if (machine_is_newer() || (follower.lost && !player.over))
            machine_part("newer");
        if (command_writes_record(wanted.kind) && strcmp(name, "delete lock") == 0)
            machine_part("order");
        rules_fail("the model sends, and the machine does not:", name);
    }
    send_now(&wanted);
}

/* P8: as often as it takes until it counts. */
static void refuse(void)
{
    for (int i = 0; i < STEPS; i++) {
        machine_pump(true);
        if (player.known.flight.kind == COMMAND_GET_RECORD) {
            struct fact fact = machine_answer_to(&player.known.flight);
            fact.outcome = OUTCOME_FORBIDDEN;
            follower.refused_at = player.known.flight_at;
            machine_learns(&fact, UINT32_MAX); /* the longest waits */
            player.reads++;
        } else if (player.known.record.kind == RECORD_NONE || !machine_time_passes()) {
            break;
        }
    }
    if (player.known.record.kind != RECORD_NONE)
        rules_fail("goes on without the right to the record", "");
    player.refusals++;
    player.fresh = true;
}

/* What the server makes of the version that the machine's write is based on. */
static bool would_pass(const struct command *c)
{
    struct lock_view l = world_view_lock();
    struct record_view r = world_view_record();
    if (c->kind == COMMAND_CREATE_LOCK)
        return world.lock.owner == NOBODY;
    if (command_writes_lock(c->kind))
        return world.lock.owner != NOBODY && text_equal(c->version, l.version) && text_equal(c->uid, l.uid);
    return text_equal(c->version, r.version);
}

static enum outcome collision(enum command_kind kind)
{
    if (kind == COMMAND_CREATE_LOCK)
        return OUTCOME_EXISTS;
    return kind == COMMAND_DELETE_LOCK && world.lock.owner == NOBODY ? OUTCOME_NOT_FOUND : OUTCOME_CONFLICT;
}

/* The answer shows it as it was written; what has happened since is for the watch to show. */
static void answer_write(enum outcome outcome)
{
    struct command flight = player.known.flight;
    struct fact fact = machine_answer_to(&flight);
    struct object lock_now = world.lock, record_now = world.record;
    fact.outcome = outcome;
    if (outcome == OUTCOME_OK) {
        world.lock = player.read_lock;
        world.record = player.read_record;
        if (command_writes_record(flight.kind))
            fact.record = world_view_record();
        else if (flight.kind != COMMAND_DELETE_LOCK)
            fact.lock = world_view_lock();
        rules_answered(&flight, outcome);
        world.lock = lock_now;
        world.record = record_now;
    }
    machine_learns(&fact, 0);
    machine_pump(false);
}

void writes_judge(const char *verdict)
{
    bool good = strcmp(verdict, "OK") == 0;
    if (asks && strcmp(verdict, "FORBIDDEN") == 0) {
        refuse();
        return;
    }
    if (asks) { /* the right has come since */
        asks = false;
        struct object record_now = world.record;
        world.record = player.read_record;
        machine_pump(true);
        world.record = record_now;
        writes_send("put record");
    }
    if (stands && !good) /* and the machine does not know yet that it stands no more */
        machine_part("older");
    if (stands || strcmp(verdict, "RETRY") == 0 || would_pass(&player.known.flight) == good)
        return;
    enum command_kind kind = player.known.flight.kind;
    if (!good) /* it has read later than the model */
        machine_part("newer");
    if (!command_writes_record(kind) || follower.leads)
        rules_fail("the server takes the model's write, and the machine's has an older version:", command_name(kind));
    /* Who does not watch the record goes by what it has read of it before: it is refused, and reads again. */
    answer_write(collision(kind));
    struct command wanted = machine_wish();
    if (wanted.kind != kind || !would_pass(&wanted))
        machine_part("older");
    send_now(&wanted);
}

/* As the model's own write has left it. */
void writes_written(const char *line)
{
    (void)line;
    const struct command *c = &player.known.flight;
    if (stands)
        world_keep_record();
    else if (command_writes_record(c->kind))
        text_copy(world.record.nonce, sizeof world.record.nonce, c->nonce);
    else if (c->kind != COMMAND_DELETE_LOCK)
        text_copy(world.lock.nonce, sizeof world.lock.nonce, c->nonce);
    player.read_lock = world.lock;
    player.read_record = world.record;
}

void writes_answer(const char *verdict)
{
    enum outcome outcome = collision(player.known.flight.kind);
    if (strcmp(verdict, "OK") == 0)
        outcome = OUTCOME_OK;
    else if (strcmp(verdict, "RETRY") == 0)
        outcome = OUTCOME_RETRY;
    else if (strcmp(verdict, "LOST") == 0)
        outcome = OUTCOME_AMBIGUOUS;
    lost = player.known.flight;
    if (lost.kind == COMMAND_DELETE_LOCK && outcome != OUTCOME_OK)
        player.read_lock.version = 0; /* the machine looks again now, and the model goes on */
    if (!asks && !stands)
        answer_write(outcome);
    asks = stands = false;
}

/* What was given up may come: begin; comes: of what is now so it was the last; or never does. */
void writes_late(const char *what)
{
    bool of_record = strncmp(what, "record", 6) == 0;
    struct command *command = of_record ? &late_record : &late_lock;
    bool *comes = of_record ? &follower.late_record : &follower.late_lock;
    struct object *object = of_record ? &world.record : &world.lock;
    *comes = strstr(what, "begins") != NULL;
    if (*comes)
        *command = lost;
    else if (strstr(what, "comes") != NULL && command->kind == COMMAND_NONE)
        world_keep_record();
    else if (strstr(what, "comes") != NULL && object->owner == world.me)
        text_copy(object->nonce, sizeof object->nonce, command->nonce);
}

struct command writes_after_refusals(void)
{
    struct command wanted = machine_wish();
    for (int i = 0; i < STEPS && command_writes(wanted.kind) && !would_pass(&wanted); i++) {
        send_now(&wanted);
        answer_write(collision(wanted.kind));
        wanted = machine_wish();
    }
    return wanted;
}
