/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is given a CA trusts that one alone: not what the system's folder of CAs has, too, where libcurl has such a
 * default. The folder is replaced, for the child that looks.
 */
#include "http_fixture.h"

#include <curl/curl.h>
#include <sched.h>
#include <sys/mount.h>

enum { AS_IT_SHOULD, NO_RIGHT = 2, NOT_EVEN_THE_SYSTEM, MORE_THAN_ITS_OWN };

static const char *system_folder(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    return curl->age >= CURLVERSION_SEVENTH ? curl->capath : NULL;
}

static enum http_error try_with(const char *ca)
{
    struct client client;

    client_open(&client);
    client_trust(&client, ca, NULL, NULL);
    struct http_call *call = get(&client, "good", "/plain");
    enum http_error error = call->error;
    http_end(client.http, call);
    client_close(&client);
    return error;
}

/* The system's folder has the CA of the server, its bundle another one. */
static void look(void)
{
    char folder[300];

    snprintf(folder, sizeof folder, "%s/system", fact("folder"));
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(folder, system_folder(), "none", MS_BIND, NULL) != 0)
        _exit(NO_RIGHT);
    if (try_with(NULL) != HTTP_FINE)
        _exit(NOT_EVEN_THE_SYSTEM);
    _exit(try_with("other.crt") == HTTP_TLS ? AS_IT_SHOULD : MORE_THAN_ITS_OWN);
}

static void test_a_ca_that_is_given_is_the_only_one(void **state)
{
    int status = -1;

    (void)state;
    if (system_folder() == NULL || access(system_folder(), R_OK | X_OK) != 0) {
        print_message("SKIPPED: this libcurl has no folder of CAs: that it is not trusted is NOT tested\n");
        skip();
    }
    pid_t child = fork();
    if (child == 0)
        look();
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_RIGHT) {
        print_message("SKIPPED: no right to mount: that the system's CAs are not trusted is NOT tested\n");
        skip();
    }
    assert_int_equal(status, AS_IT_SHOULD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_ca_that_is_given_is_the_only_one)};

    return cmocka_run_group_tests_name("unit_http_ca_folder", tests, start_server, stop_server);
}
