/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps lock and record as they were read last. An update begins with the object that was read, so that it keeps all
 * that others have put there (P1, P3, CAS).
 */
#include "kubernetes/backend/object_cache.h"

#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"
#include "machine/command_kind.h"

const struct document *object_cache_read_for(const struct kubernetes *kube, const struct command *command)
{
    return command->kind == COMMAND_PUT_LOCK ? kube->lock_read : kube->record_read;
}

/* An overwriting keeps all that the object has besides, so it needs the version that was judged (P1, P3, CAS). */
bool object_cache_has_read(const struct kubernetes *kube, const struct command *command)
{
    const struct document *read = object_cache_read_for(kube, command);
    char version[TEXT_VERSION];
    char uid[TEXT_UID];

    if (read == NULL)
        return false;
    document_version(read, version, sizeof version);
    document_uid(read, uid, sizeof uid);
    return text_equal(uid, command->uid) && text_equal(version, command->version);
}

void object_cache_keep_record(struct kubernetes *kube, struct document *document)
{
    document_free(kube->record_read);
    kube->record_read = document;
}

/* What was read or written last is what the next overwriting begins with. */
void object_cache_keep_read(struct kubernetes *kube, enum command_kind kind, struct api_verdict *verdict,
                            const struct fact *fact)
{
    bool lock = kind == COMMAND_GET_LOCK || kind == COMMAND_CREATE_LOCK || kind == COMMAND_PUT_LOCK;
    bool record = command_is_of_record(kind);
    struct document *document = verdict->document;

    if (kind != COMMAND_DELETE_LOCK && (fact->outcome != OUTCOME_OK || !(lock || record)))
        return;
    if (record) {
        object_cache_keep_record(kube, document);
    } else {
        document_free(kube->lock_read);
        kube->lock_read = lock ? document : NULL;
    }
    if (lock || record)
        verdict->document = NULL;
}
