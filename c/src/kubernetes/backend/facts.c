/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts facts into the backend's queue, and tells people once why an object is foreign (P14).
 */
#include "kubernetes/backend/facts.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <stdarg.h>
#include <stdio.h>

void facts_put(struct kubernetes *kube, const struct fact *fact)
{
    fact_queue_put(&kube->facts, fact);
}

bool facts_have_room(const struct kubernetes *kube)
{
    return fact_queue_room(&kube->facts) > FACTS_FREE;
}

void facts_note(struct kubernetes *kube, int status, int level, const char *format, ...)
{
    struct fact fact = {.kind = FACT_NOTE, .status = status, .level = level};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fact.text, sizeof fact.text, format, arguments);
    va_end(arguments);
    facts_put(kube, &fact);
}

void facts_note_foreign(struct kubernetes *kube, enum foreign which, const char *uid, const char *fault)
{
    uint64_t what = fault[0] ? text_hash(uid) ^ text_hash(fault) : 0;
    bool removal = document_fault_asks_removal(fault);
    struct fact fact = {.kind = FACT_NOTE, .status = LEADERLIFE_EBLOCKED, .foreign = which, .removal = what && removal};

    if (what == kube->foreign[which])
        return;
    kube->foreign[which] = what;
    if (!what)
        return;
    text_format(fact.text, sizeof fact.text, "lock '%s' in namespace %s cannot be taken", kube->lock,
                kube->identity.namespace_);
    if (which == FOREIGN_RECORD)
        text_append(fact.text, sizeof fact.text, ", because its holder record '%s' cannot be used", kube->record);
    text_append(fact.text, sizeof fact.text, ": %s%s", fault, removal ? "" : "; the election goes on by itself then");
    facts_put(kube, &fact);
}
