/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs of life over HTTP/2 (P18): who is asked, and what follows from an answer, and from none. A libcurl that cannot
 * ask leaves all to the limits of calls, which is tested with those.
 */
#include "http_fixture.h"
#include "io/http/curl_features.h"

static struct http_call *begin_stream(struct client *client, const char *server_name, const struct http_request *limits)
{
    struct http_request request = request_for(server_name, "/");

    request.stream = true;
    request.timeout_ms = 0;
    request.ask_ms = limits->ask_ms;
    request.answer_ms = limits->answer_ms;
    request.idle_ms = limits->idle_ms;
    struct http_call *call = http_start(client->http, &request, NULL);
    while (call->size == 0)
        assert_ptr_equal(client_next(client, HANG_MS), call);
    assert_string_equal(call->data, "only line\n");
    return call;
}

static void test_a_peer_that_answers_is_asked_again_and_again(void **state)
{
    struct client client;
    int64_t wanted = curl_asks_peers() ? 3 : 0;

    (void)state;
    client_open(&client);
    struct http_call *call =
        begin_stream(&client, "lives", &(struct http_request){.ask_ms = 30, .answer_ms = HANG_MS, .idle_ms = 0});
    int64_t begun = clock_now();
    while (get_number(&client, "/seen?lives") < wanted || clock_now() < begun + 300)
        assert_true(clock_now() < begun + HANG_MS);
    assert_false(call->done);
    if (!curl_asks_peers())
        assert_int_equal(get_number(&client, "/seen?lives"), 0);
    http_end(client.http, call);
    client_close(&client);
}

/* Nobody is asked who was not to be. */
static void test_who_does_not_want_it_does_not_ask(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    int64_t before = get_number(&client, "/seen?lives");
    struct http_call *call = begin_stream(&client, "lives", &(struct http_request){.idle_ms = 300});
    await_done(&client, call);
    assert_int_equal(call->error, HTTP_STALLED);
    assert_false(call->silent);
    http_end(client.http, call);
    assert_int_equal(get_number(&client, "/seen?lives"), before);
    client_close(&client);
}

/* What shares the connection ends with it, and the next call is on another. */
static void test_a_peer_that_says_nothing_is_left(void **state)
{
    struct client client;
    int64_t idle_ms = curl_asks_peers() ? 0 : 6000; /* a busy machine needs a while to begin all three */
    const struct http_request limits = {.ask_ms = 3000, .answer_ms = 2000, .idle_ms = idle_ms};
    struct http_call *calls[3];

    (void)state;
    client_open(&client);
    int64_t before = get_number(&client, "/seen?mute");
    for (int i = 0; i < 3; i++)
        calls[i] = begin_stream(&client, "mute", &limits);
    assert_int_equal(connections_to(atol(fact("mute"))), 1);
    for (int i = 0; i < 3; i++) {
        await_done(&client, calls[i]);
        assert_int_equal(calls[i]->error, HTTP_STALLED);
        assert_int_equal(calls[i]->silent, curl_asks_peers());
        assert_has(calls[i]->text, curl_asks_peers() ? "sent nothing for 5000 ms" : "sent nothing for 6000 ms");
        http_end(client.http, calls[i]);
    }
    assert_int_equal(connections_to(atol(fact("mute"))), 0);
    assert_int_equal(get_number(&client, "/seen?mute") > before, curl_asks_peers());
    client_close(&client);
}

/* Over HTTP/1.1 nobody can be asked. */
static void test_http1_is_left_to_the_limits_of_calls(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/stall");
    request.stream = true;
    request.timeout_ms = 0;
    request.ask_ms = request.answer_ms = 1;
    request.idle_ms = HANG_MS;
    struct http_call *call = http_start(client.http, &request, NULL);
    while (call->size == 0)
        assert_ptr_equal(client_next(&client, HANG_MS), call);
    assert_null(client_next(&client, 300));
    http_set_idle(call, 1);
    await_done(&client, call);
    assert_int_equal(call->error, HTTP_STALLED);
    assert_false(call->silent);
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_peer_that_answers_is_asked_again_and_again),
        cmocka_unit_test(test_who_does_not_want_it_does_not_ask),
        cmocka_unit_test(test_a_peer_that_says_nothing_is_left),
        cmocka_unit_test(test_http1_is_left_to_the_limits_of_calls),
    };

    return cmocka_run_group_tests_name("unit_http_liveness", tests, start_server, stop_server);
}
