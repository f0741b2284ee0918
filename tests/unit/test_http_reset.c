/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P10: a write that is given up is not carried out later. What its end does to its connection, to the calls beside it,
 * and in a forked child; over HTTP/1.1 and HTTP/2.
 */
#include "write_stage.h"

/* ---- Resets ---- */

static void give_up_by_timeout(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, NOTHING_MS + soon_ms());

    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    assert_true(call->maybe_sent);
    expect_fate(stage, ECONNRESET);
    http_end(stage->client.http, call);
    int others = CURL_ASKS_BEFORE_SENDING ? 0 : 1;
    assert_int_equal(connections_to(stage->relay.port), others);
    answered(stage, start(stage, "PUT", BODY, HANG_MS)); /* on a fresh one */
    assert_int_equal(atomic_load(&stage->relay.count), 2 + others);
}

static void test_a_write_given_up_by_its_timeout_is_reset(void **state)
{
    (void)state;
    with_all(give_up_by_timeout);
}

static void give_up_by_hand(struct stage *stage)
{
    http_end(stage->client.http, start_stuck(stage, HANG_MS));
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_is_ended_is_reset(void **state)
{
    (void)state;
    with_all(give_up_by_hand);
}

static void give_up_all(struct stage *stage)
{
    (void)start_stuck(stage, HANG_MS);
    http_free(stage->client.http, false);
    stage->client.http = NULL;
    expect_fate(stage, ECONNRESET);
}

static void test_free_in_the_middle_of_a_write_resets(void **state)
{
    (void)state;
    with_all(give_up_all);
}

/* Here it is curl that finds the fault, and closes the connection before anybody is told. */
static void end_by_server(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, HANG_MS);

    assert_int_equal(shutdown(stage->relay.all[written(stage)].client, SHUT_WR), 0);
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_NETWORK);
    assert_true(call->maybe_sent);
    expect_fate(stage, ECONNRESET);
    http_end(stage->client.http, call);
}

static void test_a_write_whose_connection_the_server_ends_is_reset(void **state)
{
    (void)state;
    with_all(end_by_server);
}

/* Curl would send it again, on a connection that does not come about; but a write is not sent twice. */
static void break_in_a_cut(struct stage *stage)
{
    const struct linger drop = {.l_onoff = 1, .l_linger = 0};
    struct http_call *call = start_stuck(stage, 10 * HANG_MS);

    atomic_store(&stage->relay.deaf, true);
    assert_int_equal(setsockopt(stage->relay.all[written(stage)].client, SOL_SOCKET, SO_LINGER, &drop, sizeof drop), 0);
    close(stage->relay.all[written(stage)].client);
    stage->relay.all[written(stage)].client = -1;
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_NETWORK);
    assert_true(call->maybe_sent);
    http_end(stage->client.http, call);
}

static void test_a_write_whose_connection_breaks_waits_for_no_other(void **state)
{
    (void)state;
    with_all(break_in_a_cut);
}

/* It has arrived: a reset would change nothing, and cost the calls beside it. */
static void give_up_acknowledged(struct stage *stage)
{
    hold_a_write(stage);
    struct http_call *call = start(stage, "PUT", 2, soon_ms());
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    http_end(stage->client.http, call);
    expect_fate(stage, 0);
}

static void test_a_write_that_has_arrived_is_not_reset(void **state)
{
    (void)state;
    with_all(give_up_acknowledged);
}

static void give_up_a_read(struct stage *stage)
{
    relay_freeze(&stage->relay, true);
    struct http_call *call = start(stage, "GET", BODY, 2 * NOTHING_MS);
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    http_end(stage->client.http, call);
    expect_fate(stage, 0);
}

static void test_reads_are_not_reset(void **state)
{
    (void)state;
    with_all(give_up_a_read);
}

/* ---- The calls beside it ---- */

static void test_calls_on_the_same_connection_end_at_once(void **state)
{
    struct stage stage;

    (void)state;
    if (!writes_share_connections())
        return;
    open_stage(&stage, "h2");
    struct http_call *lost = start_stuck(&stage, 3 * NOTHING_MS);
    struct http_request request = stage_request(&stage, "GET", "/small", 0);
    request.timeout_ms = 0;
    request.stream = true;
    struct http_call *watch = http_start(stage.client.http, &request, NULL);
    await_done(&stage.client, lost);
    assert_int_equal(lost->error, HTTP_TIMEOUT);
    await_done(&stage.client, watch); /* it has no limit of its own */
    assert_int_equal(watch->error, HTTP_NETWORK);
    assert_true(watch->maybe_sent);
    assert_has(watch->text, "must not be carried out later");
    http_end(stage.client.http, lost);
    http_end(stage.client.http, watch);
    answered(&stage, start(&stage, "GET", 0, HANG_MS));
    close_stage(&stage);
}

static void test_other_connections_stay(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "h1");
    struct http_call *lost = start_stuck(&stage, 2 * NOTHING_MS + soon_ms());
    struct http_request request = stage_request(&stage, "GET", "/stall", 0);
    request.timeout_ms = 0;
    request.stream = true;
    struct http_call *watch = http_start(stage.client.http, &request, NULL);
    assert_ptr_equal(client_next(&stage.client, HANG_MS), watch);
    await_done(&stage.client, lost);
    http_end(stage.client.http, lost);
    expect_fate(&stage, ECONNRESET);
    assert_null(client_next(&stage.client, NOTHING_MS));
    assert_false(watch->done);
    http_end(stage.client.http, watch);
    close_stage(&stage);
}

/* ---- Forks ---- */

static void free_in_a_child(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, HANG_MS);
    pid_t child = fork();
    int result = -1;

    if (child == 0) {
        http_free(stage->client.http, true);
        execlp("true", "true", (char *)NULL); /* not _exit: what is leaked on purpose would be reported */
        _exit(1);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    relay_freeze(&stage->relay, false);
    answered(stage, call);
}

static void test_a_forked_child_that_frees_resets_nothing(void **state)
{
    (void)state;
    with_all(free_in_a_child);
}

/* A close alone would end nothing: the child has the descriptor too. */
static void give_up_beside_a_child(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, HANG_MS);
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    http_end(stage->client.http, call);
    expect_fate(stage, ECONNRESET);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_a_reset_is_one_beside_a_forked_child(void **state)
{
    (void)state;
    with_all(give_up_beside_a_child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_write_given_up_by_its_timeout_is_reset),
        cmocka_unit_test(test_a_write_that_is_ended_is_reset),
        cmocka_unit_test(test_free_in_the_middle_of_a_write_resets),
        cmocka_unit_test(test_a_write_whose_connection_the_server_ends_is_reset),
        cmocka_unit_test(test_a_write_whose_connection_breaks_waits_for_no_other),
        cmocka_unit_test(test_a_write_that_has_arrived_is_not_reset),
        cmocka_unit_test(test_reads_are_not_reset),
        cmocka_unit_test(test_calls_on_the_same_connection_end_at_once),
        cmocka_unit_test(test_other_connections_stay),
        cmocka_unit_test(test_a_forked_child_that_frees_resets_nothing),
        cmocka_unit_test(test_a_reset_is_one_beside_a_forked_child),
    };

    return cmocka_run_group_tests_name("unit_http_reset", tests, start_both, stop_both);
}
