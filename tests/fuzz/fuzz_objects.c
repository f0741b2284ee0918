/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of an API server: lock, record, pod, node, Status, lists, and what is written back in their place.
 */
#include "fuzz/fuzz.h"

#include "kubernetes/objects/access_review.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/lock.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/record.h"

enum { FAULT = 256 };

static const struct pod_id holder = {.name = "mine", .uid = "0f5e8d0e-6a5c-4d8e-8e8e-0123456789ab"};

static void try_lock(const struct document *document)
{
    struct lock_view view, again;
    char fault[FAULT] = "";

    if (!lock_view_of(document, &view, fault, sizeof fault))
        return;
    if (view.kind == LOCK_VIEW_FOREIGN)
        fuzz_check_text(fault);
    char *body = lock_body_rewritten(document, "u", "1", &holder, "nonce", true);
    if (body == NULL)
        return;
    struct document *written = document_parse(body, strlen(body));
    fuzz_check(written != NULL, "a lock that is written back can be read");
    fuzz_check(lock_view_of(written, &again, fault, sizeof fault), "and is a lock");
    document_free(written);
    free(body);
}

static void try_record(const struct document *document)
{
    struct record_view view;
    struct record_write write = {.namespace_ = "team",
                                 .name = "lock.leaderlife",
                                 .uid = "u",
                                 .version = "1",
                                 .holder = holder,
                                 .nonce = "nonce",
                                 .token = "7",
                                 .term = 3,
                                 .time = ""};
    char fault[FAULT] = "";

    if (!record_view_of(document, &view, fault, sizeof fault))
        return;
    char *body = record_body(document, &write);
    if (body == NULL)
        return;
    struct document *written = document_parse(body, strlen(body));
    fuzz_check(written != NULL, "a record that is written back can be read");
    document_free(written);
    free(body);
}

static void try_pod(const struct document *document)
{
    struct pod_facts facts;
    struct pod_view view;
    enum node_sign sign;

    if (pod_facts_of(document, &facts)) {
        fuzz_check(facts.address_count <= POD_ADDRESSES, "no more addresses than there is room for");
        pod_judge(&facts, &view);
    }
    (void)pod_node_judge(document, &sign);
}

static void visit(const struct document *item, void *context)
{
    (void)context;
    try_lock(item);
    try_record(item);
    try_pod(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    struct document *document = document_parse(text, size);
    struct status_view status;
    const struct document *object = NULL;
    char word[TEXT_VERSION], version[16];
    bool allowed;
    int minor;

    if (document != NULL) {
        visit(document, NULL);
        (void)document_list_each(document, visit, NULL);
        if (document_status_view(document, &status))
            for (const char *at = status.message; *at != '\0'; at++)
                fuzz_check((unsigned char)*at >= ' ' && *at != 0x7f, "a message of the server's is printable");
        (void)document_watch_type(document, &object);
        document_version(document, word, sizeof word);
        (void)access_review_answer(document, &allowed);
        object_server_version(document, version, sizeof version, &minor);
        document_free(document);
    }
    free(text);
    return 0;
}
