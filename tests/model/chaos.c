/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to the simulated world: pods that end (pods.c has how), containers that restart, outages, stalls, gaps,
 * hands that remove things. It must keep to what docs/protocol.md assumes: lock and record are not both removed, the
 * record is not edited.
 */
#include "world.h"

#include <string.h>

enum { RESERVE = 40 /* pods and processes for what must still happen when the disturbances have ended */ };

/* ---- Processes ---- */

static int living_process(const struct world *w, int pod)
{
    for (int i = 0; i < w->process_count; i++) {
        if (w->processes[i].alive && w->processes[i].pod == pod && !w->processes[i].observer)
            return i;
    }
    return -1;
}

/* A container that ended is started again while its pod is well; where a restart in place is not covered, the pod
 * goes. */
void chaos_killed(struct world *w, int process)
{
    int pod = w->processes[process].pod;
    bool alive = w->processes[process].alive;
    bool by_hand = w->pods[pod].object.terminal && w->pods[pod].object.running; /* stops no kubelet */
    process_kill(w, process);
    if (!alive || (!pod_is_healthy(w, pod) && !by_hand))
        return;
    if (w->restarts)
        push(w, w->now + between(w, 50, 3000), EVENT_START, pod, 0);
    else
        pod_delete(w, pod, false);
}

void chaos_ended(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    if (p->known.end == END_CLOSED && p->alive)
        push(w, w->now + between(w, 0, 200), EVENT_KILL, process, 0);
    if (p->ended_plan)
        return;
    p->ended_plan = true;
    /* P10: who never had the seat gives nothing back; what an earlier life left waits for the container's end. */
    bool touched = p->known.seat == SEAT_MINE || p->known.lock_writes.last != 0 || p->known.record_writes.last != 0;
    /* P7: without the right to delete nothing is given back; P8: a mark must be written, and be seen. */
    bool marked = w->setup->records || (w->can_put && (w->blind & WATCH_LOCK) == 0);
    /* P8: without the right to the record, what an earlier life left there stays. */
    marked = marked && !w->setup->rights_change;
    if (!touched || !w->can_delete || !marked || chance(w, 600))
        push(w, w->now + between(w, 0, 20000), EVENT_KILL, process, 0);
}

/* ---- Hands (only where the record covers them) ---- */

static struct process *leader_of(struct world *w)
{
    return w->leader < 0 ? NULL : &w->processes[w->leader];
}

static bool record_stands(struct world *w)
{
    return w->record.exists && !w->record.foreign && w->lock.exists && !w->lock.foreign && w->record.holder != 0 &&
           w->record.holder == w->lock.holder;
}

static void remove_by_hand(struct world *w)
{
    struct process *leader = leader_of(w);
    bool uncovered = w->setup->sabotage == SABOTAGE_RIGHTS && w->lock.exists && !w->lock.foreign;
    bool covered = w->setup->records && !w->setup->rights_change && record_stands(w);
    if (leader == NULL || !(covered || uncovered) || !pod_is_healthy(w, leader->pod) ||
        w->pods[leader->pod].object.uid != w->lock.holder)
        return;
    if (!uncovered && w->can_delete && chance(w, 250))
        server_orphan_lock(w, "a hand");
    else if (uncovered || chance(w, 600))
        server_delete_lock(w, "a hand");
    else if (leader->known.wish == WISH_CAMPAIGN)
        server_delete_record(w);
}

static void put_foreign(struct world *w)
{
    bool record = w->setup->records && chance(w, 500);
    if (record ? w->record.exists || w->lock.exists : w->lock.exists)
        return;
    server_put_foreign(w, record);
    push(w, w->now + between(w, 10, 20000), EVENT_FOREIGN_GONE, 0, 0);
}

void chaos_foreign_gone(struct world *w)
{
    server_remove_foreign(w);
}

/* P8, level memory: the lock goes under a living leader that every candidate has seen. */
void chaos_remove_lock(struct world *w)
{
    struct process *leader = leader_of(w);
    bool seen = leader != NULL && w->lock.exists && w->lock.holder == w->pods[leader->pod].object.uid;
    for (int i = 0; seen && i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        if (p->alive && p != leader && !p->observer)
            seen = p->known.lock.kind == LOCK_OTHER && !p->known.lock.released &&
                   uid_number(p->known.lock.uid) == w->lock.uid;
    }
    for (int i = 0; seen && i < MAX_REQUESTS; i++) /* one holder is remembered: nobody may come late in between */
        seen = !w->requests[i].used || w->requests[i].command.kind != COMMAND_CREATE_LOCK;
    if (w->setup->sabotage == SABOTAGE_MEMORY)
        seen = leader != NULL && w->lock.exists;
    if (seen) {
        w->robbed = w->leader;
        w->unmarked = true; /* it may resign before it has put the lock back */
        server_delete_lock(w, "a hand");
        if (pod_is_healthy(w, leader->pod) && chance(w, 300))
            pod_delete(w, leader->pod, false);
    }
    if (!w->calm)
        push(w, w->now + between(w, 500, 5000), EVENT_REMOVE_LOCK, 0, 0);
}

/* Until its leader has put the lock back nobody may come who has not seen it: P8 does not cover that. */
bool chaos_is_sealed(const struct world *w)
{
    return w->robbed >= 0 && w->robbed == w->leader && w->setup->sabotage != SABOTAGE_MEMORY &&
           !(w->lock.exists && w->lock.holder == w->pods[w->processes[w->robbed].pod].object.uid);
}

/* ---- One disturbance ---- */

static int some_pod(struct world *w)
{
    int start = (int)between(w, 0, w->pod_count - 1);
    struct process *leader = leader_of(w);
    if (leader != NULL && pod_is_healthy(w, leader->pod) && chance(w, 500))
        return leader->pod;
    for (int i = 0; i < w->pod_count; i++) {
        int pod = (start + i) % w->pod_count;
        if (pod_is_healthy(w, pod))
            return pod;
    }
    return -1;
}

static void break_watches(struct world *w, int per_mille)
{
    for (int i = 0; i < w->process_count; i++) {
        for (int watch = ITEM_LOCK; w->processes[i].alive && watch <= ITEM_OWN; watch++) {
            if (chance(w, per_mille))
                process_gap(w, i, watch);
        }
    }
}

static void outage(struct world *w)
{
    w->outage_until = w->now + between(w, 10, chance(w, 200) ? 40000 : 3000);
    trace(w, "the server is away for %lld ms", (long long)(w->outage_until - w->now));
    break_watches(w, 500);
}

/* P8: an API server that has just started refuses for a moment; with rights_change the Role itself is changed. */
static void deny_record(struct world *w)
{
    if (!w->setup->records || w->now < w->deny_next)
        return;
    w->deny_until = w->now + (w->setup->rights_change ? between(w, 1000, 60000) : between(w, 100, 9000));
    w->deny_writes = chance(w, 300);
    w->deny_next = w->deny_until + (w->setup->rights_change ? 0 : 40000);
    trace(w, "the record is forbidden for %lld ms", (long long)(w->deny_until - w->now));
}

static void strike_process(struct world *w, int process, int way)
{
    struct process *p = &w->processes[process];
    if (way >= 40 && way < 55 && chance(w, 300))
        break_watches(w, 800);
    if (way < 30)
        chaos_killed(w, process);
    else if (way < 45)
        process_wish(w, process, WISH_RESIGN);
    else if (way < 55)
        process_wish(w, process, WISH_CLOSE);
    else if (way < 70)
        p->stalled_until = w->now + between(w, 10, chance(w, 300) ? 40000 : 2000);
    else
        process_gap(w, process, (int)between(w, ITEM_LOCK, ITEM_OWN));
    if (p->alive && p->stalled_until > w->now)
        push(w, p->stalled_until, EVENT_WAKE, process, 0);
}

/* A second container, an observer, or a process with a borrowed identity (P2, P12). */
static void start_beside(struct world *w, int pod)
{
    int process = process_start(w, pod, chance(w, 300));
    if (process >= 0)
        w->processes[process].elsewhere = !w->processes[process].observer && chance(w, 300);
}

void chaos_strike(struct world *w)
{
    int way = (int)between(w, 0, 99);
    int pod = some_pod(w);
    int process = pod < 0 ? -1 : living_process(w, pod);
    if (w->calm || w->process_count > MAX_PROCESSES - RESERVE || w->pod_count > MAX_PODS - RESERVE)
        return; /* enough has happened */
    push(w, w->now + between(w, 1, 2 * w->haste), EVENT_CHAOS, 0, 0);
    if (pod < 0)
        return;
    if (way < 12)
        pod_delete(w, pod, w->setup->records && !w->setup->rights_change && record_stands(w) && chance(w, 400));
    else if (way < 20)
        pod_evict(w, pod);
    else if (way < 24)
        outage(w);
    else if (way < 28)
        w->gc_stalled = w->gc_never || !w->gc_stalled;
    else if (way < (w->setup->sabotage == SABOTAGE_RIGHTS ? 80 : 36))
        remove_by_hand(w);
    else if (way < 40)
        put_foreign(w);
    else if (way < 44 && !w->setup->seen_removal)
        start_beside(w, pod);
    else if (way < 62 && way >= 60)
        pod_remove_by_force(w, pod);
    else if (way < 63 && way >= 62)
        w->pods[pod].displaced_until = w->now + between(w, 1000, 40000);
    else if (way < (w->setup->rights_change ? 60 : 48) && w->setup->records)
        deny_record(w);
    else if (way < 60 && w->setup->node_policy != NODE_STRICT)
        pod_lose_node(w, pod);
    else if (process >= 0)
        strike_process(w, process, (int)between(w, 0, 99));
}

/* ---- Begin and end ---- */

void chaos_begin(struct world *w)
{
    static const int rates[] = {0, 10, 100, 300, 600};
    w->wanted_pods = (int)between(w, 2, 4);
    w->can_put = chance(w, 850);
    w->blind = chance(w, 150) ? (unsigned)between(w, 0, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN) : 0;
    w->latency = (int)between(w, 0, 2);
    w->lag = (int)between(w, 0, 2);
    w->lose = rates[between(w, 0, 4)];
    w->refuse = rates[between(w, 0, 3)];
    w->late = w->setup->records && chance(w, 300);
    w->haste = (int)(chance(w, 400) ? between(w, 50, 500) : between(w, 500, 6000));
    w->gc_never = chance(w, 150);
    w->gc_stalled = w->gc_never;
    w->can_delete = w->gc_never || chance(w, 850);
    w->restarts = w->can_put || w->setup->records;
    if (w->setup->sabotage == SABOTAGE_RIGHTS)
        w->deny_until = w->deny_next = INT64_MAX;
    if (w->setup->seen_removal)
        push(w, w->now + 3000, EVENT_REMOVE_LOCK, 0, 0);
    for (int i = 0; i < w->wanted_pods; i++)
        pod_new(w, 0);
    push(w, between(w, 1, 2000), EVENT_CHAOS, 0, 0);
    push(w, between(w, 20000, 120000), EVENT_CALM, 0, 0);
}

/* The faults end. */
void chaos_calm(struct world *w)
{
    trace(w, "the faults end");
    w->calm = true;
    w->deny_until = w->now;
    w->gc_stalled = w->gc_never;
    for (int i = 0; i < w->process_count; i++) {
        struct process *p = &w->processes[i];
        if (p->alive && p->stalled_until > w->now) {
            p->stalled_until = w->now;
            push(w, w->now, EVENT_WAKE, i, 0);
        }
    }
}

/* P3b: what an earlier life of the pod wrote late is not for an ended one to take away. */
static bool is_of_earlier_life(const struct world *w, int process)
{
    const struct process *p = &w->processes[process];
    size_t length = strlen(p->known.life);
    return w->record.exists && w->record.holder == w->pods[p->pod].object.uid &&
           !(strncmp(w->record.nonce, p->known.life, length) == 0 && w->record.nonce[length] == '.');
}

/* When everything is over that was under way. At level memory perhaps nobody has seen that an ended leader gave its
 * lock back (P8): then its container must end. */
void chaos_ensure_candidate(struct world *w)
{
    for (int i = 0; i < w->process_count; i++) {
        bool must_end = (w->unmarked && !w->setup->records) || is_of_earlier_life(w, i);
        if (must_end && w->processes[i].alive && w->processes[i].known.end != END_NOT)
            push(w, w->now, EVENT_KILL, i, 0);
    }
    for (int i = 0; i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        if (p->alive && !p->observer && !p->elsewhere && pod_is_healthy(w, p->pod) && p->known.wish == WISH_CAMPAIGN &&
            p->known.end == END_NOT)
            return;
    }
    pod_new(w, 0);
}
