/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library with the libcurl that uses GnuTLS, in place of the one that it was configured for: an election on
 * Kubernetes is refused at its start, by that name and with the cure; one on this machine needs no libcurl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <leaderlife/leaderlife.h>

#include <stdio.h>
#include <string.h>

static int start(const char *const (*options)[2], char *text, size_t size)
{
    leaderlife_election *election;
    int status = leaderlife_election_new("gnutls", &election);

    for (; status == LEADERLIFE_OK && (*options)[0] != NULL; options++)
        status = leaderlife_election_set(election, (*options)[0], (*options)[1]);
    if (status == LEADERLIFE_OK)
        status = leaderlife_election_start(election);
    snprintf(text, size, "%s", leaderlife_election_error_text(election));
    leaderlife_election_free(election);
    return status;
}

static void an_election_on_kubernetes_is_refused(void **state)
{
    static const char *const options[][2] = {{"server", "https://127.0.0.1:1"},
                                             {"token-file", "/nowhere"},
                                             {"namespace", "n"},
                                             {"pod-name", "a"},
                                             {"pod-uid", "u"},
                                             {NULL, NULL}};
    static const char *const parts[] = {"libcurl ", " uses GnuTLS/", "certificates from memory", "libcurl4;",
                                        "not one that is built with GnuTLS"};
    char text[1024];

    (void)state;
    assert_int_equal(start(options, text, sizeof text), LEADERLIFE_ENOTSUP);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(text, parts[i]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", parts[i], text);
}

static void an_election_on_this_machine_needs_none(void **state)
{
    static const char *const options[][2] = {{"backend", "local"}, {NULL, NULL}};
    char text[1024];

    (void)state;
    assert_int_equal(start(options, text, sizeof text), LEADERLIFE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_election_on_kubernetes_is_refused),
        cmocka_unit_test(an_election_on_this_machine_needs_none),
    };

    return cmocka_run_group_tests_name("unit_gnutls", tests, NULL, NULL);
}
