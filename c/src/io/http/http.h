/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTPS requests on the reactor: one curl multi, HTTP/2 on one connection where the server speaks it, HTTP/1.1 where
 * not. The only includer of curl. Knows nothing of Kubernetes.
 *
 * A write that ends without an answer must not be carried out later (P10): its connection is reset, unless the peer has
 * acknowledged all of it. Other calls on that connection then end too, as HTTP_NETWORK, and may be made again at once.
 *
 * Calls are made with http_start and end with http_end. Bytes and ends are collected while curl runs and handed out
 * afterwards: after reactor_poll, take http_next until it gives NULL.
 */
#ifndef LEADERLIFE_IO_HTTP_HTTP_H
#define LEADERLIFE_IO_HTTP_HTTP_H

#include "io/reactor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;

/* What stands between, as it is told here alone: no variable is read. A proxy gets its login, and neither the request's
 * headers nor the client certificate. One that is spoken to by TLS must have a certificate of the CA below, or one of
 * the system's. */
struct http_proxy {
    const char *url;      /* "SCHEME://HOST:PORT", SCHEME one of http, https, socks5h; NULL: none */
    const char *user;     /* the login, never in a text; NULL: none */
    const char *password; /* with user */
    const char *name;     /* for people, without the login; with url */
    const char
        *cure;       /* for people: what to do if there is no way through it; without url: why there is none; or NULL */
    bool cure_first; /* it is the likeliest */
};

/* PEM texts, copied by http_trust; NULL = none. Without a CA the system's well-known places are searched. */
struct http_trust {
    const char *ca;
    const char *cert;
    const char *key;
    const char *server_name; /* the name that the certificate must have, if not the URL's host; NULL */
    struct http_proxy proxy;
};

struct http_request {
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *url;    /* https only */
    const char *accept;
    const char *content_type;
    const char *body;   /* copied; NULL = none */
    const char *bearer; /* token, sent as Authorization: Bearer, never logged; NULL = none */
    const char *user_agent;
    const char *name_cure; /* static: what to tell people whose server has no such name; NULL = in general */
    int64_t timeout_ms;    /* of the whole call; 0 = none (streams) */
    /* Any method but GET writes (P10). Both limits are for those; 0 = none. */
    int64_t withdraw_ms;     /* a write that the kernel has not got whole by then is given up, HTTP_TIMEOUT */
    unsigned acknowledge_ms; /* TCP_USER_TIMEOUT of its connection, while it is under way */
    int64_t idle_ms;         /* streams: ends as HTTP_STALLED when no byte came for so long; 0 = none */
    /* Streams over HTTP/2: when for ask_ms no byte has come on their connection, whose-ever, its peer is asked for a
     * sign of life, and without one within answer_ms they end as HTTP_STALLED. 0 = never asked. */
    int64_t ask_ms;
    int64_t answer_ms;
    size_t max_bytes; /* of an answer, decoded (streams: not consumed); beyond: HTTP_TOO_LARGE */
    bool stream;      /* hand out bytes as they come */
};

enum http_error {
    HTTP_FINE,      /* `status` holds */
    HTTP_NETWORK,   /* resolve, connect, reset ... */
    HTTP_TLS,       /* handshake or certificate */
    HTTP_TIMEOUT,   /* timeout_ms passed */
    HTTP_STALLED,   /* idle_ms passed, or answer_ms: `silent` */
    HTTP_TOO_LARGE, /* max_bytes passed */
    HTTP_ENCODED,   /* a Content-Encoding that nobody asked for and that is not decoded; one of gzip or deflate is */
    HTTP_MEMORY
};

/* A call under way. Read-only for its owner; the memory is the http's until http_end. */
struct http_call {
    void *owner; /* as given to http_start */
    bool done;
    enum http_error error;
    bool silent;     /* HTTP_STALLED: not this stream alone, but all that came from its peer */
    bool unheard;    /* HTTP_NETWORK: nothing listens there, as was said at once. To try again costs nobody anything */
    bool maybe_sent; /* done with an error: the request may have reached the server (P6) */
    long status;     /* HTTP status of the answer once known, even if the rest does not come, else 0; never 1xx */
    int64_t retry_after_ms; /* of the Retry-After header (seconds or a date), 0 if none */
    char content_type[80];
    const char *data; /* bytes that were not consumed yet, ended by NUL */
    size_t size;
    int64_t last_byte_at; /* clock_now() of the last byte, or of the start */
    char text[512];       /* what went wrong, for people; never holds the token */
};

/* 0 or a LEADERLIFE_E... status with a text. Checks that the libcurl which was loaded can do what is needed
 * (curl.h). */
int http_new(struct reactor *reactor, struct http **ret_http, char *text, size_t size);

/* Ends all calls. With forked: closes nothing that is shared and leaks curl's handles on purpose. */
void http_free(struct http *http, bool forked);

/* From now on calls use this; if it differs from before, new calls use new connections. 0 or a status;
 * LEADERLIFE_ENOTSUP: libcurl was built without such proxies; LEADERLIFE_ESYSTEM: it wants the CA as a file, and there
 * can be none. */
int http_trust(struct http *http, const struct http_trust *given);

/* Why http_trust has ended with LEADERLIFE_ESYSTEM the last time: cause and cure. Valid until the next. */
const char *http_trust_trouble(const struct http *http);

/* NULL without memory. The request is copied. */
struct http_call *http_start(struct http *http, const struct http_request *request, void *owner);

/* Changes the idle limit of a running stream (a watch that has shown no bookmark may be silent for longer). */
void http_set_idle(struct http_call *call, int64_t idle_ms);

/* Takes `size` bytes off the front of the data. */
void http_consume(struct http_call *call, size_t size);

/* Ends the call, finished or not, and frees it. */
void http_end(struct http *http, struct http_call *call);

/* The next call that has got bytes (streams) or is done since it was last given; NULL. */
struct http_call *http_next(struct http *http);

/* New calls shall not reuse the present connections (after a stall). */
void http_forsake_connections(struct http *http);

/* When http wants http_next to be called although nothing is readable (curl's timer, idle limits); NEVER. */
int64_t http_deadline(const struct http *http);

#endif
