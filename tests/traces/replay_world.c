/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the world of a model's run, and makes the views that the machine is shown of it.
 */
#include "replay_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;

void world_init(int me, const char *pods_of)
{
    world.me = me;
    world.lock.owner = world.record.owner = NOBODY;
    for (int i = 0; i < LIVES; i++)
        world.pods_of[i] = (int)strlen(pods_of) > i ? pods_of[i] - '0' : i;
    for (int i = 0; i < VERSIONS; i++)
        world.lock_owners[i] = world.record_holders[i] = NOBODY;
}

bool world_read(const char *line)
{
    int index, state, flag;
    struct object o = {.owner = NOBODY};
    if (sscanf(line, "lock %d %d %d %d", &o.owner, &flag, &o.version, &o.number) == 4) {
        o.orphaned = flag != 0;
        text_copy(o.nonce, sizeof o.nonce, world.lock.nonce);
        world.lock = o;
        world.lock_owners[o.version % VERSIONS] = o.owner;
    } else if (sscanf(line, "record %d %d %d", &o.owner, &o.version, &flag) == 3) {
        o.empty = flag != 0;
        text_copy(o.nonce, sizeof o.nonce, world.record.nonce);
        o.version %= VERSIONS;
        if (world.kept[o.version] != 0)
            o.version = world.kept[o.version];
        if (o.version != world.record.version)
            world.record_before = world.record;
        world.record = o;
        world.record_holders[o.version] = o.owner;
    } else if (sscanf(line, "pod %d %d", &index, &state) == 2) {
        world.pods[index] = (enum pod_state)state;
    } else if (sscanf(line, "forbids %d", &flag) == 1) {
        world.forbids = flag != 0;
    } else {
        return false;
    }
    return true;
}

void world_keep_record(void)
{
    world.kept[world.record.version] = world.record_before.version;
    world.record = world.record_before;
}

bool world_is_dead(int life)
{
    return life == NOBODY || world.pods[world.pods_of[life]] == GONE;
}

bool world_is_of_my_pod(int life)
{
    return life != NOBODY && world.pods_of[life] == world.pods_of[world.me];
}

static int who(const int *table, const char *version)
{
    int number = atoi(version);
    return number >= 0 && number < VERSIONS ? table[number] : NOBODY;
}

int world_lock_owner(const char *version)
{
    return who(world.lock_owners, version);
}

int world_record_holder(const char *version)
{
    return who(world.record_holders, version);
}

struct pod_id world_pod_id(int life)
{
    struct pod_id id = {.name = ""};
    text_format(id.name, sizeof id.name, "pod-%d", world.pods_of[life]);
    text_format(id.uid, sizeof id.uid, "uid-%d", world.pods_of[life]);
    return id;
}

static void tell_nonce(char nonce[TEXT_NONCE], const struct object *object)
{
    if (object->owner == world.me)
        text_copy(nonce, TEXT_NONCE, object->nonce);
    else
        text_format(nonce, TEXT_NONCE, "life-%d.1", object->owner);
}

struct lock_view world_view_lock(void)
{
    const struct object *lock = &world.lock;
    struct lock_view view = {.kind = LOCK_VIEW_ABSENT};
    text_format(view.version, sizeof view.version, "%d", lock->version);
    if (lock->owner == NOBODY)
        return view;
    view.kind = LOCK_VIEW_OWNED;
    view.guarded = true;
    view.orphaned = lock->orphaned;
    view.owner = world_pod_id(lock->owner);
    tell_nonce(view.nonce, lock);
    text_format(view.uid, sizeof view.uid, "lock-%d", lock->number);
    return view;
}

struct record_view world_view_record(void)
{
    const struct object *record = &world.record;
    struct record_view view = {.kind = RECORD_VIEW_ABSENT};
    if (record->owner == NOBODY && !record->empty)
        return view;
    text_copy(view.uid, sizeof view.uid, "record");
    text_format(view.version, sizeof view.version, "%d", record->version);
    view.term = 1;
    view.kind = record->empty ? RECORD_VIEW_EMPTY : RECORD_VIEW_HELD;
    if (record->empty)
        return view;
    view.holder = world_pod_id(record->owner);
    tell_nonce(view.nonce, record);
    return view;
}

struct pod_view world_view_pod(const char *uid)
{
    enum pod_state state = world.pods[atoi(uid + strlen("uid-"))];
    struct pod_view view = {.sign = state == GONE ? POD_DEAD : POD_ALIVE};
    view.terminating = state == TERMINATING;
    view.grace_ms = 30000;
    text_copy(view.uid, sizeof view.uid, uid);
    return view;
}
