/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a watch asks for and what its lines mean: initial events (P5), lines split anywhere, garbage, the
 * fallback to LIST.
 */
#include "watch_stage.h"

#include "deep.h"

/* ---- Requests ---- */

static void the_first_request(void **state)
{
    struct stage s;
    const char *seconds;

    (void)state;
    begin(&s, true);
    assert_int_equal(s.watch.request.verb, API_WATCH);
    assert_true(asks(&s, "/api/v1/namespaces/team/configmaps?watch=1&fieldSelector=metadata.name%3Dlock&"));
    assert_true(asks(&s, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&"));
    assert_false(asks(&s, "resourceVersion="));
    seconds = strstr(s.watch.request.path, "&timeoutSeconds=");
    assert_non_null(seconds);
    assert_in_range(atoi(seconds + strlen("&timeoutSeconds=")), 1800, 3600);
    assert_non_null(strstr(s.watch.request.accept, "as=PartialObjectMetadata;"));
    finish(&s);
    begin(&s, false);
    assert_string_equal(s.watch.request.accept, "application/json");
    finish(&s);
}

static void p18_timeouts_are_drawn(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    s.watch.open = false;
    watch_open(&s.watch, 0, 0);
    assert_true(asks(&s, "timeoutSeconds=1800"));
    s.watch.open = false;
    watch_open(&s.watch, 0, UINT32_MAX);
    assert_true(asks(&s, "timeoutSeconds=3600"));
    finish(&s);
}

/* ---- Initial events (P5) ---- */

static void present_at_the_start(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    assert_false(feed(&s, ADDED("7")));
    expect_log(&s, ""); /* not before the end: a server that ignores the question may show what is long gone */
    assert_false(feed(&s, INITIAL_END("9")));
    expect_log(&s, "object:7 ");
    assert_string_equal(s.watch.version, "9");
    finish(&s);
}

static void p5_absent_at_the_start(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    assert_false(feed(&s, BOOKMARK("8")));
    expect_log(&s, "");
    assert_false(feed(&s, INITIAL_END("9")));
    expect_log(&s, "absent:9 ");
    finish(&s);
}

static void changed_before_the_end_of_initial_events(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7") MODIFIED("8") INITIAL_END("9"));
    expect_log(&s, "object:8 ");
    finish(&s);
    begin(&s, true);
    feed(&s, ADDED("7") DELETED("8") INITIAL_END("9"));
    expect_log(&s, "absent:9 ");
    finish(&s);
    begin(&s, true);
    feed(&s, DELETED("8") ADDED("9") INITIAL_END("9"));
    expect_log(&s, "object:9 ");
    finish(&s);
}

static void events_after_the_start(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    assert_false(feed(&s, INITIAL_END("9") ADDED("10") MODIFIED("11") BOOKMARK("12") DELETED("13")));
    expect_log(&s, "absent:9 object:10 object:11 deleted:13 ");
    assert_string_equal(s.watch.version, "13");
    finish(&s);
}

static void broken_before_the_end_of_initial_events(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7"));
    end_with(&s, HTTP_NETWORK, 200, "");
    expect_log(&s, "");
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true")); /* nothing is known yet */
    feed(&s, INITIAL_END("9"));
    expect_log(&s, "absent:9 "); /* what the broken one showed is forgotten */
    finish(&s);
}

/* P5: whatever ends a stream before that end, what it has shown is forgotten: a server's ordinary end after a while,
 * and what is no event. */
static void p5_ended_before_the_end_of_initial_events(void **state)
{
    static const char *const lines[] = {"", "{}\n", ERROR("500", "InternalError"), ERROR("410", "Expired")};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct stage s;

        begin(&s, true);
        feed(&s, ADDED("7"));
        pass(&s, WATCH_SHORT_MS);
        if (!feed(&s, lines[i]))
            end_stream(&s);
        s.log[0] = '\0';
        open_at(&s);
        assert_true(asks(&s, "sendInitialEvents=true"));
        feed(&s, INITIAL_END("9"));
        expect_log(&s, "absent:9 ");
        finish(&s);
    }
}

/* P5: what ends the initial events says nothing of absence later. */
static void p5_a_second_end_of_initial_events(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7") INITIAL_END("9") INITIAL_END("10"));
    expect_log(&s, "object:7 ");
    end_stream(&s);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=10&"));
    finish(&s);
}

/* The newest ones are kept, in their order. */
static void items_that_nobody_pulls(void **state)
{
    enum { MORE = 3 };
    struct stage s;
    struct watch_item item;

    (void)state;
    begin(&s, true);
    for (int i = 0; i < WATCH_ITEMS + MORE; i++)
        watch_push(&s.watch, WATCH_ITEM_NOTE)->status = i;
    for (int i = MORE; i < WATCH_ITEMS + MORE; i++) {
        assert_true(watch_pull(&s.watch, &item));
        assert_int_equal(item.status, i);
    }
    assert_false(watch_pull(&s.watch, &item));
    finish(&s);
}

/* ---- Bytes ---- */

static const char whole[] = ADDED("7") INITIAL_END("9") MODIFIED("10") "\n" BOOKMARK("11") DELETED("12") ADDED("13");
static const char whole_log[] = "object:7 object:10 deleted:12 object:13 ";

static void lines_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at <= strlen(whole); at++) {
        struct stage s;
        begin(&s, true);
        append(&s, whole, at);
        assert_false(run(&s));
        append(&s, whole + at, strlen(whole) - at);
        assert_false(run(&s));
        assert_int_equal(s.call.size, 0);
        expect_log(&s, whole_log);
        finish(&s);
    }
}

static void one_byte_at_a_time(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    for (size_t at = 0; at < strlen(whole); at++) {
        append(&s, whole + at, 1);
        assert_false(run(&s));
    }
    expect_log(&s, whole_log);
    finish(&s);
}

static void bytes_and_end_together(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    pass(&s, 60000);
    end_with(&s, HTTP_FINE, 200, ADDED("7") INITIAL_END("9") DELETED("12") "{\"type\":\"ADD");
    expect_log(&s, "object:7 deleted:12 "); /* the last line never came whole */
    finish(&s);
}

static void a_line_that_is_too_long(void **state)
{
    struct stage s;
    char *line = malloc(API_LINE_MAX + 2);

    (void)state;
    assert_non_null(line);
    memset(line, ' ', API_LINE_MAX + 2);
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    append(&s, line, API_LINE_MAX);
    assert_false(run(&s));
    append(&s, " ", 1);
    assert_true(run(&s));
    expect_log(&s, "absent:9 warning gap ");
    finish(&s);
    begin(&s, true);
    line[API_LINE_MAX + 1] = '\n';
    append(&s, line, API_LINE_MAX + 2);
    assert_true(run(&s));
    expect_log(&s, "warning ");
    finish(&s);
    free(line);
}

static void garbage(void **state)
{
    static const char *const lines[] = {
        "<html>login</html>\n",
        "{}\n",
        "[]\n",
        "{\"type\":\"ADDED\"}\n",
        "{\"type\":\"SOMETHING\",\"object\":{}}\n",
        "{\"type\":\"ADDED\",\"object\":{}}\n",
        EVENT("ADDED", "another", "10"),
        EVENT("ADDED", "lock", ""),
        EVENT("ADDED", "lock", "1&x=1"),
        BOOKMARK(""),
        INITIAL_END(""),
        "{\"type\":\"ERROR\",\"object\":{}}\n",
        "{\"type\":\"ADDED\",\"type\":\"ADDED\",\"object\":{}}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct stage s;
        begin(&s, true);
        assert_true(feed(&s, lines[i]));
        expect_log(&s, "warning ");
        open_at(&s);
        feed(&s, INITIAL_END("9"));
        assert_true(feed(&s, lines[i]));
        expect_log(&s, "absent:9 warning gap ");
        assert_true(s.watch.at > s.now); /* backoff */
        open_at(&s);
        assert_true(asks(&s, "sendInitialEvents=true"));
        finish(&s);
    }
}

/* P14. Such an object is no matter of a proxy: people are told what to do, once; the watch goes on when it is
 * mended. */
static void an_object_that_is_nested_deep(void **state)
{
    char *line = nested(
        "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"PartialObjectMetadata\"," META("lock", "10") ",\"x\":", DEEP,
        "}}\n");
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    assert_true(feed(&s, line));
    expect_log(&s, "absent:9 notice:deep gap ");
    for (int i = 0; i < 3; i++) {
        assert_true(s.watch.at > s.now); /* backoff */
        open_at(&s);
        assert_true(asks(&s, "sendInitialEvents=true"));
        assert_true(feed(&s, line));
        expect_log(&s, "");
    }
    open_at(&s);
    feed(&s, ADDED("11") INITIAL_END("12"));
    expect_log(&s, "object:11 ");
    finish(&s);
    free(line);
}

/* ---- LIST + WATCH (P5) ---- */

#define LIST(version, items)                                                                                           \
    "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"" version "\"},"                      \
    "\"items\":[" items "]}"

static void expect_list(struct stage *stage)
{
    assert_int_equal(stage->watch.request.verb, API_LIST);
    assert_string_equal(stage->watch.request.path,
                        "/api/v1/namespaces/team/configmaps?fieldSelector=metadata.name%3Dlock");
    assert_non_null(strstr(stage->watch.request.accept, "as=PartialObjectMetadataList;"));
}

static void p5_servers_that_refuse_initial_events(void **state)
{
    static const struct {
        long code;
        const char *body;
    } rows[] = {{422, STATUS("422", "Invalid")}, {400, STATUS("400", "BadRequest")}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage s;
        begin(&s, true);
        end_with(&s, HTTP_FINE, rows[i].code, rows[i].body);
        assert_true(s.watch.at <= s.now);
        open_at(&s);
        expect_list(&s);
        end_with(&s, HTTP_FINE, 200, LIST("20", "{" META("lock", "7") "}"));
        expect_log(&s, "object:7 ");
        assert_true(s.watch.at <= s.now);
        open_at(&s);
        assert_true(asks(&s, "?watch=1&"));
        assert_true(asks(&s, "&resourceVersion=20&"));
        feed(&s, DELETED("21"));
        pass(&s, 60000);
        feed(&s, ERROR("410", "Expired"));
        open_at(&s);
        expect_list(&s); /* it is not asked again for what it does not know */
        end_with(&s, HTTP_FINE, 200, LIST("30", ""));
        expect_log(&s, "deleted:21 gap absent:30 ");
        finish(&s);
    }
}

static void p5_servers_that_show_no_end_of_initial_events(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7"));
    assert_int_equal(watch_deadline(&s.watch), s.now + 10000);
    pass(&s, 9999);
    assert_false(run(&s));
    pass(&s, 1);
    assert_true(run(&s));
    open_at(&s);
    expect_list(&s);
    assert_true(watch_deadline(&s.watch) == INT64_MAX);
    end_with(&s, HTTP_FINE, 200, LIST("20", ""));
    expect_log(&s, "absent:20 "); /* what came before the end was not to be trusted */
    open_at(&s);
    pass(&s, 60000);
    feed(&s, ERROR("410", "Expired"));
    open_at(&s);
    expect_list(&s);
    finish(&s);
}

/* A network that fails says nothing about what the server knows. */
/* Whatever is asked for, a refusal of the form is not the end: what follows is asked anew, a list again. */
static void requests_that_are_called_invalid(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    pass(&s, 60000);
    end_stream(&s);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&"));
    end_with(&s, HTTP_FINE, 400, STATUS("400", "BadRequest"));
    expect_log(&s, "absent:9 warning gap ");
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true"));
    end_with(&s, HTTP_FINE, 422, STATUS("422", "Invalid"));
    open_at(&s);
    expect_list(&s);
    end_with(&s, HTTP_FINE, 422, STATUS("422", "Invalid"));
    assert_true(s.watch.at > s.now);
    open_at(&s);
    expect_list(&s);
    finish(&s);
}

static void slow_networks_do_not_make_a_server_old(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    s.call.status = 0;
    pass(&s, 10000);
    assert_true(run(&s));
    open_at(&s);
    expect_list(&s);
    end_with(&s, HTTP_NETWORK, 0, "");
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true"));
    finish(&s);
}

static void lists_that_are_none(void **state)
{
    static const char *const bodies[] = {
        "",
        "<html>",
        "{}",
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\"}",
        LIST("", ""),
        LIST("20", "7"),
        "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":{}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct stage s;
        begin(&s, true);
        end_with(&s, HTTP_FINE, 422, STATUS("422", "Invalid"));
        open_at(&s);
        end_with(&s, HTTP_FINE, 200, bodies[i]);
        expect_log(&s, "warning ");
        assert_true(s.watch.at > s.now);
        open_at(&s);
        expect_list(&s);
        finish(&s);
    }
}

static void a_list_that_ignores_the_selector(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    end_with(&s, HTTP_FINE, 422, STATUS("422", "Invalid"));
    open_at(&s);
    end_with(&s, HTTP_FINE, 200,
             LIST("20", "{" META("other", "5") "},\n{" META("lock", "7") "},{" META("more", "6") "}") "\n");
    expect_log(&s, "object:7 ");
    finish(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_request),
        cmocka_unit_test(p18_timeouts_are_drawn),
        cmocka_unit_test(present_at_the_start),
        cmocka_unit_test(p5_absent_at_the_start),
        cmocka_unit_test(changed_before_the_end_of_initial_events),
        cmocka_unit_test(events_after_the_start),
        cmocka_unit_test(broken_before_the_end_of_initial_events),
        cmocka_unit_test(p5_ended_before_the_end_of_initial_events),
        cmocka_unit_test(p5_a_second_end_of_initial_events),
        cmocka_unit_test(items_that_nobody_pulls),
        cmocka_unit_test(lines_split_at_every_byte),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(bytes_and_end_together),
        cmocka_unit_test(a_line_that_is_too_long),
        cmocka_unit_test(garbage),
        cmocka_unit_test(an_object_that_is_nested_deep),
        cmocka_unit_test(p5_servers_that_refuse_initial_events),
        cmocka_unit_test(p5_servers_that_show_no_end_of_initial_events),
        cmocka_unit_test(requests_that_are_called_invalid),
        cmocka_unit_test(slow_networks_do_not_make_a_server_old),
        cmocka_unit_test(lists_that_are_none),
        cmocka_unit_test(a_list_that_ignores_the_selector),
    };
    return cmocka_run_group_tests_name("unit_watch", tests, NULL, NULL);
}
