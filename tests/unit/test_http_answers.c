/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand between http and a server, and what servers may say around an answer: 1xx, trailers, odd lengths,
 * encodings nobody asked for; and that a status which has come is known, whatever befalls the rest (P6). HTTP/1.1, byte
 * by byte; tests/fault has the same over HTTP/2.
 */
#include "write_stage.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define NO "HTTP/1.1 401 Unauthorized\r\n"

static const char *encoded(const char *path, const char *raw)
{
    static char text[1000];
    size_t size = (size_t)snprintf(text, sizeof text, "%s?", path);

    for (; *raw != '\0'; raw++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%%%02X", (unsigned char)*raw);
    return text;
}

static struct http_request odd_request(const char *method, const char *path, const char *raw)
{
    struct http_request request = request_for("good", "");
    static char url[1200];

    snprintf(url, sizeof url, "%s%s", request.url, encoded(path, raw));
    request.url = url;
    request.method = method;
    request.body = strcmp(method, "GET") == 0 ? NULL : "{}";
    return request;
}

static struct http_call *ask(struct client *client, const char *method, const char *path, const char *raw)
{
    struct http_request request = odd_request(method, path, raw);

    return run(client, &request);
}

enum { ANY = -1 }; /* as this libcurl likes */

struct answer {
    const char *raw;
    int error;
    long status;
    const char *data; /* NULL: as it comes */
};

static const struct answer odd_answers[] = {
    /* 1xx is no answer */
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}", HTTP_FINE, 200, "{}"},
    {"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}",
     HTTP_FINE, 200, "{}"},
    {"HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\n\r\n" NO "Content-Length: 2\r\n\r\nno", HTTP_FINE, 401, "no"},
    {"HTTP/1.1 103 Early Hints\r\n\r\n", HTTP_NETWORK, 0, ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 40", HTTP_NETWORK, 0, ""},
    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{}", HTTP_NETWORK, 0, NULL},
    /* chunks and trailers */
    {OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: a\r\nContent-Encoding: br\r\n\r\n",
     HTTP_FINE, 200, "{}"},
    {OK "Transfer-Encoding: chunked\r\n\r\n1;ext=1\r\n{\r\n0001\r\n}\r\n0\r\n\r\n", HTTP_FINE, 200, "{}"},
    {OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n", HTTP_NETWORK, 200, "{}"},
    {OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", HTTP_NETWORK, 200, NULL},
    /* lengths */
    {OK "Content-Length: 9\r\n\r\n{}", HTTP_NETWORK, 200, "{}"},
    {OK "Content-Length: 1\r\n\r\n{}", HTTP_FINE, 200, "{"},
    {OK "Content-Length: -2\r\n\r\n{}", HTTP_NETWORK, 200, NULL},
    {OK "Content-Length: 9\r\nContent-Length: 2\r\n\r\n{}", ANY, 200, NULL},
    {OK "Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}", ANY, 200, NULL},
    {OK "\r\n{}", ANY, 200, "{}"}, /* the connection's end is the body's, or TLS's goodbye is wanted first */
    /* a status that has come */
    {NO "Content-Length: 9\r\n\r\nno", HTTP_NETWORK, 401, "no"},
    {NO "Content-Length: 9\r\n\r\n", HTTP_NETWORK, 401, ""},
    {NO "Content-Le", HTTP_NETWORK, 401, ""},
    {OK "Content-Le", HTTP_NETWORK, 200, ""},
    {"HTTP/1.1 409 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nno", HTTP_NETWORK, 409, "no"},
    {"HTTP/1.1 401", HTTP_NETWORK, 0, NULL}, /* 4012? */
    {"", HTTP_NETWORK, 0, ""},
};

static void expect_answer(struct client *client, const char *method, const char *path, const struct answer *wanted)
{
    struct http_call *call = ask(client, method, path, wanted->raw);

    if ((wanted->error != ANY && (int)call->error != wanted->error) || call->status != wanted->status ||
        (wanted->data != NULL && strcmp(call->data, wanted->data) != 0))
        fail_msg("%s %s %s: error %d, status %ld, '%s', %s", method, path, wanted->raw, call->error, call->status,
                 call->data, call->text);
    assert_int_equal(call->maybe_sent, call->error != HTTP_FINE);
    http_end(client->http, call);
    http_forsake_connections(client->http); /* what is more than an answer would begin the next */
}

static void test_odd_answers(void **state)
{
    static const char *const paths[] = {"/raw", "/raw-bytes"};
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < sizeof odd_answers / sizeof odd_answers[0]; i++) {
        for (size_t path = 0; path < 2; path++) {
            expect_answer(&client, "GET", paths[path], &odd_answers[i]);
            expect_answer(&client, "PUT", paths[path], &odd_answers[i]);
        }
    }
    client_close(&client);
}

/* The server refuses before it has read what is sent, and does not read it. */
static void test_an_early_refusal(void **state)
{
    static const char *const rests[] = {"Content-Length: 0\r\n\r\n", "Content-Length: 9\r\n\r\nno", "\r\n"};
    struct client client;
    char *body = malloc(BODY_MAX + 1);

    (void)state;
    assert_non_null(body);
    memset(body, 'b', BODY_MAX);
    body[BODY_MAX] = '\0';
    client_open(&client);
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        for (int open = 0; open < 2; open++) {
            char raw[200];

            snprintf(raw, sizeof raw, NO "Retry-After: 7\r\n%s", rests[i]);
            struct http_request request = odd_request("PUT", open ? "/early-silent" : "/early-end", raw);
            request.body = body;
            request.timeout_ms = open ? 1000 : HANG_MS;
            struct http_call *call = run(&client, &request);
            if (call->status != 401)
                fail_msg("%s, %d: error %d, %s", rests[i], open, call->error, call->text);
            assert_int_equal(call->retry_after_ms, 7000);
            http_end(client.http, call);
            http_forsake_connections(client.http);
        }
    }
    client_close(&client);
    free(body);
}

/* P10: a 1xx is no answer, so what is given up after one must not be carried out later. */
static void test_a_write_given_up_after_a_1xx_is_reset(void **state)
{
    struct stage stage;
    char path[1000];

    (void)state;
    open_stage(&stage, "h1");
    snprintf(path, sizeof path, "%s", encoded("/early-silent", "HTTP/1.1 103 Early Hints\r\n\r\n"));
    struct http_request request = stage_request(&stage, "PUT", "/", BODY_MAX);
    char url[1200];
    snprintf(url, sizeof url, "https://127.0.0.1:%ld%s", stage.relay.port, path);
    request.url = url;
    request.timeout_ms = 10000;
    struct http_call *call = http_start(stage.client.http, &request, NULL);
    int64_t begun = call->last_byte_at;
    while (call->last_byte_at == begun) /* until the 103 has come */
        assert_null(client_next(&stage.client, 10));
    relay_freeze(&stage.relay, true);
    await_done(&stage.client, call);
    assert_int_equal(call->error, HTTP_TIMEOUT);
    assert_int_equal(call->status, 0);
    expect_fate(&stage, ECONNRESET);
    http_end(stage.client.http, call);
    close_stage(&stage);
}

/* ---- Encodings ---- */

static void test_nobody_asks_for_encodings(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/echo");
    assert_has(call->data, "\nAccept-Encoding: identity\n");
    assert_null(strstr(call->data, "gzip"));
    http_end(client.http, call);
    client_close(&client);
}

static void test_what_is_packed_all_the_same(void **state)
{
    static const struct {
        const char *packed;
        enum http_error error;
        const char *named;
    } rows[] = {
        {"gzip|gzip", HTTP_FINE, NULL},
        {"x-gzip|gzip", HTTP_FINE, NULL},
        {"GZip|gzip", HTTP_FINE, NULL},
        {"deflate|zlib", HTTP_FINE, NULL},
        {"identity|", HTTP_FINE, NULL},
        {"Identity , ,|", HTTP_FINE, NULL},
        {"|", HTTP_FINE, NULL},
        {"identity, gzip|gzip", HTTP_FINE, NULL},
        {"identity;gzip|gzip", HTTP_FINE, NULL},
        {"br|", HTTP_ENCODED, "Content-Encoding: br)"},
        {"zstd|", HTTP_ENCODED, "Content-Encoding: zstd)"},
        {"aws-chunked|", HTTP_ENCODED, "Content-Encoding: aws-chunked)"},
        {"compress|", HTTP_ENCODED, "Content-Encoding: compress)"},
        {"gzip, gzip|gzip+gzip", HTTP_ENCODED, "Content-Encoding: gzip, gzip)"},
        {"gzip;gzip|gzip+gzip", HTTP_ENCODED, "Content-Encoding: gzip, gzip)"},
        {"gzip, br|gzip", HTTP_ENCODED, "Content-Encoding: gzip, br)"},
        {"gzipp|gzip", HTTP_ENCODED, "Content-Encoding: gzipp)"},
        {"gzip|", HTTP_ENCODED, "Content-Encoding: gzip)"},       /* it is not */
        {"gzip|halves", HTTP_ENCODED, "Content-Encoding: gzip)"}, /* libcurl unpacks the first alone */
    };
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_call *call = ask(&client, "PUT", "/packed", rows[i].packed);

        if (call->error != rows[i].error)
            fail_msg("%s: error %d, '%s'", rows[i].packed, call->error, call->text);
        assert_int_equal(call->status, 200);
        if (rows[i].named != NULL) {
            assert_has(call->text, rows[i].named);
            assert_has(call->text, "proxy");
            assert_true(call->maybe_sent);
        } else {
            assert_string_equal(call->data, "{\"kind\":\"Packed\"}");
        }
        http_end(client.http, call);
    }
    client_close(&client);
}

/* 10 MB in 10 kB: the limit is for what comes out. */
static void test_a_bomb(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = ask(&client, "GET", "/packed", "gzip|bomb");
    assert_int_equal(call->error, HTTP_TOO_LARGE);
    assert_true(call->size <= 100000);
    http_end(client.http, call);
    client_close(&client);
}

static void test_a_packed_stream(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = odd_request("GET", "/packed-lines", "wait");
    request.stream = true;
    struct http_call *call = http_start(client.http, &request, NULL);
    while (call->size < 8) /* before the rest has come */
        assert_ptr_equal(client_next(&client, HANG_MS), call);
    assert_string_equal(call->data, "first\nse");
    http_end(client.http, call);
    request = odd_request("GET", "/packed-lines", "");
    request.stream = true;
    call = run(&client, &request);
    assert_int_equal(call->error, HTTP_FINE);
    assert_string_equal(call->data, "first\nsecond\n");
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_answers),
        cmocka_unit_test(test_an_early_refusal),
        cmocka_unit_test(test_a_write_given_up_after_a_1xx_is_reset),
        cmocka_unit_test(test_nobody_asks_for_encodings),
        cmocka_unit_test(test_what_is_packed_all_the_same),
        cmocka_unit_test(test_a_bomb),
        cmocka_unit_test(test_a_packed_stream),
    };

    return cmocka_run_group_tests_name("unit_http_answers", tests, start_both, stop_both);
}
