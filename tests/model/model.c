/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock, the dice and the oracle of the simulation. It knows what must never be (two leaders, tokens that do not
 * grow, nobody after the faults have ended), not how the machine avoids it.
 */
#include "model.h"
#include "machine/command_kind.h"
#include "machine/state_table.h"

#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALM_DOWN_MS = 60000, /* pods and containers on their way out */
    SETTLE_MS = 300000,   /* faults over: somebody must lead. Worst: lag 60 s + a grace + backoff 30 s + poll 60 s */
    REST_MS = 120000,     /* and then nothing more may happen */
    REST_COMMANDS = 60    /* in that time, for each process: polls only */
};

/* ---- Events: a heap by time, then by order ---- */

static bool before(const struct world *w, int a, int b)
{
    const struct event *x = &w->events[a];
    const struct event *y = &w->events[b];
    return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void swap(struct world *w, unsigned i, unsigned j)
{
    int event = w->heap[i];
    w->heap[i] = w->heap[j];
    w->heap[j] = event;
}

/* The event may be filled in further until the next one is taken. */
struct event *push(struct world *w, int64_t at, enum event_kind kind, int a, int64_t b)
{
    if (w->event_count == MAX_EVENTS) {
        fail(w, "the model is too small: events");
        w->event_count--;
    }
    unsigned i = w->event_count++;
    int number = w->heap[i];
    w->events[number] = (struct event){
        .at = at < w->now ? w->now : at, .order = ++w->order, .kind = kind, .cause = w->cause, .a = a, .b = b};
    for (; i > 0 && before(w, w->heap[i], w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(w, i, (i - 1) / 2);
    return &w->events[number];
}

static void pop(struct world *w, struct event *ret)
{
    *ret = w->events[w->heap[0]];
    swap(w, 0, --w->event_count);
    for (unsigned i = 0;;) {
        unsigned least = i;
        for (unsigned child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < w->event_count && before(w, w->heap[child], w->heap[least]))
                least = child;
        }
        if (least == i)
            return;
        swap(w, i, least);
        i = least;
    }
}

/* ---- The oracle ---- */

void trace(struct world *w, const char *format, ...)
{
    va_list arguments;
    if (!w->setup->trace)
        return;
    fprintf(stderr, "%8.3f ", (double)w->now / 1000);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static void tell_all(struct world *w)
{
    trace(w, "lock %s u%d of u%d, record %s of u%d, blind %u, can put %d, can delete %d",
          w->lock.exists ? "there" : "absent", w->lock.uid, w->lock.holder, w->record.exists ? "there" : "absent",
          w->record.holder, w->blind, w->can_put, w->can_delete);
    for (int i = 0; i < w->process_count; i++) {
        const struct process *p = &w->processes[i];
        const struct knowledge *k = &p->known;
        if (p->alive)
            trace(w, "p%d of u%d is %s: lock %d of %s, record %d of %s, last %s, seat %d, end %d, flight '%s'", i,
                  w->pods[p->pod].object.uid, machine_rows[machine_state(k)].name, (int)k->lock.kind, k->lock.owner.uid,
                  (int)k->record.kind, k->record.holder.uid, k->last.uid, (int)k->seat, (int)k->end,
                  command_name(k->flight.kind));
    }
    for (int i = 0; i < w->pod_count; i++) {
        const struct object *object = &w->pods[i].object;
        if (object->exists)
            trace(w, "u%d pod-%d:%s%s seat p%d", object->uid, object->name, object->terminating ? " terminating" : "",
                  object->terminal ? " terminal" : "", w->pods[i].seat);
    }
}

void fail(struct world *w, const char *format, ...)
{
    va_list arguments;
    if (w->result->failed)
        return;
    w->result->failed = true;
    w->result->rule = format;
    va_start(arguments, format);
    vsnprintf(w->result->fault, sizeof w->result->fault, format, arguments);
    va_end(arguments);
    trace(w, "FAULT: %s", w->result->fault);
    tell_all(w);
}

/* P11: greater in each term; the same only where a restarted leader could not rewrite its lock. */
static void check_token(struct world *w, int process)
{
    const struct knowledge *k = &w->processes[process].known;
    int order = text_compare_decimal(k->token, w->last_token);
    bool resumed = !w->can_put && k->record.kind == RECORD_NONE;
    bool level = w->last_guarded == (k->record.kind != RECORD_NONE); /* P11: of the same level */
    w->last_guarded = k->record.kind != RECORD_NONE;
    if (level && (order < 0 || (order == 0 && !resumed)))
        fail(w, "p%d's token %s is not greater than %s", process, k->token, w->last_token);
    text_copy(w->last_token, sizeof w->last_token, k->token);
}

/* P9: not while its pod lives, the lock is its own, and no other living pod claims it. */
void check_loss(struct world *w, int process)
{
    const struct object *own = &w->pods[w->processes[process].pod].object;
    const struct pod *claimer = pod_by_uid(w, w->record.exists ? w->record.holder : 0);
    bool other = claimer != NULL && claimer->object.exists && claimer->object.uid != own->uid;
    bool sibling =
        claimer != NULL && claimer->object.uid == own->uid && w->pods[w->processes[process].pod].seat != process;
    bool moment_ago = w->now - w->claimed_at < 5000; /* P3b has taken it away since */
    bool claimed = w->processes[process].known.rehearsed || w->record.foreign || other || sibling || moment_ago;
    if (own->exists && !own->terminal && w->lock.exists && w->lock.holder == own->uid && !claimed)
        fail(w, "p%d is lost without a cause", process);
}

/* P1: no ghost leads, nor anybody whose pod was being deleted when it claimed. P2: nor a stranger. */
static void check_own_pod(struct world *w, int process)
{
    const struct process *p = &w->processes[process];
    const struct pod *pod = &w->pods[p->pod];
    if (p->older || w->setup->sabotage >= SABOTAGE_NETWORK)
        return; /* that it elects two is asked for */
    if (pod->ghost)
        fail(w, "p%d leads, and its pod's object is gone", process);
    if (pod->object.terminating && pod->terminating_at < p->claim_at)
        fail(w, "p%d leads, and its pod was terminating when it claimed", process);
    if (p->elsewhere)
        fail(w, "p%d leads from another network namespace", process);
}

/* After everything that a process has learned. */
void check_leaders(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    enum belief belief = p->works_on ? BELIEF_YES : p->known.belief;
    if (belief == p->believed)
        return;
    facts_note(w, process, "%s token=%s", belief == BELIEF_YES ? "believes" : "disbelieves", p->known.token);
    if (belief == BELIEF_YES) {
        trace(w, "p%d of u%d LEADS, token %s", process, w->pods[p->pod].object.uid, p->known.token);
        w->result->terms++;
        if (w->leader >= 0) {
            w->result->two_leaders = true;
            fail(w, "two leaders: p%d and p%d", w->leader, process);
        }
        check_own_pod(w, process);
        check_token(w, process);
        w->leader = process;
    } else if (w->leader == process) {
        trace(w, "p%d no longer leads", process);
        w->leader = -1;
    }
    p->believed = belief;
}

/* ---- The run ---- */

static void start(struct world *w, int pod)
{
    const struct object *object = &w->pods[pod].object;
    if ((object->terminal && object->running && !w->pods[pod].down) || chaos_is_sealed(w))
        push(w, w->now + 1000, EVENT_START, pod, 0); /* a phase written by hand stops no kubelet */
    else if (pod_is_healthy(w, pod))
        process_start(w, pod, false);
}

/* What is chosen in it belongs to it (choices.c). */
static void enter(struct world *w, const struct event *event)
{
    struct request *request = &w->requests[event->kind == EVENT_COMMIT ? event->a : 0];
    switch (event->kind) {
    case EVENT_COMMIT:
        choice_begin(w, SCOPE_REQUEST, w->processes[request->process].id, (int)request->command.number);
        break;
    case EVENT_DELIVER:
    case EVENT_SNAPSHOT:
    case EVENT_WAKE:
    case EVENT_TICK:
    case EVENT_KILL: choice_begin(w, SCOPE_PROCESS, w->processes[event->a].id, w->processes[event->a].steps++); break;
    case EVENT_CHAOS: choice_begin(w, SCOPE_STRIKE, event->a, 0); break;
    case EVENT_START:
    case EVENT_POD: choice_begin(w, SCOPE_POD, w->pods[event->a].id, w->pods[event->a].steps++); break;
    case EVENT_GC:
    case EVENT_GC_DELETE: choice_begin(w, SCOPE_COLLECTOR, w->collections++, 0); break;
    case EVENT_REMOVE_LOCK: choice_begin(w, SCOPE_HAND, w->hands++, 0); break;
    case EVENT_CALM:
    case EVENT_NEW_POD:
    case EVENT_FOREIGN_GONE: choice_begin(w, SCOPE_WORLD, 0, 0); break;
    }
}

static void happen(struct world *w, const struct event *event)
{
    w->cause = event->kind == EVENT_CHAOS ? event->a : event->cause;
    enter(w, event);
    switch (event->kind) {
    case EVENT_COMMIT: server_commit(w, event->a); break;
    case EVENT_DELIVER: process_deliver(w, event->a, &event->item); break;
    case EVENT_SNAPSHOT: server_snapshot(w, event->a, (int)event->b, event->generation, event->item.gap); break;
    case EVENT_WAKE: process_wake(w, event->a); break;
    case EVENT_TICK:
        if (event->generation == w->processes[event->a].tick)
            process_wake(w, event->a);
        break;
    case EVENT_CHAOS: chaos_strike(w); break;
    case EVENT_CALM: chaos_calm(w); break;
    case EVENT_START: start(w, event->a); break;
    case EVENT_KILL: chaos_killed(w, event->a); break;
    case EVENT_POD: pod_step(w, event->a, (enum pod_step)event->b); break;
    case EVENT_NEW_POD: pod_new(w, event->a); break;
    case EVENT_GC: server_collect(w, event->a); break;
    case EVENT_GC_DELETE: server_collected(w, event->a, event->b); break;
    case EVENT_FOREIGN_GONE: chaos_foreign_gone(w); break;
    case EVENT_REMOVE_LOCK: chaos_remove_lock(w); break;
    }
}

static void run_until(struct world *w, int64_t end, bool until_calm, bool until_leader)
{
    struct event event;
    while (w->event_count > 0 && !w->result->failed && w->events[w->heap[0]].at <= end) {
        if ((until_calm && w->calm) || (until_leader && w->leader >= 0))
            return;
        pop(w, &event);
        w->now = event.at;
        happen(w, &event);
    }
    if (!w->result->failed && !until_calm && !until_leader)
        w->now = end;
}

/* Everything that was under way has come to its end: one leader, who alone is named, and rest. */
static void check_rest(struct world *w)
{
    unsigned before_rest[MAX_PROCESSES];
    for (int i = 0; i < w->process_count; i++)
        before_rest[i] = w->processes[i].commands;
    int known = w->process_count;
    int leader = w->leader;
    unsigned terms = w->result->terms;
    run_until(w, w->now + REST_MS, false, false);
    if (w->result->failed)
        return;
    const struct object *pod = &w->pods[w->processes[leader].pod].object;
    if (!pod->exists || pod->terminating || pod->terminal)
        return; /* an ended process of that pod has taken it along: something did happen */
    if (w->leader != leader || w->result->terms != terms) {
        fail(w, "the leader changes although nothing happens: p%d, then p%d", leader, w->leader);
        return;
    }
    for (int i = 0; i < known; i++) {
        if (w->processes[i].commands - before_rest[i] > REST_COMMANDS)
            fail(w, "p%d commands %u times in %d s of rest", i, w->processes[i].commands - before_rest[i],
                 REST_MS / 1000);
    }
    int uid = w->pods[w->processes[leader].pod].object.uid;
    if (!w->lock.exists || w->lock.holder != uid)
        fail(w, "the leader p%d of u%d leads without its lock", leader, uid);
    bool guarded = w->processes[leader].known.record.kind != RECORD_NONE; /* P8: rights that went */
    if (guarded && w->setup->records && (!w->record.exists || w->record.holder != uid))
        fail(w, "the leader p%d of u%d leads without its record", leader, uid);
}

void model_run(const struct model_setup *setup, struct model_result *ret)
{
    struct world *w = calloc(1, sizeof *w);
    memset(ret, 0, sizeof *ret);
    if (w == NULL)
        abort();
    w->setup = setup;
    w->result = ret;
    w->dice = setup->seed * 2 + (setup->records ? 1 : 0);
    w->leader = w->robbed = -1;
    for (int i = 0; i < MAX_EVENTS; i++)
        w->heap[i] = i;
    chaos_begin(w);
    run_until(w, INT64_MAX, true, false);
    int64_t calm_at = w->now;
    run_until(w, calm_at + CALM_DOWN_MS, false, false);
    chaos_ensure_candidate(w);
    run_until(w, calm_at + SETTLE_MS, false, true);
    ret->settled = w->now - calm_at - CALM_DOWN_MS;
    if (!ret->failed && w->leader < 0)
        fail(w, "nobody leads %d s after the faults have ended", SETTLE_MS / 1000);
    if (!ret->failed)
        check_rest(w);
    free(w);
}
