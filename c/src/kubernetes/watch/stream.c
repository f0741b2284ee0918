/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine of one API watch: what to request next, and what its lines mean. restart.c has the ends of
 * requests. Must not know what the object means to an election.
 */
#include "kubernetes/watch/stream.h"

#include "base/backoff.h"
#include "kubernetes/api/request.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/watch/restart.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum {
    TIMEOUT_LOW_S = 1800, /* P18: servers are not asked by all at once */
    TIMEOUT_HIGH_S = 3600,
    HURRY_MS = 100 /* nor when they come back */
};

void watch_init(struct watch *watch, const struct watch_setup *setup)
{
    memset(watch, 0, sizeof *watch);
    watch->resource = setup->resource;
    text_copy(watch->namespace_, sizeof watch->namespace_, setup->namespace_);
    text_copy(watch->name, sizeof watch->name, setup->name);
    text_copy(watch->server, sizeof watch->server, setup->server);
    watch->metadata_only = setup->metadata_only;
    watch->idle_ms = setup->idle_ms;
}

void watch_clear(struct watch *watch)
{
    struct watch_item item;

    while (watch_pull(watch, &item))
        watch_item_clear(&item);
    watch_forget_latest(watch);
    api_request_clear(&watch->request);
}

/* ---- Items ---- */

/* ---- Requests ---- */

const struct api_request *watch_open(struct watch *watch, int64_t now, uint32_t random)
{
    long long seconds = (long long)backoff_between(TIMEOUT_LOW_S, TIMEOUT_HIGH_S, random);
    char extra[256] = "";

    if (watch->phase == WATCH_PHASE_INITIAL && (watch->refused || watch->slow))
        watch->phase = WATCH_PHASE_LIST;
    if (watch->phase == WATCH_PHASE_INITIAL)
        text_format(extra, sizeof extra,
                    "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                    "&allowWatchBookmarks=true&timeoutSeconds=%lld",
                    seconds);
    else if (watch->phase == WATCH_PHASE_FOLLOW)
        text_format(extra, sizeof extra, "&resourceVersion=%s&allowWatchBookmarks=true&timeoutSeconds=%lld",
                    watch->version, seconds);
    api_request_select(&watch->request, watch->phase == WATCH_PHASE_LIST ? API_LIST : API_WATCH, watch->resource,
                       watch->namespace_, watch->name, watch->metadata_only, extra);
    watch->open = true;
    watch->opened_at = now;
    watch->heard = false;
    watch->reread = false;
    return &watch->request;
}

void watch_hurry(struct watch *watch, bool expired, int64_t now, uint32_t random)
{
    int64_t at = now + backoff_between(0, HURRY_MS, random);

    if (watch->open || !watch->of_line)
        return;
    if (at < watch->at)
        watch->at = at;
    if (expired && watch->phase == WATCH_PHASE_FOLLOW)
        watch_begin_anew(watch);
}

int64_t watch_idle_ms(const struct watch *watch)
{
    return watch->bookmarked ? watch->idle_ms : watch->idle_ms * 20 / 3; /* 90 s, 10 min */
}

int64_t watch_deadline(const struct watch *watch)
{
    if (!watch->open)
        return watch->at;
    return watch->phase == WATCH_PHASE_INITIAL ? watch->opened_at + WATCH_INITIAL_MS : NEVER;
}

/* ---- Lines ---- */

/* The stream has shown that it works. */
static void hear(struct watch *watch)
{
    watch->heard = true;
    watch->worked = true;
    watch->denied = false;
    watch->reread_done = false;
    if (watch->forbidden)
        watch_push(watch, WATCH_ITEM_ALLOWED);
    watch->forbidden = false;
    if (watch->warned) {
        struct watch_item *item = watch_push(watch, WATCH_ITEM_NOTE);
        item->level = LEADERLIFE_LOG_INFO;
        text_format(item->text, sizeof item->text, "the watch on %s/%s works again", watch->resource, watch->name);
    }
    watch->warned = false;
}

/* P5: only now is absence known. */
static void end_initial(struct watch *watch)
{
    const struct document *object = NULL;
    char version[TEXT_VERSION];

    watch->phase = WATCH_PHASE_FOLLOW;
    hear(watch);
    if (watch->latest == NULL || watch->latest_deleted) {
        watch_forget_latest(watch);
        watch_show(watch, WATCH_ITEM_ABSENT, NULL, NULL, watch->version);
        return;
    }
    (void)document_watch_type(watch->latest, &object);
    document_version(object, version, sizeof version);
    watch_show(watch, WATCH_ITEM_OBJECT, watch->latest, object, version);
    watch->latest = NULL;
}

static bool take_bookmark(struct watch *watch, const struct document *object, const char *version)
{
    if (!watch_version_is_sane(version))
        return false;
    text_copy(watch->version, sizeof watch->version, version);
    watch->bookmarked = true;
    if (watch->phase == WATCH_PHASE_INITIAL && document_is_initial_end(object)) {
        end_initial(watch);
        return true;
    }
    watch->beat = true;
    if (watch->phase == WATCH_PHASE_FOLLOW)
        hear(watch);
    return true;
}

/* Takes the document if it is good. */
static bool take_event(struct watch *watch, struct document *document, const struct document *object,
                       const char *version, bool deleted)
{
    if (!document_is_named(object, watch->name) || !watch_version_is_sane(version))
        return false;
    if (watch->phase == WATCH_PHASE_INITIAL) {
        watch_forget_latest(watch);
        watch->latest = document;
        watch->latest_deleted = deleted;
        return true;
    }
    text_copy(watch->version, sizeof watch->version, version);
    hear(watch);
    watch_show(watch, deleted ? WATCH_ITEM_DELETED : WATCH_ITEM_OBJECT, document, object, version);
    return true;
}

static enum watch_step take_line(struct watch *watch, const char *line, size_t size, int64_t now, uint32_t random)
{
    struct document *document = document_parse(line, size);
    const struct document *object = NULL;
    enum watch_type type = document != NULL ? document_watch_type(document, &object) : WATCH_STRANGE;
    enum watch_step step = WATCH_TOOK;
    char version[TEXT_VERSION] = "";

    if (object != NULL)
        document_version(object, version, sizeof version);
    switch (type) {
    case WATCH_ADDED:
    case WATCH_MODIFIED:
    case WATCH_DELETED:
        if (take_event(watch, document, object, version, type == WATCH_DELETED))
            document = NULL;
        else
            step = watch_garbage(watch, now, random);
        break;
    case WATCH_BOOKMARK:
        if (!take_bookmark(watch, object, version))
            step = watch_garbage(watch, now, random);
        break;
    case WATCH_ERROR: step = watch_error(watch, object, now, random); break;
    case WATCH_STRANGE: step = (document_is_deep(line, size) ? watch_deep : watch_garbage)(watch, now, random); break;
    }
    document_free(document);
    return step;
}

static enum watch_step take_bytes(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random,
                                  size_t *ret_used)
{
    const char *newline = call->size > 0 ? memchr(call->data, '\n', call->size) : NULL;
    size_t length = newline != NULL ? (size_t)(newline - call->data) : call->size;

    if (length > API_LINE_MAX)
        return watch_garbage(watch, now, random);
    if (newline == NULL)
        return WATCH_WAIT;
    *ret_used = length + 1;
    return length == 0 ? WATCH_TOOK : take_line(watch, call->data, length, now, random);
}

enum watch_step watch_step(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random,
                           size_t *ret_used)
{
    bool stream = watch->phase != WATCH_PHASE_LIST && call->status == 200;
    enum watch_step step = stream ? take_bytes(watch, call, now, random, ret_used) : WATCH_WAIT;

    if (step != WATCH_WAIT)
        return step;
    if (call->done)
        return watch_end(watch, call, now, random);
    if (now >= watch_deadline(watch))
        return watch_too_slow(watch, now);
    return WATCH_WAIT;
}
