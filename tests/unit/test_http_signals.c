/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before calls and while they are under way no signal handler of the process is changed, not even for a moment: another
 * thread may be about to set its own.
 */
#include "http_fixture.h"

#include <dlfcn.h>
#include <stdatomic.h>

static atomic_int changes;

/* In place of the C library's, for libcurl too. */
int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    void *found = dlsym(RTLD_NEXT, "sigaction");

    if (number == SIGPIPE && action != NULL)
        atomic_fetch_add(&changes, 1);
    memcpy(&real, &found, sizeof real);
    return real(number, action, before);
}

static void test_a_change_is_seen(void **state)
{
    struct sigaction before;

    (void)state;
    atomic_store(&changes, 0);
    assert_int_equal(sigaction(SIGPIPE, NULL, &before), 0);
    assert_int_equal(atomic_load(&changes), 0);
    assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
    assert_int_equal(atomic_load(&changes), 1);
}

/* The second waits to see whether it can share the connection, and then has one of its own. */
static void test_calls_at_once_change_no_handler(void **state)
{
    struct client client;

    (void)state;
    atomic_store(&changes, 0);
    client_open(&client); /* which tries what this libcurl can */
    client_go_through(&client, &(struct http_proxy){.url = "http://127.0.0.1:1", .name = "a proxy", .cure = ""});
    client_trust(&client, "ca.crt", NULL, NULL);
    assert_int_equal(atomic_load(&changes), 0);
    struct http_request request = request_for("good", "/plain");
    struct http_call *one = http_start(client.http, &request, NULL);
    struct http_call *two = http_start(client.http, &request, NULL);
    await_done(&client, one);
    await_done(&client, two);
    assert_int_equal(one->error, HTTP_FINE);
    assert_int_equal(two->error, HTTP_FINE);
    assert_int_equal(atomic_load(&changes), 0);
    http_end(client.http, one);
    http_end(client.http, two);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_is_seen),
        cmocka_unit_test(test_calls_at_once_change_no_handler),
    };

    return cmocka_run_group_tests_name("unit_http_signals", tests, start_server, stop_server);
}
