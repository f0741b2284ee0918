/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A write in a pool of its own, as it is with a libcurl that does not ask before it sends: the barriers against a
 * second sending, each by itself, whatever libcurl there is.
 */
#include "http_fixture.h"

#include "io/http/connection.h"
#include "io/http/pool.h"
#include "io/http/state.h"

#include <errno.h>

struct scene {
    struct reactor reactor;
    struct http http;
    struct pool pool;
    struct transfer transfer;
};

static void open_scene(struct scene *scene, bool alone)
{
    memset(scene, 0, sizeof *scene);
    assert_int_equal(reactor_init(&scene->reactor), 0);
    scene->http.reactor = &scene->reactor;
    scene->http.transfers = &scene->transfer;
    scene->http.pools = &scene->pool;
    scene->pool.http = &scene->http;
    scene->pool.alone = alone;
    scene->transfer.pool = &scene->pool;
    scene->transfer.write = true;
}

static int open_socket(struct scene *scene)
{
    struct curl_sockaddr address = {.family = AF_INET, .socktype = SOCK_STREAM};

    return connection_open(&scene->pool, CURLSOCKTYPE_IPCXN, &address);
}

static void test_no_connection_is_made_once_it_may_have_been_sent(void **state)
{
    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        struct scene scene;

        open_scene(&scene, alone != 0);
        int first = open_socket(&scene); /* and more, until one of them is connected */
        int second = open_socket(&scene);
        assert_true(first >= 0 && second >= 0);
        scene.transfer.attempts = 1;
        int third = open_socket(&scene);
        assert_int_equal(third < 0, alone);
        connection_close(&scene.pool, first);
        connection_close(&scene.pool, second);
        if (third >= 0)
            connection_close(&scene.pool, third);
        reactor_free(&scene.reactor);
    }
}

/* Listens with a small buffer, and never reads. */
static int listen_deaf(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof *address;
    int buffer = 2304;

    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &size), 0);
    return fd;
}

/* Curl may have sent without a word, and what is on its way must not arrive later. */
static void test_what_it_leaves_is_reset_though_nothing_was_told(void **state)
{
    static char bytes[1 << 16];

    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        struct sockaddr_in address;
        struct scene scene;
        int listener = listen_deaf(&address);
        ssize_t got;

        open_scene(&scene, alone != 0);
        int fd = open_socket(&scene);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_true(send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0);
        int peer = accept(listener, NULL, NULL);
        assert_true(peer >= 0);
        connection_close(&scene.pool, fd);
        while ((got = recv(peer, bytes, sizeof bytes, 0)) > 0)
            ;
        assert_int_equal(got < 0 && errno == ECONNRESET, alone);
        close(peer);
        close(listener);
        reactor_free(&scene.reactor);
    }
}

static void test_each_write_has_a_pool_of_its_own(void **state)
{
    struct reactor reactor;
    struct http http = {.reactor = &reactor};

    (void)state;
    assert_int_equal(reactor_init(&reactor), 0);
    struct pool *one = pool_for_write(&http);
    struct pool *shared = pool_present(&http);
    struct pool *two = pool_for_write(&http);
    assert_true(one != NULL && shared != NULL && two != NULL);
    assert_int_equal(one == two, CURL_ASKS_BEFORE_SENDING);
    assert_int_equal(one == shared, CURL_ASKS_BEFORE_SENDING);
    assert_ptr_equal(pool_present(&http), shared); /* still, behind which the others are */
    pools_reap(&http);
    assert_ptr_equal(http.pools, shared);
    assert_null(shared->next);
    pools_free(&http, false);
    reactor_free(&reactor);
}

/* Where curl does not tell before it sends, TLS that is up is taken for it. Some versions count the proxy's: rather
 * once too often. */
static void test_a_write_counts_as_sent_once_tls_is_up(void **state)
{
    struct client client;
    char url[100];

    (void)state;
    snprintf(url, sizeof url, "https://127.0.0.1:%s", fact("secure"));
    client_open(&client);
    client_go_through(&client, &(struct http_proxy){.url = url, .name = url, .cure = ""});
    struct http_request request = request_for("refused", "/");
    request.method = "PUT";
    request.body = "{}";
    struct http_call *call = run(&client, &request);
    assert_int_equal(call->error, HTTP_NETWORK);
    if (curl_version_info(CURLVERSION_NOW)->version_num < CURL_NUMBER(7, 80))
        assert_true(call->maybe_sent);
    else if (CURL_ASKS_BEFORE_SENDING)
        assert_false(call->maybe_sent);
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_connection_is_made_once_it_may_have_been_sent),
        cmocka_unit_test(test_what_it_leaves_is_reset_though_nothing_was_told),
        cmocka_unit_test(test_each_write_has_a_pool_of_its_own),
        cmocka_unit_test(test_a_write_counts_as_sent_once_tls_is_up),
    };

    return cmocka_run_group_tests_name("unit_http_alone", tests, start_server, stop_server);
}
