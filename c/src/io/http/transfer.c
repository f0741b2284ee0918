/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request as an easy handle of curl: its options, the callbacks that append what arrives, and its release. Knows
 * nothing of multis, deadlines or of what an answer means.
 */
#include "io/http/transfer.h"

#include "base/secret.h"
#include "base/text.h"
#include "io/http/answer.h"
#include "io/http/connection.h"
#include "io/http/curl.h"
#include "io/http/pool.h"
#include "io/http/sigpipe.h"
#include "io/http/silence.h"
#include "io/http/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HTTP_CONNECT_MS = 10000 /* to resolve the name, connect and shake hands */ };

enum { BUFFER_MIN = 4096, BURST_MAX = 4 << 20 };

#define DECODED "gzip, deflate"

/* ---- Callbacks ---- */

static void touch(struct transfer *transfer)
{
    transfer->call.last_byte_at = clock_now();
    transfer->pool->last_byte_at = transfer->call.last_byte_at;
    if (transfer->connection != NULL)
        transfer->connection->heard_at = transfer->call.last_byte_at;
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

    touch(transfer);
    if (answer_take_line(transfer, bytes, unit * count))
        return unit * count;
    transfer->breach = HTTP_ENCODED;
    return unit * count + 1;
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
    transfer->pool->sent = true;
    answer_begin(transfer);
    connection_join(transfer, local_port, remote_port);
    return CURL_PREREQFUNC_OK;
}

/* ---- Options ---- */

static bool set_constants(struct transfer *transfer)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
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
        {CURLOPT_TCP_KEEPIDLE, HTTP_KEEPALIVE_S},
        {CURLOPT_TCP_KEEPINTVL, HTTP_KEEPALIVE_AGAIN_S},
    };
    long version = transfer->http->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!SET(transfer, numbers[i].option, numbers[i].value))
            return false;
    curl_quit_quickly(transfer->easy);
    return SET(transfer, CURLOPT_HTTP_VERSION, version) && curl_allow_https_alone(transfer->easy) == CURLE_OK;
}

static bool set_callbacks(struct transfer *transfer)
{
    transfer->sends = (struct curl_sends){.call = on_send, .owner = transfer};
    return SET(transfer, CURLOPT_PRIVATE, transfer) && SET(transfer, CURLOPT_ERRORBUFFER, transfer->error) &&
           SET(transfer, CURLOPT_WRITEFUNCTION, on_body) && SET(transfer, CURLOPT_WRITEDATA, transfer) &&
           SET(transfer, CURLOPT_HEADERFUNCTION, on_header) && SET(transfer, CURLOPT_HEADERDATA, transfer) &&
           curl_watch_sends(transfer->easy, &transfer->sends) == CURLE_OK &&
           SET(transfer, CURLOPT_OPENSOCKETFUNCTION, connection_open) &&
           SET(transfer, CURLOPT_OPENSOCKETDATA, transfer->pool) &&
           SET(transfer, CURLOPT_CLOSESOCKETFUNCTION, connection_close) &&
           SET(transfer, CURLOPT_CLOSESOCKETDATA, transfer->pool);
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
    secret_free(line); /* it may hold the token */
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
    if (!add_header(transfer, "Accept", request->accept) ||
        !add_header(transfer, "Content-Type", request->content_type) || !add_bearer(transfer, request->bearer))
        return false;
    if (!add_header(transfer, "Accept-Encoding", "identity") || !SET(transfer, CURLOPT_ACCEPT_ENCODING, DECODED))
        return false; /* if the answer is encoded all the same, answer.c decodes it, within on_body's limits */
    /* A large body shall not wait for a 100. */
    struct curl_slist *quiet = curl_slist_append(transfer->headers, "Expect:");
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
    const char *name = transfer->trust->texts.server_name;
    char *given = NULL;
    char *line = NULL;
    char *renamed = NULL;
    bool done = false;

    (void)curl_url_get(url, CURLUPART_PORT, &given, 0); /* stays NULL at the default port, which Host does not show */
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
    const char *proxy = transfer->trust->texts.proxy.name;
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
    } else if (asprintf(&transfer->origin, "https://%s:%s%s%s", host, port, proxy != NULL ? " through the proxy " : "",
                        proxy != NULL ? proxy : "") < 0) {
        transfer->origin = NULL;
    } else if (transfer->trust->texts.server_name == NULL) {
        done = SET(transfer, CURLOPT_URL, text);
    } else {
        done = rename_host(transfer, url, host, port);
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return done;
}

bool transfer_is_write(const struct http_request *request)
{
    return strcmp(request->method, "GET") != 0;
}

static bool set_method(struct transfer *transfer, const struct http_request *request)
{
    if (request->body != NULL && !SET(transfer, CURLOPT_COPYPOSTFIELDS, request->body))
        return false;
    transfer->body_size = request->body == NULL ? 0 : strlen(request->body);
    transfer->write = transfer_is_write(request);
    return !transfer->write || SET(transfer, CURLOPT_CUSTOMREQUEST, request->method);
}

bool transfer_prepare(struct transfer *transfer, const struct http_request *request)
{
    transfer->easy = curl_new_handle();
    return transfer->easy != NULL && set_constants(transfer) && set_callbacks(transfer) && trust_apply(transfer) &&
           set_target(transfer, request->url) && set_method(transfer, request) && set_headers(transfer, request);
}

/* ---- End ---- */

static void free_headers(struct transfer *transfer)
{
    for (struct curl_slist *header = transfer->headers; header != NULL; header = header->next)
        secret_wipe(header->data, strlen(header->data));
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    transfer->headers = NULL;
    transfer->connect_to = NULL;
}

void transfer_release(struct transfer *transfer, bool forked)
{
    if (transfer->easy != NULL && !forked) { /* a child's end must not touch the parent's connection */
        bool ours = pool_is_ours(transfer->pool);

        connection_leave(transfer);
        if (ours) {
            struct sigpipe held;

            sigpipe_hold(&held);
            (void)curl_multi_remove_handle(transfer->pool->multi, transfer->easy);
            curl_easy_cleanup(transfer->easy);
            sigpipe_release(&held);
        }
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
    call->status = transfer->status;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
    text_copy(call->content_type, sizeof call->content_type, type);
    call->retry_after_ms = seconds <= 0 ? 0 : (seconds < day ? seconds : day) * 1000;
}
