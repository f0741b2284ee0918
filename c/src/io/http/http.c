/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of calls: started, watched for their own deadlines, handed out, ended. All of it outside of curl's
 * callbacks.
 */
#include "io/http/http.h"

#include "base/text.h"
#include "io/curl/load.h"
#include "io/http/connection.h"
#include "io/http/curl.h"
#include "io/http/error.h"
#include "io/http/liveness.h"
#include "io/http/pool.h"
#include "io/http/state.h"
#include "io/http/transfer.h"
#include "io/http/trust.h"

#include <leaderlife/leaderlife.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Curl as it is here ---- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready = CURLE_FAILED_INIT;

/* Never undone: the host program may use curl too. */
static void start_curl(void)
{
    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Where curl has no usable default; NULL. */
static const char *find_ca_file(const curl_version_info_data *curl)
{
    static const char *const known[] = {
        "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL */
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL */
        "/etc/ssl/ca-bundle.pem",                            /* SUSE */
        "/etc/ssl/cert.pem",                                 /* Alpine, BSD */
    };

    if (curl->age >= CURLVERSION_SEVENTH) {
        if (curl->cainfo != NULL && access(curl->cainfo, R_OK) == 0)
            return NULL;
        if (curl->capath != NULL && access(curl->capath, R_OK | X_OK) == 0)
            return NULL;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (access(known[i], R_OK) == 0)
            return known[i];
    return NULL;
}

static int check_curl(char *text, size_t size)
{
    if (leaderlife_curl_load != NULL && !leaderlife_curl_load(text, size))
        return LEADERLIFE_ESYSTEM;
    if (pthread_once(&curl_once, start_curl) != 0 || curl_ready != CURLE_OK) {
        text_format(text, size, "libcurl cannot be initialized: check its installation and that of its TLS library");
        return LEADERLIFE_ESYSTEM;
    }
    switch (curl_check(text, size)) {
    case CURLE_OK: return LEADERLIFE_OK;
    case CURLE_NOT_BUILT_IN: return LEADERLIFE_ENOTSUP;
    default: text_format(text, size, "no memory"); return LEADERLIFE_ENOMEM;
    }
}

int http_new(struct reactor *reactor, struct http **ret_http, char *text, size_t size)
{
    struct http *http;
    int checked = check_curl(text, size);

    if (checked != LEADERLIFE_OK)
        return checked;
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    http = calloc(1, sizeof *http);
    if (http == NULL) {
        text_format(text, size, "no memory");
        return LEADERLIFE_ENOMEM;
    }
    http->reactor = reactor;
    http->http2 = (curl->features & CURL_VERSION_HTTP2) != 0;
    http->ca_file = find_ca_file(curl);
    http->ca_bundle = http->ca_file != NULL ? http->ca_file : curl->cainfo;
    int status = http_trust(http, &(struct http_trust){0});
    if (status != LEADERLIFE_OK) {
        text_format(text, size, "no memory");
        free(http);
        return status;
    }
    *ret_http = http;
    return LEADERLIFE_OK;
}

/* ---- Calls ---- */

void http_forsake_connections(struct http *http)
{
    pool_retire(http);
}

static void transfer_free(struct transfer *transfer, bool forked)
{
    transfer_release(transfer, forked);
    free(transfer->origin);
    free(transfer->buffer);
    free(transfer);
}

struct http_call *http_start(struct http *http, const struct http_request *request, void *owner)
{
    static const char nothing[] = "";
    struct pool *pool = transfer_is_write(request) ? pool_for_write(http) : pool_present(http);
    struct transfer *transfer = pool == NULL ? NULL : calloc(1, sizeof *transfer);

    if (transfer == NULL)
        return NULL;
    transfer->http = http;
    transfer->trust = http->trust;
    transfer->trust->users++;
    transfer->call.owner = owner;
    transfer->call.data = nothing;
    transfer->max_bytes = request->max_bytes;
    transfer->timeout_ms = request->timeout_ms;
    transfer->idle_ms = request->idle_ms;
    transfer->ask_ms = curl_asks_peers() ? request->ask_ms : 0;
    transfer->answer_ms = request->answer_ms;
    transfer->name_cure = request->name_cure;
    transfer->withdraw_ms = request->withdraw_ms;
    transfer->acknowledge_ms = request->acknowledge_ms;
    transfer->stream = request->stream;
    transfer->started_at = clock_now();
    transfer->call.last_byte_at = transfer->started_at;
    transfer->pool = pool;
    pool->calls++;
    if (!transfer_prepare(transfer, request)) {
        transfer_free(transfer, false);
        return NULL;
    }
    /* If curl refuses the call, the pool is broken, and http_next ends the call with that error. */
    CURLMcode code = curl_multi_add_handle(pool->multi, transfer->easy);
    if (code != CURLM_OK)
        pool->failure = code;
    transfer->next = http->transfers;
    http->transfers = transfer;
    return &transfer->call;
}

static struct transfer *transfer_of(struct http_call *call)
{
    return (struct transfer *)(void *)call;
}

void http_set_idle(struct http_call *call, int64_t idle_ms)
{
    transfer_of(call)->idle_ms = idle_ms;
}

void http_consume(struct http_call *call, size_t size)
{
    if (size > call->size)
        size = call->size;
    call->data += size;
    call->size -= size;
}

void http_end(struct http *http, struct http_call *call)
{
    struct transfer *transfer = transfer_of(call);
    struct transfer **link = &http->transfers;

    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    transfer_free(transfer, false);
    pools_reap(http);
}

/* The text has been made. */
static void finish(struct transfer *transfer, enum http_error error)
{
    transfer_take_answer(transfer);
    transfer->call.done = true;
    transfer->call.error = error;
    transfer->call.maybe_sent = error != HTTP_FINE && connection_may_have_sent(transfer); /* P6 */
    transfer->news = true;
    transfer_release(transfer, false);
}

/* ---- Rounds ---- */

static int64_t after(int64_t start, int64_t span)
{
    return span <= 0 ? NEVER : start + span;
}

static void check_limits(struct http *http, struct transfer *transfer, int64_t now)
{
    struct pool *pool = transfer->pool;
    bool forsake = false;
    enum http_error error;

    if (transfer->stream && !transfer->news && transfer->call.size > transfer->max_bytes) {
        error = HTTP_TOO_LARGE; /* the owner has seen all of it and left too much */
    } else if (connection_is_overdue(transfer, now)) {
        error = HTTP_TIMEOUT;
        transfer->withdrawn = true;
        forsake = pool->last_byte_at <= now - transfer->withdraw_ms;
    } else if (liveness_is_missed(transfer)) {
        error = HTTP_STALLED;
        transfer->call.silent = true;
        forsake = true;
    } else if (now >= after(transfer->call.last_byte_at, transfer->idle_ms)) {
        error = HTTP_STALLED;
        forsake = true; /* what shares the connection hangs too (P18) */
    } else if (now >= after(transfer->started_at, transfer->timeout_ms)) {
        error = HTTP_TIMEOUT;
        /* If no call has got a byte for half of that time, it is the connection and not only a slow answer. (Half:
         * bytes before that may have been the last of another call's answer.) */
        forsake = pool->last_byte_at <= now - transfer->timeout_ms / 2;
    } else {
        return;
    }
    if (forsake && pool == http->pools)
        pool_retire(http);
    error_describe(transfer, error);
    finish(transfer, error);
}

static void collect(struct pool *pool, int64_t now)
{
    struct transfer *transfer;
    CURLcode code;

    pool_run(pool, now);
    while ((transfer = pool_finished(pool, &code)) != NULL)
        finish(transfer, error_of_curl(transfer, code));
}

static void check_transfer(struct http *http, struct transfer *transfer, int64_t now)
{
    bool reset;

    if (transfer->call.done)
        return;
    if (transfer->pool->failure != CURLM_OK) {
        error_of_pool(transfer);
        finish(transfer, HTTP_NETWORK);
        return;
    }
    if (connection_is_gone(transfer, &reset)) {
        if (reset)
            error_of_reset(transfer);
        else
            error_of_loss(transfer);
        finish(transfer, HTTP_NETWORK);
        return;
    }
    check_limits(http, transfer, now);
}

struct http_call *http_next(struct http *http)
{
    int64_t now = clock_now();

    for (struct pool *pool = http->pools; pool != NULL; pool = pool->next)
        collect(pool, now);
    liveness_look(http, now);
    for (struct transfer *transfer = http->transfers; transfer != NULL; transfer = transfer->next)
        check_transfer(http, transfer, now);
    pools_reap(http);
    for (struct transfer *transfer = http->transfers; transfer != NULL; transfer = transfer->next) {
        if (!transfer->news)
            continue;
        transfer->news = false;
        transfer_take_answer(transfer);
        return &transfer->call;
    }
    return NULL;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t http_deadline(const struct http *http)
{
    int64_t at = liveness_deadline(http);
    bool reset;

    for (const struct pool *pool = http->pools; pool != NULL; pool = pool->next)
        at = earlier(at, pool->failure == CURLM_OK ? pool->timer_at : 0);
    for (const struct transfer *transfer = http->transfers; transfer != NULL; transfer = transfer->next) {
        if (transfer->news)
            return 0;
        if (transfer->call.done)
            continue;
        if (connection_is_gone(transfer, &reset))
            return 0;
        if (transfer->write && !transfer->handed_over)
            at = earlier(at, after(transfer->started_at, transfer->withdraw_ms));
        at = earlier(at, after(transfer->started_at, transfer->timeout_ms));
        at = earlier(at, after(transfer->call.last_byte_at, transfer->idle_ms));
    }
    return at;
}

void http_free(struct http *http, bool forked)
{
    if (http == NULL)
        return;
    while (http->transfers != NULL) {
        struct transfer *transfer = http->transfers;

        http->transfers = transfer->next;
        transfer_free(transfer, forked);
    }
    pools_free(http, forked);
    trust_unref(http->trust);
    free(http);
}
