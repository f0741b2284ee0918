/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delta debugging over a history's script: lines are left out in ever smaller parts, then single choices, as long as
 * the same fault shows. After each success the script is what that run has really met, so whatever lost its meaning by
 * it goes at once.
 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

void script_init(struct script *s)
{
    memset(s, 0, sizeof *s);
    history_init(&s->choices);
}

void script_free(struct script *s)
{
    history_free(&s->choices);
}

void script_of_seed(struct script *s, const struct kind *kind, enum sabotage sabotage, uint64_t seed)
{
    struct model_result result;
    s->kind = kind;
    s->setup = kind->setup;
    s->setup.seed = seed;
    s->setup.sabotage = sabotage;
    struct model_setup setup = s->setup;
    setup.record = &s->choices;
    model_run(&setup, &result);
}

static void play(const struct script *s, const struct history *choices, struct history *record,
                 struct model_result *ret)
{
    struct model_setup setup = s->setup;
    setup.replay = choices;
    setup.record = record;
    model_run(&setup, ret);
}

void script_play(const struct script *s, struct model_result *ret)
{
    play(s, &s->choices, NULL, ret);
}

int script_print(const struct script *s, FILE *file)
{
    if (file != NULL)
        fprintf(file, "history %s broken %s\n", s->kind->name, kind_sabotage_name(s->setup.sabotage));
    return 1 + history_print(&s->choices, file);
}

static bool read_head(struct script *s, const char *line)
{
    char kind[64];
    char broken[64];
    if (sscanf(line, "history %63s broken %63s", kind, broken) != 2)
        return false;
    s->kind = kind_named(kind);
    if (s->kind == NULL)
        return false;
    s->setup = s->kind->setup;
    return kind_sabotage_named(broken, &s->setup.sabotage);
}

bool script_read(struct script *s, FILE *file)
{
    char line[LINE_SIZE];
    bool good = true;
    while (good && fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        good = s->kind == NULL ? read_head(s, line) : history_read_line(&s->choices, line);
    }
    return good && s->kind != NULL;
}

/* ---- Shortening ---- */

/* A number for each choice: that of the first one in its line. */
static size_t number_lines(const struct history *h, size_t *lines)
{
    size_t count = 0;
    size_t *first = malloc((h->count + 1) * sizeof *first);
    if (first == NULL)
        abort();
    for (size_t i = 0; i < h->count; i++) {
        size_t line = count;
        while (line > 0 && !history_same_line(&h->choices[first[line - 1]], &h->choices[i]))
            line--;
        if (line == 0)
            first[count++] = i;
        lines[i] = line == 0 ? count - 1 : line - 1;
    }
    free(first);
    return count;
}

/* Plays it without the parts [from, to). Where the fault is still there, the script is what was met. */
static bool try_without(struct script *s, const size_t *parts, size_t from, size_t to, const char *rule)
{
    struct history less;
    struct history met;
    struct model_result result;
    history_init(&less);
    history_init(&met);
    for (size_t i = 0; i < s->choices.count; i++) {
        if (parts[i] < from || parts[i] >= to)
            history_add(&less, &s->choices.choices[i]);
    }
    play(s, &less, &met, &result);
    bool same = result.failed && result.rule == rule && met.count < s->choices.count;
    if (same) {
        history_free(&s->choices);
        s->choices = met;
    } else {
        history_free(&met);
    }
    history_free(&less);
    return same;
}

static size_t part(const struct script *s, bool by_line, size_t **parts)
{
    *parts = realloc(*parts, (s->choices.count + 1) * sizeof **parts);
    if (*parts == NULL)
        abort();
    if (by_line)
        return number_lines(&s->choices, *parts);
    for (size_t i = 0; i < s->choices.count; i++)
        (*parts)[i] = i;
    return s->choices.count;
}

static bool pass(struct script *s, bool by_line, const char *rule)
{
    size_t *parts = NULL;
    bool less = false;
    size_t count = part(s, by_line, &parts);
    for (size_t size = count / 2 > 0 ? count / 2 : 1; size > 0; size /= 2) {
        for (size_t end = count; end > 0;) { /* what comes late is needed least */
            size_t from = end > size ? end - size : 0;
            if (try_without(s, parts, from, end, rule)) {
                less = true;
                count = part(s, by_line, &parts);
                end = from < count ? from : count;
            } else {
                end = from;
            }
        }
    }
    free(parts);
    return less;
}

bool shrink(struct script *s, struct model_result *ret)
{
    struct history met;
    history_init(&met);
    play(s, &s->choices, &met, ret);
    if (!ret->failed) {
        history_free(&met);
        return false;
    }
    const char *rule = ret->rule;
    history_free(&s->choices);
    s->choices = met;
    while (pass(s, true, rule) || pass(s, false, rule))
        ;
    script_play(s, ret);
    return true;
}
