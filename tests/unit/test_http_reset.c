/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P10: a write that is given up is not carried out later. What its end does to its connection and to the calls beside
 * it, over HTTP/1.1 and HTTP/2; when it is withdrawn; how long the kernel may go on sending it.
 */
#include "http2_fixture.h"
#include "relay_fixture.h"

enum {
    BODY = 40000,
    BODY_NEARLY = 16000,
    BODY_MAX = 1500000,
    BUFFER = 4 << 20,
    NOTHING_MS = 300,
    SILENCE_MS = 60000,
    ACKNOWLEDGE_MS = 10000
};

/* A client with one connection, through the relay, to a server of either protocol. */
struct stage {
    const char *server;
    struct relay relay;
    struct client client;
    char url[100];
    char *body;
    int fd;
};

static struct http_request stage_request(struct stage *stage, const char *method, const char *path, size_t body)
{
    struct http_request request = request_for("good", "/");

    snprintf(stage->url, sizeof stage->url, "https://127.0.0.1:%ld%s", stage->relay.port, path);
    stage->body[body] = '\0';
    request.url = stage->url;
    request.method = method;
    request.body = body > 0 ? stage->body : NULL;
    request.withdraw_ms = HANG_MS;
    request.acknowledge_ms = ACKNOWLEDGE_MS;
    return request;
}

static struct http_call *start(struct stage *stage, const char *method, size_t body, int64_t timeout_ms)
{
    struct http_request request = stage_request(stage, method, "/small", body);

    request.timeout_ms = timeout_ms;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_non_null(call);
    memset(stage->body, 'b', BODY_MAX);
    return call;
}

static void answered(struct stage *stage, struct http_call *call)
{
    await_done(&stage->client, call);
    assert_string_equal(call->text, "");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(stage->client.http, call);
}

static void open_stage(struct stage *stage, const char *server_name)
{
    bool http2 = strcmp(server_name, "h2") == 0;

    if (http2 && nghttpd == 0)
        skip();
    memset(stage, 0, sizeof *stage);
    stage->server = server_name;
    stage->body = malloc(BODY_MAX + 1);
    assert_non_null(stage->body);
    memset(stage->body, 'b', BODY_MAX);
    relay_open(&stage->relay, http2 ? port : atol(fact("good")));
    client_open(&stage->client);
    answered(stage, start(stage, "GET", 0, HANG_MS));
    stage->fd = client_socket(&stage->relay);
}

static void close_stage(struct stage *stage)
{
    client_close(&stage->client);
    relay_close(&stage->relay);
    free(stage->body);
}

/* A write that the kernel has and cannot get rid of. */
static struct http_call *start_stuck(struct stage *stage, int64_t timeout_ms)
{
    int size = BUFFER;

    assert_int_equal(setsockopt(stage->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    relay_freeze(&stage->relay, true);
    struct http_call *call = start(stage, "PUT", BODY, timeout_ms);
    assert_null(client_next(&stage->client, NOTHING_MS));
    assert_true(unacknowledged(stage->fd) > 0);
    return call;
}

static void expect_fate(struct stage *stage, int fate)
{
    int found = relay_fate(&stage->relay, 0, fate == EAGAIN ? NOTHING_MS : HANG_MS);

    if (found != fate)
        fail_msg("%s: the server sees %s, not %s", stage->server, strerror(found), strerror(fate));
}

static void with_both(void (*play)(struct stage *stage))
{
    static const char *const servers[] = {"h1", "h2"};

    for (size_t i = 0; i < 2; i++) {
        struct stage stage;

        open_stage(&stage, servers[i]);
        play(&stage);
        close_stage(&stage);
    }
}

/* ---- Resets ---- */

static void give_up_by_timeout(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, 2 * NOTHING_MS);

    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    assert_true(call->maybe_sent);
    expect_fate(stage, ECONNRESET);
    http_end(stage->client.http, call);
    assert_int_equal(connections_to(stage->relay.port), 0);
    answered(stage, start(stage, "PUT", BODY, HANG_MS)); /* on a fresh one */
    assert_int_equal(atomic_load(&stage->relay.count), 2);
}

static void test_a_write_given_up_by_its_timeout_is_reset(void **state)
{
    (void)state;
    with_both(give_up_by_timeout);
}

static void give_up_by_hand(struct stage *stage)
{
    http_end(stage->client.http, start_stuck(stage, HANG_MS));
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_is_ended_is_reset(void **state)
{
    (void)state;
    with_both(give_up_by_hand);
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
    with_both(give_up_all);
}

/* Here it is curl that finds the fault, and closes the connection before anybody is told. */
static void end_by_server(struct stage *stage)
{
    struct http_call *call = start_stuck(stage, HANG_MS);

    assert_int_equal(shutdown(stage->relay.all[0].client, SHUT_WR), 0);
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_NETWORK);
    assert_true(call->maybe_sent);
    expect_fate(stage, ECONNRESET);
    http_end(stage->client.http, call);
}

static void test_a_write_whose_connection_the_server_ends_is_reset(void **state)
{
    (void)state;
    with_both(end_by_server);
}

/* It has arrived: a reset would change nothing, and cost the calls beside it. */
static void give_up_acknowledged(struct stage *stage)
{
    relay_freeze(&stage->relay, true);
    struct http_call *call = start(stage, "PUT", 2, NOTHING_MS);
    await_done(&stage->client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    http_end(stage->client.http, call);
    expect_fate(stage, 0);
}

static void test_a_write_that_has_arrived_is_not_reset(void **state)
{
    (void)state;
    with_both(give_up_acknowledged);
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
    with_both(give_up_a_read);
}

/* ---- The calls beside it ---- */

static void test_calls_on_the_same_connection_end_at_once(void **state)
{
    struct stage stage;

    (void)state;
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
    struct http_call *lost = start_stuck(&stage, 3 * NOTHING_MS);
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
        _exit(0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    relay_freeze(&stage->relay, false);
    answered(stage, call);
}

static void test_a_forked_child_that_frees_resets_nothing(void **state)
{
    (void)state;
    with_both(free_in_a_child);
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
    with_both(give_up_beside_a_child);
}

/* ---- Withdrawn ---- */

static void expect_withdrawn(struct stage *stage, struct http_call *call, bool maybe_sent)
{
    await_done(&stage->client, call);
    assert_has(call->text, "withdrawn");
    assert_int_equal(call->error, HTTP_TIMEOUT);
    assert_int_equal(call->maybe_sent, maybe_sent);
    http_end(stage->client.http, call);
}

static void withdraw_in_part(struct stage *stage)
{
    relay_freeze(&stage->relay, true);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_MAX);
    request.withdraw_ms = NOTHING_MS;
    expect_withdrawn(stage, http_start(stage->client.http, &request, NULL), true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_the_kernel_has_in_part_is_withdrawn(void **state)
{
    (void)state;
    with_both(withdraw_in_part);
}

/* Curl has read all of it, and could not write the last of it. */
static void withdraw_nearly_sent(struct stage *stage)
{
    int size = 1;

    assert_int_equal(setsockopt(stage->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    relay_freeze(&stage->relay, true);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_NEARLY);
    request.withdraw_ms = NOTHING_MS;
    expect_withdrawn(stage, http_start(stage->client.http, &request, NULL), true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_the_kernel_has_nearly_is_withdrawn(void **state)
{
    (void)state;
    with_both(withdraw_nearly_sent);
}

/* The server gives no more room (flow control of HTTP/2), though the kernel has. */
static void test_a_write_that_the_server_takes_in_part_is_withdrawn(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "h2");
    assert_int_equal(kill(nghttpd, SIGSTOP), 0);
    struct http_request request = stage_request(&stage, "PUT", "/small", BODY_MAX / 10);
    request.withdraw_ms = NOTHING_MS;
    struct http_call *call = http_start(stage.client.http, &request, NULL);
    await_done(&stage.client, call);
    assert_int_equal(kill(nghttpd, SIGCONT), 0);
    expect_withdrawn(&stage, call, true);
    assert_int_equal(connections_to(stage.relay.port), 0);
    close_stage(&stage);
}

/* Behind the connection that another call is making: nobody answers the handshake. */
static void test_a_write_that_waits_for_a_connection_is_withdrawn(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "h1");
    client_trust(&stage.client, "ca.crt", "client", NULL); /* other credentials: a new connection */
    close(stage.relay.listener);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(silent, 5), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    stage.relay.port = ntohs(address.sin_port);
    stage.relay.listener = silent;
    atomic_store(&stage.relay.count, RELAYED_MAX); /* accepts no more */
    struct http_call *first = start(&stage, "GET", 0, HANG_MS);
    struct http_request request = stage_request(&stage, "POST", "/small", BODY);
    request.withdraw_ms = NOTHING_MS;
    expect_withdrawn(&stage, http_start(stage.client.http, &request, NULL), false);
    assert_false(first->done);
    http_end(stage.client.http, first);
    atomic_store(&stage.relay.count, 1);
    close_stage(&stage);
}

static void take_long(struct stage *stage)
{
    relay_freeze(&stage->relay, true);
    struct http_request request = stage_request(stage, "PUT", "/small", 2);
    request.withdraw_ms = NOTHING_MS;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_null(client_next(&stage->client, 3 * NOTHING_MS));
    relay_freeze(&stage->relay, false);
    answered(stage, call);
}

static void test_a_write_that_was_handed_over_is_not_withdrawn(void **state)
{
    (void)state;
    with_both(take_long);
}

/* The process was stopped between its deciding to write and the writing. */
static void wake_late(struct stage *stage)
{
    struct http_request request = stage_request(stage, "PUT", "/small", 2);

    request.withdraw_ms = NOTHING_MS;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    relay_freeze(&stage->relay, true);
    usleep(2 * NOTHING_MS * 1000);
    reactor_poll(&stage->client.reactor);
    expect_withdrawn(stage, call, false);
}

static void test_a_process_that_wakes_late_does_not_send(void **state)
{
    (void)state;
    with_both(wake_late);
}

/* The same in the middle: what curl still has goes nowhere. */
static void wake_late_in_the_middle(struct stage *stage)
{
    relay_freeze(&stage->relay, true);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_MAX);
    request.withdraw_ms = 2 * NOTHING_MS;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_null(client_next(&stage->client, NOTHING_MS));
    relay_freeze(&stage->relay, false); /* there is room again, but nobody is there to use it */
    usleep(2 * NOTHING_MS * 1000);
    relay_freeze(&stage->relay, true);
    reactor_poll(&stage->client.reactor);
    expect_withdrawn(stage, call, true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_process_that_wakes_late_does_not_send_the_rest(void **state)
{
    (void)state;
    with_both(wake_late_in_the_middle);
}

/* ---- The kernel's patience ---- */

static void ask_patience(struct stage *stage)
{
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
    relay_freeze(&stage->relay, true);
    struct http_call *first = start(stage, "PUT", 2, HANG_MS);
    assert_null(client_next(&stage->client, NOTHING_MS));
    assert_int_equal(user_timeout(stage->fd), ACKNOWLEDGE_MS);
    relay_freeze(&stage->relay, false);
    answered(stage, first);
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
    answered(stage, start(stage, "GET", 0, HANG_MS));
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
}

static void test_the_user_timeout_is_short_while_a_write_is_under_way(void **state)
{
    (void)state;
    with_both(ask_patience);
}

static void test_the_user_timeout_is_short_until_the_last_write_has_ended(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "h2");
    relay_freeze(&stage.relay, true);
    struct http_call *first = start(&stage, "PUT", 2, 2 * NOTHING_MS);
    struct http_call *second = start(&stage, "PUT", 2, HANG_MS);
    await_done(&stage.client, first);
    assert_int_equal(first->error, HTTP_TIMEOUT);
    http_end(stage.client.http, first);
    assert_int_equal(user_timeout(stage.fd), ACKNOWLEDGE_MS);
    relay_freeze(&stage.relay, false);
    answered(&stage, second);
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_write_given_up_by_its_timeout_is_reset),
        cmocka_unit_test(test_a_write_that_is_ended_is_reset),
        cmocka_unit_test(test_free_in_the_middle_of_a_write_resets),
        cmocka_unit_test(test_a_write_whose_connection_the_server_ends_is_reset),
        cmocka_unit_test(test_a_write_that_has_arrived_is_not_reset),
        cmocka_unit_test(test_reads_are_not_reset),
        cmocka_unit_test(test_calls_on_the_same_connection_end_at_once),
        cmocka_unit_test(test_other_connections_stay),
        cmocka_unit_test(test_a_forked_child_that_frees_resets_nothing),
        cmocka_unit_test(test_a_reset_is_one_beside_a_forked_child),
        cmocka_unit_test(test_a_write_that_the_kernel_has_in_part_is_withdrawn),
        cmocka_unit_test(test_a_write_that_the_kernel_has_nearly_is_withdrawn),
        cmocka_unit_test(test_a_write_that_the_server_takes_in_part_is_withdrawn),
        cmocka_unit_test(test_a_write_that_waits_for_a_connection_is_withdrawn),
        cmocka_unit_test(test_a_write_that_was_handed_over_is_not_withdrawn),
        cmocka_unit_test(test_a_process_that_wakes_late_does_not_send),
        cmocka_unit_test(test_a_process_that_wakes_late_does_not_send_the_rest),
        cmocka_unit_test(test_the_user_timeout_is_short_while_a_write_is_under_way),
        cmocka_unit_test(test_the_user_timeout_is_short_until_the_last_write_has_ended),
    };

    return cmocka_run_group_tests_name("unit_http_reset", tests, start_both, stop_both);
}
