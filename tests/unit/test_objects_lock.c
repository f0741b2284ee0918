/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock on the wire: its shape (P13), its faults (P14), and the bodies that write it.
 */
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/lock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWNER "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a-0\",\"uid\":\"uid-a\"}"

#define OWNER_WITH_FLAG                                                                                                \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a-0\",\"uid\":\"uid-a\",\"controller\":true}"

static const struct pod_id me = {.name = "a-0", .uid = "uid-a"};

static struct document *parse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    if (!document)
        fail_msg("does not parse: %s", json);
    return document;
}

/* ---- Reading ---- */

static char fault[TEXT_MESSAGE];

static bool view_lock(const char *json, struct lock_view *ret)
{
    struct document *document = parse(json);
    bool seen = lock_view_of(document, ret, fault, sizeof fault);
    document_free(document);
    return seen;
}

static bool view_meta(const char *rest, struct lock_view *ret)
{
    char json[8192];
    int length = snprintf(json, sizeof json,
                          "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"lock\","
                          "\"uid\":\"uid-lock\",\"resourceVersion\":\"42\"%s}}",
                          rest);
    assert_in_range(length, 1, (int)sizeof json - 1);
    return view_lock(json, ret);
}

static void an_owned_lock(void **state)
{
    struct lock_view view;

    (void)state;
    assert_true(view_meta(",\"ownerReferences\":[" OWNER "]", &view));
    assert_int_equal(view.kind, LOCK_VIEW_OWNED);
    assert_string_equal(view.owner.name, "a-0");
    assert_string_equal(view.owner.uid, "uid-a");
    assert_string_equal(view.uid, "uid-lock");
    assert_string_equal(view.version, "42");
    assert_false(view.released);
    assert_string_equal(fault, "");
    assert_false(document_fault_asks_removal(fault));
}

/* As short and as long as Kubernetes lets names be: each is a lock that is held. */
static void owners_with_short_and_long_names(void **state)
{
    char longest[TEXT_NAME];
    const char *const names[] = {"a", longest};

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char meta[512];
        struct lock_view view;

        snprintf(meta, sizeof meta,
                 ",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"%s\",\"uid\":\"u\"}]",
                 names[i]);
        assert_true(view_meta(meta, &view));
        assert_int_equal(view.kind, LOCK_VIEW_OWNED);
        assert_string_equal(view.owner.name, names[i]);
        assert_string_equal(view.owner.uid, "u");
    }
}

static void metadata_alone_is_enough(void **state)
{
    struct lock_view view;

    (void)state;
    assert_true(view_lock("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{"
                          "\"uid\":\"u\",\"resourceVersion\":\"1\",\"ownerReferences\":[" OWNER "]}}",
                          &view));
    assert_int_equal(view.kind, LOCK_VIEW_OWNED);
    assert_true(
        view_lock("{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\",\"ownerReferences\":[" OWNER "]}}", &view));
    assert_int_equal(view.kind, LOCK_VIEW_OWNED);
}

static void what_others_may_add(void **state)
{
    static const char *const tolerated[] = {
        ",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a-0\",\"uid\":\"uid-a\","
        "\"controller\":true,"
        "\"blockOwnerDeletion\":true}]",
        ",\"labels\":{\"a\":\"b\"},\"annotations\":{\"x\":\"y\"},\"ownerReferences\":[" OWNER "]",
        ",\"finalizers\":[\"foregroundDeletion\"],\"ownerReferences\":[" OWNER "]",
        ",\"finalizers\":[\"orphan\",\"foregroundDeletion\"],\"ownerReferences\":[" OWNER "]",
        ",\"finalizers\":[],\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"ownerReferences\":[" OWNER "]",
        ",\"finalizers\":null,\"annotations\":null,\"ownerReferences\":[" OWNER "]",
    };
    struct lock_view view;

    (void)state;
    for (size_t i = 0; i < sizeof tolerated / sizeof tolerated[0]; i++) {
        assert_true(view_meta(tolerated[i], &view));
        assert_int_equal(view.kind, LOCK_VIEW_OWNED);
        assert_string_equal(view.owner.uid, "uid-a");
    }
}

static void foreign_locks(void **state)
{
    static const struct {
        const char *meta;
        const char *word; /* that the fault must have */
    } rows[] = {
        {"", "no owner"},
        {",\"ownerReferences\":null", "no owner"},
        {",\"ownerReferences\":[]", "no owner"},
        {",\"ownerReferences\":{}", "no owner"},
        {",\"ownerReferences\":[" OWNER "," OWNER "]", "2 owners"},
        {",\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"web\",\"uid\":\"u\"}]",
         "Deployment web"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v2\",\"kind\":\"Pod\",\"name\":\"a\",\"uid\":\"u\"}]",
         "not by a Pod"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"a\",\"uid\":\"u\"}]", "Node a"},
        {",\"ownerReferences\":[{\"kind\":\"Pod\",\"name\":\"a\",\"uid\":\"u\"}]", "not by a Pod"},
        {",\"ownerReferences\":[7]", "not by a Pod"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"\",\"uid\":\"u\"}]",
         "no pod can have"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"../x\",\"uid\":\"u\"}]",
         "no pod can have"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a\",\"uid\":\"\"}]",
         "no pod can have"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a\"}]", "no pod can have"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a\",\"uid\":\"x\\u0000y\"}]",
         "no pod can have"},
        {",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a\",\"uid\":"
         "\"0123456789012345678901234567890123456789012345678901234567890123\"}]",
         "no pod can have"},
        {",\"finalizers\":[\"example.com/keep\"],\"ownerReferences\":[" OWNER "]", "finalizer example.com/keep"},
        {",\"finalizers\":[\"\\u001b[31m\"],\"ownerReferences\":[" OWNER "]", "finalizer"},
        {",\"ownerReferences\":[{\"kind\":\"\\u001b[31m\",\"name\":\"\\u0007\"}]", "not by a Pod"},
        {",\"finalizers\":[\"orphan\",7],\"ownerReferences\":[" OWNER "]", "finalizer"},
    };
    struct lock_view view;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(view_meta(rows[i].meta, &view));
        assert_int_equal(view.kind, LOCK_VIEW_FOREIGN);
        assert_string_equal(view.uid, "uid-lock"); /* to tell it from another */
        assert_string_equal(view.version, "42");
        assert_string_equal(view.owner.uid, "");
        assert_string_equal(view.owner.name, "");
        if (!strstr(fault, rows[i].word))
            fail_msg("row %zu: '%s' does not say '%s'", i, fault, rows[i].word);
        for (const char *byte = fault; *byte; byte++)
            assert_in_range(*byte, ' ', '~'); /* what others have written cannot move a terminal's cursor */
        bool removal = strstr(rows[i].word, "no owner") || strstr(rows[i].word, "no pod can have");
        if (document_fault_asks_removal(fault) != removal) /* else the cure comes after the cause */
            fail_msg("row %zu: '%s'", i, fault);
        if (strstr(fault, "delete")) /* that depends on who lives (P14) */
            fail_msg("row %zu: '%s' advises to delete", i, fault);
    }
}

static void no_locks(void **state)
{
    static const char *const others[] = {
        "{}",
        "{\"kind\":\"ConfigMap\"}",
        "{\"kind\":\"ConfigMap\",\"metadata\":[]}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\"}}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"\"}}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":7,\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":1}}",
        ("{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":"
         "\"012345678901234567890123456789012345678901234567\"}}"),
        "{\"kind\":\"Secret\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"Status\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct lock_view view = {.kind = LOCK_VIEW_GAP};
        if (view_lock(others[i], &view))
            fail_msg("no lock, but read: %s", others[i]);
        assert_int_equal(view.kind, LOCK_VIEW_GAP);
    }
}

static void a_lock_that_is_given_back(void **state)
{
    static const struct {
        const char *annotations;
        bool released;
    } rows[] = {
        {"{}", false},
        {"{\"leaderlife.dev/holder-nonce\":\"n1\"}", false},
        {"{\"leaderlife.dev/holder-nonce\":\"\"}", true},
        {"{\"leaderlife.dev/holder-nonce\":null}", false},
        {"{\"leaderlife.dev/holder-nonce\":7}", false},
        {"{\"leaderlife.dev/holder-nonce\":\"\\u0000\"}", false},
    };
    struct lock_view view;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char meta[512];
        snprintf(meta, sizeof meta, ",\"ownerReferences\":[" OWNER "],\"annotations\":%s", rows[i].annotations);
        assert_true(view_meta(meta, &view));
        assert_int_equal(view.released, rows[i].released);
    }
}

/* ---- Bodies ---- */

static void the_new_lock(void **state)
{
    struct pod_id owner = {.name = "a-0", .uid = "uid-a"};
    char *body = lock_body_new("team", "lock", &owner, "n1", false);

    (void)state;
    assert_non_null(body);
    assert_non_null(strstr(body, "\"ownerReferences\":[" OWNER "]")); /* P13: nothing more */
    assert_non_null(strstr(body, "\"leaderlife.dev/holder-nonce\":\"n1\""));
    assert_non_null(strstr(body, "\"name\":\"lock\",\"namespace\":\"team\""));
    assert_null(strstr(body, "finalizers"));
    assert_null(strstr(body, "blockOwnerDeletion"));
    free(body);
    body = lock_body_new("team", "lock", &owner, "", false);
    assert_non_null(body);
    assert_null(strstr(body, "holder-nonce")); /* an empty one would say that it is given back */
    free(body);
}

static void rewriting_keeps_everything(void **state)
{
    struct document *read = parse(
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"lock\",\"uid\":\"uid-lock\","
        "\"resourceVersion\":\"42\",\"labels\":{\"l\":\"1\"},\"annotations\":{\"leaderlife.dev/holder-nonce\":\"old\","
        "\"theirs\":\"kept\"},\"ownerReferences\":[" OWNER_WITH_FLAG "]},\"data\":{\"k\":\"v\\u0000w\\u20ac\"},"
        "\"binaryData\":{\"b\":\"AA==\"},\"immutable\":true}");
    char *body = lock_body_rewritten(read, "uid-lock", "42", &me, "n2", false);
    struct document *written;
    struct lock_view view;

    (void)state;
    assert_non_null(body);
    assert_non_null(strstr(body, "\"leaderlife.dev/holder-nonce\":\"n2\""));
    assert_null(strstr(body, "\"old\""));
    assert_non_null(strstr(body, "\"theirs\":\"kept\""));
    assert_non_null(strstr(body, "\"labels\":{\"l\":\"1\"}"));
    assert_non_null(strstr(body, "\"data\":{\"k\":\"v\\u0000w\xe2\x82\xac\"}"));
    assert_non_null(strstr(body, "\"binaryData\":{\"b\":\"AA==\"}"));
    assert_non_null(strstr(body, "\"immutable\":true"));
    assert_non_null(strstr(body, "\"ownerReferences\":[" OWNER_WITH_FLAG "]"));
    assert_non_null(strstr(body, "\"uid\":\"uid-lock\",\"resourceVersion\":\"42\""));
    written = parse(body);
    assert_true(lock_view_of(written, &view, fault, sizeof fault));
    assert_false(view.released);
    free(body);
    body = lock_body_rewritten(written, "uid-lock", "43", &me, "", false);
    assert_non_null(body);
    assert_non_null(strstr(body, "\"leaderlife.dev/holder-nonce\":\"\""));
    assert_non_null(strstr(body, "\"resourceVersion\":\"43\""));
    free(body);
    body = lock_body_rewritten(read, "uid-lock", "42", &me, "n3", false); /* what was read is untouched */
    assert_non_null(strstr(body, "\"resourceVersion\":\"42\""));
    free(body);
    body = lock_body_rewritten(read, "uid-asked", "41", &me, "n3", false); /* not what happens to have been read last */
    assert_non_null(strstr(body, "\"uid\":\"uid-asked\",\"resourceVersion\":\"41\""));
    free(body);
    document_free(read);
    document_free(written);
}

/* P8: whoever sees the lock knows whether its owner keeps a record. */
static void the_lock_tells_its_guard(void **state)
{
    struct pod_id owner = {.name = "a-0", .uid = "uid-a"};
    char *body = lock_body_new("team", "lock", &owner, "n", true);
    struct document *read;
    struct lock_view view;

    (void)state;
    assert_non_null(strstr(body, "\"leaderlife.dev/guard\":\"record\""));
    free(body);
    assert_true(
        view_meta(",\"ownerReferences\":[" OWNER "],\"annotations\":{\"leaderlife.dev/guard\":\"record\"}", &view));
    assert_true(view.guarded);
    assert_true(view_meta(",\"ownerReferences\":[" OWNER "],\"annotations\":{\"leaderlife.dev/guard\":\"?\"}", &view));
    assert_false(view.guarded);
    assert_true(view_meta(",\"annotations\":{\"leaderlife.dev/guard\":\"record\"}", &view)); /* foreign */
    assert_false(view.guarded);
    read = parse("{\"metadata\":{\"annotations\":{\"leaderlife.dev/guard\":\"record\"}}}");
    body = lock_body_rewritten(read, "u", "1", &me, "n2", false); /* resumed without a record */
    assert_null(strstr(body, "guard"));
    free(body);
    body = lock_body_rewritten(read, "u", "1", &me, "", false); /* given back: it stays as it was */
    assert_non_null(strstr(body, "\"leaderlife.dev/guard\":\"record\""));
    free(body);
    document_free(read);
}

static void rewriting_a_lock_without_annotations(void **state)
{
    struct document *read = parse("{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\",\"annotations\":null}}");
    char *body = lock_body_rewritten(read, "u", "1", &me, "n", false);

    (void)state;
    assert_non_null(body);
    assert_non_null(strstr(body, "\"annotations\":{\"leaderlife.dev/holder-nonce\":\"n\","
                                 "\"leaderlife.dev/holder\":\"a-0\",\"leaderlife.dev/holder-uid\":\"uid-a\"}"));
    free(body);
    document_free(read);
    read = parse("{\"data\":{}}");
    assert_null(lock_body_rewritten(read, "u", "1", &me, "n", false));
    document_free(read);
}

static void the_conditional_delete(void **state)
{
    char *body = lock_body_delete("uid-lock", "42");

    (void)state;
    assert_string_equal(body, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"Background\","
                              "\"preconditions\":{\"uid\":\"uid-lock\","
                              "\"resourceVersion\":\"42\"}}");
    free(body);
}

static void an_object_that_finalizers_hold(void **state)
{
    static const struct {
        const char *json;
        bool held;
    } rows[] = {
        {"{\"metadata\":{\"deletionTimestamp\":\"t\",\"finalizers\":[\"a\"]}}", true},
        {"{\"metadata\":{\"deletionTimestamp\":\"t\",\"finalizers\":[]}}", false},
        {"{\"metadata\":{\"deletionTimestamp\":\"t\"}}", false},
        {"{\"metadata\":{\"finalizers\":[\"a\"]}}", false},
        {"{\"kind\":\"Status\",\"apiVersion\":\"v1\"}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document *document = parse(rows[i].json);
        assert_int_equal(document_is_held(document), rows[i].held);
        document_free(document);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owned_lock),
        cmocka_unit_test(owners_with_short_and_long_names),
        cmocka_unit_test(metadata_alone_is_enough),
        cmocka_unit_test(what_others_may_add),
        cmocka_unit_test(foreign_locks),
        cmocka_unit_test(no_locks),
        cmocka_unit_test(a_lock_that_is_given_back),
        cmocka_unit_test(the_new_lock),
        cmocka_unit_test(rewriting_keeps_everything),
        cmocka_unit_test(the_lock_tells_its_guard),
        cmocka_unit_test(rewriting_a_lock_without_annotations),
        cmocka_unit_test(the_conditional_delete),
        cmocka_unit_test(an_object_that_finalizers_hold),
    };
    return cmocka_run_group_tests_name("unit_objects_lock", tests, NULL, NULL);
}
