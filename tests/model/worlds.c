/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds in which one kind of thing happens often: processes of one pod in two network namespaces, locks whose owner is
 * taken away, pods removed by force under a standby, handles that are closed in a program that goes on,
 * candidates of an older version beside the present one. And machines from which one rule was taken, to show that it is
 * missed there.
 */
#include "world.h"

#include <string.h>

/* P2 */
static void strike_namespaces(struct world *w, int pod, int process)
{
    int beside = w->pods[pod].older ? -1 : process_start(w, pod, false);
    if (beside < 0)
        return;
    w->processes[beside].elsewhere = true;
    if (process >= 0 && chance(w, "restarts", 300))
        chaos_killed(w, process);
    else if (process >= 0 && chance(w, "resigns", 300))
        process_wish(w, process, WISH_RESIGN);
}

/* P14: as --cascade=orphan or a hand does it; and, while its leader is well, the record goes, too. */
static void strike_orphans(struct world *w)
{
    struct pod *pod = pod_by_uid(w, w->lock.holder);
    bool leads = w->leader >= 0 && pod == &w->pods[w->processes[w->leader].pod];
    if (!w->lock.exists || w->lock.foreign || w->lock.plain || !w->can_delete || pod == NULL || !pod->object.exists)
        return;
    server_orphan_lock(w, "a hand");
    bool well = leads && pod_is_healthy(w, (int)(pod - w->pods)) && !w->processes[w->leader].works_on &&
                w->processes[w->leader].known.wish == WISH_CAMPAIGN;
    if (well && w->setup->records && w->record.exists && w->record.holder == w->lock.holder && chance(w, "record", 400))
        server_delete_record(w);
    else if (well && chance(w, "deleted", 500))
        pod_delete(w, (int)(pod - w->pods), false);
}

/* P1: it does not hear of it for a while, and meanwhile its turn comes. */
static void strike_ghosts(struct world *w)
{
    int rank = chaos_rank(w, "ghost");
    for (int i = 0; i < w->pod_count; i++) {
        int pod = chaos_pod_ranked(w, rank + i);
        if (pod < 0 || !pod_remove_by_force(w, pod))
            continue;
        for (int p = 0; p < w->process_count; p++) {
            if (w->processes[p].alive && w->processes[p].pod == pod)
                process_gap(w, p, ITEM_OWN);
        }
        break;
    }
    bool leads = w->leader >= 0 && pod_is_healthy(w, w->processes[w->leader].pod);
    if (leads && chance(w, "deleted", 600))
        pod_delete(w, w->processes[w->leader].pod, false);
    else if (leads && chance(w, "resigns", 500))
        process_wish(w, w->leader, WISH_RESIGN);
}

/* Whose write has no answer, and may still come. */
static int writer(const struct world *w)
{
    for (int i = 0; i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        int64_t now = w->now + p->offset;
        bool late = p->known.record_writes.quiet_at > now || p->known.lock_writes.quiet_at > now;
        if (p->alive && !p->left && !p->elsewhere && p->known.end == END_NOT && late && pod_is_healthy(w, p->pod))
            return i;
    }
    return -1;
}

/* P10: closed, or freed without that; the program goes on. */
static void strike_closed(struct world *w, int pod, int process)
{
    int late = writer(w);
    if (late >= 0 && chance(w, "writer", 700)) {
        process = late;
        pod = w->processes[late].pod;
    }
    if (process < 0)
        return;
    if (chance(w, "freed", 300) && w->restarts) {
        process_kill(w, process);
        push(w, w->now + between(w, "anew", 0, 5), EVENT_START, pod, 0);
    } else {
        process_wish(w, process, WISH_CLOSE);
    }
}

/* Its program gives up on a write that has no answer, while that may still come, and others are slow to do anything
 * meanwhile. */
void world_write_lost(struct world *w, int process, int64_t told)
{
    if (w->setup->world != WORLD_CLOSED || !chance(w, "closes", 300))
        return;
    struct item item = {.kind = ITEM_WISH, .wish = WISH_CLOSE};
    push(w, told + between(w, "closes", 0, 200), EVENT_DELIVER, process, 0)->item = item;
    int64_t until = w->now + between(w, "stall", 0, 12000);
    for (int i = 0; i < w->process_count; i++) {
        struct process *p = &w->processes[i];
        if (i == process || !p->alive || p->pod == w->processes[process].pod || p->stalled_until >= until)
            continue;
        p->stalled_until = until;
        push(w, until, EVENT_WAKE, i, 0);
    }
}

void world_strike(struct world *w, int pod, int process)
{
    switch (w->setup->world) {
    case WORLD_ORDINARY:
    case WORLD_MIXED: break;
    case WORLD_NAMESPACES: strike_namespaces(w, pod, process); break;
    case WORLD_ORPHANS: strike_orphans(w); break;
    case WORLD_GHOSTS: strike_ghosts(w); break;
    case WORLD_CLOSED: strike_closed(w, pod, process); break;
    }
}

/* A program closes its handle and goes on, with a new one at once, or with none. What was under way for the old one
 * still arrives. Without `released` the next one has to look after what was left. */
void world_closed(struct world *w, int process, bool released)
{
    struct process *p = &w->processes[process];
    p->left = true;
    process_leave_seat(w, process);
    push(w, w->now + between(w, "kill", 0, 30000), EVENT_KILL, process, 0);
    if (!p->elsewhere && (!released || chance(w, "anew", 500)))
        push(w, w->now + between(w, "start", 0, 50), EVENT_START, p->pod, 0);
}

/* ---- Machines that lack a rule ---- */

static bool lacks(const struct world *w, const struct process *p, enum sabotage rule)
{
    return w->setup->sabotage == rule ||
           (p->older && (rule == SABOTAGE_LOOK || rule == SABOTAGE_NETWORK || rule == SABOTAGE_ORPHAN_FOREIGN));
}

bool world_keeps_record(const struct world *w, const struct process *p)
{
    return w->setup->records && !(w->setup->sabotage == SABOTAGE_OLDER_RECORD && p->older);
}

/* What it is told, as it understands it. */
void world_distort(const struct world *w, const struct process *p, struct fact *fact)
{
    if (lacks(w, p, SABOTAGE_NETWORK))
        fact->pod.elsewhere = false;
    if (lacks(w, p, SABOTAGE_ORPHAN_FOREIGN) && fact->lock.kind == LOCK_VIEW_OWNED && fact->lock.orphaned)
        fact->lock.kind = LOCK_VIEW_FOREIGN;
}

static void forget_orphan(struct knowledge *k)
{
    for (int i = 0; k->lock.kind == LOCK_OTHER && k->lock.orphaned && i < JUDGED; i++) {
        if (text_equal(k->judged[i].uid, k->lock.owner.uid))
            k->judged[i].verdict = VERDICT_DEAD;
    }
}

/* What it makes of that. */
void world_mutate(const struct world *w, struct process *p)
{
    struct knowledge *k = &p->known;
    if (lacks(w, p, SABOTAGE_LOOK))
        k->own_sent = UINT32_MAX;
    if (w->setup->sabotage == SABOTAGE_ORPHAN_DEAD)
        forget_orphan(k);
    if (w->setup->sabotage == SABOTAGE_QUIET)
        k->lock_writes.quiet_at = k->record_writes.quiet_at = 0;
    if (w->setup->sabotage == SABOTAGE_LAST)
        memset(&k->last, 0, sizeof k->last);
    if (w->setup->sabotage == SABOTAGE_DEAD_RECORD && k->record.kind == RECORD_OTHER)
        k->record.kind = RECORD_EMPTY;
}
