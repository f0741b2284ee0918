/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of HTTPS, as the files of this folder share it. A pool is one curl multi, so one set of connections. New
 * calls go to the newest pool; an older one is retired: its calls go on, and it is freed with the last of them. So no
 * new call can meet a connection that was forsaken or that was made with other credentials.
 *
 * transfer.c makes and ends calls, trust.c says whom they trust and which way they go (ca_file.c: where curl wants the
 * CA as a file), answer.c reads the heads of answers, pool.c runs curl, connection.c knows its sockets and resets them,
 * liveness.c asks their peers for signs of life, error.c says what went wrong (proxy_error.c: on the way through a
 * proxy), http.c is the rest.
 */
#ifndef LEADERLIFE_IO_HTTP_STATE_H
#define LEADERLIFE_IO_HTTP_STATE_H

#include "io/http/ca_file.h"
#include "io/http/curl_features.h"
#include "io/http/http.h"

#include <curl/curl.h>

/* http_trust, copied; calls under way keep the one they were started with. */
struct trust {
    unsigned users;
    struct http_trust texts;
    char *proxy_ca;         /* PEM, for a proxy that is spoken to by TLS; NULL: as curl has it */
    struct ca_file ca_file; /* both once more, without CURL_TAKES_CA_FROM_MEMORY */
    struct ca_file proxy_ca_file;
};

/* A socket of curl's that is in the reactor. */
struct pool_socket {
    struct source source;
    struct pool *pool;
    struct pool_socket *next;
};

/* A TCP connection of curl's, from its making to its closing. */
struct connection {
    int fd;
    struct file_id file;
    struct connection *next;
    unsigned writes; /* under way on it */
    bool used;       /* it has carried a call: curl does not always tell that it has closed one that has not */
    bool reset;      /* by us: nothing more can come of the calls on it */
    /* liveness.c: */
    int64_t heard_at; /* when an answer on it, or a part of one, came last */
    int64_t look_at;  /* when to look whether it lives */
    int64_t asked_at; /* when its peer was asked, who has not answered yet; 0 */
    bool silent;      /* it did not */
};

struct pool {
    struct http *http;
    struct pool *next;
    CURLM *multi;
    struct pool_socket *sockets;
    struct connection *connections;
    int64_t timer_at;     /* when curl wants to be called; NEVER */
    int64_t last_byte_at; /* on any of its calls */
    unsigned calls;
    bool retired;
    bool sent;              /* curl was about to send something since pool.c last looked */
    bool alone;             /* of one write, without CURL_ASKS_BEFORE_SENDING */
    bool closed_by_program; /* the host program has closed a descriptor of it: curl may not touch it any more */
    CURLMcode failure;      /* CURLM_OK, or why nothing more can be done with it */
};

struct transfer {
    struct http_call call; /* first: the owner's pointer is ours */
    struct http *http;
    struct transfer *next;
    struct pool *pool;
    struct trust *trust;
    CURL *easy; /* NULL once done */
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    char *origin; /* "https://host:port", and through which proxy, for texts */
    char *buffer; /* call.data is in it */
    size_t room;
    size_t max_bytes;
    int64_t started_at;
    int64_t timeout_ms;
    int64_t idle_ms;
    int64_t ask_ms;
    int64_t answer_ms;
    bool stream;
    struct connection *connection; /* that carries it; NULL: none yet, or closed */
    size_t body_size;
    const char *name_cure; /* NULL: a general one */
    int64_t withdraw_ms;
    unsigned acknowledge_ms;
    bool write;       /* a request that changes something */
    bool handed_over; /* the kernel has all of it */
    bool answered;    /* an answer has begun, and `status` is its: not that of a proxy on the way, and no 1xx */
    bool head_over;   /* all headers of it have come */
    long status;
    unsigned encodings;       /* that its body has, identity apart, by their names */
    bool encoding_is_strange; /* not one that is decoded */
    char encoding[64];
    bool withdrawn; /* it was not handed over in time */
    bool lost;      /* a write whose connection curl has closed */
    struct curl_sends sends;
    unsigned attempts;      /* how often curl was about to send it */
    enum http_error breach; /* found while bytes were appended */
    bool ca_is_lost;        /* the host program has closed the descriptor of ca_file */
    bool news;              /* to be given by http_next */
    char error[CURL_ERROR_SIZE];
};

struct http {
    struct reactor *reactor;
    struct pool *pools; /* newest first */
    struct transfer *transfers;
    struct trust *trust;
    const char *ca_file;   /* where curl has no usable default; NULL */
    const char *ca_bundle; /* the system's, by curl's default or not; NULL: unknown */
    bool http2;
    char trouble[320]; /* why http_trust has ended with LEADERLIFE_ESYSTEM */
};

#define SET(transfer, option, value) (curl_easy_setopt((transfer)->easy, (option), (value)) == CURLE_OK)

#endif
