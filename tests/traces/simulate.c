/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays simulated histories of tests/model: many by seeds, one from a script; shortens the script of a failing one.
 */
#include "model/kinds.h"
#include "model/shrink.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: simulate [--kind NAME] [--broken RULE] [--runs N] [--from SEED] [--trace | --facts]   many histories\n"
    "       simulate --kind NAME [--broken RULE] --seed N [--trace | --shrink | --script]  one of them\n"
    "       simulate --replay FILE [--broken RULE] [--trace | --shrink]                    one from a script\n"
    "       simulate --list                                                                the kinds\n"
    "Ends with 1 if a history has a fault.\n";

struct options {
    const char *kind;
    const char *broken;
    const char *replay;
    uint64_t seed;
    uint64_t from;
    uint64_t runs;
    bool trace;
    bool shrink;
    bool script;
    bool list;
    bool facts;
};

static int complain(const char *what, const char *word)
{
    fprintf(stderr, "simulate: %s '%s'\n%s", what, word, usage);
    return 2;
}

static bool read_options(int count, char **words, struct options *ret)
{
    static const struct option options[] = {
        {"kind", 1, NULL, 'k'},   {"broken", 1, NULL, 'b'}, {"replay", 1, NULL, 'r'}, {"seed", 1, NULL, 's'},
        {"from", 1, NULL, 'f'},   {"runs", 1, NULL, 'n'},   {"trace", 0, NULL, 't'},  {"shrink", 0, NULL, 'x'},
        {"script", 0, NULL, 'p'}, {"facts", 0, NULL, 'a'},  {"list", 0, NULL, 'l'},   {NULL, 0, NULL, 0},
    };
    int option;
    *ret = (struct options){.from = 1, .runs = 300};
    while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
        switch (option) {
        case 'k': ret->kind = optarg; break;
        case 'b': ret->broken = optarg; break;
        case 'r': ret->replay = optarg; break;
        case 's': ret->seed = strtoull(optarg, NULL, 10); break;
        case 'f': ret->from = strtoull(optarg, NULL, 10); break;
        case 'n': ret->runs = strtoull(optarg, NULL, 10); break;
        case 't': ret->trace = true; break;
        case 'x': ret->shrink = true; break;
        case 'a': ret->facts = true; break;
        case 'p': ret->script = true; break;
        case 'l': ret->list = true; break;
        default: return false;
        }
    }
    return optind == count;
}

/* All seeds of one kind; how many have a fault. */
static unsigned play(const struct kind *kind, const struct options *o, enum sabotage sabotage)
{
    unsigned faults = 0;
    unsigned two = 0;
    uint64_t terms = 0;
    int64_t slowest = 0;
    for (uint64_t seed = o->from; seed < o->from + o->runs; seed++) {
        struct model_setup setup = kind->setup;
        struct model_result result;
        setup.seed = seed;
        setup.sabotage = sabotage;
        setup.trace = o->trace;
        setup.facts = o->facts ? stdout : NULL;
        if (o->facts)
            printf("history %s %" PRIu64 "\n", kind->name, seed);
        model_run(&setup, &result);
        terms += result.terms;
        two += result.two_leaders;
        slowest = result.settled > slowest ? result.settled : slowest;
        if (result.failed && faults++ < 5 && !o->facts)
            printf("%s: seed %" PRIu64 ": %s\n", kind->name, seed, result.fault);
    }
    fprintf(o->facts ? stderr : stdout,
            "%-18s %" PRIu64 " histories, %" PRIu64 " terms, %u faults, %u with two leaders, slowest %" PRId64 " ms\n",
            kind->name, o->runs, terms, faults, two, slowest);
    fflush(stdout);
    return faults;
}

static bool read_script(struct script *script, const char *path)
{
    FILE *file = fopen(path, "r");
    bool good = file != NULL && script_read(script, file);
    if (file != NULL)
        fclose(file);
    return good;
}

static int play_one(struct script *script, const struct options *o)
{
    struct model_result result;
    script->setup.trace = o->trace;
    if (o->shrink && !shrink(script, &result)) {
        printf("no fault, so there is nothing to shorten\n");
        return 0;
    }
    if (!o->shrink)
        script_play(script, &result);
    if (o->shrink || o->script)
        script_print(script, stdout);
    printf("# %s\n", result.failed ? result.fault : "no fault");
    return result.failed ? 1 : 0;
}

int main(int count, char **words)
{
    struct options o;
    enum sabotage sabotage = SABOTAGE_NONE;
    struct script script;
    unsigned faults = 0;
    if (!read_options(count, words, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    if (o.broken != NULL && !kind_sabotage_named(o.broken, &sabotage))
        return complain("there is no rule", o.broken);
    const struct kind *kind = o.kind != NULL ? kind_named(o.kind) : NULL;
    if (o.kind != NULL && kind == NULL)
        return complain("there is no kind", o.kind);
    for (size_t i = 0; o.list && i < kind_count; i++)
        puts(kinds[i].name);
    if (o.list)
        return 0;
    if (o.replay != NULL || (kind != NULL && o.seed != 0)) {
        script_init(&script);
        if (o.replay != NULL && !read_script(&script, o.replay))
            return complain("this is no script", o.replay);
        if (o.replay == NULL)
            script_of_seed(&script, kind, sabotage, o.seed);
        if (o.broken != NULL)
            script.setup.sabotage = sabotage;
        int status = play_one(&script, &o);
        script_free(&script);
        return status;
    }
    for (size_t i = 0; i < kind_count; i++) {
        if (kind == NULL || kind == &kinds[i])
            faults += play(&kinds[i], &o, sabotage);
    }
    return faults != 0;
}
