/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder record on the wire: its shape (P3), its faults (P14), and the bodies that write it.
 */
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANNOTATIONS(uid, nonce, token)                                                                                 \
    "\"leaderlife.dev/holder-uid\":\"" uid "\",\"leaderlife.dev/holder-nonce\":\"" nonce                               \
    "\",\"leaderlife.dev/token\":\"" token "\""
#define RECORD(metadata, annotations, spec)                                                                            \
    "{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{\"name\":\"lock.leaderlife\","        \
    "\"uid\":\"uid-record\",\"resourceVersion\":\"42\"" metadata ",\"annotations\":{" annotations "}},\"spec\":{" spec \
    "}}"
#define HELD RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"a-0\",\"leaseTransitions\":7")
#define EMPTY RECORD("", ANNOTATIONS("", "", ""), "\"holderIdentity\":\"\",\"leaseTransitions\":7")

static char fault[TEXT_MESSAGE];

static struct document *parse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    if (!document)
        fail_msg("does not parse: %s", json);
    return document;
}

static bool view_record(const char *json, struct record_view *ret)
{
    struct document *document = parse(json);
    bool seen = record_view_of(document, ret, fault, sizeof fault);
    document_free(document);
    return seen;
}

/* ---- Reading ---- */

static void a_held_record(void **state)
{
    struct record_view view;

    (void)state;
    assert_true(view_record(HELD, &view));
    assert_int_equal(view.kind, RECORD_VIEW_HELD);
    assert_string_equal(view.holder.name, "a-0");
    assert_string_equal(view.holder.uid, "uid-a");
    assert_string_equal(view.nonce, "n1");
    assert_string_equal(view.uid, "uid-record");
    assert_string_equal(view.version, "42");
    assert_string_equal(view.token, "42"); /* P3: the version, where the annotation does not say otherwise */
    assert_true(view.term == 7);
    assert_string_equal(fault, "");
}

static void a_record_that_was_put_back(void **state)
{
    struct record_view view;

    (void)state;
    assert_true(view_record(RECORD("", ANNOTATIONS("uid-a", "n1", "39"), "\"holderIdentity\":\"a-0\""), &view));
    assert_int_equal(view.kind, RECORD_VIEW_HELD);
    assert_string_equal(view.token, "39");
    assert_true(view.term == 0);
}

/* As short and as long as they may be. */
static void a_record_of_short_and_long_words(void **state)
{
    char json[1024];
    char longest[TEXT_NAME];
    struct record_view view;

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_true(view_record("{\"metadata\":{\"uid\":\"r\",\"resourceVersion\":\"4\",\"annotations\":{" ANNOTATIONS(
                                "u", "n", "3") "}},\"spec\":{\"holderIdentity\":\"a\"}}",
                            &view));
    assert_int_equal(view.kind, RECORD_VIEW_HELD);
    assert_string_equal(view.token, "3");
    assert_string_equal(view.nonce, "n");
    snprintf(json, sizeof json, RECORD("", ANNOTATIONS("u", "n", ""), "\"holderIdentity\":\"%s\""), longest);
    assert_true(view_record(json, &view));
    assert_int_equal(view.kind, RECORD_VIEW_HELD);
    assert_string_equal(view.holder.name, longest);
}

static void an_empty_record(void **state)
{
    struct record_view view;

    (void)state;
    assert_true(view_record(EMPTY, &view));
    assert_int_equal(view.kind, RECORD_VIEW_EMPTY);
    assert_string_equal(view.holder.uid, "");
    assert_string_equal(view.token, "");
    assert_true(view.term == 7);
    assert_string_equal(fault, "");
}

/* For people, so what is no time is left out, and makes nothing foreign. */
static void since_when_it_is_held(void **state)
{
    static const struct {
        const char *json;
        const char *since;
    } rows[] = {
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""),
                "\"holderIdentity\":\"a-0\",\"acquireTime\":\"2026-01-02T03:04:05.000006Z\""),
         "2026-01-02T03:04:05.000006Z"},
        {HELD, ""},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"a-0\",\"acquireTime\":7"), ""},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"a-0\",\"acquireTime\":\"1\\n2\""), ""},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""),
                "\"holderIdentity\":\"a-0\",\"acquireTime\":\"2026-01-02T03:04:05.00000600000000000000000000Z\""),
         ""},
        {RECORD("", ANNOTATIONS("", "", ""), "\"holderIdentity\":\"\",\"acquireTime\":\"2026-01-02T03:04:05Z\""), ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record_view view;
        assert_true(view_record(rows[i].json, &view));
        assert_int_not_equal(view.kind, RECORD_VIEW_FOREIGN);
        assert_string_equal(view.since, rows[i].since);
    }
}

/* P14: any mixture, and whatever a collector or somebody's controller has a hand in. */
static void foreign_records(void **state)
{
    static const struct {
        const char *json;
        const char *cause;
        const char *cure; /* NULL: its removal, and that depends on who lives (P14) */
    } rows[] = {
        {RECORD("", "", "\"holderIdentity\":\"x\",\"renewTime\":null"), "not one that a candidate made", NULL},
        {RECORD("", "\"a\":\"b\"", ""), "another lock name", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), ""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "", ""), "\"holderIdentity\":\"a-0\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "", ""), "\"holderIdentity\":\"a\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "", ""), "\"holderIdentity\":\"a-0\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "n1", ""), "\"holderIdentity\":\"a-0\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "n1", ""), "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("u", "", ""), "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "n", ""), "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("", "", "5"), "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", "5x"), "\"holderIdentity\":\"a-0\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"../secrets\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"A_0\""), "edited", NULL},
        {RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":7"), "edited", NULL},
        {RECORD("", "\"leaderlife.dev/holder-uid\":\"u\",\"leaderlife.dev/holder-nonce\":\"n\"",
                "\"holderIdentity\":\"a-0\""),
         "edited", NULL},
        {RECORD("", "\"leaderlife.dev/holder-uid\":\"\"", "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", "\"leaderlife.dev/holder-nonce\":\"\"", "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD("", "\"leaderlife.dev/token\":\"\"", "\"holderIdentity\":\"\""), "edited", NULL},
        {RECORD(",\"ownerReferences\":[{\"kind\":\"Pod\"}]", ANNOTATIONS("uid-a", "n1", ""),
                "\"holderIdentity\":\"a-0\""),
         "has an owner", "remove its owner references"},
        {RECORD(",\"finalizers\":[\"example.com/keep\"]", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"a-0\""),
         "example.com/keep", "remove the finalizer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record_view view;
        assert_true(view_record(rows[i].json, &view));
        if (view.kind != RECORD_VIEW_FOREIGN)
            fail_msg("not foreign: %s", rows[i].json);
        assert_string_equal(view.uid, "uid-record"); /* to tell it from another, and see it go */
        assert_string_equal(view.version, "42");
        assert_string_equal(view.holder.uid, "");
        assert_string_equal(view.holder.name, "");
        assert_string_equal(view.nonce, "");
        assert_string_equal(view.token, "");
        if (!strstr(fault, rows[i].cause) || (rows[i].cure && !strstr(fault, rows[i].cure)))
            fail_msg("'%s' does not say '%s' and '%s'", fault, rows[i].cause, rows[i].cure);
        if (document_fault_asks_removal(fault) != !rows[i].cure || strstr(fault, "delete"))
            fail_msg("'%s'", fault);
    }
}

static void what_is_no_lease_at_all(void **state)
{
    static const char *const rows[] = {
        "{}",
        "{\"kind\":\"Lease\"}",
        "{\"kind\":\"Lease\",\"metadata\":7}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"Lease\",\"metadata\":{\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"Lease\",\"metadata\":{\"uid\":\"u\"}}",
        "{\"kind\":\"Lease\",\"metadata\":{\"uid\":\"\",\"resourceVersion\":\"1\"}}",
        "{\"kind\":\"Lease\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"\"}}",
        "{\"kind\":\"Lease\",\"metadata\":{\"uid\":\"u\",\"resourceVersion\":1}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record_view view = {.kind = RECORD_VIEW_NOTHING};
        assert_false(view_record(rows[i], &view));
        assert_int_equal(view.kind, RECORD_VIEW_NOTHING);
    }
}

/* ---- Bodies ---- */

static struct record_write write_by(const char *name, const char *uid, const char *nonce)
{
    struct record_write write = {.namespace_ = "team",
                                 .name = "lock.leaderlife",
                                 .uid = "",
                                 .version = "",
                                 .nonce = nonce,
                                 .token = "",
                                 .term = 8,
                                 .time = ""};
    text_copy(write.holder.name, sizeof write.holder.name, name);
    text_copy(write.holder.uid, sizeof write.holder.uid, uid);
    return write;
}

/* What is written reads back as it was meant. */
static void reads_as(const char *body, enum record_view_kind kind, const char *holder, const char *token)
{
    struct record_view view;

    assert_true(view_record(body, &view));
    assert_int_equal(view.kind, kind);
    assert_string_equal(view.holder.uid, holder);
    assert_string_equal(view.token, token);
}

static void the_new_record(void **state)
{
    struct record_write write = write_by("a-0", "uid-a", "n1");
    char *body;

    (void)state;
    write.time = "2026-11-24T08:00:00.000000Z";
    body = record_body(NULL, &write);
    assert_non_null(body);
    assert_non_null(strstr(body, "\"name\":\"lock.leaderlife\",\"namespace\":\"team\""));
    assert_non_null(strstr(body, "{" ANNOTATIONS("uid-a", "n1", "") "}"));
    assert_non_null(strstr(body, "\"spec\":{\"holderIdentity\":\"a-0\",\"leaseTransitions\":8,"
                                 "\"acquireTime\":\"2026-11-24T08:00:00.000000Z\"}"));
    assert_non_null(strstr(body, "\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\""));
    assert_null(strstr(body, "resourceVersion")); /* a create */
    assert_null(strstr(body, "\"uid\""));
    assert_null(strstr(body, "ownerReferences")); /* P3: no collector touches it */
    assert_null(strstr(body, "finalizers"));
    assert_null(strstr(body, "renewTime"));
    assert_null(strstr(body, "leaseDurationSeconds"));
    free(body);
}

/* Without the uid the API server would create what is absent. */
static void overwriting_is_a_cas_and_keeps_what_is_not_ours(void **state)
{
    struct document *read =
        parse(RECORD(",\"labels\":{\"l\":\"1\"}", ANNOTATIONS("uid-a", "n1", "39") ",\"theirs\":\"kept\"",
                     "\"holderIdentity\":\"a-0\",\"leaseTransitions\":7,\"renewTime\":\"x\",\"leaseDurationSeconds\":9,"
                     "\"acquireTime\":\"old\""));
    struct record_write write = write_by("b-0", "uid-b", "n2");
    char *body;

    (void)state;
    write.uid = "uid-record";
    write.version = "42";
    write.time = "2026-11-24T08:00:00.000000Z";
    body = record_body(read, &write);
    assert_non_null(body);
    assert_non_null(strstr(body, "\"uid\":\"uid-record\",\"resourceVersion\":\"42\""));
    assert_non_null(strstr(body, "\"labels\":{\"l\":\"1\"}"));
    assert_non_null(strstr(body, "{" ANNOTATIONS("uid-b", "n2", "") ",\"theirs\":\"kept\"}"));
    assert_null(strstr(body, "renewTime"));
    assert_null(strstr(body, "leaseDurationSeconds"));
    assert_null(strstr(body, "\"old\""));
    reads_as(body, RECORD_VIEW_HELD, "uid-b", "42");
    free(body);
    write.uid = "uid-asked"; /* not what happens to be in the object that was read last */
    write.version = "4";
    body = record_body(read, &write);
    assert_non_null(strstr(body, "\"uid\":\"uid-asked\",\"resourceVersion\":\"4\""));
    free(body);
    document_free(read);
}

static void emptying(void **state)
{
    struct document *read =
        parse(RECORD("", ANNOTATIONS("uid-a", "n1", ""), "\"holderIdentity\":\"a-0\",\"acquireTime\":\"old\""));
    struct record_write write = write_by("", "", "");
    char *body;

    (void)state;
    write.uid = "uid-record";
    write.version = "42";
    write.term = 7;
    body = record_body(read, &write);
    assert_non_null(strstr(body, "{" ANNOTATIONS("", "", "") "}")); /* "", none removed */
    assert_non_null(strstr(body, "\"holderIdentity\":\"\""));
    assert_non_null(strstr(body, "\"leaseTransitions\":7"));
    assert_null(strstr(body, "acquireTime"));
    reads_as(body, RECORD_VIEW_EMPTY, "", "");
    free(body);
    document_free(read);
    read =
        parse("{\"kind\":\"Lease\",\"metadata\":{\"annotations\":null},\"spec\":7}"); /* all is made that is missing */
    body = record_body(read, &write);
    assert_non_null(strstr(body, "\"holderIdentity\":\"\""));
    free(body);
    document_free(read);
}

static void putting_back_keeps_the_token(void **state)
{
    struct record_write write = write_by("a-0", "uid-a", "n1");
    char *body;

    (void)state;
    write.token = "42";
    body = record_body(NULL, &write);
    assert_non_null(strstr(body, "{" ANNOTATIONS("uid-a", "n1", "42") "}"));
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_short_and_long_words),
        cmocka_unit_test(a_held_record),
        cmocka_unit_test(a_record_that_was_put_back),
        cmocka_unit_test(an_empty_record),
        cmocka_unit_test(since_when_it_is_held),
        cmocka_unit_test(foreign_records),
        cmocka_unit_test(what_is_no_lease_at_all),
        cmocka_unit_test(the_new_record),
        cmocka_unit_test(overwriting_is_a_cas_and_keeps_what_is_not_ours),
        cmocka_unit_test(emptying),
        cmocka_unit_test(putting_back_keeps_the_token),
    };
    return cmocka_run_group_tests_name("unit_objects_record", tests, NULL, NULL);
}
