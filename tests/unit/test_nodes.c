/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P16 in the words of Kubernetes: where a pod runs, whether it is ready, what a Node says of itself, and what the
 * answer to a request for one means.
 */
#include "api_stage.h"
#include "kubernetes/api/request.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"

#include <stdio.h>

static const struct command get_node = {
    .kind = COMMAND_GET_NODE, .number = 13, .pod = {.name = "a-0", .uid = "uid-a"}, .node = "node-1"};

#define READY(status)                                                                                                  \
    "{\"type\":\"MemoryPressure\",\"status\":\"False\"},{\"type\":\"Ready\",\"status\":\"" status "\"}"
#define TAINT(key) "{\"key\":\"node.kubernetes.io/unreachable\"},{\"key\":\"" key "\",\"effect\":\"NoExecute\"}"
#define OUT TAINT("node.kubernetes.io/out-of-service")

static const char *node(const char *name, const char *taints, const char *conditions)
{
    static char json[2048];
    int length = snprintf(json, sizeof json,
                          "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\",\"uid\":\"u\","
                          "\"resourceVersion\":\"9\"},\"spec\":{\"taints\":[%s]},\"status\":{\"conditions\":[%s]}}",
                          name, taints, conditions);
    assert_in_range(length, 1, (int)sizeof json - 1);
    return json;
}

static void p16_the_request(void **state)
{
    struct api_request request;
    (void)state;
    request_for(&get_node, &request);
    assert_string_equal(request.path, "/api/v1/nodes/node-1");
    assert_string_equal(api_method(request.verb), "GET");
    assert_null(request.body);
}

static void p16_what_a_node_says(void **state)
{
    static const struct {
        const char *taints;
        const char *conditions;
        enum node_sign sign;
    } rows[] = {
        {"", READY("True"), NODE_FINE},
        {"", READY("False"), NODE_UNREADY},
        {"", READY("Unknown"), NODE_UNREADY},
        {"", "", NODE_FINE},             /* nothing is said: it may only be new */
        {OUT, READY("True"), NODE_FINE}, /* marked by mistake: it is there */
        {OUT, READY("Unknown"), NODE_OUT},
        {OUT, READY("False"), NODE_OUT},
        {OUT, "", NODE_OUT},
        {TAINT("node.kubernetes.io/not-ready"), READY("Unknown"), NODE_UNREADY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fact fact = judge(&get_node, 200, node("node-1", rows[i].taints, rows[i].conditions));
        assert_int_equal(fact.outcome, OUTCOME_OK);
        assert_int_equal(fact.node, rows[i].sign);
    }
}

static void p16_a_node_that_is_gone(void **state)
{
    static const char *const pages[] = {
        "404 page not found", "{}", STATUS("404", "NotFound", "m", ABOUT("nodes", "node-2")),
        STATUS("404", "NotFound", "m", ABOUT("pods", "node-1")), STATUS("404", "NotFound", "m", "")};
    struct fact fact = judge(&get_node, 404, STATUS("404", "NotFound", "m", ABOUT("nodes", "node-1")));
    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.node, NODE_GONE);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) { /* only the API server's own word, on that node */
        fact = judge(&get_node, 404, pages[i]);
        assert_int_equal(fact.outcome, OUTCOME_RETRY);
        assert_int_equal(fact.node, NODE_FINE);
    }
}

static void p16_what_is_no_node(void **state)
{
    static const char *const others[] = {
        LOCK,
        "{}",
        "[]",
        "x",
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"node-1\"}}",
        "{\"kind\":\"Node\",\"metadata\":{\"name\":\"node-1\"},\"spec\":{\"taints\":7}}",
        "{\"kind\":\"Node\",\"metadata\":{\"name\":\"node-1\"},\"status\":{\"conditions\":{}}}"};
    struct fact fact = judge(&get_node, 200, node("node-2", OUT, READY("Unknown")));
    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_RETRY); /* another node than was asked for */
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        fact = judge(&get_node, 200, others[i]);
        assert_int_equal(fact.outcome, OUTCOME_RETRY);
        assert_int_equal(fact.status, LEADERLIFE_EPROTOCOL);
        assert_int_equal(fact.node, NODE_FINE);
    }
}

static void p16_the_right_is_missing(void **state)
{
    static const char *const words[] = {"jane may not get nodes/node-1: add to its ClusterRole the rule {apiGroups: "
                                        "[\"\"], resources: [nodes], verbs: [get]}",
                                        NULL};
    struct fact fact =
        judge(&get_node, 403,
              STATUS("403", "Forbidden", "nodes is forbidden: User \\\"jane\\\" cannot get", ABOUT("nodes", "node-1")));
    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_FORBIDDEN);
    expect_words(fact.text, words);
    assert_null(strstr(fact.text, "namespace"));
}

static struct pod_view view_of(const char *meta, const char *spec, const char *conditions)
{
    char json[2048];
    struct pod_facts facts;
    struct pod_view view;
    text_format(json, sizeof json,
                "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a-0\",\"uid\":\"uid-a\",\"resourceVersion\":\"1\"%s},"
                "\"spec\":{%s},\"status\":{\"phase\":\"Running\",\"conditions\":[%s]}}",
                meta, spec, conditions);
    struct document *document = document_parse(json, strlen(json));
    assert_true(pod_facts_of(document, &facts));
    document_free(document);
    pod_judge(&facts, &view);
    return view;
}

static void p16_where_a_pod_runs_and_whether_it_is_ready(void **state)
{
    struct pod_view view = view_of("", "\"nodeName\":\"node-1\",\"terminationGracePeriodSeconds\":7", READY("True"));
    (void)state;
    assert_string_equal(view.node, "node-1");
    assert_true(view.ready);
    assert_int_equal(view.grace_ms, 7000);
    char longest[TEXT_NAME];
    char spec[TEXT_NAME + 16];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    text_format(spec, sizeof spec, "\"nodeName\":\"%s\"", longest);
    assert_string_equal(view_of("", spec, "").node, longest);
    view = view_of("", "", READY("False"));
    assert_string_equal(view.node, "");
    assert_false(view.ready);
    assert_int_equal(view.grace_ms, 30000);
    assert_false(view_of("", "\"nodeName\":7", READY("Unknown")).ready);
    assert_false(view_of("", "\"nodeName\":\"node-1\"", "").ready);
    assert_false(view_of("", "", "{\"type\":\"ContainersReady\",\"status\":\"True\"}").ready);
}

/* What `kubectl delete --grace-period` says counts, for the end alone: P4 (d) goes by the spec. */
static void p16_how_long_an_end_may_take(void **state)
{
    static const char spec[] = "\"terminationGracePeriodSeconds\":7";
    (void)state;
    assert_int_equal(view_of(",\"deletionTimestamp\":\"t\",\"deletionGracePeriodSeconds\":600", spec, "").grace_ms,
                     600000);
    assert_int_equal(view_of(",\"deletionTimestamp\":\"t\",\"deletionGracePeriodSeconds\":0", spec, "").grace_ms, 0);
    assert_int_equal(view_of(",\"deletionTimestamp\":\"t\"", spec, "").grace_ms, 7000);
    assert_int_equal(view_of(",\"deletionGracePeriodSeconds\":600", spec, "").grace_ms, 7000);
}

static void p16_impossible_names_of_nodes(void **state)
{
    static const char *const names[] = {"a b", "\\u001b[31m", "A", "a/../b", "a\\nb"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char spec[64];
        text_format(spec, sizeof spec, "\"nodeName\":\"%s\"", names[i]);
        assert_string_equal(view_of("", spec, "").node, "");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(p16_the_request),
        cmocka_unit_test(p16_what_a_node_says),
        cmocka_unit_test(p16_a_node_that_is_gone),
        cmocka_unit_test(p16_what_is_no_node),
        cmocka_unit_test(p16_the_right_is_missing),
        cmocka_unit_test(p16_where_a_pod_runs_and_whether_it_is_ready),
        cmocka_unit_test(p16_how_long_an_end_may_take),
        cmocka_unit_test(p16_impossible_names_of_nodes),
    };
    return cmocka_run_group_tests_name("unit_nodes", tests, NULL, NULL);
}
