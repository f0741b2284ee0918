/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays one process of a run of a model of tests/model on the machine: what the model's process is told goes in as
 * facts, and the machine must send what it sends, on the version that it has read, and believe when it does.
 * replay_model.py makes the runs and writes the lines that are read here; replay_rules.h judges whatever the machine
 * wants and believes at any moment, whether it is sent or not.
 *
 * The abstraction, and all of it:
 * - World: lock, record, pods and rights are the model's, with the version that each of its writes makes.
 * - A process of the model that waits goes by what is so: the machine's watches show each change then, and its
 *   questions are answered.
 * - When the model's process reads the lock or the record, the machine's watch shows that object, if it is open, and
 *   its question for it is answered. Its other questions (pods, seat; own pod, unless the model looks at it itself) are
 *   answered at once with what is so then. What is still asked for when the model sends is answered with what is so
 *   then.
 * - The backend is as slow as the model: a write that the machine wants leaves when the model's process sends. Until
 *   then it is decided anew. Time passes only where the machine waits for it, and never so far that a write which the
 *   model has given up could not come any more (P10), or that a refusal ages which is fresh in the model (P8).
 * - Where the model's record write is refused, the machine's reading of the record is, as often as it takes to count.
 * - A claim that stands need not be written again (P3): where the model does, the machine's is taken for that.
 * - The model may do what the machine leaves. The comparison ends there, and the end is counted, in these cases only:
 *   "unfit": the own pod is not good before this process leads (P2: the machine claims no more);
 *   "newer": an object that the model has read, and goes by, is another by now, and the machine knows it;
 *   "older": who does not watch the record goes by what it has read of it before. The server refuses that write, for
 *   its version; and having read the record again, the machine wants something else;
 *   "order": the model releases or removes its lock first, and the machine its record.
 *   A write that the machine wants instead is judged by the rules all the same.
 */
#include "machine/command_kind.h"
#include "machine/learn.h"
#include "replay_rules.h"
#include "replay_writes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void look(const char *line)
{
    (void)line;
    if (player.known.fault.kind == FAULT_RETRY) /* the backoff after a failure */
        machine_time_passes();
    machine_show(true);
    machine_show(false);
    machine_pump(true);
}

static void elect(const char *line)
{
    (void)line;
    for (int i = 0; i < STEPS && player.known.belief != BELIEF_YES; i++) {
        struct command wanted = machine_pump(true);
        if (!command_writes(wanted.kind))
            rules_fail("is not elected at the start", command_name(wanted.kind));
        rules_sent(&wanted);
        learn_command(&player.known, &wanted, player.now, 0);
        bool of_record = command_writes_record(wanted.kind);
        world_read(of_record ? "record 0 1 0" : "lock 0 0 2 1");
        writes_written("");
        writes_answer("OK");
        machine_pump(true);
    }
    follower.leads = true;
    rules_judge_belief(&player.known);
}

static void read_object(const char *name)
{
    bool of_lock = strcmp(name, "lock") == 0;
    if (of_lock)
        player.read_lock = world.lock;
    else
        player.read_record = world.record;
    machine_show(of_lock);
}

static void believe(const char *line)
{
    (void)line;
    machine_pump(true);
    if (player.known.belief != BELIEF_YES && follower.unfit)
        machine_part("unfit");
    if (player.known.belief != BELIEF_YES)
        rules_fail("the model believes, and the machine does not", "");
    follower.leads = true;
    player.beliefs++;
}

/* The model shows it: its watch does, once told; and the look beside the write that elects, once it has looked. */
static void own_pod(const char *what)
{
    if (strcmp(what, "held") == 0) {
        player.looks = true;
    } else if (strcmp(what, "told") == 0) {
        player.told = true;
        machine_show(true);
    } else {
        machine_pump(false);
        player.looking = false;
        machine_pump(false);
    }
}

static void lose(const char *line)
{
    (void)line;
    struct command wanted = machine_wish();
    if (player.known.end != END_LOST && machine_is_newer())
        machine_part("newer");
    if (player.known.end != END_LOST)
        rules_fail("the model is lost, and the machine is not, and wants:", command_name(wanted.kind));
    player.over = true;
}

static void resign(const char *line)
{
    (void)line;
    follower.releases = true;
    follower.leads = false;
    machine_learns(&(struct fact){.kind = FACT_WISH, .wish = WISH_RESIGN}, 0);
    machine_pump(false);
}

static void closed(const char *line)
{
    (void)line;
    struct command wanted = writes_after_refusals();
    if (player.known.end != END_RESIGNED)
        rules_fail("the model is through, and the machine is not, and wants:", command_name(wanted.kind));
    machine_part("closed");
}

/* P8 */
static void age(const char *line)
{
    (void)line;
    player.fresh = false;
    if (player.now <= follower.refused_at + UNGUARDED_MS)
        player.now = follower.refused_at + UNGUARDED_MS + 1;
}

static void end(const char *line)
{
    (void)line;
    machine_part("ended");
}

static const struct line {
    const char *begin;
    void (*play)(const char *rest);
} lines[] = {
    {"look", look},
    {"read ", read_object},
    {"send ", writes_send},
    {"judge ", writes_judge},
    {"written", writes_written},
    {"answer ", writes_answer},
    {"elect", elect},
    {"believes", believe},
    {"own pod ", own_pod},
    {"ended", end},
    {"ages", age},
    {"lost", lose},
    {"resign", resign},
    {"closed", closed},
    {"late ", writes_late},
};

static void step(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (world_read(line))
        return;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t length = strlen(lines[i].begin);
        if (strncmp(line, lines[i].begin, length) == 0) {
            lines[i].play(line + length);
            return;
        }
    }
    rules_fail("what is", line);
}

int main(int count, char **words)
{
    char line[200];
    world_init(count > 1 ? atoi(words[1]) : 0, count > 2 ? words[2] : "");
    player.read_lock = world.lock;
    player.read_record = world.record;
    knowledge_init(
        &player.known,
        &(struct machine_setup){
            .life = "life", .wish = WISH_CAMPAIGN, .late_writes = true, .records = true, .elsewhere_ms = 60000});
    while (fgets(line, sizeof line, stdin) != NULL) {
        rules_line++;
        step(line);
    }
    machine_part("whole");
    return 0;
}
