/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on every kind of answer (P6, P15), from canned Status objects.
 */
#include "api_stage.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"

#include "deep.h"

/* ---- The table ---- */

struct row {
    long code;
    const char *body;
    enum outcome read; /* GET lock */
    enum outcome create;
    enum outcome write; /* PUT, DELETE */
    int status;         /* of the create */
};

static const struct row table[] = {
    {401, STATUS("401", "Unauthorized", "Unauthorized", ""), OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY,
     LEADERLIFE_EAUTH},
    {401, "Unauthorized\n", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EAUTH},
    {403, STATUS("403", "Forbidden", "denied", ""), OUTCOME_FORBIDDEN, OUTCOME_FORBIDDEN, OUTCOME_FORBIDDEN,
     LEADERLIFE_EFORBIDDEN},
    {403, STATUS("403", "Forbidden", "configmaps \\\"lock\\\" is forbidden: exceeded quota: q, used: 1", ""),
     OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EQUOTA},
    {403,
     STATUS("403", "Forbidden", "because it is being terminated", "\"causes\":[{\"reason\":\"NamespaceTerminating\"}]"),
     OUTCOME_PERMANENT, OUTCOME_PERMANENT, OUTCOME_PERMANENT, LEADERLIFE_ENAMESPACE},
    {403, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {404, STATUS("404", "NotFound", "no", ABOUT("configmaps", "lock")), OUTCOME_OK, OUTCOME_RETRY, OUTCOME_NOT_FOUND,
     LEADERLIFE_EPROTOCOL},
    {404, STATUS("404", "NotFound", "no", ABOUT("namespaces", "team")), OUTCOME_RETRY, OUTCOME_PERMANENT, OUTCOME_RETRY,
     LEADERLIFE_ENAMESPACE},
    {404, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {409, STATUS("409", "AlreadyExists", "exists", ABOUT("configmaps", "lock")), OUTCOME_CONFLICT, OUTCOME_EXISTS,
     OUTCOME_CONFLICT, LEADERLIFE_OK},
    {409, STATUS("409", "AlreadyExists", "object is being deleted: configmaps \\\"lock\\\" already exists", ""),
     OUTCOME_CONFLICT, OUTCOME_EXISTS, OUTCOME_CONFLICT, LEADERLIFE_OK},
    {409, STATUS("409", "Conflict", "Precondition failed: UID", ""), OUTCOME_CONFLICT, OUTCOME_RETRY, OUTCOME_CONFLICT,
     LEADERLIFE_ESERVER},
    {429, "Too many requests, please try again later.\n", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY,
     LEADERLIFE_ESERVER},
    {429, STATUS("429", "TooManyRequests", "x", ""), OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_ESERVER},
    {500, STATUS("500", "InternalError", "x", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS,
     LEADERLIFE_ESERVER},
    {500, STATUS("500", "ServerTimeout", "x", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS,
     LEADERLIFE_ESERVER},
    {500, STATUS("500", "Strange", "x", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER},
    {500, STATUS("500", "", "etcdserver: leader changed", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS,
     LEADERLIFE_ESERVER},
    {502, HTML, OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER},
    {503, STATUS("503", "ServiceUnavailable", "x", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS,
     LEADERLIFE_ESERVER},
    {504, STATUS("504", "Timeout", "x", ""), OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER},
    {400, STATUS("400", "BadRequest", "x", ""), OUTCOME_PERMANENT, OUTCOME_PERMANENT, OUTCOME_PERMANENT,
     LEADERLIFE_EREJECTED},
    {422, STATUS("422", "Invalid", "x", ""), OUTCOME_PERMANENT, OUTCOME_PERMANENT, OUTCOME_PERMANENT,
     LEADERLIFE_EREJECTED},
    {405, STATUS("405", "MethodNotAllowed", "x", ""), OUTCOME_PERMANENT, OUTCOME_PERMANENT, OUTCOME_PERMANENT,
     LEADERLIFE_EREJECTED},
    {400, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {300, "", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {301, "", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {399, "", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {302, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {303, "", OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS,
     LEADERLIFE_EPROTOCOL}, /* it may say: done, look there */
    {404, "404 page not found\n", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    /* somebody has lost patience with what may go on */
    {408, HTML, OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER},
    {499, HTML, OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_EPROTOCOL},
    {460, "", OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS, LEADERLIFE_EPROTOCOL},
    {413, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    /* the reason decides, whatever a proxy made of the code */
    {500, STATUS("409", "AlreadyExists", "exists", ""), OUTCOME_CONFLICT, OUTCOME_EXISTS, OUTCOME_CONFLICT,
     LEADERLIFE_OK},
    {500, STATUS("401", "Unauthorized", "x", ""), OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EAUTH},
    {409, STATUS("409", "Strange", "x", ""), OUTCOME_CONFLICT, OUTCOME_RETRY, OUTCOME_CONFLICT, LEADERLIFE_ESERVER},
};

static void the_verdict_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct row *row = &table[i];
        struct fact fact = judge(&get_lock, row->code, row->body);
        if (fact.outcome != row->read)
            fail_msg("GET %ld %s: outcome %d", row->code, row->body, fact.outcome);
        if (fact.outcome == OUTCOME_OK) {
            assert_int_equal(fact.lock.kind, LOCK_VIEW_ABSENT);
            assert_int_equal(fact.status, LEADERLIFE_OK);
        }
        fact = judge(&create_lock, row->code, row->body);
        if (fact.outcome != row->create)
            fail_msg("create %ld %s: outcome %d", row->code, row->body, fact.outcome);
        assert_int_equal(fact.status, row->status);
        assert_true(fact.text[0] != '\0');
        fact = judge(&put_lock, row->code, row->body);
        if (fact.outcome != row->write)
            fail_msg("PUT %ld %s: outcome %d", row->code, row->body, fact.outcome);
        if (fact.outcome == OUTCOME_CONFLICT || fact.outcome == OUTCOME_NOT_FOUND) /* no trouble: look again */
            assert_int_equal(fact.status, LEADERLIFE_OK);
        fact = judge(&delete_lock, row->code, row->body);
        if (fact.outcome != row->write)
            fail_msg("DELETE %ld %s: outcome %d", row->code, row->body, fact.outcome);
    }
}

/* P6: a request that may have reached the server may have been carried out. */
static void p6_no_answer(void **state)
{
    static const struct {
        enum http_error error;
        int status;
    } rows[] = {
        {HTTP_NETWORK, LEADERLIFE_ENETWORK},  {HTTP_TLS, LEADERLIFE_ETLS},      {HTTP_TIMEOUT, LEADERLIFE_ENETWORK},
        {HTTP_STALLED, LEADERLIFE_ENETWORK},  {HTTP_MEMORY, LEADERLIFE_ENOMEM}, {HTTP_TOO_LARGE, LEADERLIFE_EPROTOCOL},
        {HTTP_ENCODED, LEADERLIFE_EPROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int sent = 0; sent < 2; sent++) {
            struct http_call call = {.done = true,
                                     .error = rows[i].error,
                                     .maybe_sent = sent != 0,
                                     .data = "",
                                     .status = sent ? 201 : 0,
                                     .text = "connection refused: start the server"};
            struct fact fact = judge_call(&get_lock, &call);
            assert_int_equal(fact.outcome, OUTCOME_RETRY);
            assert_int_equal(fact.status, rows[i].status);
            expect_words(fact.text, (const char *const[]){"get configmaps/lock", "connection refused: start", NULL});
            fact = judge_call(&create_lock, &call);
            assert_int_equal(fact.outcome, sent ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY);
            assert_int_equal(judge_call(&put_lock, &call).outcome, fact.outcome);
            assert_int_equal(judge_call(&delete_lock, &call).outcome, fact.outcome);
        }
    }
}

/* ---- What was cut ---- */

static const enum http_error cuts[] = {HTTP_NETWORK, HTTP_TIMEOUT,   HTTP_STALLED,
                                       HTTP_MEMORY,  HTTP_TOO_LARGE, HTTP_ENCODED};

static struct http_call cut(enum http_error error, long status, const char *body)
{
    struct http_call call = answered(status, body);

    call.error = error;
    call.maybe_sent = true;
    text_copy(call.text, sizeof call.text, "no whole answer: check the network");
    return call;
}

static void expect_cut(const struct http_call *call, enum outcome read, enum outcome create, enum outcome write)
{
    struct fact fact = judge_call(&get_lock, call);

    if (fact.outcome != read || fact.lock.kind != LOCK_VIEW_NOTHING)
        fail_msg("GET %ld, error %d: outcome %d", call->status, call->error, fact.outcome);
    fact = judge_call(&get_pod, call);
    if (fact.outcome != read || fact.pod.uid[0] != '\0')
        fail_msg("GET pod %ld, error %d: outcome %d", call->status, call->error, fact.outcome);
    fact = judge_call(&create_lock, call);
    if (fact.outcome != create)
        fail_msg("create %ld, error %d: outcome %d", call->status, call->error, fact.outcome);
    if (judge_call(&put_lock, call).outcome != write || judge_call(&delete_lock, call).outcome != write ||
        judge_call(&put_record, call).outcome != write || judge_call(&empty_record, call).outcome != write)
        fail_msg("PUT or DELETE %ld, error %d", call->status, call->error);
}

/* P6: a refusal that was received holds: not carried out, and no more than that. */
static void p6_a_refusal_that_was_received_holds(void **state)
{
    static const short refusals[] = {400, 401, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429, 431};
    static const char *const halves[] = {"", "{\"kind\":\"Status\",\"code\":40", "404 page not found\n", HTML};

    (void)state;
    for (size_t e = 0; e < sizeof cuts / sizeof cuts[0]; e++) {
        for (size_t half = 0; half < sizeof halves / sizeof halves[0]; half++) {
            for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
                struct http_call call = cut(cuts[e], refusals[i], halves[half]);

                expect_cut(&call, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY);
                expect_words(judge_call(&put_lock, &call).text,
                             (const char *const[]){"update configmaps/lock", "check the network", NULL});
            }
            struct http_call call = cut(cuts[e], 409, halves[half]);
            expect_cut(&call, OUTCOME_RETRY, OUTCOME_EXISTS, OUTCOME_CONFLICT);
            assert_int_equal(judge_call(&put_lock, &call).status, LEADERLIFE_OK);
            expect_words(judge_call(&put_lock, &call).text, (const char *const[]){"HTTP 409: no whole answer", NULL});
        }
    }
}

/* Nor may a server be taken at its word where it may be at work still, or where the word is that it was done. */
static void p6_other_statuses_that_were_cut_are_ambiguous(void **state)
{
    static const short others[] = {0,   200, 201, 202, 204, 299, 302, 303, 407,
                                   408, 425, 460, 499, 500, 502, 503, 504, 599};

    (void)state;
    for (size_t e = 0; e < sizeof cuts / sizeof cuts[0]; e++) {
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            struct http_call call =
                cut(cuts[e], others[i], STATUS("404", "NotFound", "no", ABOUT("configmaps", "lock")));

            expect_cut(&call, OUTCOME_RETRY, OUTCOME_AMBIGUOUS, OUTCOME_AMBIGUOUS);
        }
    }
}

/* A Status that has come whole to a write is an answer, to a read it is none (P4, P5). */
static void p6_a_whole_status_of_a_write_that_was_cut_short(void **state)
{
    struct http_call call = cut(HTTP_NETWORK, 403, STATUS("403", "Forbidden", "denied", ""));

    (void)state;
    expect_cut(&call, OUTCOME_RETRY, OUTCOME_FORBIDDEN, OUTCOME_FORBIDDEN);
    call = cut(HTTP_NETWORK, 409, STATUS("409", "Conflict", "x", ABOUT("configmaps", "lock")));
    expect_cut(&call, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_CONFLICT);
    call = cut(HTTP_NETWORK, 404, STATUS("404", "NotFound", "no", ABOUT("configmaps", "lock")));
    assert_int_equal(judge_call(&get_lock, &call).outcome, OUTCOME_RETRY);
    assert_int_equal(judge_call(&delete_lock, &call).outcome, OUTCOME_NOT_FOUND);
    call = cut(HTTP_NETWORK, 404, STATUS("404", "NotFound", "no", ABOUT("pods", "a-0")));
    assert_int_equal(judge_call(&get_pod, &call).outcome, OUTCOME_RETRY); /* nobody is dead by it */
    call = cut(HTTP_NETWORK, 403, STATUS("200", "Forbidden", "denied", ""));
    expect_cut(&call, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY); /* of something else */
}

static void p15_a_401_or_429_that_was_cut_is_one(void **state)
{
    struct http_call call = cut(HTTP_NETWORK, 401, "");
    struct api_request request;
    struct api_verdict verdict;

    (void)state;
    for (int i = 0; i < 2; i++) {
        request_for(i == 0 ? &get_lock : &put_lock, &request);
        api_judge(&request, &call, SERVER, &verdict);
        assert_true(verdict.unauthorized);
        assert_int_equal(verdict.status, LEADERLIFE_EAUTH);
        api_request_clear(&request);
    }
    call = cut(HTTP_NETWORK, 429, "");
    call.retry_after_ms = 3000;
    assert_int_equal(judge_call(&put_lock, &call).retry_after_ms, 3000);
    assert_int_equal(judge_call(&put_lock, &call).status, LEADERLIFE_ESERVER);
}

/* P8: whatever is not there, no record is done without because of it; the text says what can be done. */
static void p8_a_server_without_leases(void **state)
{
    static const char *const bodies[] = {
        "404 page not found\n", "404 page not found", "404 page not found\r\n",
        STATUS("404", "NotFound", "the server could not find the requested resource", "")};
    const struct command *const records[] = {&get_record, &create_record, &put_record, &empty_record};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        for (size_t c = 0; c < sizeof records / sizeof records[0]; c++) {
            struct fact fact = judge(records[c], 404, bodies[i]);
            assert_int_equal(fact.outcome, OUTCOME_RETRY);
            assert_int_equal(fact.record.kind, RECORD_VIEW_NOTHING);
            expect_words(fact.text, (const char *const[]){SERVER, "has no Leases", "coordination.k8s.io/v1",
                                                          "guard to 'memory'", NULL});
        }
        struct fact fact = judge(&get_lock, 404, bodies[i]);
        assert_int_equal(fact.outcome, OUTCOME_RETRY);
        assert_null(strstr(fact.text, "Leases"));
    }
    expect_words(judge(&get_lock, 404, bodies[0]).text,
                 (const char *const[]){SERVER, "check the path in that URL", NULL});
    assert_null(strstr(judge(&get_record, 404, HTML).text, "has no Leases"));
    assert_null(strstr(judge(&get_record, 502, bodies[0]).text, "has no Leases"));
}

/* P14. One whose answer cannot be read may have been done (P6). */
static void an_object_that_is_nested_deep(void **state)
{
    char *lock = nested("{\"kind\":\"ConfigMap\",\"metadata\":{\"managedFields\":[", DEEP, "]}}");
    static const char *const words[] = {"configmaps/lock in namespace team", "nested deeper than 64 levels",
                                        "kubectl get configmaps lock -o json --show-managed-fields", "take it out",
                                        NULL};
    struct fact fact = judge(&get_lock, 200, lock);

    (void)state;
    assert_int_equal(fact.outcome, OUTCOME_RETRY);
    assert_int_equal(fact.status, LEADERLIFE_EPROTOCOL);
    expect_words(fact.text, words);
    fact = judge(&put_lock, 200, lock);
    assert_int_equal(fact.outcome, OUTCOME_AMBIGUOUS);
    expect_words(fact.text, words);
    assert_int_equal(judge(&get_lock, 404, lock).outcome, OUTCOME_RETRY); /* nor is absence believed */
    free(lock);
}

/* ---- Texts and times ---- */

#define RBAC(verb)                                                                                                     \
    STATUS("403", "Forbidden",                                                                                         \
           "configmaps \\\"lock\\\" is forbidden: User "                                                               \
           "\\\"system:serviceaccount:team:default\\\" cannot " verb " resource \\\"configmaps\\\"",                   \
           "")

static void refusals_name_what_is_missing(void **state)
{
    (void)state;
    expect_words(judge(&get_lock, 403, RBAC("get")).text,
                 (const char *const[]){"system:serviceaccount:team:default", "get configmaps/lock", "namespace team",
                                       "resources: [configmaps]", "resourceNames: [lock]", "verbs: [get]", NULL});
    struct fact fact = judge(&create_lock, 403, RBAC("create"));
    expect_words(fact.text, (const char *const[]){"create configmaps/lock", "verbs: [create]", NULL});
    assert_null(strstr(fact.text, "resourceNames")); /* create cannot carry them */
    expect_words(judge(&put_lock, 403, RBAC("update")).text, (const char *const[]){"verbs: [update]", NULL});
    expect_words(judge(&delete_lock, 403, RBAC("delete")).text, (const char *const[]){"verbs: [delete]", NULL});
    fact = judge(&get_pod, 403, RBAC("get"));
    expect_words(fact.text, (const char *const[]){"get pods/a-0", "resources: [pods]", "verbs: [get]", NULL});
    assert_null(strstr(fact.text, "resourceNames"));
    expect_words(judge(&create_lock, 403, STATUS("403", "Forbidden", "admission webhook \\\"w\\\" denied", "")).text,
                 (const char *const[]){"admission webhook \"w\" denied", "policy", "verbs: [create]", NULL});
    expect_words(judge(&get_lock, 403, STATUS("403", "Forbidden", "User \\\"u\\\" cannot", "")).text,
                 (const char *const[]){"u may not get configmaps/lock", NULL});
    expect_words(judge(&create_lock, 404, STATUS("404", "NotFound", "no", ABOUT("namespaces", "team"))).text,
                 (const char *const[]){"namespace team", "create it", NULL});
    expect_words(judge(&get_lock, 401, "").text, (const char *const[]){SERVER, "401", "expired", NULL});
    expect_words(judge(&get_lock, 502, HTML).text, (const char *const[]){SERVER, "502", NULL});
}

/* Names come from objects that others write. */
static void a_name_cannot_move_a_cursor(void **state)
{
    struct command command = get_pod;
    struct fact fact;

    (void)state;
    text_copy(command.pod.name, sizeof command.pod.name, "a\033[31m\n");
    fact = judge(&command, 503, "");
    for (const char *byte = fact.text; *byte; byte++)
        assert_in_range(*byte, ' ', '~');
}

static void whose_fault_it_was(void **state)
{
    static const char gone[] = STATUS("404", "NotFound", "no", ABOUT("configmaps", "lock"));
    static const char nothing[] = STATUS("404", "NotFound", "no", "");
    static const char *const others[] = {gone, STATUS("404", "NotFound", "no", ABOUT("k", "")),
                                         STATUS("404", "NotFound", "no", ABOUT("", "n"))};

    (void)state;
    expect_words(judge(&get_lock, 429, "").text, (const char *const[]){"is overloaded (HTTP 429);", NULL});
    expect_words(judge(&get_lock, 503, "").text, (const char *const[]){" failed (HTTP 503);", NULL});
    assert_null(strstr(judge(&get_lock, 503, "").text, "all the same"));
    expect_words(judge(&put_lock, 503, "").text,
                 (const char *const[]){" failed (HTTP 503); it may have happened all the same;", NULL});
    expect_words(judge(&get_lock, 503, STATUS("503", "ServiceUnavailable", "of etcd", "")).text,
                 (const char *const[]){" failed (HTTP 503, of etcd);", NULL});
    expect_words(judge(&get_lock, 503, STATUS("503", "ServiceUnavailable", "", "")).text,
                 (const char *const[]){" failed (HTTP 503);", NULL});
    expect_words(judge(&delete_lock, 404, gone).text,
                 (const char *const[]){"cannot delete configmaps/lock", "it is not there", NULL});
    expect_words(judge(&get_lock, 404, nothing).text,
                 (const char *const[]){"does not answer like a Kubernetes API server", NULL});
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        expect_words(judge(&get_record, 404, others[i]).text,
                     (const char *const[]){"does not answer like a Kubernetes API server", NULL});
    expect_words(judge(&get_lock, 404, "404 page not found, says a proxy").text,
                 (const char *const[]){"Kubernetes API server (HTTP 404, application/json)", NULL});
    struct http_call call = answered(404, HTML);
    call.content_type[0] = '\0';
    expect_words(judge_call(&get_lock, &call).text, (const char *const[]){"(HTTP 404, no content type)", NULL});
}

static void p15_retry_after_from_header_or_status(void **state)
{
    struct http_call call = answered(429, "");

    (void)state;
    call.retry_after_ms = 3000;
    assert_int_equal(judge_call(&get_lock, &call).retry_after_ms, 3000);
    call = answered(500, STATUS("500", "ServerTimeout", "x", "\"retryAfterSeconds\":5"));
    assert_int_equal(judge_call(&create_lock, &call).retry_after_ms, 5000);
    call.retry_after_ms = 9000;
    assert_int_equal(judge_call(&create_lock, &call).retry_after_ms, 9000);
    call.retry_after_ms = API_RETRY_MAX_MS + 1; /* longer, nobody is kept from resigning */
    assert_int_equal(judge_call(&create_lock, &call).retry_after_ms, API_RETRY_MAX_MS);
    call = answered(500, STATUS("500", "ServerTimeout", "x", "\"retryAfterSeconds\":86400"));
    assert_int_equal(judge_call(&create_lock, &call).retry_after_ms, API_RETRY_MAX_MS);
}

static void p15_only_a_401_is_worth_the_same_request_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct http_call call = answered(table[i].code, table[i].body);
        struct api_request request;
        struct api_verdict verdict;
        request_for(&create_lock, &request);
        api_judge(&request, &call, SERVER, &verdict);
        assert_int_equal(verdict.unauthorized, table[i].status == LEADERLIFE_EAUTH);
        assert_null(verdict.document);
        api_request_clear(&request);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_table),
        cmocka_unit_test(p6_no_answer),
        cmocka_unit_test(p6_a_refusal_that_was_received_holds),
        cmocka_unit_test(p6_other_statuses_that_were_cut_are_ambiguous),
        cmocka_unit_test(p6_a_whole_status_of_a_write_that_was_cut_short),
        cmocka_unit_test(p15_a_401_or_429_that_was_cut_is_one),
        cmocka_unit_test(p8_a_server_without_leases),
        cmocka_unit_test(an_object_that_is_nested_deep),
        cmocka_unit_test(refusals_name_what_is_missing),
        cmocka_unit_test(a_name_cannot_move_a_cursor),
        cmocka_unit_test(whose_fault_it_was),
        cmocka_unit_test(p15_retry_after_from_header_or_status),
        cmocka_unit_test(p15_only_a_401_is_worth_the_same_request_again),
    };
    return cmocka_run_group_tests_name("unit_api_verdict", tests, NULL, NULL);
}
