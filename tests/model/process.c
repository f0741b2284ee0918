/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A candidate process: the machine, driven as the election drives it, with the Kubernetes backend's part (facts from
 * answers and watches) played here. It sees the world only through what is delivered to it.
 */
#include "base/backoff.h"
#include "machine/command_kind.h"
#include "machine/decide.h"
#include "machine/leadership.h"
#include "machine/learn.h"
#include "machine/state_table.h"
#include "world.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum { HASTE_MAX = 400 /* commands of one process in one second: more is a hot loop */, GRACE_SLACK_MS = 10000 };

/* ---- Objects as the machine sees them ---- */

static void version_text(int64_t version, char *ret)
{
    ret[0] = '\0';
    if (version > 0)
        text_format(ret, TEXT_VERSION, "%lld", (long long)version);
}

static void lock_view(const struct world *w, const struct object *object, struct lock_view *ret)
{
    memset(ret, 0, sizeof *ret);
    version_text(object->version, ret->version);
    ret->kind = !object->exists ? LOCK_VIEW_ABSENT : object->foreign ? LOCK_VIEW_FOREIGN : LOCK_VIEW_OWNED;
    if (object->exists)
        text_format(ret->uid, sizeof ret->uid, "u%d", object->uid);
    if (ret->kind == LOCK_VIEW_OWNED) {
        pod_id_of(w, object->holder, &ret->owner);
        ret->released = object->nonce[0] == '\0';
        ret->guarded = object->guarded;
        ret->orphaned = object->orphaned;
        text_copy(ret->nonce, sizeof ret->nonce, object->nonce);
    }
}

static void record_view(const struct world *w, const struct object *object, struct record_view *ret)
{
    memset(ret, 0, sizeof *ret);
    version_text(object->version, ret->version);
    ret->kind = RECORD_VIEW_ABSENT;
    if (!object->exists)
        return;
    text_format(ret->uid, sizeof ret->uid, "u%d", object->uid);
    ret->kind = object->foreign ? RECORD_VIEW_FOREIGN : object->holder != 0 ? RECORD_VIEW_HELD : RECORD_VIEW_EMPTY;
    if (ret->kind == RECORD_VIEW_HELD)
        pod_id_of(w, object->holder, &ret->holder);
    text_copy(ret->nonce, sizeof ret->nonce, object->nonce);
    ret->term = object->term;
}

/* P4, as kubernetes/objects/pod.c judges. */
static void pod_view(struct world *w, const struct item *item, bool by_get, struct pod_view *ret)
{
    const struct object *pod = &item->object;
    memset(ret, 0, sizeof *ret);
    text_format(ret->uid, sizeof ret->uid, "u%d", item->target);
    ret->sign = POD_ALIVE;
    bool same = pod->uid == item->target;
    if (item->gap && !by_get) {
        ret->sign = POD_UNSURE;
    } else if (!pod->exists || !same) {
        ret->sign = by_get || (same && !item->initial) ? POD_DEAD : POD_UNSURE;
    } else {
        ret->terminating = pod->terminating;
        ret->terminal = pod->terminal;
        ret->ready = !pod->unready;
        text_format(ret->node, sizeof ret->node, "node-%d", pod->uid);
        if (pod->terminal && !pod->disruption && pod->statuses && !pod->running)
            ret->sign = POD_DEAD;
        if (pod->terminal && !pod->disruption && !pod->statuses && !pod->terminating) {
            ret->sign = POD_WAIT;
            ret->wait_ms = pod->grace_ms + GRACE_SLACK_MS;
        }
    }
    if (w->setup->sabotage == SABOTAGE_VERDICTS && (item->kind == ITEM_POD || item->command == COMMAND_GET_POD))
        ret->sign = POD_DEAD;
}

static void answer_fact(struct world *w, struct process *p, const struct item *item, struct fact *fact)
{
    fact->kind = FACT_ANSWER;
    fact->number = fact->sent = item->number;
    fact->outcome = item->outcome;
    fact->retry_after_ms = item->retry_after;
    if (item->outcome != OUTCOME_OK) {
        fact->status = item->outcome == OUTCOME_FORBIDDEN ? LEADERLIFE_EFORBIDDEN
                       : item->network                    ? LEADERLIFE_ENETWORK
                                                          : LEADERLIFE_ESERVER;
        return;
    }
    struct item own = *item;
    own.target = w->pods[p->pod].object.uid;
    switch (item->command) {
    case COMMAND_IDENTIFY: pod_id_of(w, own.target, &fact->self); break;
    case COMMAND_GET_LOCK:
    case COMMAND_CREATE_LOCK:
    case COMMAND_PUT_LOCK: lock_view(w, &item->object, &fact->lock); break;
    case COMMAND_GET_RECORD:
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: record_view(w, &item->object, &fact->record); break;
    case COMMAND_GET_OWN_POD:
        pod_view(w, &own, true, &fact->pod);
        fact->pod.elsewhere = process_is_elsewhere(w, (int)(p - w->processes));
        break;
    case COMMAND_GET_POD: pod_view(w, item, true, &fact->pod); break;
    case COMMAND_GET_NODE: fact->node = item->object.node; break;
    default: break;
    }
    if (item->command == COMMAND_GET_LOCK && !item->object.exists)
        fact->lock.version[0] = '\0'; /* a 404 tells no version */
    if (item->command == COMMAND_GET_RECORD && !item->object.exists)
        fact->record.version[0] = '\0';
}

static void fact_of(struct world *w, struct process *p, const struct item *item, struct fact *fact)
{
    memset(fact, 0, sizeof *fact);
    switch (item->kind) {
    case ITEM_LOCK:
        fact->kind = FACT_LOCK;
        lock_view(w, &item->object, &fact->lock);
        break;
    case ITEM_RECORD:
        fact->kind = FACT_RECORD;
        record_view(w, &item->object, &fact->record);
        break;
    case ITEM_POD:
    case ITEM_OWN:
        fact->kind = item->kind == ITEM_POD ? FACT_POD : FACT_OWN_POD;
        pod_view(w, item, false, &fact->pod);
        fact->pod.elsewhere = item->kind == ITEM_OWN && process_is_elsewhere(w, (int)(p - w->processes));
        break;
    case ITEM_SEAT: fact->kind = FACT_SEAT; break;
    case ITEM_ANSWER: answer_fact(w, p, item, fact); break;
    case ITEM_WISH:
        fact->kind = FACT_WISH;
        fact->wish = item->wish;
        break;
    case ITEM_BLIND:
        fact->kind = FACT_WATCH;
        fact->watch = item->watch;
        break;
    }
}

/* ---- Learning ---- */

static void learn(struct world *w, int process, const struct fact *fact)
{
    struct process *p = &w->processes[process];
    learn_fact(&p->known, fact, w->now + p->offset, choice_of_machine(w, process));
    world_mutate(w, p);
    if (p->known.end != p->end) {
        facts_note(w, process, "ends how=%d rehearsed=%d", (int)p->known.end, p->known.rehearsed);
        trace(w, "p%d ends as %d (lock %d record %d identity %d)", process, (int)p->known.end, (int)p->known.lock.kind,
              (int)p->known.record.kind, (int)p->known.identity);
        w->result->losses += p->known.end == END_LOST;
        if (p->known.end == END_LOST)
            check_loss(w, process);
        p->works_on = p->known.rehearsed;
        w->result->rehearsals += p->works_on;
        if (w->setup->sabotage == SABOTAGE_REHEARSAL)
            p->known.rehearsed = false;
        p->idle_end |= p->end == END_NOT && p->known.lock_writes.last == 0;
        p->end = p->known.end;
    }
    check_leaders(w, process);
}

static void learn_item(struct world *w, int process, const struct item *item)
{
    struct process *p = &w->processes[process];
    struct fact fact;
    bool watch = item->kind <= ITEM_OWN;
    if (watch && item->generation != p->watches[item->kind].generation)
        return; /* of a watch that was closed */
    if (item->kind == ITEM_SEAT && !p->watches[ITEM_SEAT].wanted)
        return;
    if (item->gap && item->kind == ITEM_LOCK) {
        struct fact gap = {.kind = FACT_LOCK, .lock = {.kind = LOCK_VIEW_GAP}};
        learn(w, process, &gap);
    } else if (item->gap && item->kind == ITEM_RECORD) {
        struct fact gap = {.kind = FACT_RECORD, .record = {.kind = RECORD_VIEW_GAP}};
        learn(w, process, &gap);
    }
    fact_of(w, p, item, &fact);
    world_distort(w, p, &fact);
    facts_learn(w, process, item);
    trace(w, "p%d learns item %d%s v%lld", process, (int)item->kind, item->gap ? " (gap)" : "",
          (long long)item->object.version);
    learn(w, process, &fact);
}

void process_deliver(struct world *w, int process, const struct item *item)
{
    struct process *p = &w->processes[process];
    if (!p->alive)
        return;
    if (p->inbox_count == MAX_INBOX) {
        fail(w, "the model is too small: inbox");
        return;
    }
    p->inbox[p->inbox_count++] = *item;
    int64_t at = w->now > p->stalled_until ? w->now : p->stalled_until;
    push(w, at + (chance(w, "jitter", 300) ? between(w, "jitter", 0, 3) : 0), EVENT_WAKE, process, 0);
}

/* ---- Carrying out ---- */

static void want_watch(struct world *w, int process, int kind, bool wanted, int target)
{
    struct process *p = &w->processes[process];
    struct watch_state *state = &p->watches[kind];
    if (state->wanted == wanted && state->target == target)
        return;
    state->generation++;
    state->open = false;
    state->wanted = wanted;
    state->target = target;
    state->last_at = 0;
    if (!wanted)
        return;
    struct pod *pod = pod_by_uid(w, target);
    state->name = pod != NULL ? pod->object.name : 0;
    if (kind == ITEM_SEAT) {
        if (w->pods[p->pod].seat < 0) {
            struct item item = {.kind = ITEM_SEAT};
            push(w, w->now + 1, EVENT_DELIVER, process, 0)->item = item;
        }
    } else if ((w->blind & (1u << kind)) != 0) {
        struct item item = {.kind = ITEM_BLIND, .watch = 1u << kind};
        push(w, w->now + latency(w), EVENT_DELIVER, process, 0)->item = item;
    } else {
        push(w, w->now + latency(w), EVENT_SNAPSHOT, process, kind)->generation = state->generation;
    }
}

void process_gap(struct world *w, int process, int watch)
{
    struct watch_state *state = &w->processes[process].watches[watch];
    if (!state->open || (watch == ITEM_LOCK && chaos_is_sealed(w)))
        return; /* P8: a gap is no memory */
    state->open = false;
    state->generation++;
    w->unmarked = w->unmarked || watch == ITEM_LOCK;
    trace(w, "p%d: watch %d breaks", process, watch);
    struct event *event = push(w, w->now + between(w, "back", 1, 2000), EVENT_SNAPSHOT, process, watch);
    event->generation = state->generation;
    event->item.gap = true;
}

static void free_seat(struct world *w, int pod, int process)
{
    if (w->pods[pod].seat != process || w->processes[process].elsewhere)
        return;
    w->pods[pod].seat = -1;
    for (int i = 0; i < w->process_count; i++) {
        struct item item = {.kind = ITEM_SEAT};
        if (w->processes[i].alive && w->processes[i].pod == pod && w->processes[i].watches[ITEM_SEAT].wanted)
            push(w, w->now + 1, EVENT_DELIVER, i, 0)->item = item;
    }
}

void process_leave_seat(struct world *w, int process)
{
    free_seat(w, w->processes[process].pod, process);
}

static void submit_here(struct world *w, int process, const struct command *command)
{
    int pod = w->processes[process].pod;
    struct item item = {.kind = ITEM_ANSWER, .number = command->number, .command = command->kind};
    if (w->processes[process].elsewhere) {
        item.outcome = OUTCOME_OK; /* nobody else has a seat there */
    } else if (command->kind == COMMAND_TAKE_SEAT) {
        bool busy = w->pods[pod].seat >= 0 && w->pods[pod].seat != process;
        item.outcome = busy ? OUTCOME_EXISTS : OUTCOME_OK;
        if (!busy)
            w->pods[pod].seat = process;
    } else if (command->kind == COMMAND_RELEASE_SEAT) {
        free_seat(w, pod, process);
    }
    push(w, w->now + 1, EVENT_DELIVER, process, 0)->item = item;
}

static void count_command(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    int64_t second = w->now / 1000;
    w->result->commands++;
    p->commands++;
    if (p->second != second) {
        p->second = second;
        p->in_second = 0;
    }
    if (++p->in_second > w->result->most)
        w->result->most = p->in_second;
    if (p->in_second > HASTE_MAX)
        fail(w, "p%d runs hot: %u commands in one second", process, p->in_second);
}

static void submit(struct world *w, int process, const struct decision *d, const struct command *command)
{
    struct process *p = &w->processes[process];
    struct scope before = choice_begin(w, SCOPE_REQUEST, p->id, (int)command->number);
    trace(w, "p%d %s: %s #%u %s %s%s%s", process, machine_rows[d->state].name, command_name(command->kind),
          command->number, command->uid, command->version, command->nonce[0] ? " nonce " : "", command->nonce);
    facts_command(w, process, command);
    count_command(w, process);
    if (command->kind == COMMAND_CREATE_LOCK || command->kind == COMMAND_PUT_LOCK)
        p->claim_at = w->now;
    if (p->observer && command->kind != COMMAND_IDENTIFY && command->kind != COMMAND_GET_LOCK &&
        command->kind != COMMAND_GET_RECORD && command->kind != COMMAND_GET_POD)
        fail(w, "the observer p%d commands: %s", process, command_name(command->kind));
    if ((machine_rows[d->state].commands & (1u << command->kind)) == 0)
        fail(w, "p%d: %s is not among the commands of %s", process, command_name(command->kind),
             machine_rows[d->state].name);
    if (command_is_question(command->kind))
        learn_question(&p->known, command, w->now + p->offset);
    else
        learn_command(&p->known, command, w->now + p->offset, choice_of_machine(w, process));
    world_mutate(w, p);
    if (command->kind == COMMAND_IDENTIFY || command->kind == COMMAND_TAKE_SEAT ||
        command->kind == COMMAND_RELEASE_SEAT)
        submit_here(w, process, command);
    else
        server_submit(w, process, command);
    choice_end(w, &before);
}

static void carry_out(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    struct decision d;
    int64_t now = w->now + p->offset;
    if (w->calm)
        p->known.rehearse_at = p->known.rehearse_s = 0;
    if (leadership_is_rehearsal_due(&p->known, now))
        learn(w, process, &(struct fact){.kind = FACT_TIME});
    for (;;) {
        decide(&p->known, now, &d);
        for (int kind = 0; kind < WATCHES; kind++) {
            int target = kind == ITEM_POD ? uid_number(d.pod.uid) : kind == ITEM_OWN ? w->pods[p->pod].object.uid : 0;
            bool wanted = (d.watches & (1u << kind)) != 0;
            want_watch(w, process, kind, wanted, wanted ? target : 0);
        }
        if (d.command.kind == COMMAND_NONE && d.question.kind == COMMAND_NONE)
            break;
        if (d.command.kind != COMMAND_NONE)
            submit(w, process, &d, &d.command);
        if (d.question.kind != COMMAND_NONE)
            submit(w, process, &d, &d.question);
    }
    if (d.deadline <= now)
        fail(w, "p%d spins in %s: its deadline has passed and it commands nothing", process,
             machine_rows[d.state].name);
    p->tick++;
    if (d.deadline != NEVER) {
        struct event *event = push(w, d.deadline - p->offset, EVENT_TICK, process, 0);
        event->generation = p->tick;
    }
}

void process_wake(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    if (!p->alive || w->now < p->stalled_until)
        return;
    unsigned count = p->inbox_count;
    for (unsigned i = 0; i < count; i++)
        learn_item(w, process, &p->inbox[i]);
    p->inbox_count = 0;
    carry_out(w, process);
    if (p->known.end != END_NOT)
        chaos_ended(w, process);
}

void process_wish(struct world *w, int process, enum wish wish)
{
    struct item item = {.kind = ITEM_WISH, .wish = wish};
    struct process *p = &w->processes[process];
    if (!p->alive || p->observer || p->known.wish == WISH_CLOSE || p->known.wish == wish)
        return;
    trace(w, "p%d is asked to %s", process, wish == WISH_CLOSE ? "close" : "resign");
    process_deliver(w, process, &item);
}

/* ---- Life ---- */

/* P2 */
bool process_is_elsewhere(const struct world *w, int process)
{
    const struct process *p = &w->processes[process];
    return p->elsewhere || w->now < w->pods[p->pod].displaced_until;
}

int process_start(struct world *w, int pod, bool observer)
{
    if (w->process_count == MAX_PROCESSES) {
        fail(w, "the model is too small: processes");
        return -1;
    }
    int process = w->process_count++;
    struct process *p = &w->processes[process];
    char life[TEXT_LIFE];
    memset(p, 0, sizeof *p);
    p->alive = true;
    p->pod = pod;
    p->offset = choice_clock(w);
    p->id = 100 * w->pods[pod].id + w->pods[pod].lives++;
    p->observer = observer;
    p->older = w->pods[pod].older;
    text_format(life, sizeof life, "life%d", process);
    struct machine_setup setup = {
        .life = life,
        .wish = p->observer ? WISH_OBSERVE : WISH_CAMPAIGN,
        .late_writes = true,
        .records = world_keeps_record(w, p),
        .elsewhere_ms = 60000,
        .node_policy = w->setup->node_policy,
        .rehearse_s = w->setup->rehearsals && chance(w, "rehearses", 500) ? (int)between(w, "rehearse_s", 1, 20) : 0};
    knowledge_init(&p->known, &setup);
    facts_start(w, process);
    trace(w, "p%d starts in u%d%s", process, w->pods[pod].object.uid, p->observer ? " (observer)" : "");
    push(w, w->now, EVENT_WAKE, process, 0);
    return process;
}

void process_kill(struct world *w, int process)
{
    struct process *p = &w->processes[process];
    if (!p->alive)
        return;
    trace(w, "p%d is killed", process);
    facts_note(w, process, "gone");
    p->alive = false;
    for (int kind = 0; kind < WATCHES; kind++)
        p->watches[kind].open = p->watches[kind].wanted = false;
    if (w->leader == process)
        w->leader = -1;
    free_seat(w, p->pod, process);
}
