/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock whose owner reference was taken away: whom it names all the same, and how its holder gets it back (P14).
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
#define HOLDER "\"leaderlife.dev/holder\":\"a-0\""
#define HOLDER_UID "\"leaderlife.dev/holder-uid\":\"uid-a\""

static const struct pod_id me = {.name = "a-0", .uid = "uid-a"};
static char fault[TEXT_MESSAGE];

static struct document *parse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    assert_non_null(document);
    return document;
}

static void view_meta(const char *rest, struct lock_view *ret)
{
    char json[4096];
    struct document *document;

    snprintf(
        json, sizeof json,
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"lock\",\"uid\":\"uid-lock\",\"resourceVersion\":\"42\"%s}}",
        rest);
    document = parse(json);
    assert_true(lock_view_of(document, ret, fault, sizeof fault));
    document_free(document);
}

static void it_is_its_holders(void **state)
{
    static const char *const owners[] = {"", ",\"ownerReferences\":[]", ",\"ownerReferences\":null"};

    (void)state;
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        struct lock_view view;
        char rest[1024];
        snprintf(rest, sizeof rest,
                 "%s,\"annotations\":{" HOLDER "," HOLDER_UID ",\"leaderlife.dev/holder-nonce\":\"l.3\","
                 "\"leaderlife.dev/guard\":\"record\"}",
                 owners[i]);
        view_meta(rest, &view);
        assert_int_equal(view.kind, LOCK_VIEW_OWNED);
        assert_true(view.orphaned);
        assert_true(view.guarded);
        assert_string_equal(view.owner.name, "a-0");
        assert_string_equal(view.owner.uid, "uid-a");
        assert_string_equal(view.nonce, "l.3");
        assert_string_equal(fault, "");
    }
}

/* Half of it, or what no pod can have, is nobody's word. */
static void anything_else_is_foreign(void **state)
{
    static const char *const rows[] = {
        ",\"annotations\":{" HOLDER "}",
        ",\"annotations\":{" HOLDER_UID "}",
        ",\"annotations\":{" HOLDER ",\"leaderlife.dev/holder-uid\":\"\"}",
        ",\"annotations\":{\"leaderlife.dev/holder\":\"A/../b\"," HOLDER_UID "}",
        ",\"annotations\":{\"leaderlife.dev/holder\":7," HOLDER_UID "}",
        ",\"annotations\":{" HOLDER "," HOLDER_UID "},\"finalizers\":[\"somebody/else\"]",
        ",\"annotations\":{" HOLDER "," HOLDER_UID "},\"ownerReferences\":[" OWNER "," OWNER "]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lock_view view;
        view_meta(rows[i], &view);
        assert_int_equal(view.kind, LOCK_VIEW_FOREIGN);
        assert_false(view.orphaned);
        assert_string_equal(view.owner.uid, "");
        assert_string_not_equal(fault, "");
    }
}

/* The annotations of an earlier holder must not count: operator-lib's candidates write none. */
static void the_owner_reference_decides(void **state)
{
    struct lock_view view;

    (void)state;
    view_meta(",\"annotations\":{\"leaderlife.dev/holder\":\"b-0\",\"leaderlife.dev/holder-uid\":\"uid-b\"},"
              "\"ownerReferences\":[" OWNER "]",
              &view);
    assert_int_equal(view.kind, LOCK_VIEW_OWNED);
    assert_false(view.orphaned);
    assert_string_equal(view.owner.uid, "uid-a");
}

static void the_new_lock_names_its_holder(void **state)
{
    char *body = lock_body_new("team", "lock", &me, "n1", false);

    (void)state;
    assert_non_null(strstr(body, HOLDER "," HOLDER_UID));
    free(body);
}

static void rewriting_restores_the_owner(void **state)
{
    struct document *read =
        parse("{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\",\"ownerReferences\":[],"
              "\"annotations\":{\"theirs\":\"kept\"," HOLDER "," HOLDER_UID "}},\"data\":{\"k\":\"v\"}}");
    char *body = lock_body_rewritten(read, "u", "1", &me, "n2", true);

    (void)state;
    assert_non_null(strstr(body, "\"ownerReferences\":[" OWNER "]"));
    assert_non_null(strstr(body, "\"theirs\":\"kept\""));
    assert_non_null(strstr(body, "\"data\":{\"k\":\"v\"}"));
    free(body);
    body = lock_body_rewritten(read, "u", "1", &me, "", true); /* given back: it goes, so it stays as it is */
    assert_non_null(strstr(body, "\"ownerReferences\":[]"));
    free(body);
    document_free(read);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_its_holders),
        cmocka_unit_test(anything_else_is_foreign),
        cmocka_unit_test(the_owner_reference_decides),
        cmocka_unit_test(the_new_lock_names_its_holder),
        cmocka_unit_test(rewriting_restores_the_owner),
    };
    return cmocka_run_group_tests_name("unit_objects_orphan", tests, NULL, NULL);
}
