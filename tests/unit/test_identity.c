/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P2: namespace, pod name and UID, each from the first source that has it, and an error when two sources differ; and
 * whether this is where that pod is.
 */
#include "files_fixture.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"

#include "base/text.h"
#include "kubernetes/backend/watches.h"
#include "kubernetes/config/identity.h"
#include "unit/deep.h"

#define UID "0d5b4f1e-7c1a-4f7e-9b58-8f1f4a1b2c3d"

static char message[TEXT_MESSAGE];
static struct options options;
static struct endpoint endpoint;
static char token[65536];

static int clear(void **state)
{
    (void)state;
    unsetenv("POD_NAMESPACE");
    unsetenv("POD_NAME");
    unsetenv("POD_UID");
    options_free(&options);
    memset(&options, 0, sizeof options);
    memset(&endpoint, 0, sizeof endpoint);
    return 0;
}

/* A JWT with that payload: base64url without padding. */
static char *token_of(const char *payload)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t size = strlen(payload);
    size_t used = (size_t)snprintf(token, sizeof token, "eyJhbGciOiJSUzI1NiJ9.");

    for (size_t i = 0; i < size; i += 3) {
        unsigned bits = 0;

        for (size_t j = i; j < i + 3; j++)
            bits = bits << 8 | (j < size ? (unsigned char)payload[j] : 0);
        for (size_t j = 0; j < 4 && i + j <= size; j++)
            token[used++] = digits[bits >> (18 - 6 * j) & 63];
    }
    snprintf(token + used, sizeof token - used, ".%s", SECRET);
    return token;
}

static char *bound_token(const char *namespace_, const char *name, const char *uid)
{
    char payload[1024];

    snprintf(
        payload, sizeof payload,
        "{\"aud\":[\"x\"],\"exp\":1,\"kubernetes.io\":{\"namespace\":\"%s\",\"node\":{\"name\":\"n\"},"
        "\"pod\":{\"name\":\"%s\",\"uid\":\"%s\"},\"serviceaccount\":{\"name\":\"s\",\"uid\":\"u\"}},\"sub\":\"s\"}",
        namespace_, name, uid);
    return token_of(payload);
}

static int find(struct identity_found *ret, bool need_pod)
{
    message[0] = '\0';
    memset(ret, 0, sizeof *ret);
    int status = identity_find(ret, &options, &endpoint, need_pod, message, sizeof message);
    if (status != LEADERLIFE_OK)
        assert_string_equal(ret->namespace_, ""); /* untouched on failure */
    return status;
}

static void found(const char *namespace_, const char *name, const char *uid)
{
    struct identity_found ret;

    if (find(&ret, true) != LEADERLIFE_OK)
        fail_msg("%s", message);
    assert_string_equal(ret.namespace_, namespace_);
    assert_string_equal(ret.pod.name, name);
    assert_string_equal(ret.pod.uid, uid);
}

static void refused(int status, const char *const *parts)
{
    struct identity_found ret;

    if (find(&ret, true) != status)
        fail_msg("not %d: %s", status, message);
    assert_text(message, parts);
}

static void test_from_options(void **state)
{
    (void)state;
    set_option(&options, "namespace", "ns");
    set_option(&options, "pod-name", "pod");
    set_option(&options, "pod-uid", UID);
    found("ns", "pod", UID);
}

static void test_from_environment(void **state)
{
    (void)state;
    setenv("POD_NAMESPACE", "ns", 1);
    setenv("POD_NAME", "pod.with.dots", 1);
    setenv("POD_UID", UID, 1);
    found("ns", "pod.with.dots", UID);
}

static void test_from_the_bound_token(void **state)
{
    (void)state;
    endpoint.token = bound_token("ns", "pod-0", UID);
    found("ns", "pod-0", UID);
}

static void test_mixed_sources(void **state)
{
    (void)state;
    endpoint.service_account_namespace = (char *)(uintptr_t)"ns";
    setenv("POD_NAME", "pod", 1);
    setenv("POD_NAMESPACE", "", 1); /* empty: it does not know */
    set_option(&options, "pod-uid", UID);
    found("ns", "pod", UID);
}

static void test_all_sources_that_agree(void **state)
{
    (void)state;
    set_option(&options, "namespace", "ns");
    set_option(&options, "pod-name", "pod");
    set_option(&options, "pod-uid", UID);
    setenv("POD_NAMESPACE", "ns", 1);
    setenv("POD_NAME", "pod", 1);
    setenv("POD_UID", UID, 1);
    endpoint.token = bound_token("ns", "pod", UID);
    endpoint.service_account_namespace = (char *)(uintptr_t)"ns";
    endpoint.context_namespace = (char *)(uintptr_t)"another"; /* the last source: not compared */
    found("ns", "pod", UID);
}

static void test_namespace_of_the_context_comes_last(void **state)
{
    (void)state;
    endpoint.context_namespace = (char *)(uintptr_t)"ctx";
    setenv("POD_NAME", "pod", 1);
    setenv("POD_UID", UID, 1);
    found("ctx", "pod", UID);
    endpoint.service_account_namespace = (char *)(uintptr_t)"ns";
    found("ns", "pod", UID);
}

static void test_sources_that_differ(void **state)
{
    (void)state;
    endpoint.token = bound_token("ns", "pod", UID);
    setenv("POD_NAMESPACE", "other", 1);
    refused(LEADERLIFE_EIDENTITY,
            HAS("the namespace", "\"other\" (from POD_NAMESPACE)", "\"ns\" (from the claims of the token)"));
    unsetenv("POD_NAMESPACE");
    set_option(&options, "pod-name", "pod-1");
    refused(LEADERLIFE_EIDENTITY,
            HAS("the pod's name", "\"pod-1\" (from option pod-name)", "\"pod\" (from the claims"));
    set_option(&options, "pod-name", "pod");
    setenv("POD_UID", "11111111-7c1a-4f7e-9b58-8f1f4a1b2c3d", 1);
    refused(LEADERLIFE_EIDENTITY, HAS("the pod's UID", "\"11111111-", "POD_UID", "\"" UID "\""));
    setenv("POD_UID", UID, 1);
    endpoint.service_account_namespace = (char *)(uintptr_t)"elsewhere";
    refused(LEADERLIFE_EIDENTITY, HAS("\"ns\"", "\"elsewhere\" (from the service account's namespace file)"));
    set_option(&options, "namespace", "ns");
    refused(LEADERLIFE_EIDENTITY, HAS("\"elsewhere\""));
}

static void test_what_is_missing_has_the_downward_api_as_its_cure(void **state)
{
    (void)state;
    refused(LEADERLIFE_EIDENTITY,
            HAS("the namespace is not known", "option namespace", "POD_NAMESPACE", "metadata.namespace"));
    setenv("POD_NAMESPACE", "ns", 1);
    refused(LEADERLIFE_EIDENTITY, HAS("the pod's name is not known", "POD_NAME", "metadata.name", "option pod-name"));
    setenv("POD_NAME", "pod", 1);
    refused(LEADERLIFE_EIDENTITY,
            HAS("the pod's UID is not known", "POD_UID", "fieldRef", "metadata.uid", "option pod-uid"));
    setenv("HOSTNAME", "pod", 1); /* never used */
    refused(LEADERLIFE_EIDENTITY, HAS("the pod's UID"));
}

static void test_values_that_cannot_be(void **state)
{
    char long_uid[100];

    (void)state;
    setenv("POD_NAMESPACE", "Bad_Namespace", 1);
    refused(LEADERLIFE_ENAME, HAS("the namespace \"Bad_Namespace\"", "POD_NAMESPACE"));
    setenv("POD_NAMESPACE", "a/b", 1);
    refused(LEADERLIFE_ENAME, HAS("a/b"));
    setenv("POD_NAMESPACE", "ns", 1);
    setenv("POD_NAME", "$(POD_NAME)", 1);
    refused(LEADERLIFE_EIDENTITY, HAS("$(POD_NAME)", "POD_NAME", "downward API"));
    setenv("POD_NAME", "pod", 1);
    setenv("POD_UID", "a b\n", 1);
    refused(LEADERLIFE_EIDENTITY, HAS("POD_UID", "letters"));
    memset(long_uid, 'a', sizeof long_uid);
    long_uid[sizeof long_uid - 1] = '\0';
    setenv("POD_UID", long_uid, 1);
    refused(LEADERLIFE_EIDENTITY, HAS("POD_UID", "too long"));
}

/* Mode observe needs the namespace only, and may look at another than its own. */
static void test_observer(void **state)
{
    struct identity_found ret;

    (void)state;
    assert_int_equal(find(&ret, false), LEADERLIFE_EIDENTITY);
    endpoint.token = bound_token("ns", "pod", UID);
    assert_int_equal(find(&ret, false), LEADERLIFE_OK);
    assert_string_equal(ret.namespace_, "ns");
    assert_string_equal(ret.pod.uid, "");
    set_option(&options, "namespace", "other");
    assert_int_equal(find(&ret, false), LEADERLIFE_OK);
    assert_string_equal(ret.namespace_, "other");
    options_free(&options);
    memset(&options, 0, sizeof options);
    setenv("POD_NAMESPACE", "third", 1);
    assert_int_equal(find(&ret, false), LEADERLIFE_EIDENTITY);
}

/* ---- P2: where it is ---- */

static struct pod_facts pod_at(const char *first, const char *second)
{
    struct pod_facts pod = {.uid = UID};
    const char *const addresses[] = {first, second};

    for (size_t i = 0; i < 2 && addresses[i]; i++)
        text_copy(pod.addresses[pod.address_count++], POD_ADDRESS, addresses[i]);
    return pod;
}

static const struct {
    const char *first;
    const char *second;
    bool elsewhere;
} places[] = {
    {NULL, NULL, false},
    {"127.0.0.1", NULL, false},
    {"198.51.100.7", NULL, true},
    {"2001:db8::7", NULL, true},
    {"198.51.100.7", "2001:db8::7", true},
    {"198.51.100.7", "127.0.0.1", false},
    {"127.0.0.1", "2001:db8::7", false},
    {"198.51.100.7", "what is this", false}, /* an error is no reason not to elect */
};

static void test_where_the_pod_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const struct pod_facts pod = pod_at(places[i].first, places[i].second);
        struct pod_view view = {.uid = UID, .sign = POD_ALIVE, .elsewhere = true};

        assert_int_equal(identity_is_elsewhere(&pod), places[i].elsewhere);
        options_free(&options);
        identity_place(&options, &pod, &view);
        assert_int_equal(view.elsewhere, places[i].elsewhere);
        set_option(&options, "pod-network", "any");
        identity_place(&options, &pod, &view);
        assert_false(view.elsewhere);
        set_option(&options, "pod-network", "pod");
        identity_place(&options, &pod, &view);
        assert_int_equal(view.elsewhere, places[i].elsewhere);
    }
}

/* Of which pod it is said, and that there is one. */
static void test_whose_place_it_is(void **state)
{
    const struct pod_facts pod = pod_at("198.51.100.7", NULL);
    static const enum pod_sign signs[] = {POD_UNSURE, POD_ALIVE, POD_WAIT, POD_DEAD};

    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct pod_view view = {.uid = UID, .sign = signs[i]};
        struct pod_view other = {.uid = "another", .sign = signs[i], .elsewhere = true};

        identity_place(&options, &pod, &view);
        assert_int_equal(view.elsewhere, signs[i] == POD_ALIVE || signs[i] == POD_WAIT);
        identity_place(&options, &pod, &other);
        assert_false(other.elsewhere);
    }
}

#define POD_WITH(ip)                                                                                                   \
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"pod\",\"uid\":\"" UID "\",\"resourceVersion\":\"1\"},\"status\":{"     \
    "\"phase\":\"Running\",\"podIP\":\"" ip "\"}}"

static bool answered_elsewhere(const char *json, enum outcome outcome)
{
    static struct kubernetes kube; /* large */
    struct document *document = json ? document_parse(json, strlen(json)) : NULL;
    struct fact answer = {.kind = FACT_ANSWER, .outcome = outcome, .pod = {.uid = UID, .sign = POD_ALIVE}};

    kube.options = &options;
    watches_note_own_pod(&kube, document, &answer);
    document_free(document);
    return answer.pod.elsewhere;
}

static void test_the_answer_about_the_own_pod(void **state)
{
    (void)state;
    assert_true(answered_elsewhere(POD_WITH("198.51.100.7"), OUTCOME_OK));
    assert_false(answered_elsewhere(POD_WITH("127.0.0.1"), OUTCOME_OK));
    assert_false(answered_elsewhere(POD_WITH("198.51.100.7"), OUTCOME_RETRY));
    assert_false(answered_elsewhere("{\"kind\":\"Node\"}", OUTCOME_OK));
    assert_false(answered_elsewhere(NULL, OUTCOME_OK));
    set_option(&options, "pod-network", "any");
    assert_false(answered_elsewhere(POD_WITH("198.51.100.7"), OUTCOME_OK));
}

static bool parse(const char *text, struct identity_found *ret)
{
    memset(ret, 0, sizeof *ret);
    return token_claims_identity(text, ret);
}

static void test_tokens_without_a_pod(void **state)
{
    struct identity_found ret;

    (void)state;
    assert_true(parse(token_of("{\"kubernetes.io\":{\"namespace\":\"ns\",\"serviceaccount\":{}}}"), &ret));
    assert_string_equal(ret.namespace_, "ns");
    assert_string_equal(ret.pod.name, "");
    assert_string_equal(ret.pod.uid, "");
    assert_true(parse(token_of("{\"kubernetes.io\":{\"namespace\":7,\"pod\":[],\"x\":\"\\u0000\"}}"), &ret));
    assert_string_equal(ret.namespace_, "");
}

static void test_what_is_no_bound_token(void **state)
{
    static const char *const payloads[] = {
        "",
        "x",
        "[]",
        "{}",
        "{\"kubernetes.io\":null}",
        "{\"kubernetes.io\":[]}",
        "{\"kubernetes.io\":\"x\"}",
        "{\"kubernetes.io/serviceaccount/namespace\":\"ns\"}",
        "{\"a\":1,\"a\":2,\"kubernetes.io\":{}}",
        "{\"kubernetes.io\":{}} x",
    };
    static const char *const tokens[] = {"", ".", "..", "...", "a.b", "a.b.c.d", "a.!!!.c", "a.e30", SECRET};
    static char large[100000];
    char *deep = nested("{\"kubernetes.io\":{},\"a\":", DEEP, "}");
    struct identity_found ret;

    (void)state;
    assert_false(parse(NULL, &ret));
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        if (parse(token_of(payloads[i]), &ret))
            fail_msg("taken for a bound token: %s", payloads[i]);
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        assert_false(parse(tokens[i], &ret));
    assert_false(parse(token_of(deep), &ret));
    free(deep);
    memset(large, 'A', sizeof large - 1);
    large[0] = large[sizeof large - 2] = '.';
    assert_false(parse(large, &ret));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_from_options),
        TEST(test_from_environment),
        TEST(test_from_the_bound_token),
        TEST(test_mixed_sources),
        TEST(test_all_sources_that_agree),
        TEST(test_namespace_of_the_context_comes_last),
        TEST(test_sources_that_differ),
        TEST(test_what_is_missing_has_the_downward_api_as_its_cure),
        TEST(test_values_that_cannot_be),
        TEST(test_observer),
        TEST(test_tokens_without_a_pod),
        TEST(test_what_is_no_bound_token),
        TEST(test_where_the_pod_is),
        TEST(test_whose_place_it_is),
        TEST(test_the_answer_about_the_own_pod),
    };

    return cmocka_run_group_tests_name("unit_identity", tests, NULL, NULL);
}
