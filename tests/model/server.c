/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated API server: one version counter for everything, compare-and-swap, watches that are told of each change
 * in order and late, requests that are slow, refused, lost or committed late, and the garbage collector. It does not
 * know what candidates make of it.
 */
#include "machine/command_kind.h"
#include "world.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_MS = 15000,
    SERVER_MS = 10000 /* every write asks for timeout=10s (P10) */,
    LATE_MS = 55000,
    WATCH_EVENTS = 1000
};

int uid_number(const char *text)
{
    return text[0] == 'u' ? atoi(text + 1) : 0;
}

struct pod *pod_by_uid(struct world *w, int uid)
{
    for (int i = 0; uid != 0 && i < w->pod_count; i++) {
        if (w->pods[i].object.uid == uid)
            return &w->pods[i];
    }
    return NULL;
}

void pod_id_of(const struct world *w, int uid, struct pod_id *ret)
{
    memset(ret, 0, sizeof *ret);
    text_format(ret->uid, sizeof ret->uid, "u%d", uid);
    for (int i = 0; i < w->pod_count; i++) {
        if (w->pods[i].object.uid == uid)
            text_format(ret->name, sizeof ret->name, "pod-%d", w->pods[i].object.name);
    }
}

static bool pod_lives(struct world *w, int uid)
{
    struct pod *pod = pod_by_uid(w, uid);
    return pod != NULL && pod->object.exists;
}

/* ---- Watches ---- */

static int64_t watch_lag(struct world *w)
{
    if (w->calm || w->lag == 0)
        return between(w, "lag", 1, 5);
    if (w->lag == 1)
        return between(w, "lag", 1, 400);
    return chance(w, "far", 30) ? between(w, "lag", 1000, 60000) : between(w, "lag", 1, 50);
}

static void send_event(struct world *w, int process, int watch, struct item *item)
{
    struct watch_state *state = &w->processes[process].watches[watch];
    struct scope before =
        choice_begin(w, SCOPE_WATCH, w->processes[process].id, WATCH_EVENTS * watch + state->events++);
    int64_t at = w->now + watch_lag(w);
    choice_end(w, &before);
    if (at < state->last_at)
        at = state->last_at; /* in order */
    state->last_at = at;
    item->generation = state->generation;
    push(w, at, EVENT_DELIVER, process, 0)->item = *item;
}

static void broadcast(struct world *w, enum item_kind kind, const struct object *object)
{
    for (int i = 0; i < w->process_count; i++) {
        struct watch_state *state = &w->processes[i].watches[kind];
        if (!w->processes[i].alive || !state->open)
            continue;
        if ((kind == ITEM_POD || kind == ITEM_OWN) && state->name != object->name)
            continue;
        struct item item = {.kind = kind, .object = *object, .target = state->target};
        send_event(w, i, (int)kind, &item);
    }
}

static const struct object *pod_named(struct world *w, int name)
{
    const struct object *found = NULL;
    for (int i = 0; i < w->pod_count; i++) {
        if (w->pods[i].object.name == name && (found == NULL || w->pods[i].object.exists))
            found = &w->pods[i].object;
    }
    return found;
}

/* A watch begins, or begins anew after a gap: what is there now. */
void server_snapshot(struct world *w, int process, int watch, unsigned generation, bool gap)
{
    struct watch_state *state = &w->processes[process].watches[watch];
    struct item item = {.kind = (enum item_kind)watch, .gap = gap, .initial = true, .target = state->target};
    if (!w->processes[process].alive || !state->wanted || state->generation != generation)
        return;
    if (w->now < w->outage_until) {
        struct event *again = push(w, w->outage_until + between(w, "again", 1, 3000), EVENT_SNAPSHOT, process, watch);
        again->generation = generation;
        again->item.gap = gap;
        return;
    }
    state->open = true;
    if (watch == ITEM_LOCK)
        item.object = w->lock;
    else if (watch == ITEM_RECORD)
        item.object = w->record;
    else if (pod_named(w, state->name) != NULL)
        item.object = *pod_named(w, state->name);
    if (!item.object.exists)
        item.object.version = w->version; /* that of the list */
    send_event(w, process, watch, &item);
}

void server_lock_changed(struct world *w)
{
    w->lock.version = ++w->version;
    trace(w, "lock is now %s u%d of u%d nonce '%s' v%lld",
          !w->lock.exists   ? "absent"
          : w->lock.foreign ? "foreign"
                            : "owned",
          w->lock.uid, w->lock.holder, w->lock.nonce, (long long)w->version);
    broadcast(w, ITEM_LOCK, &w->lock);
    struct pod *pod = pod_by_uid(w, w->lock.holder);
    if (w->lock.exists && !w->lock.foreign && (pod == NULL || !pod->object.exists || pod->foreground))
        push(w, w->now + between(w, "collect", 5, 40), EVENT_GC, w->lock.uid, 0);
}

static void record_changed(struct world *w)
{
    w->record.version = ++w->version;
    if (w->record.exists && w->record.holder != 0 && w->record.holder != w->lock.holder)
        w->claimed_at = w->now;
    trace(w, "record is now %s of u%d nonce '%s' v%lld", w->record.exists ? "there" : "absent", w->record.holder,
          w->record.nonce, (long long)w->version);
    broadcast(w, ITEM_RECORD, &w->record);
}

void server_pod_changed(struct world *w, int pod)
{
    struct object *object = &w->pods[pod].object;
    object->version = ++w->version;
    trace(w, "pod u%d pod-%d:%s%s%s%s%s", object->uid, object->name, object->exists ? " there" : " gone",
          object->terminating ? " terminating" : "", object->terminal ? " terminal" : "",
          object->statuses ? " statuses" : "", object->running ? " running" : "");
    for (int kind = ITEM_POD; kind <= ITEM_OWN; kind++)
        broadcast(w, (enum item_kind)kind, object);
    if (!object->exists && w->lock.exists && w->lock.holder == object->uid)
        push(w, w->now + between(w, "collect", 5, chance(w, "slow", 300) ? 20000 : 40), EVENT_GC, w->lock.uid, 0);
}

void server_delete_lock(struct world *w, const char *who)
{
    trace(w, "%s deletes the lock", who);
    w->lock.exists = false;
    server_lock_changed(w);
}

void server_delete_record(struct world *w)
{
    trace(w, "the record is deleted by hand");
    w->record.exists = false;
    record_changed(w);
}

/* P14: the collector does so to what a pod leaves behind that is deleted with --cascade=orphan; a hand may. */
void server_orphan_lock(struct world *w, const char *who)
{
    trace(w, "%s takes the lock's owner away", who);
    w->lock.orphaned = true;
    server_lock_changed(w);
}

void server_put_foreign(struct world *w, bool record)
{
    struct object foreign = {.exists = true, .foreign = true, .uid = ++w->uids};
    trace(w, "a foreign %s appears", record ? "record" : "lock");
    if (record) {
        w->record = foreign;
        record_changed(w);
    } else {
        w->lock = foreign;
        server_lock_changed(w);
    }
}

void server_remove_foreign(struct world *w)
{
    if (w->lock.exists && w->lock.foreign)
        server_delete_lock(w, "a hand");
    if (w->record.exists && w->record.foreign)
        server_delete_record(w);
}

/* ---- The garbage collector: looks, and deletes by CAS what it saw ---- */

void server_collect(struct world *w, int uid)
{
    struct pod *pod = pod_by_uid(w, w->lock.holder);
    if (!w->lock.exists || w->lock.uid != uid || w->lock.foreign || w->lock.orphaned)
        return;
    if (w->gc_stalled) {
        if (!w->gc_never)
            push(w, w->now + between(w, "collect", 500, 3000), EVENT_GC, uid, 0);
        return;
    }
    if (!pod_lives(w, w->lock.holder) || (pod != NULL && pod->foreground))
        push(w, w->now + between(w, "collect", 1, 20), EVENT_GC_DELETE, uid, w->lock.version);
}

void server_collected(struct world *w, int uid, int64_t version)
{
    struct pod *pod = pod_by_uid(w, w->lock.holder);
    if (!w->lock.exists || w->lock.uid != uid || w->lock.orphaned)
        return;
    if (w->lock.version != version) {
        push(w, w->now + between(w, "collect", 5, 40), EVENT_GC, uid, 0);
        return;
    }
    if (pod != NULL)
        pod->foreground = false; /* once more, then the lock stays */
    server_delete_lock(w, "the collector");
}

/* ---- Requests ---- */

static bool is_create(const struct command *command)
{
    bool record = command->kind == COMMAND_PUT_RECORD || command->kind == COMMAND_EMPTY_RECORD;
    return command->kind == COMMAND_CREATE_LOCK || (record && command->version[0] == '\0');
}

static enum outcome write_fault(struct world *w, const struct command *command, const struct object *object)
{
    if (is_create(command))
        return object->exists && w->setup->sabotage != SABOTAGE_CREATE ? OUTCOME_EXISTS : OUTCOME_OK;
    if (!object->exists)
        return OUTCOME_NOT_FOUND;
    bool same = object->uid == uid_number(command->uid) && object->version == atoll(command->version);
    return same || w->setup->sabotage == SABOTAGE_CAS ? OUTCOME_OK : OUTCOME_CONFLICT;
}

static enum outcome write_lock(struct world *w, int pod_uid, bool older, const struct command *command)
{
    enum outcome outcome = write_fault(w, command, &w->lock);
    if ((command->kind == COMMAND_PUT_LOCK && !w->can_put) || (command->kind == COMMAND_DELETE_LOCK && !w->can_delete))
        return OUTCOME_FORBIDDEN;
    if (outcome != OUTCOME_OK)
        return outcome;
    if (command->kind == COMMAND_CREATE_LOCK)
        w->lock = (struct object){.exists = true, .uid = ++w->uids, .holder = pod_uid, .plain = older};
    if (command->kind == COMMAND_DELETE_LOCK)
        w->lock.exists = false;
    else
        text_copy(w->lock.nonce, sizeof w->lock.nonce, command->nonce);
    if (command->kind != COMMAND_DELETE_LOCK && command->nonce[0] != '\0') {
        w->lock.guarded = command->guarded;
        w->lock.orphaned = false;
    }
    server_lock_changed(w);
    return OUTCOME_OK;
}

static enum outcome write_record(struct world *w, int pod_uid, const struct command *command)
{
    enum outcome outcome = write_fault(w, command, &w->record);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (is_create(command))
        w->record = (struct object){.exists = true, .uid = ++w->uids};
    bool put = command->kind == COMMAND_PUT_RECORD;
    w->record.holder = put ? pod_uid : 0;
    text_copy(w->record.nonce, sizeof w->record.nonce, put ? command->nonce : "");
    if (put)
        w->record.term = command->new_term ? w->record.term + 1 : command->term;
    record_changed(w);
    return OUTCOME_OK;
}

static void answer(struct world *w, int process, const struct command *command, enum outcome outcome,
                   const struct object *object, int64_t at)
{
    struct item item = {.kind = ITEM_ANSWER, .number = command->number, .command = command->kind, .outcome = outcome};
    if (object != NULL)
        item.object = *object;
    item.target = uid_number(command->pod.uid);
    item.network = w->now < w->outage_until;
    if (outcome == OUTCOME_RETRY && !item.network && chance(w, "asks", 200))
        item.retry_after = between(w, "retry_after", 1000, 5000);
    push(w, at, EVENT_DELIVER, process, 0)->item = item;
}

/* Done at one moment, whether or not the process still lives. */
void server_commit(struct world *w, int number)
{
    struct request *request = &w->requests[number];
    const struct command *command = &request->command;
    struct object result = {.exists = false};
    enum outcome outcome = OUTCOME_OK;
    int pod_uid = w->pods[w->processes[request->process].pod].object.uid;
    bool on_record = (command->kind == COMMAND_GET_RECORD && !w->deny_writes) || command->kind == COMMAND_PUT_RECORD ||
                     command->kind == COMMAND_EMPTY_RECORD;
    enum command_kind kind = on_record && w->now < w->deny_until ? COMMAND_NONE : command->kind;
    if (on_record && kind == COMMAND_NONE)
        outcome = OUTCOME_FORBIDDEN;
    switch (kind) {
    case COMMAND_CREATE_LOCK:
    case COMMAND_PUT_LOCK:
    case COMMAND_DELETE_LOCK:
        outcome = write_lock(w, pod_uid, w->processes[request->process].older, command); /* fall through */
    case COMMAND_GET_LOCK: result = w->lock; break;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: outcome = write_record(w, pod_uid, command); /* fall through */
    case COMMAND_GET_RECORD: result = w->record; break;
    case COMMAND_GET_OWN_POD: result = *pod_named(w, w->pods[w->processes[request->process].pod].object.name); break;
    case COMMAND_GET_POD:
        if (pod_named(w, atoi(command->pod.name + 4)) != NULL)
            result = *pod_named(w, atoi(command->pod.name + 4));
        break;
    case COMMAND_GET_NODE: result = pod_by_uid(w, uid_number(command->pod.uid))->object; break;
    default: break;
    }
    trace(w, "p%d's '%s' #%u at the server: %d", request->process, command_name(command->kind), command->number,
          (int)outcome);
    request->used = false;
    if (!request->forget)
        answer(w, request->process, command, outcome, &result, w->now + request->answer_after);
}

int64_t latency(struct world *w)
{
    if (w->calm || w->latency == 0)
        return between(w, "delay", 1, 4);
    if (w->latency == 1)
        return between(w, "delay", 1, 300);
    return chance(w, "heavy", 50) ? between(w, "delay", 500, 6000) : between(w, "delay", 1, 30);
}

static int enter(struct world *w, int process, const struct command *command, bool forget)
{
    for (int i = 0; i < MAX_REQUESTS; i++) {
        if (w->requests[i].used)
            continue;
        w->requests[i] = (struct request){
            .used = true, .process = process, .command = *command, .forget = forget, .answer_after = latency(w)};
        return i;
    }
    fail(w, "the model is too small: requests");
    return 0;
}

/* The answer is lost: told at `told`; a write may have happened before, may happen up to 10 s later, or never. */
static void lose_answer(struct world *w, int process, const struct command *command)
{
    int64_t arrives = w->now + latency(w);
    int64_t told = chance(w, "soon", 500) ? arrives + between(w, "told", 0, 50) : w->now + TIMEOUT_MS;
    bool write = command_writes(command->kind);
    if (write)
        world_write_lost(w, process, told);
    if (write && chance(w, "commits", 700)) {
        int64_t limit = arrives + SERVER_MS;
        int64_t commit = chance(w, "quick", 500) ? arrives + between(w, "commit", 0, 100)
                                                 : arrives + between(w, "commit", 0, SERVER_MS);
        if (w->late && chance(w, "late", 200)) /* something on the way has stored it (P10): the bound does not hold */
            commit = limit = arrives + between(w, "commit", 0, LATE_MS);
        push(w, commit < limit ? commit : limit, EVENT_COMMIT, enter(w, process, command, true), 0);
    }
    answer(w, process, command, write ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, NULL, told);
}

void server_submit(struct world *w, int process, const struct command *command)
{
    bool write = command_writes(command->kind);
    if (w->setup->sabotage == SABOTAGE_SILENCE && w->calm)
        return;
    int64_t arrives = w->now + latency(w);
    if (w->now < w->outage_until)
        answer(w, process, command, write && chance(w, "ambiguous", 300) ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, NULL,
               arrives);
    else if (!w->calm && chance(w, "lost", w->lose))
        lose_answer(w, process, command);
    else if (!w->calm && chance(w, "refused", w->refuse))
        answer(w, process, command, OUTCOME_RETRY, NULL, arrives);
    else
        push(w, arrives, EVENT_COMMIT, enter(w, process, command, false), 0);
}
