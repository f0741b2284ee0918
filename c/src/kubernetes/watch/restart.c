/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a request of an API watch ends, and when the next one follows (P15, P18): at once after an ordinary end, from
 * the last version after a broken connection, anew after 410 or after what cannot be understood.
 */
#include "kubernetes/watch/restart.h"

#include "base/backoff.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/watch/items.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum { NOTICE = 0 /* in the place of a log's level, as machine/fact.h has it */ };

/* ---- What comes next ---- */

static enum watch_step reopen_at(struct watch *watch, int64_t at)
{
    watch->open = false;
    watch->of_line = false;
    watch->at = at;
    return WATCH_CLOSE;
}

/* A stream that has worked for a while makes up for earlier failures; one that only begins well does not, or an end
 * that follows at once would be repeated without pause. */
static bool has_lived(const struct watch *watch, int64_t now)
{
    return now - watch->opened_at >= WATCH_SHORT_MS;
}

static void forgive(struct watch *watch, int64_t now)
{
    if (watch->heard && has_lived(watch, now))
        watch->failures = watch->expired = 0;
}

static enum watch_step reopen_later(struct watch *watch, int64_t now, uint32_t random, int64_t at_least)
{
    int64_t wait = backoff_ms(watch->failures++, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, random);
    return reopen_at(watch, now + (wait > at_least ? wait : at_least));
}

void watch_begin_anew(struct watch *watch)
{
    watch->phase = WATCH_PHASE_INITIAL;
    watch->version[0] = '\0';
    watch_forget_latest(watch);
    if (watch->reported)
        watch_push(watch, WATCH_ITEM_GAP);
    watch->reported = false;
}

static void note(struct watch *watch, int level, int status, const char *text)
{
    struct watch_item *item = watch_push(watch, WATCH_ITEM_NOTE);

    item->level = level;
    item->status = status;
    text_copy(item->text, sizeof item->text, text);
}

static void complain_once(struct watch *watch, int level, int status, const char *text)
{
    note(watch, watch->warned ? LEADERLIFE_LOG_DEBUG : level, status, text);
    watch->warned = true;
}

/* A connection may break and a server stumble once without anybody being told; but not die in silence (P18). */
static void complain(struct watch *watch, int status, const char *text)
{
    bool mend =
        watch->failures == 0 && !watch->stalled && (status == LEADERLIFE_ENETWORK || status == LEADERLIFE_ESERVER);

    if (mend)
        note(watch, LEADERLIFE_LOG_DEBUG, status, text);
    else
        complain_once(watch, LEADERLIFE_LOG_WARNING, status, text);
}

/* ---- Ends ---- */

static enum watch_step fail_anew(struct watch *watch, int64_t now, uint32_t random, int status, const char *text)
{
    forgive(watch, now);
    complain(watch, status, text);
    watch_begin_anew(watch);
    return reopen_later(watch, now, random, 0);
}

enum watch_step watch_garbage(struct watch *watch, int64_t now, uint32_t random)
{
    char text[TEXT_MESSAGE];

    text_format(text, sizeof text,
                "the watch on %s/%s at %s gave something that is no event of a Kubernetes watch, or "
                "one larger than %d bytes: check what proxy stands before the API server",
                watch->resource, watch->name, watch->server, (int)API_LINE_MAX);
    return fail_anew(watch, now, random, LEADERLIFE_EPROTOCOL, text);
}

/* P14: what somebody has made unreadable is never silent; the election goes on by itself once that is mended. */
enum watch_step watch_deep(struct watch *watch, int64_t now, uint32_t random)
{
    char text[TEXT_MESSAGE];

    text_format(text, sizeof text, "the watch on %s/%s shows an object that ", watch->resource, watch->name);
    document_append_deep(text, sizeof text, watch->resource, watch->name);
    forgive(watch, now);
    complain_once(watch, NOTICE, LEADERLIFE_EPROTOCOL, text);
    watch_begin_anew(watch);
    return reopen_later(watch, now, random, 0);
}

/* The version is too old, as after every restart of the server: nothing is wrong, so the first time at once. */
static enum watch_step expire(struct watch *watch, int64_t now, uint32_t random)
{
    forgive(watch, now);
    note(watch, LEADERLIFE_LOG_DEBUG, LEADERLIFE_OK, "the watch's version has expired (410): looking anew");
    watch_begin_anew(watch);
    if (watch->expired++ > 0)
        return reopen_later(watch, now, random, 0);
    watch->failures = 0;
    return reopen_at(watch, now);
}

enum watch_step watch_error(struct watch *watch, const struct document *error, int64_t now, uint32_t random)
{
    struct status_view status;
    char text[TEXT_MESSAGE];

    if (!document_status_view(error, &status))
        return watch_garbage(watch, now, random);
    if (status.code == 410 || text_equal(status.reason, "Expired") || text_equal(status.reason, "Gone"))
        return expire(watch, now, random);
    text_format(text, sizeof text, "the watch on %s/%s ended with an error (%d %s): %s", watch->resource, watch->name,
                status.code, status.reason, status.message);
    text_printable(text);
    return fail_anew(watch, now, random, LEADERLIFE_ESERVER, text);
}

enum watch_step watch_too_slow(struct watch *watch, int64_t now)
{
    note(watch, LEADERLIFE_LOG_DEBUG, LEADERLIFE_OK,
         "the server did not end the initial events: LIST and WATCH instead");
    watch->slow = true;
    watch_forget_latest(watch);
    watch->phase = WATCH_PHASE_LIST;
    return reopen_at(watch, now);
}

/* P15: an API server that has just started refuses everybody, so the refusal must last to be believed. The server is
 * up: failures do not count. */
static bool doubt_denial(struct watch *watch, int64_t now)
{
    if (watch->forbidden)
        return false;
    if (!watch->denied) {
        watch->denied = true;
        watch->denied_at = now;
        watch->failures = 0;
    }
    return now - watch->denied_at < WATCH_DENIED_MS;
}

static enum watch_step forbid(struct watch *watch, int64_t now, uint32_t random, const struct api_verdict *verdict)
{
    bool revoked = !watch->forbidden && watch->worked;

    if (doubt_denial(watch, now)) {
        note(watch, LEADERLIFE_LOG_DEBUG, verdict->status, verdict->text);
        return reopen_later(watch, now, random, verdict->retry_after_ms);
    }
    if (!watch->forbidden) {
        struct watch_item *item = watch_push(watch, WATCH_ITEM_FORBIDDEN);
        item->status = verdict->status;
        text_copy(item->text, sizeof item->text, verdict->text);
    }
    watch->forbidden = true;
    return reopen_at(watch, now + (revoked ? WATCH_REVOKED_MS : WATCH_FORBIDDEN_MS));
}

/* Lists end here only when they fail; one that the network failed says nothing against initial events. */
static enum watch_step fail(struct watch *watch, int64_t now, uint32_t random, const struct api_verdict *verdict)
{
    bool of_line = !watch->heard && (verdict->status == LEADERLIFE_ENETWORK || verdict->status == LEADERLIFE_ETLS);

    forgive(watch, now);
    complain(watch, verdict->status, verdict->text);
    watch_forget_latest(watch);
    if (watch->phase == WATCH_PHASE_LIST) {
        watch->phase = WATCH_PHASE_INITIAL;
        watch->slow = false;
    }
    if (verdict->unheard)
        watch->failures = backoff_unheard(watch->failures);
    (void)reopen_later(watch, now, random, verdict->retry_after_ms);
    if (verdict->unheard)
        watch->failures = backoff_unheard(watch->failures);
    watch->of_line = of_line;
    return WATCH_CLOSE;
}

void watch_not_opened(struct watch *watch, int64_t now, uint32_t random, int status, const char *text)
{
    struct api_verdict verdict = {.status = status};

    text_copy(verdict.text, sizeof verdict.text, text);
    watch->heard = false; /* what was heard came by the last stream */
    (void)fail(watch, now, random, &verdict);
}

/* P15: 401 is worth one more try at once, with a token that is read anew. */
static enum watch_step reauthorize(struct watch *watch, int64_t now, uint32_t random, const struct api_verdict *verdict)
{
    watch->reread = true;
    if (watch->reread_done)
        return fail(watch, now, random, verdict);
    watch->reread_done = true;
    return reopen_at(watch, now);
}

static enum watch_step reject(struct watch *watch, int64_t now, uint32_t random, const struct api_verdict *verdict)
{
    if (watch->phase == WATCH_PHASE_INITIAL) { /* P5: an older server */
        watch->refused = true;
        watch_forget_latest(watch);
        watch->phase = WATCH_PHASE_LIST;
        return reopen_at(watch, now);
    }
    if (watch->phase == WATCH_PHASE_FOLLOW)
        return fail_anew(watch, now, random, verdict->status, verdict->text);
    return fail(watch, now, random, verdict);
}

static enum watch_step refuse(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random,
                              const struct api_verdict *verdict)
{
    if (verdict->outcome == OUTCOME_FORBIDDEN)
        return forbid(watch, now, random, verdict);
    switch (call->status) {
    case 400:
    case 422: return reject(watch, now, random, verdict);
    case 401: return reauthorize(watch, now, random, verdict);
    case 410: return expire(watch, now, random);
    default: return fail(watch, now, random, verdict);
    }
}

/* ---- LIST ---- */

struct found {
    const char *name;
    const struct document *object;
};

static void find(const struct document *item, void *context)
{
    struct found *found = context;
    if (document_is_named(item, found->name))
        found->object = item;
}

static enum watch_step take_list(struct watch *watch, struct api_verdict *verdict, int64_t now, uint32_t random)
{
    struct found found = {.name = watch->name};
    char version[TEXT_VERSION];

    document_version(verdict->document, version, sizeof version);
    if (!document_list_each(verdict->document, find, &found) || !watch_version_is_sane(version))
        return watch_garbage(watch, now, random);
    text_copy(watch->version, sizeof watch->version, version);
    watch->phase = WATCH_PHASE_FOLLOW;
    if (found.object != NULL) {
        document_version(found.object, version, sizeof version);
        watch_show(watch, WATCH_ITEM_OBJECT, verdict->document, found.object, version);
        verdict->document = NULL;
    } else {
        watch_show(watch, WATCH_ITEM_ABSENT, NULL, NULL, version);
    }
    return reopen_at(watch, now);
}

/* ---- Streams ---- */

/* The server ends every watch sometimes; the version goes on. */
static enum watch_step end_stream(struct watch *watch, int64_t now, uint32_t random)
{
    struct api_verdict verdict = {.status = LEADERLIFE_ESERVER};

    if (watch->phase == WATCH_PHASE_FOLLOW && has_lived(watch, now)) {
        watch->failures = 0;
        return reopen_at(watch, now);
    }
    text_format(verdict.text, sizeof verdict.text, "the server ended the watch on %s/%s early", watch->resource,
                watch->name);
    return fail(watch, now, random, &verdict);
}

enum watch_step watch_end(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random)
{
    struct api_verdict verdict;
    enum watch_step step;

    if (call->error == HTTP_FINE && call->status == 200 && watch->phase != WATCH_PHASE_LIST)
        return end_stream(watch, now, random);
    watch->stalled = call->error == HTTP_STALLED && watch->beat;
    if (call->error == HTTP_STALLED && !watch->beat && !call->silent)
        watch->bookmarked = false; /* P18: the bookmark after the initial events promised no regular ones */
    if (call->error == HTTP_TOO_LARGE)
        return watch_garbage(watch, now, random);
    api_judge(&watch->request, call, watch->server, &verdict);
    if (verdict.outcome == OUTCOME_OK && watch->phase == WATCH_PHASE_LIST)
        step = take_list(watch, &verdict, now, random);
    else if (call->error == HTTP_FINE || verdict.unauthorized || call->status == 410) /* P6: a refusal holds */
        step = refuse(watch, call, now, random, &verdict);
    else
        step = fail(watch, now, random, &verdict);
    document_free(verdict.document);
    return step;
}
