/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libcurl is loaded when it is needed: what fails is said with its cure and may be tried again, and what is called
 * then arrives with its argument, whatever its type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *library_name;

#define LEADERLIFE_CURL library_name
#include "io/curl/load.c"

#include "files_fixture.h"

#include <pthread.h>

/* In this order: once it is loaded it stays. */

static void one_that_is_not_there_is_named(void **state)
{
    char text[512] = "";

    (void)state;
    library_name = "libnowhere.so.9";
    assert_false(leaderlife_curl_load(text, sizeof text));
    assert_has(text, "libcurl cannot be loaded: libnowhere.so.9: ");
    assert_has(text, "install its package (Debian and Ubuntu: libcurl4");
}

static void one_without_a_function_is_too_old(void **state)
{
    char text[512] = "";

    (void)state;
    library_name = "libjansson.so.4";
    assert_false(leaderlife_curl_load(text, sizeof text));
    assert_has(text, "is too old: it has no curl_easy_cleanup");
}

static void *load(void *ret_text)
{
    return leaderlife_curl_load(ret_text, 512) ? ret_text : NULL;
}

static void threads_load_it_at_once(void **state)
{
    enum { THREADS = 8 };
    static char texts[THREADS][512];
    pthread_t threads[THREADS];

    (void)state;
    library_name = "libcurl.so.4";
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load, texts[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        void *done = NULL;

        pthread_join(threads[i], &done);
        if (done == NULL)
            fail_msg("%s", texts[i]);
    }
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), CURLE_OK);
    assert_true(curl_version_info(CURLVERSION_NOW)->version_num >= 0x074c00);
}

static size_t on_body(char *bytes, size_t one, size_t size, void *owner)
{
    (void)bytes;
    (void)owner;
    return one * size;
}

static void arguments_of_all_types_arrive(void **state)
{
    CURL *easy = curl_easy_init();
    CURLM *multi = curl_multi_init();
    struct curl_blob blob = {.data = (void *)(uintptr_t)"-", .len = 1, .flags = CURL_BLOB_NOCOPY};
    char *owner = NULL;
    char *host = NULL;
    CURLU *url = curl_url();

    (void)state;
    assert_non_null(easy);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_PORT, 65535L), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_PORT, 65536L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)-2), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)1 << 40), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &blob), CURLE_OK);
    assert_int_equal(curl_easy_setopt(easy, CURLOPT_PRIVATE, &blob), CURLE_OK);
    assert_int_equal(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner), CURLE_OK);
    assert_ptr_equal(owner, &blob);
    assert_int_equal(curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX), CURLM_OK);
    assert_int_equal(curl_url_set(url, CURLUPART_URL, "https://one.example/", 0), CURLUE_OK);
    assert_int_equal(curl_url_get(url, CURLUPART_HOST, &host, 0), CURLUE_OK);
    assert_string_equal(host, "one.example");
    curl_free(host);
    curl_url_cleanup(url);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_not_there_is_named),
        cmocka_unit_test(one_without_a_function_is_too_old),
        cmocka_unit_test(threads_load_it_at_once),
        cmocka_unit_test(arguments_of_all_types_arrive),
    };

    return cmocka_run_group_tests_name("unit_curl_load", tests, NULL, NULL);
}
