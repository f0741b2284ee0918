/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a diagnosis concludes without a server: which of lock, record and leader's pod do not fit, which pods are late,
 * and the JSON that nothing else reads or writes.
 */
#include "api_stage.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"

#include "base/text.h"
#include "kubernetes/diagnosis/leader_view.h"
#include "kubernetes/objects/access_review.h"

#define HELD_BY(who) .record = {.kind = RECORD_VIEW_HELD, .holder = {.name = who, .uid = "uid-" who}}
#define NAMED(who) .pod = {.name = who}
#define ORPHAN_OF(who) .lock = {.kind = LOCK_VIEW_OWNED, .orphaned = true, .owner = {.name = who, .uid = "uid-" who}}
#define OWNED_BY(who) .lock = {.kind = LOCK_VIEW_OWNED, .owner = {.name = who, .uid = "uid-" who}}

/* ---- The scene ---- */

static void who_leads_is_the_lock_s_to_say(void **state)
{
    struct leader_view both = {OWNED_BY("a"), HELD_BY("b")};
    struct leader_view record = {.lock = {.kind = LOCK_VIEW_ABSENT}, HELD_BY("b")};
    struct leader_view foreign = {.lock = {.kind = LOCK_VIEW_FOREIGN}, .record = {.kind = RECORD_VIEW_FOREIGN}};
    (void)state;
    leader_view_settle(&both);
    assert_string_equal(both.who.name, "a");
    leader_view_settle(&record);
    assert_string_equal(record.who.uid, "uid-b");
    leader_view_settle(&foreign);
    assert_string_equal(foreign.who.name, "");
}

static void what_does_not_fit(void **state)
{
    static const struct {
        struct leader_view leader;
        enum mismatch mismatch;
    } rows[] = {
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, .record = {.kind = RECORD_VIEW_ABSENT}}, MISMATCH_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_NOTHING}, HELD_BY("b"), .sign = POD_ALIVE}, MISMATCH_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, HELD_BY("b"), .sign = POD_ALIVE}, MISMATCH_NOTHING},
        {{OWNED_BY("a"), HELD_BY("a"), .sign = POD_ALIVE}, MISMATCH_NOTHING},
        {{OWNED_BY("a"), HELD_BY("b"), .sign = POD_ALIVE}, MISMATCH_TWO_NAMES},
        {{OWNED_BY("a"), HELD_BY("b"), .sign = POD_DEAD}, MISMATCH_DEAD_HOLDER},
        {{OWNED_BY("a"), HELD_BY("a"), .sign = POD_DEAD}, MISMATCH_DEAD_HOLDER},
        {{OWNED_BY("a"), .record = {.kind = RECORD_VIEW_FOREIGN}, .sign = POD_ALIVE}, MISMATCH_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_OWNED, .guarded = true}, .record = {.kind = RECORD_VIEW_EMPTY}},
         MISMATCH_NO_RECORD},
        {{.lock = {.kind = LOCK_VIEW_OWNED, .guarded = true}, .record = {.kind = RECORD_VIEW_ABSENT}},
         MISMATCH_NO_RECORD},
        {{.lock = {.kind = LOCK_VIEW_OWNED, .guarded = true}}, MISMATCH_NOTHING}, /* no right to look */
        {{OWNED_BY("a"), .record = {.kind = RECORD_VIEW_ABSENT}}, MISMATCH_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, HELD_BY("b"), .sign = POD_ALIVE}, MISMATCH_NO_LOCK},
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, HELD_BY("b"), .sign = POD_WAIT}, MISMATCH_NO_LOCK},
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, HELD_BY("b"), .sign = POD_DEAD}, MISMATCH_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, HELD_BY("b")}, MISMATCH_NOTHING}, /* likewise */
        {{OWNED_BY("a"), HELD_BY("a"), .lock_held = true}, MISMATCH_BEING_DELETED},
        {{ORPHAN_OF("a"), HELD_BY("a"), NAMED("a"), .sign = POD_ALIVE}, MISMATCH_ORPHAN},
        {{ORPHAN_OF("a"), HELD_BY("a"), .pod = {.name = "a", .terminating = true}, .sign = POD_ALIVE},
         MISMATCH_NOTHING},
        {{ORPHAN_OF("a"), HELD_BY("a")}, MISMATCH_NOTHING}, /* likewise */
        {{ORPHAN_OF("a"), HELD_BY("b"), NAMED("a"), .sign = POD_ALIVE}, MISMATCH_TWO_NAMES},
        {{ORPHAN_OF("a"), HELD_BY("a"), .sign = POD_DEAD}, MISMATCH_DEAD_ORPHAN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(leader_view_mismatch(&rows[i].leader), rows[i].mismatch);
}

/* P14: what another object says of a pod that may live stands before every advice to delete. */
static void what_stands_in_the_way_of_a_removal(void **state)
{
    static const struct {
        struct leader_view leader;
        enum foreign what;
        enum removal_bar bar;
    } rows[] = {
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, HELD_BY("b"), .sign = POD_ALIVE}, FOREIGN_LOCK, BAR_RECORD},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, HELD_BY("b"), .sign = POD_WAIT}, FOREIGN_LOCK, BAR_RECORD},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, HELD_BY("b")}, FOREIGN_LOCK, BAR_RECORD}, /* no right to look */
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, HELD_BY("b"), .sign = POD_DEAD}, FOREIGN_LOCK, BAR_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, .record = {.kind = RECORD_VIEW_EMPTY}}, FOREIGN_LOCK, BAR_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, .record = {.kind = RECORD_VIEW_ABSENT}}, FOREIGN_LOCK, BAR_NOTHING},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}, .record = {.kind = RECORD_VIEW_FOREIGN}}, FOREIGN_LOCK, BAR_UNTOLD},
        {{.lock = {.kind = LOCK_VIEW_FOREIGN}}, FOREIGN_LOCK, BAR_UNTOLD}, /* likewise */
        {{OWNED_BY("a"), .record = {.kind = RECORD_VIEW_FOREIGN}, .sign = POD_ALIVE}, FOREIGN_RECORD, BAR_LOCK},
        {{OWNED_BY("a"), .record = {.kind = RECORD_VIEW_FOREIGN}}, FOREIGN_RECORD, BAR_LOCK},
        {{OWNED_BY("a"), .record = {.kind = RECORD_VIEW_FOREIGN}, .sign = POD_DEAD}, FOREIGN_RECORD, BAR_UNTOLD},
        {{.lock = {.kind = LOCK_VIEW_ABSENT}, .record = {.kind = RECORD_VIEW_FOREIGN}}, FOREIGN_RECORD, BAR_UNTOLD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leader_view leader = rows[i].leader;
        struct removal removal;
        leader_view_settle(&leader);
        leader_view_removal(&leader, rows[i].what, &removal);
        assert_int_equal(removal.bar, rows[i].bar);
        if (removal.bar == BAR_RECORD || removal.bar == BAR_LOCK)
            assert_string_equal(removal.pod->name, removal.bar == BAR_RECORD ? "b" : "a");
    }
}

/* ---- Pods ---- */

#define CONDITION(status, since)                                                                                       \
    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"" status "\",\"lastTransitionTime\":\"" since "\"}]"
#define STATUS_OF(conditions, state)                                                                                   \
    "\"phase\":\"Running\",\"containerStatuses\":[{\"state\":{\"running\":{}}},{\"state\":{\"" state "\":{}}}],"       \
    "\"initContainerStatuses\":[{\"state\":{\"terminated\":{}}}]," conditions
#define OLD "2024-01-31T12:00:00Z"
#define LIMIT "2024-01-31T12:00:01Z"
#define NEW "2024-01-31T12:00:02Z"

static struct document *pod_with(const char *metadata, const char *status)
{
    char json[2048];
    snprintf(
        json, sizeof json,
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"%s},\"status\":{%s}}",
        metadata, status);
    struct document *document = document_parse(json, strlen(json));
    assert_non_null(document);
    return document;
}

static struct pod_facts facts_of(const char *metadata, const char *status)
{
    struct document *document = pod_with(metadata, status);
    struct pod_facts pod;
    assert_true(pod_facts_of(document, &pod));
    document_free(document);
    return pod;
}

static void which_pods_run_and_are_not_ready(void **state)
{
    static const struct {
        const char *metadata;
        const char *status;
        bool unready;
    } rows[] = {
        {"", STATUS_OF(CONDITION("False", OLD), "running"), true},
        {"", STATUS_OF(CONDITION("Unknown", OLD), "running"), true},
        {"", STATUS_OF(CONDITION("True", OLD), "running"), false},
        {"", STATUS_OF(CONDITION("False", NEW), "running"), false},
        {"", STATUS_OF(CONDITION("False", LIMIT), "running"), false},
        {"", STATUS_OF(CONDITION("False", ""), "running"), false},
        {"", STATUS_OF("\"conditions\":[]", "running"), false},
        {"", STATUS_OF(CONDITION("False", OLD), "waiting"), false},
        {"", "\"phase\":\"Running\"," CONDITION("False", OLD), false},
        {"", "\"phase\":\"Pending\"," CONDITION("False", OLD), false},
        {",\"deletionTimestamp\":\"" NEW "\"", STATUS_OF(CONDITION("False", OLD), "running"), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pod_facts pod = facts_of(rows[i].metadata, rows[i].status);
        assert_int_equal(leader_view_pod_unready(&pod, LIMIT), rows[i].unready);
    }
}

static void which_pods_should_have_ended(void **state)
{
    struct pod_facts lives = facts_of("", "");
    struct pod_facts late = facts_of(",\"deletionTimestamp\":\"" OLD "\"", "");
    struct pod_facts in_time = facts_of(",\"deletionTimestamp\":\"" NEW "\"", "");
    (void)state;
    assert_false(leader_view_pod_overdue(&lives, LIMIT));
    assert_true(leader_view_pod_overdue(&late, LIMIT));
    assert_false(leader_view_pod_overdue(&in_time, LIMIT));
}

static void assert_selector(const char *labels, const char *expected)
{
    char metadata[1500];
    char selector[SELECTOR];
    snprintf(metadata, sizeof metadata, ",\"labels\":{%s}", labels);
    struct document *document = pod_with(metadata, "");
    object_pod_selector(document, selector, sizeof selector);
    assert_string_equal(selector, expected);
    document_free(document);
}

static void labels_of_one_revision_are_left_out(void **state)
{
    char long_label[700];
    (void)state;
    assert_selector("", "");
    assert_selector("\"app\":\"x\",\"a.b/c\":\"\"", "app=x,a.b/c=");
    assert_selector("\"pod-template-hash\":\"6d4cf\",\"app\":\"x\"", "app=x");
    assert_selector("\"controller-revision-hash\":\"w-1\",\"statefulset.kubernetes.io/pod-name\":\"w-0\","
                    "\"apps.kubernetes.io/pod-index\":\"0\"",
                    "");
    snprintf(long_label, sizeof long_label, "\"app\":\"%0600d\"", 0);
    assert_selector(long_label, "");
}

static void a_selector_is_escaped(void **state)
{
    struct api_request request;
    (void)state;
    api_request_labelled(&request, "team", "a.b/c=d,e=f");
    assert_string_equal(request.path, "/api/v1/namespaces/team/pods?limit=500&labelSelector=a.b%2Fc%3Dd%2Ce%3Df");
    assert_int_equal(request.verb, API_LIST);
}

/* P2: cause and cure; where it is allowed, neither. */
static void a_pod_that_is_elsewhere(void **state)
{
    static const struct identity_found who = {.namespace_ = "team", .pod = {.name = "a", .uid = "u"}};
    struct pod_facts pod = facts_of("", "\"podIPs\":[{\"ip\":\"10.1.2.3\"},{\"ip\":\"fd00::3\"}]");
    char text[TEXT_MESSAGE];
    (void)state;
    leader_view_elsewhere_text(&who, &pod, false, text, sizeof text);
    assert_non_null(strstr(text, "own pod: a in namespace team has the address 10.1.2.3, fd00::3, and this network"));
    assert_non_null(strstr(text, "does not campaign; run it in the pod's own network namespace"));
    assert_non_null(strstr(text, "unshare -n or PrivateNetwork="));
    assert_non_null(strstr(text, "hostNetwork: true"));
    assert_non_null(strstr(text, "set option pod-network to any"));
    leader_view_elsewhere_text(&who, &pod, true, text, sizeof text);
    assert_non_null(strstr(text, "no such address, which option pod-network 'any' allows"));
    assert_null(strstr(text, "run it"));
}

/* ---- Questions and answers ---- */

static void a_review_is_asked_and_answered(void **state)
{
    static const struct {
        const char *answer;
        bool answered;
        bool allowed;
    } rows[] = {
        {"{\"status\":{\"allowed\":true}}", true, true},
        {"{\"status\":{\"allowed\":false,\"denied\":true}}", true, false},
        {"{\"status\":{\"allowed\":\"yes\"}}", false, false},
        {"{\"status\":\"Failure\"}", false, false},
        {"{}", false, false},
    };
    char *body = access_review_body("team", "get", "", "pods", "");
    (void)state;
    assert_string_equal(body,
                        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SelfSubjectAccessReview\",\"spec\":"
                        "{\"resourceAttributes\":{\"namespace\":\"team\",\"verb\":\"get\",\"group\":\"\","
                        "\"resource\":\"pods\",\"name\":\"\"}}}");
    free(body);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document *document = document_parse(rows[i].answer, strlen(rows[i].answer));
        bool allowed = true;
        assert_int_equal(access_review_answer(document, &allowed), rows[i].answered);
        assert_int_equal(allowed, rows[i].allowed);
        document_free(document);
    }
    assert_false(access_review_answer(NULL, &(bool){true}));
}

static void assert_version(const char *json, const char *version, int minor)
{
    struct document *document = document_parse(json, strlen(json));
    char said[16];
    int number = -1;
    object_server_version(document, said, sizeof said, &number);
    assert_string_equal(said, version);
    assert_int_equal(number, minor);
    document_free(document);
}

static void the_server_s_version(void **state)
{
    (void)state;
    assert_version("{\"major\":\"1\",\"minor\":\"30+\",\"gitVersion\":\"v1.30.2-x\"}", "v1.30.2-x", 30);
    assert_version("{\"major\":\"2\",\"minor\":\"3\",\"gitVersion\":\"v2.3\"}", "v2.3", 0);
    assert_version("{\"major\":\"1\",\"minor\":\"9\",\"gitVersion\":\"\\u001b[31m\"}", "?[31m", 9);
    assert_version("{\"gitVersion\":\"much too long for that buffer\"}", "?", 0);
    assert_version("{}", "?", 0);
}

/* A dry run changes nothing, so what became of it is never in doubt. */
static void a_rehearsal(void **state)
{
    struct http_call failed = {.done = true, .error = HTTP_TIMEOUT, .maybe_sent = true};
    struct api_request request;
    struct api_verdict verdict;
    (void)state;
    assert_int_equal(api_request_for(&request, &create_lock, &scope, NULL), LEADERLIFE_OK);
    api_judge(&request, &failed, SERVER, &verdict);
    assert_int_equal(verdict.outcome, OUTCOME_AMBIGUOUS);
    api_request_dry_run(&request);
    assert_string_equal(request.path, "/api/v1/namespaces/team/configmaps?timeout=10s&dryRun=All");
    api_judge(&request, &failed, SERVER, &verdict);
    assert_int_equal(verdict.outcome, OUTCOME_RETRY);
    api_request_clear(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_leads_is_the_lock_s_to_say),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(what_stands_in_the_way_of_a_removal),
        cmocka_unit_test(which_pods_run_and_are_not_ready),
        cmocka_unit_test(which_pods_should_have_ended),
        cmocka_unit_test(labels_of_one_revision_are_left_out),
        cmocka_unit_test(a_selector_is_escaped),
        cmocka_unit_test(a_pod_that_is_elsewhere),
        cmocka_unit_test(a_review_is_asked_and_answered),
        cmocka_unit_test(the_server_s_version),
        cmocka_unit_test(a_rehearsal),
    };
    return cmocka_run_group_tests_name("unit_diagnosis", tests, NULL, NULL);
}
