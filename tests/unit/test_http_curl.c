/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of the libcurl that is loaded, and that whatever it lacks is said by name, with the cure. The real one
 * with GnuTLS is in tests/install.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/http/curl.h"

#include <stdio.h>
#include <string.h>

enum { ALL = CURL_VERSION_SSL | CURL_VERSION_ASYNCHDNS };

static void what_is_lacking_is_named(void **state)
{
    static const struct {
        const char *version;
        unsigned number;
        int features;
        const char *tls;
        CURLcode blobs;
        const char *says; /* NULL: nothing is lacking */
    } rows[] = {
        {"7.88.1", 0x075801, ALL, "OpenSSL/3.0.19", CURLE_OK, NULL},
        {"8.20.0", 0x081400, ALL, "(GnuTLS/3.8.9) OpenSSL/3.5.1", CURLE_OK, NULL},
        {"7.99.0", CURL_NEEDED, ALL, "OpenSSL/3.0.2", CURLE_OK, NULL}, /* whatever it calls itself */
        {"7.70.0", CURL_NEEDED - 1, ALL, "OpenSSL/3.0.2", CURLE_OK, "libcurl 7.70.0 was loaded, and 7."},
        {"7.79.1", CURL_NEEDED, ALL, "NSS/3.90", CURLE_OK, "libcurl 7.79.1 uses NSS/3.90 for TLS"},
        {"8.20.0", 0x081400, ALL, "rustls-ffi/0.15.0/rustls/0.23.25", CURLE_OK,
         "libcurl 8.20.0 uses rustls-ffi/0.15.0"},
        {"8.20.0", 0x081400, ALL, "wolfSSL/5.8.0", CURLE_OK, "libcurl 8.20.0 uses wolfSSL/5.8.0 for TLS"},
        {"8.20.0", 0x081400, ALL, "LibreSSL/4.0.0", CURLE_OK, NULL},
        {"7.88.1", 0x075801, ALL, "GnuTLS/3.7.9", CURLE_NOT_BUILT_IN, "libcurl 7.88.1 uses GnuTLS/3.7.9 for TLS"},
        {"8.20.0", 0x081400, ALL, "GnuTLS/3.8.9", CURLE_OK, "libcurl 8.20.0 uses GnuTLS/3.8.9 for TLS"},
        {"8.20.0", 0x081400, ALL, "GnuTLS/3.8.9 (OpenSSL/3.5.1)", CURLE_OK,
         "uses GnuTLS/3.8.9 (OpenSSL/3.5.1) for TLS"},
        {"7.88.1", 0x075801, ALL, "Strange/1", CURLE_UNKNOWN_OPTION, "libcurl 7.88.1 uses Strange/1 for TLS"},
        {"7.88.1", 0x075801, CURL_VERSION_ASYNCHDNS, NULL, CURLE_NOT_BUILT_IN, "libcurl 7.88.1 was built without TLS"},
        {"7.88.1", 0x075801, CURL_VERSION_SSL, "OpenSSL/3", CURLE_OK, "without asynchronous name resolution"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const curl_version_info_data curl = {.version = rows[i].version,
                                             .version_num = rows[i].number,
                                             .features = rows[i].features,
                                             .ssl_version = rows[i].tls};
        char text[512] = "";

        assert_int_equal(curl_serves(&curl, rows[i].blobs, text, sizeof text), rows[i].says == NULL);
        if (rows[i].says == NULL)
            continue;
        if (strstr(text, rows[i].says) == NULL || strstr(text, "install") == NULL)
            fail_msg("%s", text);
    }
}

/* Not one more than what is used of the header, so that a program runs with the libcurl of the system it was built
 * on. */
static void the_least_version_is_that_of_what_is_used(void **state)
{
    char needed[20];
    char text[512] = "";
    const curl_version_info_data old = {.version = "7.1", .version_num = 0x070100, .features = ALL, .ssl_version = ""};

    (void)state;
    assert_true(CURL_NEEDED <= LIBCURL_VERSION_NUM);
    assert_true(CURL_NEEDED >= CURL_NUMBER(7, 76));
    assert_int_equal(CURL_NEEDED == CURL_NUMBER(7, 76), !CURL_TAKES_CA_FROM_MEMORY);
    assert_false(curl_serves(&old, CURLE_OK, text, sizeof text));
    snprintf(needed, sizeof needed, "and %d.%d or newer", CURL_NEEDED >> 16, CURL_NEEDED >> 8 & 0xff);
    if (strstr(text, needed) == NULL || strstr(text, LIBCURL_VERSION) == NULL)
        fail_msg("%s", text);
}

static void the_one_that_is_loaded_serves(void **state)
{
    char text[512] = "";

    (void)state;
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
    if (curl_check(text, sizeof text) != CURLE_OK)
        fail_msg("%s", text);
    curl_global_cleanup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lacking_is_named),
        cmocka_unit_test(the_least_version_is_that_of_what_is_used),
        cmocka_unit_test(the_one_that_is_loaded_serves),
    };

    return cmocka_run_group_tests_name("unit_http_curl", tests, NULL, NULL);
}
