/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges what the machine wants and believes by the rules of docs/protocol.md.
 */
#include "replay_rules.h"

#include "machine/command_kind.h"
#include "replay_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct follower follower = {.met = NOBODY};
int rules_line;

void rules_fail(const char *what, const char *detail)
{
    printf("FAIL line %d, process %d: %s %s\n", rules_line, world.me, what, detail);
    exit(1);
}

/* ---- What was sent, answered and shown ---- */

static bool takes_lock(const struct command *command)
{
    return command->kind == COMMAND_CREATE_LOCK || command->kind == COMMAND_PUT_LOCK;
}

void rules_sent(const struct command *command)
{
    if (command_writes_record(command->kind)) {
        follower.claims = follower.claims && follower.leads;
        text_copy(follower.nonce, sizeof follower.nonce, command->nonce);
    }
    if (command->kind == COMMAND_PUT_RECORD && !follower.leads)
        follower.lock_taken = false;
    if (command->kind == COMMAND_DELETE_LOCK)
        text_copy(follower.deleted, sizeof follower.deleted, command->uid);
    if (!takes_lock(command))
        return;
    follower.wrote = command->number;
    follower.looked = false;
    follower.good = world.pods[world.pods_of[world.me]] == GOOD;
}

/* P3b: a claim for the own pod that another life made after the own one was confirmed. */
static bool is_strangers(int holder, const char *version)
{
    return holder != world.me && world_is_of_my_pod(holder) && follower.claimed != 0 &&
           atoi(version) > follower.claimed;
}

static void claim(int version)
{
    follower.claims = true;
    if (follower.claimed == 0)
        follower.claimed = version;
}

void rules_answered(const struct command *command, enum outcome outcome)
{
    if (outcome == OUTCOME_OK && command->kind == COMMAND_PUT_RECORD)
        claim(world.record.version);
    else if (outcome == OUTCOME_OK && takes_lock(command))
        follower.lock_taken = true;
}

void rules_shown_lock(void)
{
    bool others = world.lock.owner != NOBODY && !world_is_of_my_pod(world.lock.owner);
    if (others)
        follower.met = world.lock.owner;
}

void rules_shown_record(void)
{
    follower.claims =
        world.record.owner == world.me && follower.nonce[0] != '\0' && text_equal(world.record.nonce, follower.nonce);
    if (follower.claims)
        claim(world.record.version);
    char version[TEXT_VERSION];
    text_format(version, sizeof version, "%d", world.record.version);
    follower.stranger = follower.stranger || is_strangers(world.record.owner, version);
    if (world.record.owner != follower.met)
        follower.met = NOBODY;
}

void rules_shown_own_pod(unsigned number)
{
    bool good = world.pods[world.pods_of[world.me]] == GOOD;
    follower.unfit = !good;
    follower.looked = follower.looked || (good && number > follower.wrote);
}

/* ---- What it wants ---- */

static bool gives_back(void)
{
    return follower.releases || follower.lost || (follower.unfit && !follower.leads);
}

static bool is_others(int life)
{
    return !world_is_dead(life) && !world_is_of_my_pod(life);
}

/* P3, P7, P9: over nobody, itself and the dead; while the lock that it knows is nobody's, its own or of the dead. */
static bool may_put_record(const struct knowledge *k, const struct command *wish)
{
    int holder = world_record_holder(wish->version);
    bool others_lock = !follower.leads && k->lock.kind != LOCK_ABSENT && is_others(world_lock_owner(k->lock.version));
    if (wish->version[0] == '\0' && k->record.kind != RECORD_ABSENT)
        return false; /* P0: without the version that was judged */
    return !gives_back() && !others_lock && !is_others(holder) && !is_strangers(holder, wish->version);
}

/* P3b, P10, P2: its own, where it neither leads nor is about to. */
static bool may_empty_record(const struct knowledge *k, const struct command *wish)
{
    int holder = world_record_holder(wish->version);
    bool idle = gives_back() || is_others(world_lock_owner(k->lock.version));
    bool own = world_is_of_my_pod(holder) && !is_strangers(holder, wish->version);
    bool absent = holder == NOBODY && gives_back();
    return !follower.leads && idle && (own || absent);
}

/* P7: the dead's, after its own record write. P3b, P10, P2: its own, where it neither leads nor is about to. */
static bool may_delete_lock(const struct knowledge *k, const struct command *wish)
{
    int owner = world_lock_owner(wish->version);
    if (follower.leads || wish->version[0] == '\0' || owner == NOBODY)
        return false;
    if (!world_is_of_my_pod(owner))
        return follower.claims && world_is_dead(owner) && !gives_back();
    bool waits = is_others(world_record_holder(k->record.version)) || text_equal(follower.deleted, wish->uid);
    return (owner == world.me || !follower.stranger) && (gives_back() || waits);
}

/* P1, P9: after its own record write. P8: or on a refusal that is fresh, where no live holder was seen. */
static bool may_create_lock(const struct command *wish, int64_t now)
{
    bool fresh = follower.refused_at != 0 && now <= follower.refused_at + UNGUARDED_MS;
    if (gives_back())
        return false;
    if (wish->guarded)
        return follower.leads || follower.claims;
    return follower.leads || (fresh && world_is_dead(follower.met));
}

/* P14: as its leader. P1: or as the next life of its pod, after its own record write. */
static bool may_put_lock(const struct command *wish)
{
    return world_is_of_my_pod(world_lock_owner(wish->version)) && !gives_back() &&
           (follower.leads || (follower.claims && !text_equal(follower.deleted, wish->uid)));
}

/* P10: it is through, or gives its seat up. P3b: a lock is the stranger's whose claim the record is. */
static void judge_release(void)
{
    bool comes = follower.late_record || follower.late_lock;
    bool strangers = world.record.owner != world.me && world_is_of_my_pod(world.record.owner);
    bool holds = (world.lock.owner == world.me && !strangers) || world.record.owner == world.me;
    if (comes || holds)
        rules_fail("is through, and", comes ? "a write may still come" : "lock or record is its own");
}

void rules_judge(const struct knowledge *k, const struct command *wish, int64_t now)
{
    bool good = false;
    if (wish->kind == COMMAND_RELEASE_SEAT)
        judge_release();
    if (!command_writes(wish->kind))
        return;
    follower.judged++;
    switch (wish->kind) {
    case COMMAND_PUT_RECORD: good = may_put_record(k, wish); break;
    case COMMAND_EMPTY_RECORD: good = may_empty_record(k, wish); break;
    case COMMAND_DELETE_LOCK: good = may_delete_lock(k, wish); break;
    case COMMAND_CREATE_LOCK: good = may_create_lock(wish, now); break;
    case COMMAND_PUT_LOCK: good = may_put_lock(wish); break;
    default: break;
    }
    if (!good)
        rules_fail("the rules forbid:", command_name(wish->kind));
}

/* ---- What it believes ---- */

/* P9, P3b: the lock is another pod's, or the record another life's. */
static bool has_lost(void)
{
    bool lock = world.lock.owner != NOBODY && !world_is_of_my_pod(world.lock.owner);
    bool record = world.record.owner != NOBODY && world.record.owner != world.me;
    return lock || record || world_is_dead(world.me);
}

void rules_judge_belief(const struct knowledge *k)
{
    bool believes = k->belief == BELIEF_YES;
    if (believes && (follower.releases || follower.lost))
        rules_fail("believes still", "");
    if (believes && !follower.leads && !(follower.lock_taken && follower.looked && follower.good))
        rules_fail("believes too early", "");
    if (k->end == END_LOST && !follower.lost && !follower.releases) {
        if (!has_lost())
            rules_fail("takes for lost what is its own", "");
        follower.lost = true;
        follower.leads = false;
    }
    if (follower.leads && !believes)
        rules_fail("no longer believes", "");
    if (k->end == END_RESIGNED)
        judge_release();
}
