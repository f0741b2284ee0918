/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for the tests of the watch's state machine: a call whose bytes, end and clock are the test's, and a log of
 * what was seen. No server.
 */
#ifndef LEADERLIFE_TESTS_WATCH_STAGE_H
#define LEADERLIFE_TESTS_WATCH_STAGE_H

#include "io/http/http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kubernetes/watch/restart.h"
#include "kubernetes/watch/stream.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META(name, version) "\"metadata\":{\"name\":\"" name "\",\"uid\":\"u\",\"resourceVersion\":\"" version "\"}"
#define EVENT(type, name, version)                                                                                     \
    "{\"type\":\"" type "\",\"object\":{\"kind\":\"PartialObjectMetadata\"," META(name, version) "}}\n"
#define ADDED(version) EVENT("ADDED", "lock", version)
#define MODIFIED(version) EVENT("MODIFIED", "lock", version)
#define DELETED(version) EVENT("DELETED", "lock", version)
#define BOOKMARK(version) "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"
#define INITIAL_END(version)                                                                                           \
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\","                            \
    "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define STATUS(code, reason)                                                                                           \
    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" code ",\"reason\":\"" reason "\","   \
    "\"message\":\"User \\\"u\\\" says no\"}"
#define ERROR(code, reason) "{\"type\":\"ERROR\",\"object\":" STATUS(code, reason) "}\n"

enum { LOG = 4096, RANDOM = 1 << 30 };

struct stage {
    struct watch watch;
    struct http_call call;
    char *bytes; /* exactly as long as the data, so that a sanitizer sees every step beyond */
    int64_t now;
    char log[LOG]; /* what was seen, as words */
};

static inline void open_at(struct stage *stage)
{
    assert_false(stage->watch.open);
    if (stage->now < stage->watch.at)
        stage->now = stage->watch.at;
    assert_non_null(watch_open(&stage->watch, stage->now, RANDOM));
    free(stage->bytes);
    stage->bytes = NULL;
    stage->call = (struct http_call){.status = 200, .data = "", .content_type = "application/json"};
}

static inline void begin(struct stage *stage, bool metadata_only)
{
    struct watch_setup setup = {.resource = api_configmaps,
                                .namespace_ = "team",
                                .name = "lock",
                                .server = "https://10.0.0.1",
                                .metadata_only = metadata_only,
                                .idle_ms = 90000};
    memset(stage, 0, sizeof *stage);
    stage->now = 1000;
    watch_init(&stage->watch, &setup);
    open_at(stage);
}

static inline void finish(struct stage *stage)
{
    watch_clear(&stage->watch);
    free(stage->bytes);
}

static inline void log_items(struct stage *stage)
{
    static const char *const words[] = {"gap", "object", "deleted", "absent", "forbidden", "allowed", "note"};
    struct watch_item item;

    while (watch_pull(&stage->watch, &item)) {
        char version[TEXT_VERSION] = "";
        if (item.object) {
            document_version(item.object, version, sizeof version);
            assert_string_equal(version, item.version);
        }
        if (item.kind == WATCH_ITEM_NOTE) {
            assert_true(item.text[0] != '\0');
            for (const char *byte = item.text; *byte; byte++)
                assert_in_range(*byte, ' ', '~');
            if (item.level == LEADERLIFE_LOG_WARNING)
                text_append(stage->log, LOG, "warning ");
            if (item.level == 0)
                text_append(stage->log, LOG, "notice:%s ", strstr(item.text, "nested deeper") ? "deep" : "?");
        } else {
            text_append(stage->log, LOG, "%s%s%s ", words[item.kind], item.version[0] ? ":" : "", item.version);
        }
        if (item.kind == WATCH_ITEM_FORBIDDEN)
            assert_int_equal(item.status, LEADERLIFE_EFORBIDDEN);
        watch_item_clear(&item);
    }
}

static inline void consume(struct stage *stage, size_t used)
{
    size_t rest = stage->call.size - used;
    char *bytes = malloc(rest + 1);

    assert_non_null(bytes);
    memcpy(bytes, stage->call.data + used, rest);
    bytes[rest] = '\0';
    free(stage->bytes);
    stage->bytes = bytes;
    stage->call.data = bytes;
    stage->call.size = rest;
}

/* Steps until nothing more is to be done; whether the request is over. */
static inline bool run(struct stage *stage)
{
    for (;;) {
        size_t used = 0;
        enum watch_step step = watch_step(&stage->watch, &stage->call, stage->now, RANDOM, &used);
        log_items(stage);
        if (step == WATCH_CLOSE) {
            assert_false(stage->watch.open);
            return true;
        }
        if (step == WATCH_WAIT)
            return false;
        assert_in_range(used, 1, stage->call.size);
        consume(stage, used);
    }
}

static inline void append(struct stage *stage, const char *more, size_t size)
{
    char *bytes = malloc(stage->call.size + size + 1);

    assert_non_null(bytes);
    memcpy(bytes, stage->call.data, stage->call.size);
    memcpy(bytes + stage->call.size, more, size);
    bytes[stage->call.size + size] = '\0';
    free(stage->bytes);
    stage->bytes = bytes;
    stage->call.data = bytes;
    stage->call.size += size;
}

static inline bool feed(struct stage *stage, const char *text)
{
    append(stage, text, strlen(text));
    return run(stage);
}

static inline void end_with(struct stage *stage, enum http_error error, long status, const char *body)
{
    append(stage, body, strlen(body));
    stage->call.done = true;
    stage->call.error = error;
    stage->call.status = status;
    assert_true(run(stage));
}

static inline void end_stream(struct stage *stage)
{
    end_with(stage, HTTP_FINE, 200, "");
}

static inline bool asks(const struct stage *stage, const char *part)
{
    return strstr(stage->watch.request.path, part) != NULL;
}

static inline void pass(struct stage *stage, int64_t ms)
{
    stage->now += ms;
}

static inline void expect_log(struct stage *stage, const char *expected)
{
    assert_string_equal(stage->log, expected);
    stage->log[0] = '\0';
}

#endif
