/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecCredential objects: what of a credential plugin's answers is taken. No answer crashes, and no fault shows what is
 * in it.
 */
#include "files_fixture.h"
#include "kubernetes/objects/exec_credential.h"

#include "base/base64.h"
#include "unit/deep.h"

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(status) "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"
#define EXPIRES(text) ANSWER("{\"token\":\"t\",\"expirationTimestamp\":" text "}")

static struct exec_answer parsed(const char *text)
{
    struct exec_answer answer = {0};
    const char *fault = exec_answer_parse(text, strlen(text), V1, &answer);

    if (fault != NULL)
        fail_msg("%s: %s", text, fault);
    return answer;
}

static void refused(const char *text, const char *part)
{
    struct exec_answer answer = {.token = (char *)1};
    const char *fault = exec_answer_parse(text, strlen(text), V1, &answer);

    if (fault == NULL || strstr(fault, part) == NULL)
        fail_msg("%s: %s", text, fault == NULL ? "no fault" : fault);
    assert_ptr_equal(answer.token, (char *)1); /* untouched on failure */
    assert_null(strstr(fault, "s3cret"));
}

static void credentials(void **state)
{
    struct exec_answer answer = parsed(" " ANSWER("{\"token\":\"" SECRET "\"}") "\n");

    (void)state;
    assert_string_equal(answer.token, SECRET);
    assert_null(answer.cert);
    assert_null(answer.key);
    assert_int_equal(answer.expires, INT64_MAX);
    exec_answer_clear(&answer);
    assert_null(answer.token);

    answer = parsed(ANSWER("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\",\"token\":null,\"more\":[]}"));
    assert_null(answer.token);
    assert_string_equal(answer.cert, "c");
    assert_string_equal(answer.key, "k");
    exec_answer_clear(&answer);

    answer = parsed(ANSWER("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\",\"token\":\"t\"}"));
    assert_string_equal(answer.token, "t");
    assert_string_equal(answer.cert, "c");
    exec_answer_clear(&answer);
}

static void faults(void **state)
{
    (void)state;
    refused("", "no ExecCredential");
    refused("Please log in: " SECRET, "no ExecCredential");
    refused("[]", "no ExecCredential");
    refused(ANSWER("{\"token\":\"" SECRET "\"}") "x", "no ExecCredential");
    refused("{}", "no ExecCredential");
    refused("{\"kind\":\"Secret\"}", "no ExecCredential");
    refused("{\"kind\":\"Secret\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"" SECRET "\"}}",
            "no ExecCredential");
    refused("{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"" SECRET "\"}}", "no ExecCredential");
    refused("{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "beta1\",\"status\":{\"token\":\"" SECRET "\"}}",
            "no ExecCredential");
    refused("{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}", "neither");
    refused(ANSWER("null"), "neither");
    refused(ANSWER("[]"), "neither");
    refused(ANSWER("\"" SECRET "\""), "neither");
    refused(ANSWER("{\"token\":\"\"}"), "neither");
    refused(ANSWER("{\"token\":[\"" SECRET "\"]}"), "neither");
    refused(ANSWER("{\"token\":\"s3cret\\u0000x\"}"), "neither");
    refused(ANSWER("{\"clientKeyData\":7,\"clientCertificateData\":\"c\"}"), "neither");
    refused(ANSWER("{\"clientKeyData\":\"" SECRET "\"}"), "neither");
    refused(ANSWER("{\"clientCertificateData\":\"c\",\"token\":\"" SECRET "\"}"), "neither");
}

static void times(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        {"\"1970-01-01T00:00:00Z\"", 0},
        {"\"2018-03-05T17:30:20-08:00\"", 1520299820},
        {"\"2018-03-06T01:30:20Z\"", 1520299820},
        {"\"2018-03-06T01:30:20.987654321Z\"", 1520299820},
        {"\"2018-03-06T07:00:20.5+05:30\"", 1520299820},
        {"\"9999-12-31T23:59:59Z\"", 253402300799},
        {"null", INT64_MAX},
    };
    static const char *const bad[] = {"7",
                                      "\"\"",
                                      "\"soon\"",
                                      "\"2018-03-06\"",
                                      "\"2018-03-06T01:30:20\"",
                                      "\"2018-03-06T01:30:20 Z\"",
                                      "\"2018-13-06T01:30:20Z\"",
                                      "\"2018-03-06T01:30:20*05:30\"",
                                      "\"2018-03-06T01:30:20+05\"",
                                      "\"2018-03-06T01:30:20+05:30x\"",
                                      "\"2018-03-06T01:30:20+-5:30\"",
                                      "\"2018-03-06T01:30:20Zz\""};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[300];

        snprintf(text, sizeof text, EXPIRES("%s"), good[i].text);
        struct exec_answer answer = parsed(text);
        assert_int_equal(answer.expires, good[i].seconds);
        exec_answer_clear(&answer);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[300];

        snprintf(text, sizeof text, EXPIRES("%s"), bad[i]);
        refused(text, "RFC 3339");
    }
}

static void an_answer_that_is_nested_deep(void **state)
{
    char *answer = nested(
        "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"t\"},\"more\":", DEEP, "}");
    struct exec_answer ret;

    (void)state;
    assert_non_null(exec_answer_parse(answer, strlen(answer), V1, &ret));
    free(answer);
}

/* Every answer that is cut off, and many that are spoiled. */
static void answers_that_are_spoiled(void **state)
{
    static const char whole[] = ANSWER("{\"token\":\"t\",\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\","
                                       "\"expirationTimestamp\":\"2018-03-05T17:30:20.5-08:00\"}");
    static const char spice[] = "\"\\{}[]:,0-+.eTZ \n\x01\x80\xff";
    uint32_t random = 12345;
    struct exec_answer answer;

    (void)state;
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        char *cut = strndup(whole, size); /* exactly as long, so that a sanitizer sees every step beyond */

        assert_non_null(exec_answer_parse(cut, size, V1, &answer));
        free(cut);
    }
    for (int i = 0; i < 20000; i++) {
        char *spoiled = strdup(whole);

        for (int j = 0; j <= i % 3; j++) {
            random = random * 1664525 + 1013904223;
            spoiled[(random >> 8) % (sizeof whole - 1)] = spice[random >> 24 & 15];
        }
        memset(&answer, 0, sizeof answer);
        if (exec_answer_parse(spoiled, strlen(spoiled), V1, &answer) == NULL) {
            assert_true(answer.token != NULL || answer.cert != NULL);
            exec_answer_clear(&answer);
        }
        free(spoiled);
    }
}

static void base64(void **state)
{
    static const char bytes[] = "\xff\xfe\xfd\xfb?>foobar";

    (void)state;
    for (size_t size = 0; size < sizeof bytes; size++) {
        char *text = base64_encode(bytes, size);
        size_t back = 99;
        char *same = base64_decode(text, strlen(text), false, &back);

        assert_int_equal(strlen(text), (size + 2) / 3 * 4);
        assert_int_equal(back, size);
        assert_memory_equal(same, bytes, size);
        free(text);
        free(same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials),
        cmocka_unit_test(faults),
        cmocka_unit_test(times),
        cmocka_unit_test(answers_that_are_spoiled),
        cmocka_unit_test(an_answer_that_is_nested_deep),
        cmocka_unit_test(base64),
    };

    return cmocka_run_group_tests_name("unit_objects_exec", tests, NULL, NULL);
}
