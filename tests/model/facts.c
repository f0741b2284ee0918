/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace of a history for a reader who knows the rules and not the machine (tests/traces/check_trace.py): what each
 * process was told, commanded, believed. Pods are told as the server has them, not as anybody judges them.
 */
#include "machine/command_kind.h"
#include "world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const outcomes[] = {"ok",        "exists",    "conflict", "not-found",
                                       "forbidden", "ambiguous", "retry",    "permanent"};

static FILE *begin(const struct world *w, int process)
{
    FILE *file = w->setup->facts;
    if (file != NULL)
        fprintf(file, "%" PRId64 " p%d ", w->now, process);
    return file;
}

/* Names are without spaces here, so words can be split at them. */
static void tell_kind(FILE *file, enum command_kind kind)
{
    for (const char *c = command_name(kind); *c != '\0'; c++)
        fputc(*c == ' ' ? '-' : *c, file);
}

static void tell_object(FILE *file, const struct item *item, enum item_kind kind)
{
    const struct object *o = &item->object;
    fprintf(file, " exists=%d foreign=%d uid=%d version=%" PRId64, o->exists, o->foreign, o->uid, o->version);
    if (kind == ITEM_LOCK || kind == ITEM_RECORD)
        fprintf(file, " holder=%d nonce=%s guarded=%d orphaned=%d plain=%d", o->holder, o->nonce, o->guarded,
                o->orphaned, o->plain);
    else
        fprintf(file, " target=%d terminating=%d terminal=%d statuses=%d running=%d disruption=%d grace=%" PRId64,
                item->target, o->terminating, o->terminal, o->statuses, o->running, o->disruption, o->grace_ms);
}

static enum item_kind about(enum command_kind kind)
{
    if (kind == COMMAND_GET_LOCK || command_writes_lock(kind))
        return ITEM_LOCK;
    if (kind == COMMAND_GET_RECORD || command_writes_record(kind))
        return ITEM_RECORD;
    return ITEM_POD;
}

void facts_start(const struct world *w, int process)
{
    const struct process *p = &w->processes[process];
    FILE *file = begin(w, process);
    if (file != NULL)
        fprintf(file, "start pod=%d life=%s records=%d older=%d\n", w->pods[p->pod].object.uid, p->known.life,
                p->known.keep_record, p->older);
}

void facts_learn(const struct world *w, int process, const struct item *item)
{
    static const char *const words[] = {"lock", "record", "pod", "own", "seat", "answer", "wish", "blind"};
    FILE *file = begin(w, process);
    if (file == NULL)
        return;
    fprintf(file, "learns %s gap=%d initial=%d", words[item->kind], item->gap, item->initial);
    if (item->kind == ITEM_ANSWER) {
        fprintf(file, " number=%u outcome=%s command=", item->number, outcomes[item->outcome]);
        tell_kind(file, item->command);
        if (item->outcome == OUTCOME_OK)
            tell_object(file, item, about(item->command));
    } else if (item->kind <= ITEM_OWN) {
        tell_object(file, item, item->kind);
    }
    fprintf(file, " wish=%d elsewhere=%d\n", item->wish, process_is_elsewhere(w, process));
}

void facts_command(const struct world *w, int process, const struct command *command)
{
    FILE *file = begin(w, process);
    if (file == NULL)
        return;
    fprintf(file, "sends ");
    tell_kind(file, command->kind);
    fprintf(file, " number=%u pod=%s uid=%s version=%s nonce=%s new_term=%d\n", command->number, command->pod.uid,
            command->uid, command->version, command->nonce, command->new_term);
}

void facts_note(const struct world *w, int process, const char *format, ...)
{
    va_list arguments;
    FILE *file = begin(w, process);
    if (file == NULL)
        return;
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fputc('\n', file);
}
