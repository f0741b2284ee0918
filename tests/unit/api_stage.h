/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canned answers of an API server, and the verdict on them. No server.
 */
#ifndef LEADERLIFE_TESTS_API_STAGE_H
#define LEADERLIFE_TESTS_API_STAGE_H

#include "kubernetes/api/answer_fact.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVER "https://10.0.0.1:6443"
#define STATUS(code, reason, message, details)                                                                         \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" message "\","   \
    "\"reason\":\"" reason "\",\"details\":{" details "},\"code\":" code "}"
#define ABOUT(kind, name) "\"name\":\"" name "\",\"kind\":\"" kind "\""
#define LOCK_AT(uid, version)                                                                                          \
    "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"lock\",\"uid\":\"" uid                     \
    "\",\"resourceVersion\":\"" version                                                                                \
    "\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"me\",\"uid\":\"uid-me\"}]}}"
#define LOCK LOCK_AT("uid-lock", "42")
#define POD(uid, phase)                                                                                                \
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a-0\",\"uid\":\"" uid                            \
    "\",\"resourceVersion\":\"7\"},"                                                                                   \
    "\"status\":{\"phase\":\"" phase "\",\"containerStatuses\":[{\"state\":{\"terminated\":{}}}]}}"
#define RECORD_OF(uid, name, version)                                                                                  \
    "{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{\"name\":\"lock.leaderlife\","        \
    "\"uid\":\"uid-record\",\"resourceVersion\":\"" version "\",\"annotations\":{\"leaderlife.dev/holder-uid\":\"" uid \
    "\",\"leaderlife.dev/holder-nonce\":\"" uid                                                                        \
    "\",\"leaderlife.dev/token\":\"\"}},\"spec\":{\"holderIdentity\":\"" name "\"}}"
#define RECORD RECORD_OF("uid-a", "a-0", "42")
#define HTML "<html><body>Bad gateway</body></html>"

static const struct pod_id self = {.name = "me", .uid = "uid-me"};
static const struct api_scope scope = {
    .namespace_ = "team", .lock = "lock", .record = "lock.leaderlife", .self = &self, .since = "now"};
static const struct command get_lock = {.kind = COMMAND_GET_LOCK, .number = 3};
static const struct command create_lock = {.kind = COMMAND_CREATE_LOCK, .number = 4, .nonce = "n1"};
static const struct command put_lock = {
    .kind = COMMAND_PUT_LOCK, .number = 5, .uid = "uid-lock", .version = "42", .nonce = "n2"};
static const struct command delete_lock = {
    .kind = COMMAND_DELETE_LOCK, .number = 6, .uid = "uid-lock", .version = "42"};
static const struct command get_pod = {.kind = COMMAND_GET_POD, .number = 7, .pod = {.name = "a-0", .uid = "uid-a"}};

static const struct command get_record = {.kind = COMMAND_GET_RECORD, .number = 8};
static const struct command create_record = {
    .kind = COMMAND_PUT_RECORD, .number = 9, .nonce = "n3", .new_term = true, .term = 1};
static const struct command put_record = {.kind = COMMAND_PUT_RECORD,
                                          .number = 10,
                                          .uid = "uid-record",
                                          .version = "42",
                                          .nonce = "n4",
                                          .new_term = true,
                                          .term = 8};
static const struct command put_record_back = {
    .kind = COMMAND_PUT_RECORD, .number = 11, .nonce = "n4", .token = "39", .term = 8};
static const struct command empty_record = {
    .kind = COMMAND_EMPTY_RECORD, .number = 12, .uid = "uid-record", .version = "42", .term = 8};

static inline struct http_call answered(long status, const char *body)
{
    struct http_call call = {
        .done = true, .status = status, .data = body, .size = strlen(body), .content_type = "application/json"};
    return call;
}

static inline void request_for(const struct command *command, struct api_request *ret)
{
    const char *json = command->kind == COMMAND_PUT_LOCK ? LOCK : RECORD;
    struct document *read = document_parse(json, strlen(json));
    assert_int_equal(api_request_for(ret, command, &scope, read), LEADERLIFE_OK);
    document_free(read);
}

static char fault[TEXT_MESSAGE];

static inline struct fact judge_call(const struct command *command, const struct http_call *call)
{
    struct api_request request;
    struct api_verdict verdict;
    struct fact fact;

    request_for(command, &request);
    api_judge(&request, call, SERVER, &verdict);
    api_fact(command, &request, &verdict, SERVER, &fact, fault, sizeof fault);
    document_free(verdict.document);
    api_request_clear(&request);
    assert_int_equal(fact.kind, FACT_ANSWER);
    assert_int_equal(fact.number, command->number);
    return fact;
}

static inline struct fact judge(const struct command *command, long status, const char *body)
{
    struct http_call call = answered(status, body);
    return judge_call(command, &call);
}

static inline void expect_words(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strstr(text, *words))
            fail_msg("'%s' does not say '%s'", text, *words);
    }
}

#endif
