/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated pods: they come, end in every way that P4 knows, lose their nodes (P16), and are replaced. A pod's
 * processes are dead before its object is gone, and before anybody says that its machine is down: docs/protocol.md
 * assumes both.
 */
#include "machine/command_kind.h"
#include "machine/state_table.h"
#include "world.h"

bool pod_is_healthy(const struct world *w, int pod)
{
    const struct object *object = &w->pods[pod].object;
    return object->exists && !object->terminating && !object->terminal && !w->pods[pod].down;
}

void pod_new(struct world *w, int name)
{
    if (w->pod_count == MAX_PODS) {
        fail(w, "the model is too small: pods");
        return;
    }
    int pod = w->pod_count++;
    int id = 100 * w->cause;
    for (int i = 0; i < pod; i++)
        id += w->pods[i].id == id;
    struct scope before = choice_begin(w, SCOPE_POD, id, 0);
    w->pods[pod] = (struct pod){.id = id, .seat = -1, .steps = 1};
    w->pods[pod].object = (struct object){.exists = true,
                                          .uid = ++w->uids,
                                          .name = name != 0 ? name : ++w->names,
                                          .statuses = true,
                                          .running = true,
                                          .grace_ms = between(w, "grace", 0, 20) * 1000};
    w->pods[pod].older = w->setup->world == WORLD_MIXED && !w->calm && chance(w, "older", 500);
    server_pod_changed(w, pod);
    push(w, w->now + between(w, "start", 10, 1000), EVENT_START, pod, 0);
    choice_end(w, &before);
}

static void replace(struct world *w, int pod)
{
    if (w->pods[pod].replaced)
        return;
    w->pods[pod].replaced = true;
    push(w, w->now + between(w, "successor", 1, 2000), EVENT_NEW_POD, 0, 0);
}

static void kill_all(struct world *w, int pod)
{
    for (int i = 0; i < w->process_count; i++) {
        if (w->processes[i].pod == pod)
            process_kill(w, i);
    }
}

void pod_step(struct world *w, int pod, enum pod_step step)
{
    struct object *object = &w->pods[pod].object;
    if (!object->exists)
        return;
    switch (step) {
    case POD_KILL: kill_all(w, pod); return;
    case POD_TERMINAL:
        kill_all(w, pod);
        object->terminal = object->statuses = true;
        object->running = false;
        break;
    case POD_RUNNING_AGAIN: object->terminal = object->terminating; break;
    case POD_NODE_BACK:
        if (w->pods[pod].down && w->restarts)
            push(w, w->now + between(w, "restart", 0, 3000), EVENT_START, pod, 0);
        else if (w->pods[pod].down) /* assumed: without the right to update the lock it does not start there again */
            push(w, w->now, EVENT_POD, pod, POD_REMOVE);
        w->pods[pod].down = false;
        object->unready = false;
        object->node = NODE_FINE;
        break;
    case POD_NODE_DOWN: /* from here on it may be marked, or its Node deleted */
        kill_all(w, pod);
        w->pods[pod].down = true;
        break;
    case POD_NODE_LOST: object->node = chance(w, "gone", 500) ? NODE_GONE : NODE_OUT; return;
    case POD_REMOVE:
        kill_all(w, pod);
        object->exists = false;
        w->pods[pod].foreground = false;
        if (!w->pods[pod].replaced)
            push(w, w->now + between(w, "successor", 0, 1000), EVENT_NEW_POD, object->name,
                 0); /* as a StatefulSet does */
        w->pods[pod].replaced = true;
        break;
    }
    server_pod_changed(w, pod);
}

/* The ordinary end; the processes may use SIGTERM to resign. */
void pod_delete(struct world *w, int pod, bool foreground)
{
    struct object *object = &w->pods[pod].object;
    int64_t end = w->now + between(w, "grace", 0, object->grace_ms);
    object->terminating = true;
    w->pods[pod].terminating_at = w->now;
    w->pods[pod].foreground = foreground;
    server_pod_changed(w, pod);
    if (foreground && w->lock.exists && w->lock.holder == object->uid)
        push(w, w->now + between(w, "foreground", 1, 30), EVENT_GC, w->lock.uid, 0);
    else if (w->can_delete && w->lock.exists && !w->lock.foreign && w->lock.holder == object->uid && !w->lock.plain &&
             chance(w, "orphan", 200))
        server_orphan_lock(w, "the collector"); /* --cascade=orphan */
    for (int i = 0; i < w->process_count; i++) {
        if (w->processes[i].pod == pod && chance(w, "told", 500))
            process_wish(w, i, chance(w, "close", 500) ? WISH_CLOSE : WISH_RESIGN);
    }
    if (chance(w, "replaced", 500))
        replace(w, pod);
    push(w, end, EVENT_POD, pod, chance(w, "terminal", 600) ? POD_TERMINAL : POD_KILL);
    push(w, end + between(w, "remove", 1, 1000), EVENT_POD, pod, POD_REMOVE);
}

/* Its look (P1) cannot have been served before, and so will show that the object is gone. */
static bool may_become_ghost(const struct world *w, const struct process *p)
{
    enum machine_state state = machine_state(&p->known);
    bool stands_by = state == STATE_FOLLOWING || state == STATE_BARRED || state == STATE_QUEUED || p->observer;
    bool wrote = command_writes(p->known.flight.kind) || p->known.record_writes.last != 0;
    bool claims = w->setup->world == WORLD_GHOSTS && state == STATE_CLAIMING && p->known.lock.kind != LOCK_MINE &&
                  p->known.flight.kind != COMMAND_CREATE_LOCK && p->known.flight.kind != COMMAND_PUT_LOCK &&
                  p->known.lock_writes.last == 0;
    return claims || (stands_by && !wrote);
}

/* Outside what is assumed for a leader; a standby must not become one by it (P1, P2). Its processes live on for a
 * while. */
bool pod_remove_by_force(struct world *w, int pod)
{
    bool named = w->lock.holder == w->pods[pod].object.uid ||
                 (w->record.holder == w->pods[pod].object.uid && w->setup->world != WORLD_GHOSTS);
    for (int i = 0; i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        if (p->alive && p->pod == pod && (p->older || !may_become_ghost(w, p)))
            return false;
    }
    if (named)
        return false;
    w->pods[pod].object.exists = false;
    w->pods[pod].ghost = true;
    server_pod_changed(w, pod);
    replace(w, pod);
    for (int i = 0; i < w->process_count; i++) {
        if (w->processes[i].pod == pod)
            push(w, w->now + between(w, "killed", 1000, 60000), EVENT_KILL, i, 0);
    }
    return true;
}

/* Ends that begin with a phase: evicted with and without container statuses, by PodGC, by hand. */
void pod_evict(struct world *w, int pod)
{
    struct object *object = &w->pods[pod].object;
    int64_t dies = w->now + between(w, "grace", 0, object->grace_ms);
    int way = (int)between(w, "way", 0, 3);
    object->terminal = true;
    if (way == 0) { /* the kubelet has ended everything before */
        kill_all(w, pod);
        object->running = false;
        dies = w->now;
    } else if (way == 1) { /* nothing is known of its containers */
        object->statuses = object->running = false;
    } else if (way == 2) {
        object->statuses = object->running = false;
        object->disruption = true;
    } else { /* a phase written by hand is taken back */
        server_pod_changed(w, pod);
        push(w, w->now + 5900, EVENT_POD, pod, POD_RUNNING_AGAIN);
        return;
    }
    server_pod_changed(w, pod);
    replace(w, pod);
    push(w, dies, EVENT_POD, pod, POD_KILL);
    push(w, dies + between(w, "remove", 100, chance(w, "quick", 500) ? 2000 : 60000), EVENT_POD, pod, POD_REMOVE);
}

/* P16: its node falls silent. It comes back, or was down; only then people say so, and a while later Kubernetes. */
void pod_lose_node(struct world *w, int pod)
{
    struct object *object = &w->pods[pod].object;
    int64_t at = w->now + between(w, "node", 100, 20000);
    if (object->unready)
        return;
    trace(w, "the node of u%d is not ready", object->uid);
    object->unready = true;
    object->node = NODE_UNREADY;
    server_pod_changed(w, pod);
    if (chance(w, "back", 300)) {
        push(w, at, EVENT_POD, pod, POD_NODE_BACK);
        return;
    }
    replace(w, pod);
    push(w, at, EVENT_POD, pod, POD_NODE_DOWN);
    push(w, at + between(w, "lost", 1, 10000), EVENT_POD, pod, POD_NODE_LOST);
    if (chance(w, "back_later",
               400)) /* it comes back, and its containers with it, as often as not before the claim of another */
        push(w, at + between(w, "node_back", 10000, 40000), EVENT_POD, pod, POD_NODE_BACK);
    else
        push(w, at + between(w, "remove", 20000, 60000), EVENT_POD, pod, POD_REMOVE);
}
