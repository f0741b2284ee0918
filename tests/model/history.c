/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of simulated histories: kept, found, printed, read. Knows nothing of what the choices mean.
 */
#include "history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

static const struct {
    const char *word;
    int numbers;
} scopes[SCOPES] = {{"world", 0},   {"strike", 1}, {"hand", 1},      {"pod", 2}, {"process", 2},
                    {"request", 2}, {"watch", 2},  {"collector", 1}, {"dice", 2}};

/* What is printed as a word: the disturbances, in the order of enum strike (world.h). */
static const char *const strikes[] = {"nothing", "delete", "evict",    "outage", "collector", "hand",    "foreign",
                                      "beside",  "force",  "displace", "deny",   "node",      "process", "special"};

void history_init(struct history *h)
{
    memset(h, 0, sizeof *h);
}

void history_free(struct history *h)
{
    free(h->choices);
    free(h->index);
    history_init(h);
}

bool history_same_line(const struct choice *x, const struct choice *y)
{
    return x->kind == y->kind && x->a == y->a && x->b == y->b;
}

static size_t slot_of(const struct history *h, const struct choice *like)
{
    uint64_t hash = ((uint64_t)like->kind * 31 + (uint64_t)like->a) * 1000003 + (uint64_t)like->b;
    for (const char *c = like->name; *c != '\0'; c++)
        hash = hash * 131 + (unsigned char)*c;
    hash = (hash + (uint64_t)like->nth) * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(hash >> 20) & (h->slots - 1);
    for (; h->index[slot] >= 0; slot = (slot + 1) & (h->slots - 1)) {
        const struct choice *found = &h->choices[h->index[slot]];
        if (history_same_line(found, like) && found->nth == like->nth && strcmp(found->name, like->name) == 0)
            break;
    }
    return slot;
}

static void grow(struct history *h)
{
    h->room = h->room == 0 ? 256 : 2 * h->room;
    h->slots = 4 * h->room;
    h->choices = realloc(h->choices, h->room * sizeof *h->choices);
    h->index = realloc(h->index, h->slots * sizeof *h->index);
    if (h->choices == NULL || h->index == NULL)
        abort();
    memset(h->index, 0xff, h->slots * sizeof *h->index);
    for (size_t i = 0; i < h->count; i++)
        h->index[slot_of(h, &h->choices[i])] = (int)i;
}

void history_add(struct history *h, const struct choice *choice)
{
    if (h->count == h->room)
        grow(h);
    size_t slot = slot_of(h, choice);
    if (h->index[slot] >= 0) {
        h->choices[h->index[slot]].value = choice->value;
        return;
    }
    h->index[slot] = (int)h->count;
    h->choices[h->count++] = *choice;
}

const struct choice *history_find(const struct history *h, const struct choice *like)
{
    if (h->count == 0)
        return NULL;
    int found = h->index[slot_of(h, like)];
    return found < 0 ? NULL : &h->choices[found];
}

const struct choice *history_next_strike(const struct history *h, int after)
{
    const struct choice *next = NULL;
    for (size_t i = 0; i < h->count; i++) {
        const struct choice *c = &h->choices[i];
        if (c->kind == SCOPE_STRIKE && c->a > after && strcmp(c->name, "at") == 0 && (next == NULL || c->a < next->a))
            next = c;
    }
    return next;
}

/* ---- As text ---- */

static void print_choice(const struct choice *c, FILE *file)
{
    fprintf(file, " %s", c->name);
    if (c->nth > 0)
        fprintf(file, ".%d", c->nth);
    if (strcmp(c->name, "do") == 0 && c->value >= 0 && (size_t)c->value < sizeof strikes / sizeof *strikes)
        fprintf(file, "=%s", strikes[c->value]);
    else
        fprintf(file, "=%" PRId64, c->value);
}

int history_print(const struct history *h, FILE *file)
{
    int lines = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct choice *c = &h->choices[i];
        bool begun = false;
        for (size_t j = 0; j < i && !begun; j++)
            begun = history_same_line(&h->choices[j], c);
        if (begun)
            continue;
        lines++;
        if (file == NULL)
            continue;
        fputs(scopes[c->kind].word, file);
        if (scopes[c->kind].numbers > 0)
            fprintf(file, " %d", c->a);
        if (scopes[c->kind].numbers > 1)
            fprintf(file, " %d", c->b);
        for (size_t j = i; j < h->count; j++) {
            if (history_same_line(&h->choices[j], c))
                print_choice(&h->choices[j], file);
        }
        fputc('\n', file);
    }
    return lines;
}

static bool read_choice(struct history *h, struct choice *c, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL)
        return false;
    *value++ = '\0';
    char *nth = strchr(word, '.');
    c->nth = nth != NULL ? atoi(nth + 1) : 0;
    if (nth != NULL)
        *nth = '\0';
    if (word[0] == '\0' || strlen(word) >= sizeof c->name)
        return false;
    memset(c->name, 0, sizeof c->name);
    memcpy(c->name, word, strlen(word));
    char *end = value;
    c->value = strtoll(value, &end, 10);
    for (size_t i = 0; end == value && i < sizeof strikes / sizeof *strikes; i++) {
        if (strcmp(value, strikes[i]) == 0) {
            c->value = (int64_t)i;
            end = value + strlen(value);
        }
    }
    if (value[0] == '\0' || *end != '\0')
        return false;
    history_add(h, c);
    return true;
}

bool history_read_line(struct history *h, const char *line)
{
    char copy[LINE_SIZE];
    char *rest = NULL;
    struct choice c = {.kind = SCOPES};
    if (strlen(line) >= sizeof copy)
        return false;
    memcpy(copy, line, strlen(line) + 1);
    const char *word = strtok_r(copy, " \n", &rest);
    for (int i = 0; word != NULL && i < SCOPES; i++) {
        if (strcmp(word, scopes[i].word) == 0)
            c.kind = (enum scope_kind)i;
    }
    if (c.kind == SCOPES)
        return false;
    int *numbers[] = {&c.a, &c.b};
    for (int i = 0; i < scopes[c.kind].numbers; i++) {
        char *number = strtok_r(NULL, " \n", &rest);
        if (number == NULL || number[0] < '0' || number[0] > '9')
            return false;
        *numbers[i] = atoi(number);
    }
    for (char *next = strtok_r(NULL, " \n", &rest); next != NULL; next = strtok_r(NULL, " \n", &rest)) {
        if (!read_choice(h, &c, next))
            return false;
    }
    return true;
}
