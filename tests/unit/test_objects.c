/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents in general: what is refused, Status objects, lines of a watch, lists.
 */
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/event.h"
#include "kubernetes/objects/lock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/deep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct document *parse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    if (!document)
        fail_msg("does not parse: %s", json);
    return document;
}

static void refuse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    document_free(document);
    if (document)
        fail_msg("should not parse: %s", json);
}

static void documents_that_are_refused(void **state)
{
    (void)state;
    refuse("");
    refuse("[]");
    refuse("\"text\"");
    refuse("null");
    refuse("{");
    refuse("{}{}");
    refuse("{\"a\":1,}");
    refuse("{\"a\":1,\"a\":1}");
    refuse("{\"m\":{\"uid\":\"x\",\"uid\":\"y\"}}");
    refuse("{\"a\":\"\xff\"}");
    refuse("{\"a\":\"\xc3(\"}");
    refuse("{\"a\":\"\\ud800\"}");
    refuse("{\"a\":123456789012345678901234567890}");
    refuse("<html></html>");
    document_free(parse(" {\"a\":1} \r\n"));
}

static void too_deep_is_refused(void **state)
{
    static const size_t levels[] = {DOCUMENT_DEPTH_MAX - 1, DEEP, 100000}; /* in the root, and empty at the bottom */

    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        char *json = nested("{\"a\":", levels[i], "}");
        char *list = strdup(json);

        assert_true(document_is_deep(json, strlen(json)));
        refuse(json);
        for (char *at = list + 1; (at = strstr(at, "{\"f:a\":")) != NULL; at++)
            memcpy(at, "[      ", 7); /* that nobody closes: nothing may recurse before that is found */
        assert_true(document_is_deep(list, strlen(list)));
        refuse(list);
        free(json);
        free(list);
    }
}

/* Copied, written and freed, all on a small stack. */
static void the_deepest_that_is_read(void **state)
{
    char *json = nested("{\"metadata\":", DOCUMENT_DEPTH_MAX - 2, "}");
    struct document *document = parse(json);
    struct document *copy = document_copy(document);
    struct pod_id owner = {.name = "a", .uid = "u"};
    char *body = lock_body_rewritten(copy, "u", "1", &owner, "n", true);

    (void)state;
    assert_false(document_is_deep(json, strlen(json)));
    assert_non_null(body);
    document_free(document);
    document_free(copy);
    free(body);
    free(json);
}

static void brackets_in_texts_are_no_depth(void **state)
{
    static const char escaped[] = "\\\"[{\\\\";
    enum { TIMES = 500 };
    char *json = calloc(TIMES, sizeof escaped);
    char *at = json;

    (void)state;
    assert_non_null(json);
    at += sprintf(at, "{\"a\":\"");
    for (int i = 0; i < TIMES - 10; i++)
        at += sprintf(at, "%s", escaped);
    sprintf(at, "\"}");
    document_free(parse(json));
    assert_false(document_is_deep(json, strlen(json)));
    free(json);
    assert_false(document_is_deep("]]]{\"", 5));
    refuse("]]]{\"");
    refuse("{\"\\");
}

/* Nor do they end one: what is deep cannot hide behind them. */
static void closing_brackets_in_texts_are_no_way_up(void **state)
{
    enum { TIMES = 500 };
    char *json = calloc(TIMES, 8);
    char *at = json;

    (void)state;
    assert_non_null(json);
    for (int i = 0; i < TIMES; i++)
        at += sprintf(at, "{\"}]\":");
    assert_true(document_is_deep(json, strlen(json)));
    at = json;
    for (int i = 0; i < TIMES; i++)
        at += sprintf(at, "{\"\":");
    assert_true(document_is_deep(json, strlen(json)));
    free(json);
}

/* As managedFields, of which each update may add some. */
static void many_beside_each_other_are_not_deep(void **state)
{
    enum { TIMES = 500 };
    char *json = calloc(TIMES + 2, 8);
    char *at = json;

    (void)state;
    assert_non_null(json);
    at += sprintf(at, "{\"a\":[0");
    for (int i = 0; i < TIMES; i++)
        at += sprintf(at, ",{},[]");
    sprintf(at, "]}");
    document_free(parse(json));
    free(json);
}

static void truncation_is_refused(void **state)
{
    const char *whole = "{\"kind\":\"ConfigMap\",\"metadata\":{\"uid\":\"u\"}}";

    (void)state;
    for (size_t size = 0; size < strlen(whole); size++) {
        struct document *document = document_parse(whole, size);
        document_free(document);
        assert_null(document);
    }
}

/* ---- Status ---- */

static void a_status(void **state)
{
    struct status_view view;
    struct document *document = parse("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":403,\"reason\":"
                                      "\"Forbidden\",\"message\":\"no\\u0007 \\u00fc\","
                                      "\"details\":{\"kind\":\"pods\",\"name\":\"a-0\",\"retryAfterSeconds\":7,"
                                      "\"causes\":[{\"reason\":\"Other\"},{\"reason\":\"NamespaceTerminating\"}]}}");

    (void)state;
    assert_true(document_status_view(document, &view));
    assert_int_equal(view.code, 403);
    assert_string_equal(view.reason, "Forbidden");
    for (const char *byte = view.message; *byte; byte++)
        assert_in_range(*byte, ' ', '~');
    assert_string_equal(view.kind, "pods");
    assert_string_equal(view.name, "a-0");
    assert_true(view.namespace_terminating);
    assert_int_equal(view.retry_after_ms, 7000);
    document_free(document);
}

static void not_a_status(void **state)
{
    static const char *const others[] = {
        "{}",
        "{\"kind\":\"Status\"}",
        "{\"apiVersion\":\"v1\"}",
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"}",
        "{\"kind\":7,\"apiVersion\":\"v1\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct status_view view = {.code = 1};
        struct document *document = parse(others[i]);
        assert_false(document_status_view(document, &view));
        assert_int_equal(view.code, 1);
        document_free(document);
    }
}

static void a_strange_status_is_read_as_far_as_it_goes(void **state)
{
    struct status_view view;
    struct document *document =
        parse("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":\"x\",\"message\":{},\"details\":[],"
              "\"reason\":\"0123456789012345678901234567890123456789012345678901234567890123456\"}");

    (void)state;
    assert_true(document_status_view(document, &view));
    assert_int_equal(view.code, 0);
    assert_string_equal(view.reason, "");
    assert_string_equal(view.message, "");
    assert_false(view.namespace_terminating);
    document_free(document);
}

static void how_long_a_status_asks_to_wait(void **state)
{
    static const struct {
        const char *seconds;
        int64_t ms;
    } rows[] = {{"-1", 0},           {"0", 0},
                {"1", 1000},         {"86399", 86399000},
                {"\"7\"", 0},        {"86400", 86400000},
                {"86401", 86400000}, {"9223372036854775807", 86400000}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[128];
        struct document *document;
        struct status_view view;

        snprintf(json, sizeof json,
                 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"details\":{\"retryAfterSeconds\":%s}}", rows[i].seconds);
        document = parse(json);
        assert_true(document_status_view(document, &view));
        assert_int_equal(view.retry_after_ms, rows[i].ms);
        document_free(document);
    }
}

static void codes_that_http_does_not_have(void **state)
{
    static const struct {
        const char *said;
        int code;
    } rows[] = {{"-403", 0}, {"0", 0}, {"1", 1}, {"999", 999}, {"1000", 0}, {"4294967699", 0}, {"\"403\"", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[128];
        struct document *document;
        struct status_view view;

        snprintf(json, sizeof json, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":%s}", rows[i].said);
        document = parse(json);
        assert_true(document_status_view(document, &view));
        assert_int_equal(view.code, rows[i].code);
        document_free(document);
    }
}

/* ---- Lines and lists ---- */

static void lines_of_a_watch(void **state)
{
    static const struct {
        const char *json;
        enum watch_type type;
        bool object;
    } rows[] = {
        {"{\"type\":\"ADDED\",\"object\":{}}", WATCH_ADDED, true},
        {"{\"type\":\"MODIFIED\",\"object\":{}}", WATCH_MODIFIED, true},
        {"{\"type\":\"DELETED\",\"object\":{}}", WATCH_DELETED, true},
        {"{\"type\":\"BOOKMARK\",\"object\":{}}", WATCH_BOOKMARK, true},
        {"{\"type\":\"ERROR\",\"object\":{}}", WATCH_ERROR, true},
        {"{\"type\":\"added\",\"object\":{}}", WATCH_STRANGE, false},
        {"{\"type\":\"ADDED\"}", WATCH_STRANGE, false},
        {"{\"type\":\"ADDED\",\"object\":[]}", WATCH_STRANGE, false},
        {"{\"type\":7,\"object\":{}}", WATCH_STRANGE, false},
        {"{}", WATCH_STRANGE, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct document *object = NULL;
        struct document *document = parse(rows[i].json);
        assert_int_equal(document_watch_type(document, &object), rows[i].type);
        assert_int_equal(object != NULL, rows[i].object);
        document_free(document);
    }
}

static void the_end_of_initial_events(void **state)
{
    static const struct {
        const char *json;
        bool end;
    } rows[] = {
        {"{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}", true},
        {"{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"false\"}}}", false},
        {"{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":true}}}", false},
        {"{\"metadata\":{\"annotations\":{}}}", false},
        {"{\"metadata\":{}}", false},
        {"{}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document *document = parse(rows[i].json);
        assert_int_equal(document_is_initial_end(document), rows[i].end);
        document_free(document);
    }
}

static void count_item(const struct document *item, void *context)
{
    assert_non_null(item);
    ++*(int *)context;
}

static void lists(void **state)
{
    static const struct {
        const char *json;
        int items; /* -1: no list */
    } rows[] = {
        {"{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{},{}]}", 2},
        {"{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{},\"items\":null}", 0},
        {"{\"kind\":\"PodList\",\"metadata\":{}}", 0},
        {"{\"kind\":\"List\",\"metadata\":{},\"items\":[{}]}", 1},
        {"{\"kind\":\"PodList\",\"items\":[]}", -1},
        {"{\"kind\":\"Pod\",\"metadata\":{},\"items\":[]}", -1},
        {"{\"metadata\":{},\"items\":[]}", -1},
        {"{\"kind\":\"PodList\",\"metadata\":{},\"items\":{}}", -1},
        {"{\"kind\":\"PodList\",\"metadata\":{},\"items\":[{},7]}", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int count = 0;
        struct document *document = parse(rows[i].json);
        assert_int_equal(document_list_each(document, count_item, &count), rows[i].items >= 0);
        assert_int_equal(count, rows[i].items > 0 ? rows[i].items : 0);
        document_free(document);
    }
}

static void versions(void **state)
{
    char version[TEXT_VERSION];
    struct document *document = parse("{\"metadata\":{\"resourceVersion\":\"5\",\"name\":\"x\"}}");

    (void)state;
    document_version(document, version, sizeof version);
    assert_string_equal(version, "5");
    assert_true(document_is_named(document, "x"));
    assert_false(document_is_named(document, "y"));
    document_free(document);
    document = parse("{\"metadata\":{\"resourceVersion\":\"012345678901234567890123456789012345678901234567\"}}");
    document_version(document, version, sizeof version);
    assert_string_equal(version, ""); /* cut off it would be another version */
    assert_false(document_is_named(document, ""));
    document_free(document);
}

/* As core/v1 wants one without eventTime. */
static void an_event_about_a_pod(void **state)
{
    struct pod_id pod = {.name = "a-0", .uid = "uid-a"};
    struct event_write event = {
        .namespace_ = "n", .pod = &pod, .message = "became \"leader\"", .time = "2026-01-02T03:04:05Z"};
    char *body = event_body(&event);

    (void)state;
    assert_string_equal(
        body,
        "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"generateName\":\"a-0.\",\"namespace\":\"n\"},"
        "\"involvedObject\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a-0\",\"namespace\":\"n\","
        "\"uid\":\"uid-a\"},\"type\":\"Normal\",\"reason\":\"LeaderElection\",\"message\":\"became \\\"leader\\\"\","
        "\"reportingComponent\":\"leaderlife\",\"reportingInstance\":\"a-0\",\"source\":{\"component\":\"leaderlife\"},"
        "\"firstTimestamp\":\"2026-01-02T03:04:05Z\",\"lastTimestamp\":\"2026-01-02T03:04:05Z\",\"count\":1}");
    free(body);
    event.warning = true;
    body = event_body(&event);
    assert_non_null(strstr(body, "\"type\":\"Warning\""));
    free(body);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_that_are_refused),
        cmocka_unit_test(too_deep_is_refused),
        cmocka_unit_test(the_deepest_that_is_read),
        cmocka_unit_test(brackets_in_texts_are_no_depth),
        cmocka_unit_test(closing_brackets_in_texts_are_no_way_up),
        cmocka_unit_test(many_beside_each_other_are_not_deep),
        cmocka_unit_test(truncation_is_refused),
        cmocka_unit_test(a_status),
        cmocka_unit_test(not_a_status),
        cmocka_unit_test(a_strange_status_is_read_as_far_as_it_goes),
        cmocka_unit_test(how_long_a_status_asks_to_wait),
        cmocka_unit_test(codes_that_http_does_not_have),
        cmocka_unit_test(lines_of_a_watch),
        cmocka_unit_test(the_end_of_initial_events),
        cmocka_unit_test(lists),
        cmocka_unit_test(versions),
        cmocka_unit_test(an_event_about_a_pod),
    };
    return cmocka_run_group_tests_name("unit_objects", tests, NULL, NULL);
}
