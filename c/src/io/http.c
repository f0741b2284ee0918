/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of calls: started, watched for their own deadlines, handed out, ended. All of it outside of curl's
 * callbacks. Knows nothing of Kubernetes.
 */
#include "io/http_internal.h"

#include "base/secret.h"

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

int http_new(struct reactor *reactor, struct http **ret_http)
{
    const int needed = CURL_VERSION_ASYNCHDNS | CURL_VERSION_SSL;
    const curl_version_info_data *curl;
    struct http *http;

    if (pthread_once(&curl_once, start_curl) != 0 || curl_ready != CURLE_OK)
        return LEADERLIFE_ESYSTEM;
    curl = curl_version_info(CURLVERSION_NOW);
    if ((curl->features & needed) != needed)
        return LEADERLIFE_ENOTSUP;
    http = calloc(1, sizeof *http);
    if (http == NULL)
        return LEADERLIFE_ENOMEM;
    http->reactor = reactor;
    http->http2 = (curl->features & CURL_VERSION_HTTP2) != 0;
    http->ca_file = find_ca_file(curl);
    int status = http_trust(http, &(struct http_trust){0});
    if (status != LEADERLIFE_OK) {
        free(http);
        return status;
    }
    *ret_http = http;
    return LEADERLIFE_OK;
}

/* ---- Trust ---- */

void trust_unref(struct trust *trust)
{
    if (trust == NULL || --trust->users > 0)
        return;
    free(trust->ca);
    free(trust->cert);
    secret_free(trust->key);
    free(trust->server_name);
    free(trust);
}

static bool copy(const char *source, char **target)
{
    if (source == NULL)
        return true;
    *target = strdup(source);
    return *target != NULL;
}

static struct trust *trust_new(const struct http_trust *given)
{
    struct trust *trust = calloc(1, sizeof *trust);

    if (trust == NULL)
        return NULL;
    trust->users = 1;
    if (copy(given->ca, &trust->ca) && copy(given->cert, &trust->cert) && copy(given->key, &trust->key) &&
        copy(given->server_name, &trust->server_name))
        return trust;
    trust_unref(trust);
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int http_trust(struct http *http, const struct http_trust *given)
{
    const struct trust *old = http->trust;
    struct trust *trust;

    if (old != NULL && same(old->ca, given->ca) && same(old->cert, given->cert) && same(old->key, given->key) &&
        same(old->server_name, given->server_name))
        return LEADERLIFE_OK;
    trust = trust_new(given);
    if (trust == NULL)
        return LEADERLIFE_ENOMEM;
    trust_unref(http->trust);
    http->trust = trust;
    pool_retire(http);
    return LEADERLIFE_OK;
}

void http_forsake_connections(struct http *http)
{
    pool_retire(http);
}

/* ---- Calls ---- */

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
    struct pool *pool = pool_present(http);
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (pool == NULL || transfer == NULL) {
        free(transfer);
        return NULL;
    }
    transfer->http = http;
    transfer->trust = http->trust;
    transfer->trust->users++;
    transfer->call.owner = owner;
    transfer->call.data = nothing;
    transfer->max_bytes = request->max_bytes;
    transfer->timeout_ms = request->timeout_ms;
    transfer->idle_ms = request->idle_ms;
    transfer->withdraw_ms = request->withdraw_ms;
    transfer->acknowledge_ms = request->acknowledge_ms;
    transfer->stream = request->stream;
    transfer->started_at = reactor_now();
    transfer->call.last_byte_at = transfer->started_at;
    transfer->pool = pool;
    pool->calls++;
    if (!transfer_prepare(transfer, request)) {
        transfer_free(transfer, false);
        return NULL;
    }
    /* If curl does not take it, the pool is broken: http_next ends the call so. */
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
    transfer->call.maybe_sent = error != HTTP_FINE && transfer->attempts > 0; /* P6 */
    transfer->news = true;
    transfer_release(transfer, false);
}

/* ---- Rounds ---- */

static int64_t after(int64_t start, int64_t span)
{
    return span <= 0 ? INT64_MAX : start + span;
}

static void check_limits(struct http *http, struct transfer *transfer, int64_t now)
{
    struct pool *pool = transfer->pool;
    bool forsake = false;
    enum http_error error;

    if (transfer->stream && !transfer->news && transfer->call.size > transfer->max_bytes) {
        error = HTTP_TOO_LARGE; /* its owner has seen it all and left so much */
    } else if (transfer_is_overdue(transfer, now)) {
        error = HTTP_TIMEOUT;
        transfer->withdrawn = true;
        forsake = pool->last_byte_at <= now - transfer->withdraw_ms;
    } else if (now >= after(transfer->call.last_byte_at, transfer->idle_ms)) {
        error = HTTP_STALLED;
        forsake = true; /* a shared connection is a shared fate (P18) */
    } else if (now >= after(transfer->started_at, transfer->timeout_ms)) {
        error = HTTP_TIMEOUT;
        /* Not one byte for anybody for half of that time: not only a slow answer. (Bytes that came before may have been
         * the last of an answer to somebody else.) */
        forsake = pool->last_byte_at <= now - transfer->timeout_ms / 2;
    } else {
        return;
    }
    if (forsake && pool == http->pools)
        pool_retire(http);
    fault_describe(transfer, error);
    finish(transfer, error);
}

static void collect(struct pool *pool, int64_t now)
{
    struct transfer *transfer;
    CURLcode code;

    pool_run(pool, now);
    while ((transfer = pool_finished(pool, &code)) != NULL)
        finish(transfer, fault_of_code(transfer, code));
}

static void check_transfer(struct http *http, struct transfer *transfer, int64_t now)
{
    bool reset;

    if (transfer->call.done)
        return;
    if (transfer->pool->failure != CURLM_OK) {
        fault_of_pool(transfer);
        finish(transfer, HTTP_NETWORK);
        return;
    }
    if (connection_is_gone(transfer, &reset)) {
        if (reset)
            fault_of_reset(transfer);
        else
            fault_of_loss(transfer);
        finish(transfer, HTTP_NETWORK);
        return;
    }
    check_limits(http, transfer, now);
}

struct http_call *http_next(struct http *http)
{
    int64_t now = reactor_now();

    for (struct pool *pool = http->pools; pool != NULL; pool = pool->next)
        collect(pool, now);
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
    int64_t at = INT64_MAX;
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
