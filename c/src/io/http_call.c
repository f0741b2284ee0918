/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request as an easy handle of curl: its options, the callbacks that append what arrives, and its release. Knows
 * nothing of multis, deadlines or of what an answer means.
 */
#include "io/http_internal.h"

#include "base/secret.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_MIN = 4096, BURST_MAX = 4 << 20 };

/* ---- Callbacks ---- */

static void touch(struct transfer *transfer)
{
    transfer->call.last_byte_at = reactor_now();
    transfer->pool->last_byte_at = transfer->call.last_byte_at;
}

/* Room for `size` more bytes and the final NUL; max_bytes has been checked. */
static bool make_room(struct transfer *transfer, size_t size)
{
    size_t needed = transfer->call.size + size + 1;
    size_t start = transfer->buffer == NULL ? 0 : (size_t)(transfer->call.data - transfer->buffer);

    if (start + needed <= transfer->room)
        return true;
    if (needed > transfer->room) {
        size_t room = transfer->room < BUFFER_MIN ? BUFFER_MIN : transfer->room * 2;
        char *buffer = malloc(room = room < needed ? needed : room);

        if (buffer == NULL)
            return false;
        memcpy(buffer, transfer->call.data, transfer->call.size);
        free(transfer->buffer);
        transfer->buffer = buffer;
        transfer->room = room;
    } else {
        memmove(transfer->buffer, transfer->call.data, transfer->call.size);
    }
    transfer->call.data = transfer->buffer;
    return true;
}

/* Curl can read much at once, before the owner of a stream could consume any: http_next holds what the owner leaves
 * against max_bytes. */
static size_t most_bytes(const struct transfer *transfer)
{
    return transfer->max_bytes + (transfer->stream ? BURST_MAX : 0);
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *pointer)
{
    struct transfer *transfer = pointer;
    size_t size = unit * count;

    touch(transfer);
    if (size > most_bytes(transfer) - transfer->call.size)
        transfer->breach = HTTP_TOO_LARGE;
    else if (!make_room(transfer, size))
        transfer->breach = HTTP_MEMORY;
    if (transfer->breach != HTTP_FINE)
        return size + 1; /* anything but size ends the transfer */
    char *end = transfer->buffer + (transfer->call.data - transfer->buffer) + transfer->call.size;
    memcpy(end, bytes, size);
    end[size] = '\0';
    transfer->call.size += size;
    transfer->news = transfer->news || transfer->stream;
    return size;
}

static size_t on_header(char *bytes, size_t unit, size_t count, void *pointer)
{
    struct transfer *transfer = pointer;

    (void)bytes;
    transfer->answered = true;
    touch(transfer);
    return unit * count;
}

/* Curl is about to send the request. On a connection that turns out to be dead it would send it once more; a write
 * must not be sent twice under one answer: the first could still commit after the second was answered (P6, P10). */
static int on_send(void *pointer, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *transfer = pointer;

    (void)remote;
    (void)local;
    if (transfer->write && transfer->attempts > 0)
        return CURL_PREREQFUNC_ABORT;
    transfer->attempts++;
    connection_join(transfer, local_port, remote_port);
    return CURL_PREREQFUNC_OK;
}

/* ---- Options ---- */

#define SET(transfer, option, value) (curl_easy_setopt((transfer)->easy, (option), (value)) == CURLE_OK)

static bool set_constants(struct transfer *transfer)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_NOPROGRESS, 1},
        {CURLOPT_PIPEWAIT, 1}, /* watches and requests share a connection where the server speaks HTTP/2 */
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_CERTINFO, 1}, /* to tell which names a certificate has if it has the wrong ones */
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_TCP_KEEPIDLE, HTTP_SILENCE_MS / 1000},
        {CURLOPT_TCP_KEEPINTVL, 15},
    };
    long version = transfer->http->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!SET(transfer, numbers[i].option, numbers[i].value))
            return false;
    (void)SET(transfer, CURLOPT_QUICK_EXIT, 1L); /* so that the end of a call never waits for DNS */
    return SET(transfer, CURLOPT_HTTP_VERSION, version) && SET(transfer, CURLOPT_PROTOCOLS_STR, "https") &&
           SET(transfer, CURLOPT_PROXY, "");
}

static bool set_callbacks(struct transfer *transfer)
{
    return SET(transfer, CURLOPT_PRIVATE, transfer) && SET(transfer, CURLOPT_ERRORBUFFER, transfer->error) &&
           SET(transfer, CURLOPT_WRITEFUNCTION, on_body) && SET(transfer, CURLOPT_WRITEDATA, transfer) &&
           SET(transfer, CURLOPT_HEADERFUNCTION, on_header) && SET(transfer, CURLOPT_HEADERDATA, transfer) &&
           SET(transfer, CURLOPT_PREREQFUNCTION, on_send) && SET(transfer, CURLOPT_PREREQDATA, transfer) &&
           SET(transfer, CURLOPT_OPENSOCKETFUNCTION, connection_open) &&
           SET(transfer, CURLOPT_OPENSOCKETDATA, transfer->pool) &&
           SET(transfer, CURLOPT_CLOSESOCKETFUNCTION, connection_close) &&
           SET(transfer, CURLOPT_CLOSESOCKETDATA, transfer->pool);
}

static bool set_blob(struct transfer *transfer, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = 0, .flags = CURL_BLOB_NOCOPY};

    if (pem == NULL)
        return true;
    blob.len = strlen(pem); /* not copied: the trust outlives the handle, and the key is wiped with it */
    return SET(transfer, option, &blob);
}

static bool set_trust(struct transfer *transfer)
{
    const struct trust *trust = transfer->trust;

    if (trust->ca == NULL && transfer->http->ca_file != NULL && !SET(transfer, CURLOPT_CAINFO, transfer->http->ca_file))
        return false;
    return set_blob(transfer, CURLOPT_CAINFO_BLOB, trust->ca) &&
           set_blob(transfer, CURLOPT_SSLCERT_BLOB, trust->cert) && set_blob(transfer, CURLOPT_SSLKEY_BLOB, trust->key);
}

/* ---- Headers ---- */

static bool add_header(struct transfer *transfer, const char *name, const char *value)
{
    char *line = NULL;
    struct curl_slist *headers;

    if (value == NULL)
        return true;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return false;
    headers = curl_slist_append(transfer->headers, line);
    secret_free(line); /* it may be the token's */
    if (headers != NULL)
        transfer->headers = headers;
    return headers != NULL;
}

static bool add_bearer(struct transfer *transfer, const char *bearer)
{
    char *value = NULL;

    if (bearer == NULL)
        return true;
    if (asprintf(&value, "Bearer %s", bearer) < 0)
        return false;
    bool added = add_header(transfer, "Authorization", value);
    secret_free(value);
    return added;
}

static bool set_headers(struct transfer *transfer, const struct http_request *request)
{
    struct curl_slist *quiet;

    if (!add_header(transfer, "Accept", request->accept) ||
        !add_header(transfer, "Content-Type", request->content_type) || !add_bearer(transfer, request->bearer))
        return false;
    quiet = curl_slist_append(transfer->headers, "Expect:"); /* a large body shall not wait for a 100 */
    if (quiet == NULL)
        return false;
    transfer->headers = quiet;
    return SET(transfer, CURLOPT_HTTPHEADER, transfer->headers) &&
           (request->user_agent == NULL || SET(transfer, CURLOPT_USERAGENT, request->user_agent));
}

/* ---- Target ---- */

/* Curl checks the certificate against the URL's host: that becomes the name it must have, the connection still goes
 * to the host that was asked for, and so does the Host header. */
static bool rename_host(struct transfer *transfer, CURLU *url, const char *host, const char *port)
{
    const char *name = transfer->trust->server_name;
    char *given = NULL;
    char *line = NULL;
    char *renamed = NULL;
    bool done = false;

    (void)curl_url_get(url, CURLUPART_PORT, &given, 0); /* none: the default, which Host does not show */
    if (asprintf(&line, "%s%s%s", host, given == NULL ? "" : ":", given == NULL ? "" : given) < 0) {
        line = NULL;
        goto out;
    }
    if (!add_header(transfer, "Host", line))
        goto out;
    free(line);
    if (asprintf(&line, "%s:%s:%s:%s", name, port, host, port) < 0) {
        line = NULL;
        goto out;
    }
    transfer->connect_to = curl_slist_append(NULL, line);
    done = transfer->connect_to != NULL && curl_url_set(url, CURLUPART_HOST, name, 0) == CURLUE_OK &&
           curl_url_get(url, CURLUPART_URL, &renamed, 0) == CURLUE_OK && SET(transfer, CURLOPT_URL, renamed) &&
           SET(transfer, CURLOPT_CONNECT_TO, transfer->connect_to);
out:
    curl_free(renamed);
    curl_free(given);
    free(line);
    return done;
}

/* A URL that curl cannot read is left to curl to complain of. */
static bool set_target(struct transfer *transfer, const char *text)
{
    CURLU *url = curl_url();
    char *host = NULL;
    char *port = NULL;
    bool done = false;

    if (url == NULL)
        return false;
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        transfer->origin = strdup("the server");
        done = transfer->origin != NULL && SET(transfer, CURLOPT_URL, text);
    } else if (asprintf(&transfer->origin, "https://%s:%s", host, port) < 0) {
        transfer->origin = NULL;
    } else if (transfer->trust->server_name == NULL) {
        done = SET(transfer, CURLOPT_URL, text);
    } else {
        done = rename_host(transfer, url, host, port);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return done;
}

static bool set_method(struct transfer *transfer, const struct http_request *request)
{
    if (request->body != NULL && !SET(transfer, CURLOPT_COPYPOSTFIELDS, request->body))
        return false;
    transfer->body_size = request->body == NULL ? 0 : strlen(request->body);
    if (strcmp(request->method, "GET") == 0)
        return true;
    transfer->write = true;
    return SET(transfer, CURLOPT_CUSTOMREQUEST, request->method);
}

bool transfer_prepare(struct transfer *transfer, const struct http_request *request)
{
    transfer->easy = curl_easy_init();
    return transfer->easy != NULL && set_constants(transfer) && set_callbacks(transfer) && set_trust(transfer) &&
           set_target(transfer, request->url) && set_method(transfer, request) && set_headers(transfer, request);
}

/* ---- End ---- */

static void free_headers(struct transfer *transfer)
{
    for (struct curl_slist *header = transfer->headers; header != NULL; header = header->next)
        explicit_bzero(header->data, strlen(header->data));
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    transfer->headers = NULL;
    transfer->connect_to = NULL;
}

void transfer_release(struct transfer *transfer, bool forked)
{
    if (transfer->easy != NULL && !forked) { /* a child's end must not touch the parent's connection */
        connection_leave(transfer);
        (void)curl_multi_remove_handle(transfer->pool->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    transfer->easy = NULL;
    transfer->connection = NULL;
    free_headers(transfer);
    if (transfer->pool != NULL)
        transfer->pool->calls--;
    transfer->pool = NULL;
    trust_unref(transfer->trust);
    transfer->trust = NULL;
}

void transfer_take_answer(struct transfer *transfer)
{
    struct http_call *call = &transfer->call;
    curl_off_t seconds = 0;
    const curl_off_t day = 86400;
    char *type = NULL;

    if (transfer->easy == NULL)
        return;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &call->status);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
    text_copy(call->content_type, sizeof call->content_type, type);
    call->retry_after_ms = seconds <= 0 ? 0 : (seconds < day ? seconds : day) * 1000;
}
