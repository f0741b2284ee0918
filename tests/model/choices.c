/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever may happen in more than one way is chosen here: by dice, or by a script (history.h). Each choice has a name
 * and belongs to the thing that happens at the moment, so that it can be found again when other things do not happen.
 */
#include "world.h"

#include <string.h>

enum { LIKELY = 500 /* per mille: what is likelier is usual */ };

/* splitmix64 */
static uint32_t mix(uint64_t state)
{
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

static uint32_t roll(struct world *w)
{
    return mix(w->dice += 0x9e3779b97f4a7c15u);
}

struct scope choice_begin(struct world *w, enum scope_kind kind, int a, int b)
{
    struct scope before = w->scope;
    w->scope = (struct scope){.kind = kind, .a = a, .b = b};
    return before;
}

void choice_end(struct world *w, const struct scope *before)
{
    w->scope = *before;
}

/* The how many-th of that name in this scope. */
static int count_name(struct scope *scope, const char *name)
{
    for (int i = 0; i < scope->count; i++) {
        if (scope->names[i] == name || strcmp(scope->names[i], name) == 0)
            return ++scope->used[i];
    }
    if (scope->count < SCOPE_NAMES) {
        scope->used[scope->count] = 0;
        scope->names[scope->count++] = name;
    }
    return 0;
}

static struct choice choice_named(struct world *w, const char *name)
{
    struct choice c = {.kind = w->scope.kind, .a = w->scope.a, .b = w->scope.b, .nth = count_name(&w->scope, name)};
    text_copy(c.name, sizeof c.name, name);
    return c;
}

/* What the dice have said, if there are any; else what the script says, or what is usual. */
int64_t choice(struct world *w, const char *name, int64_t drawn, int64_t usual)
{
    if (w->setup->replay == NULL && w->setup->record == NULL)
        return drawn;
    struct choice c = choice_named(w, name);
    c.value = drawn;
    if (w->setup->replay != NULL) {
        const struct choice *found = history_find(w->setup->replay, &c);
        c.value = found != NULL ? found->value : usual;
    }
    if (w->setup->record != NULL && c.value != usual)
        history_add(w->setup->record, &c);
    return c.value;
}

/* The usual one is the lowest. */
int64_t between(struct world *w, const char *name, int64_t low, int64_t high)
{
    int64_t drawn = low;
    if (high > low && w->setup->replay == NULL)
        drawn = low + (int64_t)(roll(w) % (uint64_t)(high - low + 1));
    return choice(w, name, drawn, low);
}

bool chance(struct world *w, const char *name, int per_mille)
{
    bool drawn = w->setup->replay == NULL && roll(w) % 1000 < (uint32_t)per_mille;
    return choice(w, name, drawn, per_mille > LIKELY) != 0;
}

/* The machine's own dice: of each process its own, so that what one draws does not depend on the others. */
uint32_t choice_of_machine(struct world *w, int process)
{
    int nth = w->processes[process].drawn++;
    int id = w->processes[process].id;
    struct scope before = choice_begin(w, SCOPE_DICE, id, nth);
    uint32_t drawn = w->setup->replay == NULL ? roll(w) : 0;
    uint32_t result = (uint32_t)choice(w, "draws", drawn, mix(((uint64_t)id << 32) + (uint64_t)nth));
    choice_end(w, &before);
    return result;
}

/* Which way the dice show: what it means is a choice, not the number. */
int choice_way(struct world *w)
{
    return w->setup->replay != NULL ? 0 : (int)(roll(w) % 100);
}

/* Likewise: which pod that is. */
int choice_of_pod(struct world *w)
{
    if (w->setup->replay != NULL || w->pod_count < 2)
        return 0;
    return (int)(roll(w) % (uint32_t)w->pod_count);
}

/* Where a process's clock begins: nothing may depend on it, so no script says it. */
int64_t choice_clock(struct world *w)
{
    enum { LATEST = 1000000000, USUAL = 1000000 };
    return w->setup->replay != NULL ? USUAL : (int64_t)(roll(w) % (LATEST + 1u));
}

/* When the next disturbance comes. A script has them with their times, and perhaps not each. */
void choice_next_strike(struct world *w, int64_t high)
{
    int number = w->strikes + 1;
    int64_t at = w->now + 1;
    if (w->setup->replay == NULL)
        at = w->now + 1 + (int64_t)(roll(w) % (uint64_t)high);
    if (w->setup->replay != NULL) {
        const struct choice *next = history_next_strike(w->setup->replay, w->strikes);
        if (next == NULL)
            return;
        number = next->a;
        at = next->value;
    }
    if (w->setup->record != NULL)
        history_add(w->setup->record, &(struct choice){SCOPE_STRIKE, number, 0, "at", 0, at});
    w->strikes = number;
    push(w, at, EVENT_CHAOS, number, 0);
}
