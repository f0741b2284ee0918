/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to the simulated world: pods that end (machine/learn_pod.c has how), containers that restart, outages,
 * stalls, gaps, hands that remove things. It must keep to what docs/protocol.md assumes: lock and record are not both
 * removed, the record is not edited.
 */
#include "world.h"

#include <string.h>

enum { RESERVE = 40 /* pods and processes for what must still happen when the disturbances have ended */ };

/* ---- Processes ---- */

static int living_process(const struct world *w, int pod)
{
    for (int i = 0; i < w->process_count; i++) {
        if (w->processes[i].alive && w->processes[i].pod == pod && !w->processes[i].observer && !w->processes[i].left)
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
    if (w->processes[process].left)
        return;
    if (!alive || (!pod_is_healthy(w, pod) && !by_hand))
        return;
    if (w->restarts)
        push(w, w->now + between(w, "restart", 50, 3000), EVENT_START, pod, 0);
    else
        pod_delete(w, pod, false);
}

/* What docs/assurance.md leaves open happens in histories that are about it alone. */
static bool leaves_gaps(const struct world *w)
{
    return w->setup->sabotage == SABOTAGE_GAPS;
}

/* What it held is given back, and others have been shown that. */
static bool has_released(const struct world *w, const struct process *p)
{
    /* P10: who never had the seat gives nothing back; what an earlier life left waits for the container's end. */
    bool touched = p->known.seat == SEAT_MINE || p->known.lock_writes.last != 0 || p->known.record_writes.last != 0;
    /* P7: without the right to delete nothing is given back; P8: a mark must be written, and be seen. */
    bool marked = w->setup->records || (w->can_put && (w->blind & WATCH_LOCK) == 0);
    /* P8: without the right to the record, what an earlier life left there stays. */
    /* docs/assurance.md, What is left: without a lock of its own it has not looked for that of an earlier handle. */
    touched = touched && (w->setup->world == WORLD_ORDINARY || leaves_gaps(w) || !p->idle_end);
    return touched && w->can_delete && marked && !w->setup->rights_change;
}

void chaos_ended(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    if (p->known.end == END_CLOSED && p->alive && !p->left && w->setup->world == WORLD_CLOSED && w->restarts) {
        world_closed(w, process, has_released(w, p));
        return;
    }
    if (p->known.end == END_CLOSED && p->alive && !p->left)
        push(w, w->now + between(w, "kill", 0, 200), EVENT_KILL, process, 0);
    if (p->ended_plan || p->left)
        return;
    p->ended_plan = true;
    if (p->works_on) {
        struct item item = {.kind = ITEM_WISH, .wish = WISH_CLOSE};
        push(w, w->now + between(w, "close", 0, 5000), EVENT_DELIVER, process, 0)->item = item;
        return;
    }
    if (!has_released(w, p) || chance(w, "ends", 600))
        push(w, w->now + between(w, "kill", 0, 20000), EVENT_KILL, process, 0);
}

/* ---- Hands (only where the record covers them) ---- */

static struct process *leader_of(struct world *w)
{
    bool puts_back = w->leader >= 0 && !w->processes[w->leader].works_on; /* P9 */
    return puts_back ? &w->processes[w->leader] : NULL;
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
    if (!uncovered && w->can_delete && !w->lock.plain && chance(w, "orphan", 250))
        server_orphan_lock(w, "a hand");
    else if (uncovered || chance(w, "lock", 600))
        server_delete_lock(w, "a hand");
    else if (leader->known.wish == WISH_CAMPAIGN && (w->can_put || leader->known.lock.of_life || leaves_gaps(w)))
        server_delete_record(w);
}

static void put_foreign(struct world *w)
{
    bool record = w->setup->records && chance(w, "foreign_record", 500);
    if (record ? w->record.exists || w->lock.exists : w->lock.exists)
        return;
    server_put_foreign(w, record);
    push(w, w->now + between(w, "foreign", 10, 20000), EVENT_FOREIGN_GONE, 0, 0);
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
        if (pod_is_healthy(w, leader->pod) && chance(w, "removal", 300))
            pod_delete(w, leader->pod, false);
    }
    if (!w->calm)
        push(w, w->now + between(w, "removal", 500, 5000), EVENT_REMOVE_LOCK, 0, 0);
}

/* Until its leader has put the lock back nobody may come who has not seen it: P8 does not cover that. */
bool chaos_is_sealed(const struct world *w)
{
    return w->robbed >= 0 && w->robbed == w->leader && w->setup->sabotage != SABOTAGE_MEMORY &&
           !(w->lock.exists && w->lock.holder == w->pods[w->processes[w->robbed].pod].object.uid);
}

/* ---- One disturbance ---- */

/* The healthy pod with that rank; which one that is depends on what has happened. */
int chaos_pod_ranked(const struct world *w, int rank)
{
    int count = 0;
    for (int i = 0; i < w->pod_count; i++)
        count += pod_is_healthy(w, i);
    for (int i = 0, left = count > 0 ? rank % count : 0; count > 0; i++) {
        if (pod_is_healthy(w, i) && left-- == 0)
            return i;
    }
    return -1;
}

static int rank_from(const struct world *w, int start)
{
    int rank = 0;
    for (int i = 0; i < start; i++)
        rank += pod_is_healthy(w, i);
    return rank;
}

int chaos_rank(struct world *w, const char *name)
{
    return (int)choice(w, name, rank_from(w, choice_of_pod(w)), 0);
}

static int some_pod(struct world *w)
{
    int rank = chaos_rank(w, "pod");
    struct process *leader = leader_of(w);
    if (leader != NULL && pod_is_healthy(w, leader->pod) && chance(w, "leader", 500))
        return leader->pod;
    return chaos_pod_ranked(w, rank);
}

static void break_watches(struct world *w, int per_mille)
{
    for (int i = 0; i < w->process_count; i++) {
        for (int watch = ITEM_LOCK; w->processes[i].alive && watch <= ITEM_OWN; watch++) {
            if (chance(w, "breaks", per_mille))
                process_gap(w, i, watch);
        }
    }
}

static void outage(struct world *w)
{
    w->outage_until = w->now + between(w, "outage", 10, chance(w, "long", 200) ? 40000 : 3000);
    trace(w, "the server is away for %lld ms", (long long)(w->outage_until - w->now));
    break_watches(w, 500);
}

/* P8: an API server that has just started refuses for a moment; with rights_change the Role itself is changed. */
static void deny_record(struct world *w)
{
    if (!w->setup->records || w->now < w->deny_next)
        return;
    w->deny_until =
        w->now + (w->setup->rights_change ? between(w, "denied", 1000, 60000) : between(w, "denied", 100, 9000));
    w->deny_writes = chance(w, "writes", 300);
    w->deny_next = w->deny_until + (w->setup->rights_change ? 0 : 40000);
    trace(w, "the record is forbidden for %lld ms", (long long)(w->deny_until - w->now));
}

static void strike_process(struct world *w, int process, int way)
{
    struct process *p = &w->processes[process];
    if (way >= 40 && way < 55 && chance(w, "also", 300))
        break_watches(w, 800);
    if (way < 30)
        chaos_killed(w, process);
    else if (way < 45)
        process_wish(w, process, WISH_RESIGN);
    else if (way < 55)
        process_wish(w, process, WISH_CLOSE);
    else if (way < 70)
        p->stalled_until = w->now + between(w, "stall", 10, chance(w, "long", 300) ? 40000 : 2000);
    else
        process_gap(w, process, (int)between(w, "watch", ITEM_LOCK, ITEM_OWN));
    if (p->alive && p->stalled_until > w->now)
        push(w, p->stalled_until, EVENT_WAKE, process, 0);
}

/* A second container, an observer, or a process with a borrowed identity (P2, P12). */
static void start_beside(struct world *w, int pod)
{
    int process = process_start(w, pod, chance(w, "observer", 300));
    if (process >= 0)
        w->processes[process].elsewhere =
            !w->pods[pod].older && !w->processes[process].observer && chance(w, "elsewhere", 300);
}

/* Its addresses are not here for a while. Without any right to change the lock it could then never lead again. */
static void displace(struct world *w, int pod)
{
    if (w->pods[pod].older)
        return;
    int64_t until = w->now + between(w, "displaced", 1000, 40000);
    if (w->can_put || w->can_delete || leaves_gaps(w))
        w->pods[pod].displaced_until = until;
}

static enum strike strike_of(const struct world *w, int way)
{
    const struct model_setup *setup = w->setup;
    if (way < 12)
        return STRIKE_DELETE;
    if (way < 20)
        return STRIKE_EVICT;
    if (way < 24)
        return STRIKE_OUTAGE;
    if (way < 28)
        return STRIKE_COLLECTOR;
    if (way < (setup->sabotage == SABOTAGE_RIGHTS ? 80 : 36))
        return STRIKE_HAND;
    if (way < 40)
        return STRIKE_FOREIGN;
    if (way < 44 && !setup->seen_removal)
        return STRIKE_BESIDE;
    if (way < 62 && way >= 60)
        return STRIKE_FORCE;
    if (way == 62)
        return STRIKE_DISPLACE;
    if (way < (setup->rights_change ? 60 : 48) && setup->records)
        return STRIKE_DENY;
    if (way < 60 && setup->node_policy != NODE_STRICT)
        return STRIKE_NODE;
    return STRIKE_PROCESS;
}

static void strike(struct world *w, enum strike kind, int pod, int process)
{
    switch (kind) {
    case STRIKE_NOTHING: break;
    case STRIKE_DELETE: {
        bool covered = w->setup->records && !w->setup->rights_change && record_stands(w);
        pod_delete(w, pod, covered && chance(w, "foreground", 400));
        break;
    }
    case STRIKE_EVICT: pod_evict(w, pod); break;
    case STRIKE_OUTAGE: outage(w); break;
    case STRIKE_COLLECTOR: w->gc_stalled = w->gc_never || !w->gc_stalled; break;
    case STRIKE_HAND: remove_by_hand(w); break;
    case STRIKE_FOREIGN: put_foreign(w); break;
    case STRIKE_BESIDE: start_beside(w, pod); break;
    case STRIKE_FORCE: pod_remove_by_force(w, pod); break;
    case STRIKE_DISPLACE: displace(w, pod); break;
    case STRIKE_DENY: deny_record(w); break;
    case STRIKE_NODE: pod_lose_node(w, pod); break;
    case STRIKE_PROCESS:
        if (process >= 0)
            strike_process(w, process, (int)between(w, "how", 0, 99));
        break;
    case STRIKE_SPECIAL: world_strike(w, pod, process); break;
    }
}

void chaos_strike(struct world *w)
{
    enum { SPECIAL = 35 /* of 100 */ };
    enum strike drawn = strike_of(w, choice_way(w));
    if (w->setup->world != WORLD_ORDINARY && w->setup->world != WORLD_MIXED && choice_way(w) < SPECIAL)
        drawn = STRIKE_SPECIAL;
    enum strike kind = (enum strike)choice(w, "do", drawn, STRIKE_NOTHING);
    int pod = some_pod(w);
    int process = pod < 0 ? -1 : living_process(w, pod);
    if (w->calm || w->process_count > MAX_PROCESSES - RESERVE || w->pod_count > MAX_PODS - RESERVE)
        return; /* enough has happened */
    choice_next_strike(w, 2 * w->haste);
    if (pod >= 0)
        strike(w, kind, pod, process);
}

/* ---- Begin and end ---- */

void chaos_begin(struct world *w)
{
    static const int rates[] = {0, 10, 100, 300, 600};
    w->wanted_pods = (int)between(w, "wanted_pods", 2, 4);
    w->can_put = chance(w, "can_put", 850);
    w->blind = chance(w, "blind", 150)
                   ? (unsigned)between(w, "blind_watches", 0, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN)
                   : 0;
    w->latency = (int)between(w, "latency", 0, 2);
    w->lag = (int)between(w, "lag", 0, 2);
    w->lose = rates[between(w, "lose", 0, 4)];
    if (w->setup->world == WORLD_CLOSED && w->lose < rates[2])
        w->lose = rates[2];
    w->refuse = rates[between(w, "refuse", 0, 3)];
    w->late = w->setup->records && chance(w, "late", 300) && w->setup->world != WORLD_CLOSED; /* P10's last word */
    w->haste = (int)(chance(w, "hasty", 400) ? between(w, "haste", 50, 500) : between(w, "haste", 500, 6000));
    w->gc_never = chance(w, "gc_never", 150);
    w->gc_stalled = w->gc_never;
    w->can_delete = w->gc_never || chance(w, "can_delete", 850);
    w->restarts = w->can_put || w->setup->records;
    if (w->setup->sabotage == SABOTAGE_RIGHTS)
        w->deny_until = w->deny_next = INT64_MAX;
    if (w->setup->seen_removal)
        push(w, w->now + 3000, EVENT_REMOVE_LOCK, 0, 0);
    for (int i = 0; i < w->wanted_pods; i++)
        pod_new(w, 0);
    choice_next_strike(w, 2000);
    push(w, between(w, "calm_at", 20000, 120000), EVENT_CALM, 0, 0);
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
    for (int i = 0; w->setup->world == WORLD_CLOSED && w->unmarked && !w->setup->records && i < w->pod_count; i++) {
        if (pod_is_healthy(w, i) && living_process(w, i) < 0)
            pod_delete(w, i, false);
    }
    for (int i = 0; i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        if (p->alive && !p->observer && !p->elsewhere && !p->older && pod_is_healthy(w, p->pod) &&
            p->known.wish == WISH_CAMPAIGN && p->known.end == END_NOT)
            return;
    }
    pod_new(w, 0);
}
