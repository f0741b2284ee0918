/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is newer in libcurl than 7.76, the oldest that serves. Each is used where the header that we are built with
 * has it, else its older form. Only here and in curl_features.c is a version of libcurl looked at.
 *
 *   7.77  a CA from memory. Before: a file that is in memory alone (ca_file.h), by its path under /proc, which must be
 *         there.
 *   7.80  a callback before a request is sent, which can forbid that curl sends it again. Before: curl tells when it
 *         has begun to send, and cannot be stopped. So each write has connections of its own (pool.h), never kept, and
 *         never shared, and none is made any more once it may have been sent (connection.c): a handshake and a look-up
 *         of the name more for each write. A proxy that is spoken to by TLS and refuses a write may be taken for a
 *         server that has got it.
 *   7.85  protocols by name. Before: as bits, without a loss.
 *   7.87  the end of a call does not wait for the look-up of a name. Before: it does, until the resolver gives up.
 *   7.88  what is written to a connection that its peer has closed raises no SIGPIPE. Before: the signal is blocked in
 *         the calling thread while curl works (sigpipe.h).
 *   8.10  a question to the peers of connections in use. Asked of the one that is loaded (curl_asks_peers). Before:
 *         nothing, and a silent peer is noticed later.
 */
#ifndef LEADERLIFE_IO_HTTP_CURL_FEATURES_H
#define LEADERLIFE_IO_HTTP_CURL_FEATURES_H

#include <curl/curl.h>
#include <stdbool.h>

/* The number of a version as curl writes it. */
#define CURL_NUMBER(major, minor) ((major) << 16 | (minor) << 8)

#if LIBCURL_VERSION_NUM < CURL_NUMBER(7, 76)
#error "leaderlife needs libcurl 7.76 or newer"
#endif

/* 7.77: what an older one that we are built with does not name, a newer one that is loaded may answer. */
#if LIBCURL_VERSION_NUM < CURL_NUMBER(7, 77)
#define CURLE_SSL_CLIENTCERT CURL_LAST /* 98 there */
#endif

enum {
    CURL_TAKES_CA_FROM_MEMORY = LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 77),
    CURL_ASKS_BEFORE_SENDING = LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 80),
    CURL_TAKES_PROTOCOL_NAMES = LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 85),

    CURL_RAISES_NO_SIGPIPE = LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 88),

    /* The least version that serves at run time, by what is used of the header. A quick exit may be missing there. */
    CURL_NEEDED = CURL_RAISES_NO_SIGPIPE      ? CURL_NUMBER(7, 88)
                  : CURL_TAKES_PROTOCOL_NAMES ? CURL_NUMBER(7, 85)
                  : CURL_ASKS_BEFORE_SENDING  ? CURL_NUMBER(7, 80)
                  : CURL_TAKES_CA_FROM_MEMORY ? CURL_NUMBER(7, 77)
                                              : CURL_NUMBER(7, 76)
};

/* TLS libraries as libcurl names them with which it takes no client certificate from memory: it never has, or only its
 * newer versions have, or nobody has tried. */
#define CURL_TLS_THAT_CANNOT_SERVE "GnuTLS/", "NSS/", "rustls-ffi/", "BearSSL", "wolfSSL/", "MesaLink/", "GSKit"

#if LIBCURL_VERSION_NUM < CURL_NUMBER(7, 80)
#define CURL_PREREQFUNC_OK 0
#define CURL_PREREQFUNC_ABORT 1
#endif

/* As CURLOPT_PREREQFUNCTION has it. What it answers counts with CURL_ASKS_BEFORE_SENDING alone; without, it is called
 * right after the first bytes, if it is called: over HTTP/2 a request whose sending fails may have been sent all the
 * same. */
typedef int curl_send_callback(void *owner, char *remote, char *local, int remote_port, int local_port);

struct curl_sends {
    curl_send_callback *call;
    void *owner;
};

/* It must live as long as the handle. */
CURLcode curl_watch_sends(CURL *easy, const struct curl_sends *sends);

/* Whether a request of the handle may have been sent, though curl_watch_sends did not tell: TLS is up, perhaps only
 * with a proxy. Always false with CURL_ASKS_BEFORE_SENDING. */
bool curl_may_have_sent(CURL *easy);

/* The one that is loaded does not look again at calls that wait for a connection, when it turns out that it cannot be
 * shared: versions from 8 on do that, we have not looked which first. */
bool curl_forgets_who_waits(void);

/* Whether the one that is loaded asks the peers of a multi's connections, when curl_easy_upkeep is called for a handle
 * in it: it sends a PING over HTTP/2. Older ones do nothing. */
bool curl_asks_peers(void);

CURLcode curl_allow_https_alone(CURL *easy);

/* So that the end of a call does not wait for DNS; where it cannot be said, it does. */
void curl_quit_quickly(CURL *easy);

/* Whom to trust: PEM text, which must live as long as the handle, or without CURL_TAKES_CA_FROM_MEMORY the file at that
 * path with the same text, which is read at each handshake. */
CURLcode curl_set_ca(CURL *easy, const char *pem, const char *path);
CURLcode curl_set_proxy_ca(CURL *easy, const char *pem, const char *path);

/* CURLE_OK: as far as curl tells, its TLS library takes what is asked of it by these. */
CURLcode curl_try_trust(CURL *easy);

#endif
