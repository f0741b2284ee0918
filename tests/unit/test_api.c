/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests, what was read or written by them, and the quorum GET of a pod (P4 a).
 */
#include "api_stage.h"

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/team/leases"

/* ---- Requests ---- */

static void requests_for_commands(void **state)
{
    static const struct {
        const struct command *command;
        const char *method;
        const char *path;
        const char *body; /* a part of it; NULL: none */
    } rows[] = {
        {&get_lock, "GET", "/api/v1/namespaces/team/configmaps/lock", NULL},
        {&get_pod, "GET", "/api/v1/namespaces/team/pods/a-0", NULL},
        {&create_lock, "POST", "/api/v1/namespaces/team/configmaps?timeout=10s",
         "\"leaderlife.dev/holder-nonce\":\"n1\""},
        {&put_lock, "PUT", "/api/v1/namespaces/team/configmaps/lock?timeout=10s",
         "\"uid\":\"uid-lock\",\"resourceVersion\":\"42\""},
        {&delete_lock, "DELETE", "/api/v1/namespaces/team/configmaps/lock?timeout=10s",
         "\"propagationPolicy\":\"Background\",\"preconditions\":{\"uid\":\"uid-lock\",\"resourceVersion\":\"42\"}"},
        {&get_record, "GET", LEASES "/lock.leaderlife", NULL},
        {&create_record, "POST", LEASES "?timeout=10s",
         "\"holderIdentity\":\"me\",\"leaseTransitions\":1,\"acquireTime\":\"now\""},
        {&put_record, "PUT", LEASES "/lock.leaderlife?timeout=10s",
         "\"uid\":\"uid-record\",\"resourceVersion\":\"42\",\"annotations\":{\"leaderlife.dev/holder-uid\":\"uid-me\","
         "\"leaderlife.dev/holder-nonce\":\"n4\",\"leaderlife.dev/token\":\"\"}"},
        {&put_record_back, "POST", LEASES "?timeout=10s", "\"leaderlife.dev/token\":\"39\""},
        {&empty_record, "PUT", LEASES "/lock.leaderlife?timeout=10s",
         "\"leaderlife.dev/holder-uid\":\"\",\"leaderlife.dev/holder-nonce\":\"\",\"leaderlife.dev/token\":\"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct api_request request;
        request_for(rows[i].command, &request);
        assert_string_equal(api_method(request.verb), rows[i].method);
        assert_string_equal(request.path, rows[i].path); /* no resourceVersion: a quorum read (P4) */
        assert_string_equal(request.accept, "application/json");
        assert_int_equal(request.body != NULL, rows[i].body != NULL);
        assert_int_equal(api_is_write(request.verb), rows[i].body != NULL);
        if (rows[i].body)
            assert_non_null(strstr(request.body, rows[i].body));
        api_request_clear(&request);
    }
}

/* P14: in words that no collector takes away. */
static void the_lock_names_its_holder_whenever_it_is_written(void **state)
{
    static const char holder[] = "\"leaderlife.dev/holder\":\"me\",\"leaderlife.dev/holder-uid\":\"uid-me\"";
    static const struct command *const commands[] = {&create_lock, &put_lock};

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct api_request request;
        request_for(commands[i], &request);
        assert_non_null(strstr(request.body, holder));
        api_request_clear(&request);
    }
}

static void what_is_no_request(void **state)
{
    static const enum command_kind kinds[] = {COMMAND_NONE, COMMAND_IDENTIFY, COMMAND_TAKE_SEAT, COMMAND_RELEASE_SEAT};
    struct api_request request;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct command command = {.kind = kinds[i]};
        assert_int_equal(api_request_for(&request, &command, &scope, NULL), LEADERLIFE_ENOTSUP);
    }
}

/* ---- The record ---- */

static void the_record_as_read(void **state)
{
    struct fact fact = judge(&get_record, 200, RECORD);

    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.record.kind, RECORD_VIEW_HELD);
    assert_string_equal(fact.record.holder.name, "a-0");
    assert_string_equal(fact.record.version, "42");
    assert_string_equal(fault, "");
    fact = judge(&empty_record, 200, RECORD_OF("", "", "43"));
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.record.kind, RECORD_VIEW_EMPTY);
    assert_string_equal(fact.record.version, "43");
    fact = judge(&get_record, 200, RECORD_OF("uid-a", "", "44"));
    assert_int_equal(fact.record.kind, RECORD_VIEW_FOREIGN);
    assert_non_null(strstr(fault, "edited")); /* P14 */
    assert_int_equal(fact.lock.kind, LOCK_VIEW_NOTHING);
    (void)judge(&get_record, 500, "");
    assert_string_equal(fault, "");
}

static void the_record_is_not_there(void **state)
{
    static const char body[] = STATUS("404", "NotFound", "no", ABOUT("leases", "lock.leaderlife"));
    struct fact fact = judge(&get_record, 404, body);

    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.record.kind, RECORD_VIEW_ABSENT);
    assert_int_equal(judge(&empty_record, 404, body).outcome, OUTCOME_NOT_FOUND);
    assert_int_equal(judge(&get_record, 404, STATUS("404", "NotFound", "no", ABOUT("configmaps", "lock"))).outcome,
                     OUTCOME_RETRY);
}

/* The cure can be copied into a Role. */
static void the_record_is_forbidden(void **state)
{
    static const char body[] =
        STATUS("403", "Forbidden", "leases is forbidden: User \\\"jane\\\" cannot", ABOUT("leases", "lock.leaderlife"));
    static const char *const get[] = {"jane may not get leases/lock.leaderlife in namespace team",
                                      "{apiGroups: [coordination.k8s.io], resources: [leases], "
                                      "resourceNames: [lock.leaderlife], verbs: [get]}",
                                      NULL};
    static const char *const create[] = {"{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}",
                                         NULL};
    struct fact fact = judge(&get_record, 403, body);

    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_FORBIDDEN);
    expect_words(fact.text, get);
    fact = judge(&create_record, 403, body);
    assert_int_equal(fact.outcome, OUTCOME_FORBIDDEN);
    expect_words(fact.text, create);
}

static void a_record_that_cannot_be_read(void **state)
{
    static const char *const bodies[] = {LOCK, POD("uid-a", "Running"), "{}",
                                         "{\"kind\":\"Lease\",\"metadata\":{\"name\":\"lock.leaderlife\"}}",
                                         "{\"kind\":\"Lease\",\"metadata\":{\"name\":\"another\",\"uid\":\"u\","
                                         "\"resourceVersion\":\"1\"}}"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct fact fact = judge(&get_record, 200, bodies[i]);
        assert_int_equal(fact.outcome, OUTCOME_RETRY);
        assert_int_equal(fact.status, LEADERLIFE_EPROTOCOL);
        assert_int_equal(fact.record.kind, RECORD_VIEW_NOTHING);
        assert_int_equal(judge(&put_record, 200, bodies[i]).outcome, OUTCOME_AMBIGUOUS); /* P6 */
    }
}

static void a_namespace_of_one_letter(void **state)
{
    struct api_scope short_scope = scope;
    struct api_request request;

    (void)state;
    short_scope.namespace_ = "n";
    assert_int_equal(api_request_for(&request, &get_pod, &short_scope, NULL), LEADERLIFE_OK);
    assert_string_equal(request.path, "/api/v1/namespaces/n/pods/a-0");
}

static void names_stay_in_their_path(void **state)
{
    static const struct {
        const char *name;
        const char *path;
    } rows[] = {
        {"a/../../secrets/x?y#z", "/api/v1/namespaces/team/pods/a%2F..%2F..%2Fsecrets%2Fx%3Fy%23z"},
        {"..", "/api/v1/namespaces/team/pods/%2E%2E"},
        {"a b%\xc3\xbc\n", "/api/v1/namespaces/team/pods/a%20b%25%C3%BC%0A"},
        {"a.b-c_d", "/api/v1/namespaces/team/pods/a.b-c_d"},
        {"AZaz09@[`{/:", "/api/v1/namespaces/team/pods/AZaz09%40%5B%60%7B%2F%3A"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct command command = {.kind = COMMAND_GET_POD};
        struct api_request request;
        text_copy(command.pod.name, sizeof command.pod.name, rows[i].name);
        request_for(&command, &request);
        assert_string_equal(request.path, rows[i].path);
    }
}

/* ---- What was done ---- */

static void statuses_that_are_no_success(void **state)
{
    static const short statuses[] = {0, 100, 199, 300, 303};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        assert_int_equal(judge(&get_lock, statuses[i], LOCK).outcome, OUTCOME_RETRY);
        assert_int_not_equal(judge(&put_lock, statuses[i], LOCK).outcome, OUTCOME_OK);
    }
}

static void what_was_done(void **state)
{
    struct fact fact;

    (void)state;
    fact = judge(&create_lock, 201, LOCK);
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.status, LEADERLIFE_OK);
    assert_string_equal(fact.text, "");
    assert_int_equal(fact.lock.kind, LOCK_VIEW_OWNED);
    assert_string_equal(fact.lock.uid, "uid-lock");
    assert_string_equal(fact.lock.version, "42");
    assert_string_equal(fact.lock.owner.uid, "uid-me");
    fact = judge(&put_lock, 200, LOCK_AT("uid-lock", "43"));
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_string_equal(fact.lock.version, "43");
    fact = judge(&get_lock, 200, LOCK);
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.lock.kind, LOCK_VIEW_OWNED);
    fact = judge(&delete_lock, 200, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}");
    assert_int_equal(fact.outcome, OUTCOME_OK);
    fact = judge(&delete_lock, 200, LOCK); /* the object, as it was last */
    assert_int_equal(fact.outcome, OUTCOME_OK);
}

static void a_foreign_lock_is_read_with_its_fault(void **state)
{
    struct fact fact = judge(&get_lock, 200,
                             "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"lock\",\"uid\":\"u\","
                             "\"resourceVersion\":\"1\"}}");
    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(fact.lock.kind, LOCK_VIEW_FOREIGN);
    assert_non_null(strstr(fault, "no owner"));
}

static void a_delete_that_finalizers_hold_back(void **state)
{
    static const char held[] = "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"lock\",\"uid\":\"u\","
                               "\"resourceVersion\":\"1\",\"deletionTimestamp\":\"t\","
                               "\"finalizers\":[\"example.com/keep\"]}}";
    (void)state;
    assert_int_equal(judge(&delete_lock, 200, held).outcome, OUTCOME_CONFLICT); /* not gone: look again */
    assert_int_equal(judge(&delete_lock, 200, held).status, LEADERLIFE_OK);
    assert_int_equal(judge(&get_lock, 200, held).outcome, OUTCOME_OK);
}

/* P6: a write that succeeded in words that cannot be read may have been done by somebody else than the API server. */
static void p6_unreadable_success(void **state)
{
    static const char *const bodies[] = {
        "",
        HTML,
        "{}",
        "{\"kind\":\"ConfigMap\"}",
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}",
        "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"other\",\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_int_equal(judge(&create_lock, 201, bodies[i]).outcome, OUTCOME_AMBIGUOUS);
        assert_int_equal(judge(&put_lock, 200, bodies[i]).outcome, OUTCOME_AMBIGUOUS);
        struct fact fact = judge(&get_lock, 200, bodies[i]);
        assert_int_equal(fact.outcome, OUTCOME_RETRY);
        assert_int_equal(fact.status, LEADERLIFE_EPROTOCOL);
        assert_int_equal(fact.lock.kind, LOCK_VIEW_NOTHING);
        expect_words(fact.text, (const char *const[]){SERVER, "check its address", NULL});
    }
    assert_int_equal(judge(&delete_lock, 200, HTML).outcome, OUTCOME_AMBIGUOUS);
    assert_int_equal(judge(&delete_lock, 200, "").outcome, OUTCOME_AMBIGUOUS);
}

/* ---- Pods (P4) ---- */

static void p4_a_quorum_get_of_a_pod(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum outcome outcome;
        enum pod_sign sign;
    } rows[] = {
        {404, STATUS("404", "NotFound", "no", ABOUT("pods", "a-0")), OUTCOME_OK, POD_DEAD},
        {200, POD("uid-b", "Running"), OUTCOME_OK, POD_DEAD}, /* another pod of that name */
        {200, POD("uid-a", "Running"), OUTCOME_OK, POD_ALIVE},
        {200, POD("uid-a", "Failed"), OUTCOME_OK, POD_DEAD},
        {404, STATUS("404", "NotFound", "no", ABOUT("pods", "a-1")), OUTCOME_RETRY, POD_UNSURE},
        {404, STATUS("404", "NotFound", "no", ABOUT("services", "a-0")), OUTCOME_RETRY, POD_UNSURE},
        {404, STATUS("404", "NotFound", "no", ""), OUTCOME_RETRY, POD_UNSURE},
        {404, HTML, OUTCOME_RETRY, POD_UNSURE}, /* a proxy's page */
        {404, "404 page not found\n", OUTCOME_RETRY, POD_UNSURE},
        {404, "", OUTCOME_RETRY, POD_UNSURE},
        {200, LOCK, OUTCOME_RETRY, POD_UNSURE},
        {200, HTML, OUTCOME_RETRY, POD_UNSURE},
        {200, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a-1\",\"uid\":\"uid-b\",\"resourceVersion\":\"7\"}}",
         OUTCOME_RETRY, POD_UNSURE},
        {500, STATUS("500", "InternalError", "x", ""), OUTCOME_RETRY, POD_UNSURE},
        {403, STATUS("403", "Forbidden", "x", ""), OUTCOME_FORBIDDEN, POD_UNSURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fact fact = judge(&get_pod, rows[i].status, rows[i].body);
        assert_int_equal(fact.outcome, rows[i].outcome);
        assert_int_equal(fact.pod.sign, rows[i].sign);
        if (fact.outcome == OUTCOME_OK)
            assert_string_equal(fact.pod.uid, "uid-a"); /* always about the one that was asked for */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_commands),
        cmocka_unit_test(the_lock_names_its_holder_whenever_it_is_written),
        cmocka_unit_test(what_is_no_request),
        cmocka_unit_test(the_record_as_read),
        cmocka_unit_test(the_record_is_not_there),
        cmocka_unit_test(the_record_is_forbidden),
        cmocka_unit_test(a_record_that_cannot_be_read),
        cmocka_unit_test(a_namespace_of_one_letter),
        cmocka_unit_test(names_stay_in_their_path),
        cmocka_unit_test(statuses_that_are_no_success),
        cmocka_unit_test(what_was_done),
        cmocka_unit_test(a_foreign_lock_is_read_with_its_fault),
        cmocka_unit_test(a_delete_that_finalizers_hold_back),
        cmocka_unit_test(p6_unreadable_success),
        cmocka_unit_test(p4_a_quorum_get_of_a_pod),
    };
    return cmocka_run_group_tests_name("unit_api", tests, NULL, NULL);
}
