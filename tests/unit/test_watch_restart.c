/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a watch goes on: ordinary ends, broken and stalled connections, 410 in both forms, refusals (P15, P18).
 */
#include "watch_stage.h"

/* ---- Ends ---- */

static void an_ordinary_end(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7") INITIAL_END("9") BOOKMARK("20"));
    pass(&s, 1800000);
    end_stream(&s);
    expect_log(&s, "object:7 ");
    assert_true(s.watch.at <= s.now); /* at once */
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=20&allowWatchBookmarks=true&timeoutSeconds="));
    assert_false(asks(&s, "sendInitialEvents"));
    assert_false(asks(&s, "resourceVersionMatch"));
    feed(&s, DELETED("21"));
    expect_log(&s, "deleted:21 "); /* no gap */
    finish(&s);
}

static void ends_without_pause_are_not_repeated_without_pause(void **state)
{
    struct stage s;
    int64_t began;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    began = s.now;
    end_stream(&s);
    expect_log(&s, "absent:9 "); /* the first time nobody is warned */
    open_at(&s);
    for (int i = 0; i < 12; i++) {
        end_stream(&s);
        open_at(&s);
    }
    assert_true(s.now - began > 10000);
    finish(&s);
}

static void a_broken_connection(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    pass(&s, 60000);
    end_with(&s, HTTP_NETWORK, 200, "");
    expect_log(&s, "absent:9 "); /* the first time nobody is warned */
    assert_in_range(s.watch.at - s.now, 0, 100);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&"));
    end_with(&s, HTTP_NETWORK, 0, "");
    expect_log(&s, "warning ");
    for (int i = 0; i < 20; i++) { /* an outage of any length: never more than the limit, never a gap */
        open_at(&s);
        end_with(&s, HTTP_NETWORK, 0, "");
        assert_in_range(s.watch.at - s.now, 0, 30000);
    }
    expect_log(&s, "");
    open_at(&s);
    feed(&s, MODIFIED("10"));
    expect_log(&s, "object:10 ");
    finish(&s);
}

/* After an outage nobody waits for the end of a long pause, once the server has answered anybody. */
static void a_sign_of_the_server_ends_the_pause(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    for (int i = 0; i < 12; i++) {
        end_with(&s, HTTP_NETWORK, 0, "");
        open_at(&s);
    }
    watch_hurry(&s.watch, false, s.now, RANDOM); /* under way: nothing to hurry */
    assert_true(s.watch.open);
    end_with(&s, HTTP_NETWORK, 0, "");
    s.watch.at = s.now + 20000;
    watch_hurry(&s.watch, false, s.now, RANDOM);
    assert_in_range(s.watch.at - s.now, 0, 100);
    watch_hurry(&s.watch, false, s.now + 50, UINT32_MAX);
    assert_in_range(s.watch.at - s.now, 0, 100); /* never later */
    open_at(&s);
    feed(&s, INITIAL_END("9"));
    end_with(&s, HTTP_NETWORK, 200, "");
    s.watch.at = s.now + 20000;
    watch_hurry(&s.watch, false, s.now, RANDOM); /* it had a connection: the pause is the server's protection */
    assert_int_equal(s.watch.at - s.now, 20000);
    open_at(&s);
    end_with(&s, HTTP_NETWORK, 0, "");
    watch_hurry(&s.watch, false, s.now, RANDOM);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&")); /* nothing has been missed */
    end_with(&s, HTTP_FINE, 429, "");
    s.watch.at = s.now + 20000;
    watch_hurry(&s.watch, false, s.now, RANDOM); /* it was asked to wait */
    assert_int_equal(s.watch.at - s.now, 20000);
    finish(&s);
}

/* P15: while nothing listens there, no pause is long, nor is the next that a server makes which has just begun. */
static void p15_what_is_back_is_soon_found(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    for (int i = 0; i < 12; i++) {
        end_with(&s, HTTP_NETWORK, 0, "");
        open_at(&s);
    }
    for (int i = 0; i < 12; i++) {
        s.call.unheard = true;
        end_with(&s, HTTP_NETWORK, 0, "");
        assert_in_range(s.watch.at - s.now, 0, 3200);
        open_at(&s);
    }
    end_with(&s, HTTP_FINE, 503, STATUS("503", "ServiceUnavailable"));
    assert_in_range(s.watch.at - s.now, 0, 3200);
    finish(&s);
}

/* A server that has begun anew knows no version from before: one watch finds that out for all. */
static void an_expired_version_is_not_asked_for_by_all(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7") INITIAL_END("9"));
    expect_log(&s, "object:7 ");
    end_with(&s, HTTP_NETWORK, 200, "");
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&"));
    end_with(&s, HTTP_NETWORK, 0, "");
    watch_hurry(&s.watch, true, s.now, RANDOM);
    watch_hurry(&s.watch, true, s.now, RANDOM);
    assert_in_range(s.watch.at - s.now, 0, 100);
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true"));
    feed(&s, INITIAL_END("12"));
    expect_log(&s, "warning gap absent:12 "); /* that something was missed is known */
    finish(&s);
}

static void p15_retry_after_is_honoured(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    s.call.retry_after_ms = 25000;
    end_with(&s, HTTP_FINE, 429, "Too many requests, please try again later.\n");
    assert_int_equal(s.watch.at - s.now, 25000);
    open_at(&s);
    s.call.retry_after_ms = 86400000; /* but no server silences a watch for ever */
    end_with(&s, HTTP_FINE, 429, "Too many requests, please try again later.\n");
    assert_int_equal(s.watch.at - s.now, 30000);
    finish(&s);
}

static void p18_idle_limits(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    assert_int_equal(watch_idle_ms(&s.watch), 600000);
    feed(&s, ADDED("7"));
    assert_int_equal(watch_idle_ms(&s.watch), 600000);
    feed(&s, INITIAL_END("9"));
    assert_int_equal(watch_idle_ms(&s.watch), 90000);
    pass(&s, 90000);
    end_with(&s, HTTP_STALLED, 200, "");
    assert_int_equal(watch_idle_ms(&s.watch), 600000); /* it has shown no regular bookmark: */
    expect_log(&s, "object:7 ");                       /* so the silence is nothing to tell */
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&"));
    feed(&s, BOOKMARK("10"));
    assert_int_equal(watch_idle_ms(&s.watch), 90000);
    pass(&s, 90000);
    end_with(&s, HTTP_STALLED, 200, "");
    assert_int_equal(watch_idle_ms(&s.watch), 90000);
    expect_log(&s, "warning ");
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=10&"));
    finish(&s);
}

/* Silence of the whole connection says nothing of bookmarks. */
static void p18_a_silent_connection(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    s.call.silent = true;
    end_with(&s, HTTP_STALLED, 200, "");
    assert_int_equal(watch_idle_ms(&s.watch), 90000);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=9&"));
    finish(&s);
}

/* ---- 410 ---- */

static void expired_in_the_stream(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, ADDED("7") INITIAL_END("9"));
    pass(&s, 60000);
    assert_true(feed(&s, ERROR("410", "Expired")));
    expect_log(&s, "object:7 gap ");
    assert_true(s.watch.at <= s.now);
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true"));
    assert_false(asks(&s, "resourceVersion="));
    feed(&s, INITIAL_END("30"));
    expect_log(&s, "absent:30 ");
    finish(&s);
}

/* By its code or by its reason. */
static void what_says_that_a_version_has_expired(void **state)
{
    static const struct {
        const char *line;
        bool expired;
    } rows[] = {{ERROR("410", "Strange"), true},  {ERROR("500", "Expired"), true},  {ERROR("500", "Gone"), true},
                {ERROR("411", "Strange"), false}, {ERROR("409", "Strange"), false}, {ERROR("500", "\\u001bx"), false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage s;

        begin(&s, true);
        feed(&s, INITIAL_END("9"));
        assert_true(feed(&s, rows[i].line));
        assert_int_equal(s.watch.at <= s.now, rows[i].expired);
        expect_log(&s, "absent:9 gap ");
        finish(&s);
    }
}

/* Events show that a stream works, as bookmarks do. */
static void an_event_after_trouble(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    for (int i = 0; i < 2; i++) {
        end_with(&s, HTTP_NETWORK, 0, "");
        open_at(&s);
    }
    expect_log(&s, "absent:9 warning ");
    assert_true(s.watch.warned);
    feed(&s, MODIFIED("10"));
    assert_false(s.watch.warned);
    expect_log(&s, "object:10 ");
    finish(&s);
}

static void expired_as_an_answer(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    pass(&s, 1800000);
    end_stream(&s);
    open_at(&s);
    end_with(&s, HTTP_FINE, 410, STATUS("410", "Expired"));
    expect_log(&s, "absent:9 gap ");
    assert_true(s.watch.at <= s.now);
    open_at(&s);
    assert_true(asks(&s, "sendInitialEvents=true"));
    end_with(&s, HTTP_FINE, 410, STATUS("410", "Gone"));
    expect_log(&s, ""); /* one gap is enough */
    assert_true(s.watch.at > s.now);
    finish(&s);
}

/* A server that was restarted does not know old versions: its 410 is a sign that it is there again. */
static void expired_after_an_outage(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    for (int i = 0; i < 12; i++) {
        end_with(&s, HTTP_NETWORK, 0, "");
        open_at(&s);
    }
    end_with(&s, HTTP_FINE, 410, STATUS("410", "Expired"));
    assert_true(s.watch.at <= s.now);
    finish(&s);
}

static void another_error_in_the_stream(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    assert_true(feed(&s, ERROR("500", "InternalError")));
    expect_log(&s, "absent:9 gap ");
    assert_true(s.watch.at > s.now);
    open_at(&s);
    assert_true(feed(&s, ERROR("500", "InternalError")));
    expect_log(&s, "warning "); /* not the first time */
    finish(&s);
}

/* ---- Refusals ---- */

static void p15_a_401_is_repeated_once_at_once(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    end_with(&s, HTTP_FINE, 401, STATUS("401", "Unauthorized"));
    expect_log(&s, "");
    assert_true(s.watch.reread); /* with a token that is read anew */
    assert_true(s.watch.at <= s.now);
    open_at(&s);
    assert_false(s.watch.reread);
    end_with(&s, HTTP_FINE, 401, STATUS("401", "Unauthorized"));
    expect_log(&s, "warning ");
    assert_true(s.watch.at > s.now);
    assert_true(s.watch.reread);
    open_at(&s);
    feed(&s, INITIAL_END("9"));
    pass(&s, 1800000);
    end_stream(&s);
    open_at(&s);
    end_with(&s, HTTP_FINE, 401, STATUS("401", "Unauthorized")); /* after success once more at once */
    assert_true(s.watch.at <= s.now);
    expect_log(&s, "absent:9 ");
    finish(&s);
}

static void p6_a_401_or_410_that_was_cut_is_one(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    end_with(&s, HTTP_NETWORK, 401, "");
    assert_true(s.watch.reread);
    assert_true(s.watch.at <= s.now);
    open_at(&s);
    feed(&s, INITIAL_END("9"));
    pass(&s, 1800000);
    end_stream(&s);
    open_at(&s);
    end_with(&s, HTTP_NETWORK, 410, "{\"kind\":\"Sta");
    expect_log(&s, "absent:9 gap ");
    assert_true(s.watch.at <= s.now);
    open_at(&s);
    end_with(&s, HTTP_NETWORK, 404, STATUS("404", "NotFound")); /* any other is only a failure */
    expect_log(&s, "");
    assert_true(s.watch.at > s.now);
    assert_false(s.watch.forbidden);
    finish(&s);
}

/* Refuses until that is believed. */
static void refuse_for_good(struct stage *s)
{
    int64_t began = s->now;

    end_with(s, HTTP_FINE, 403, STATUS("403", "Forbidden"));
    while (s->now - began < 30000 && !s->watch.forbidden) {
        expect_log(s, "");
        open_at(s);
        end_with(s, HTTP_FINE, 403, STATUS("403", "Forbidden"));
    }
    expect_log(s, "forbidden ");
    assert_in_range(s->now - began, 10000, 29999);
}

/* P15: for the first watch too, one refusal is none. */
static void a_watch_that_is_forbidden(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    refuse_for_good(&s);
    assert_int_equal(s.watch.at - s.now, 300000);
    open_at(&s);
    end_with(&s, HTTP_FINE, 403, STATUS("403", "Forbidden"));
    expect_log(&s, ""); /* said once */
    assert_int_equal(s.watch.at - s.now, 300000);
    open_at(&s);
    feed(&s, INITIAL_END("9"));
    expect_log(&s, "allowed absent:9 ");
    finish(&s);
}

/* A server that has just started denies for a moment what it allows: who had the right is told only if it stays so. */
static void p15_a_right_that_was_there_is_not_lost_at_once(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    for (int i = 0; i < 12; i++) {
        end_with(&s, HTTP_NETWORK, 0, "");
        open_at(&s);
    }
    s.log[0] = '\0';
    for (int i = 0; i < 3; i++) {
        end_with(&s, HTTP_FINE, 403, STATUS("403", "Forbidden"));
        assert_in_range(s.watch.at - s.now, 0, 1000); /* the failures of the outage do not count */
        open_at(&s);
    }
    feed(&s, BOOKMARK("10"));
    expect_log(&s, ""); /* nobody was told */
    pass(&s, 60000);
    end_stream(&s);
    open_at(&s);
    refuse_for_good(&s);
    assert_int_equal(s.watch.at - s.now, 30000);
    open_at(&s);
    assert_true(asks(&s, "&resourceVersion=10&"));
    end_with(&s, HTTP_FINE, 403, STATUS("403", "Forbidden"));
    assert_int_equal(s.watch.at - s.now, 300000);
    finish(&s);
}

static void a_403_of_somebody_else_is_no_missing_right(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    end_with(&s, HTTP_FINE, 403, "<html>proxy says no</html>");
    expect_log(&s, "warning ");
    assert_in_range(s.watch.at - s.now, 0, 100);
    finish(&s);
}

static void failures_back_off(void **state)
{
    static const struct {
        enum http_error error;
        long status;
        const char *body;
    } rows[] = {
        {HTTP_FINE, 500, STATUS("500", "InternalError")},
        {HTTP_FINE, 503, ""},
        {HTTP_FINE, 404, "404 page not found\n"},
        {HTTP_FINE, 302, ""},
        {HTTP_TLS, 0, ""},
        {HTTP_MEMORY, 0, ""},
        {HTTP_TOO_LARGE, 200, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stage s;
        int64_t began;
        begin(&s, true);
        began = s.now;
        for (int n = 0; n < 12; n++) {
            end_with(&s, rows[i].error, rows[i].status, rows[i].body);
            assert_in_range(s.watch.at - s.now, 0, 30000);
            open_at(&s);
        }
        assert_true(s.now - began > 10000);
        expect_log(&s, "warning "); /* said once */
        feed(&s, INITIAL_END("9"));
        expect_log(&s, "absent:9 ");
        finish(&s);
    }
}

/* Nor is what cannot even be asked for, though the last stream was good. */
static void without_credentials_it_waits_longer_and_longer(void **state)
{
    struct stage s;
    int64_t began;

    (void)state;
    begin(&s, true);
    feed(&s, INITIAL_END("9"));
    s.now += 3600000;
    end_with(&s, HTTP_FINE, 200, "");
    began = s.now;
    for (int n = 0; n < 12; n++) {
        watch_not_opened(&s.watch, s.now, RANDOM, LEADERLIFE_EAUTH, "no credential");
        assert_in_range(s.watch.at - s.now, 0, 30000);
        s.now = s.watch.at;
    }
    assert_true(s.now - began > 10000);
    expect_log(&s, "absent:9 ");
    finish(&s);
}

static void without_memory_it_tries_again(void **state)
{
    struct stage s;

    (void)state;
    begin(&s, true);
    watch_not_opened(&s.watch, s.now, RANDOM, LEADERLIFE_ENOMEM, "no memory for a request");
    log_items(&s);
    expect_log(&s, "warning ");
    assert_false(s.watch.open);
    assert_true(s.watch.at > s.now);
    open_at(&s);
    feed(&s, INITIAL_END("9"));
    expect_log(&s, "absent:9 ");
    finish(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_end),
        cmocka_unit_test(ends_without_pause_are_not_repeated_without_pause),
        cmocka_unit_test(a_broken_connection),
        cmocka_unit_test(a_sign_of_the_server_ends_the_pause),
        cmocka_unit_test(p15_what_is_back_is_soon_found),
        cmocka_unit_test(an_expired_version_is_not_asked_for_by_all),
        cmocka_unit_test(p15_retry_after_is_honoured),
        cmocka_unit_test(p18_idle_limits),
        cmocka_unit_test(p18_a_silent_connection),
        cmocka_unit_test(expired_in_the_stream),
        cmocka_unit_test(what_says_that_a_version_has_expired),
        cmocka_unit_test(an_event_after_trouble),
        cmocka_unit_test(expired_as_an_answer),
        cmocka_unit_test(expired_after_an_outage),
        cmocka_unit_test(another_error_in_the_stream),
        cmocka_unit_test(p15_a_401_is_repeated_once_at_once),
        cmocka_unit_test(p6_a_401_or_410_that_was_cut_is_one),
        cmocka_unit_test(a_watch_that_is_forbidden),
        cmocka_unit_test(p15_a_right_that_was_there_is_not_lost_at_once),
        cmocka_unit_test(a_403_of_somebody_else_is_no_missing_right),
        cmocka_unit_test(failures_back_off),
        cmocka_unit_test(without_credentials_it_waits_longer_and_longer),
        cmocka_unit_test(without_memory_it_tries_again),
    };
    return cmocka_run_group_tests_name("unit_watch_restart", tests, NULL, NULL);
}
