/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on every kind of answer (P6, P15), from canned Status objects.
 */
#include "api_stage.h"

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
    {301, "", OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    {302, HTML, OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL},
    /* the reason decides, whatever a proxy made of the code */
    {500, STATUS("409", "AlreadyExists", "exists", ""), OUTCOME_CONFLICT, OUTCOME_EXISTS, OUTCOME_CONFLICT,
     LEADERLIFE_OK},
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
        if (fact.outcome == OUTCOME_OK)
            assert_int_equal(fact.lock.seen, LOCK_SEEN_ABSENT);
        fact = judge(&create_lock, row->code, row->body);
        if (fact.outcome != row->create)
            fail_msg("create %ld %s: outcome %d", row->code, row->body, fact.outcome);
        assert_int_equal(fact.status, row->status);
        assert_true(fact.text[0] != '\0');
        fact = judge(&put_lock, row->code, row->body);
        if (fact.outcome != row->write)
            fail_msg("PUT %ld %s: outcome %d", row->code, row->body, fact.outcome);
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
        {HTTP_NETWORK, LEADERLIFE_ENETWORK}, {HTTP_TLS, LEADERLIFE_ETLS},      {HTTP_TIMEOUT, LEADERLIFE_ENETWORK},
        {HTTP_STALLED, LEADERLIFE_ENETWORK}, {HTTP_MEMORY, LEADERLIFE_ENOMEM}, {HTTP_TOO_LARGE, LEADERLIFE_EPROTOCOL},
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
                 (const char *const[]){"admission webhook \"w\" denied", "policy", NULL});
    expect_words(judge(&create_lock, 404, STATUS("404", "NotFound", "no", ABOUT("namespaces", "team"))).text,
                 (const char *const[]){"namespace team", "create it", NULL});
    expect_words(judge(&get_lock, 401, "").text, (const char *const[]){SERVER, "401", "expired", NULL});
    expect_words(judge(&get_lock, 502, HTML).text, (const char *const[]){SERVER, "502", NULL});
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
        assert_int_equal(verdict.unauthorized, table[i].code == 401);
        assert_null(verdict.document);
        api_request_clear(&request);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_table),
        cmocka_unit_test(p6_no_answer),
        cmocka_unit_test(refusals_name_what_is_missing),
        cmocka_unit_test(p15_retry_after_from_header_or_status),
        cmocka_unit_test(p15_only_a_401_is_worth_the_same_request_again),
    };
    return cmocka_run_group_tests_name("unit_api_verdict", tests, NULL, NULL);
}
