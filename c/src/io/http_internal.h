/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files http*.c share. A pool is one curl multi, so one set of connections; new calls go to the newest pool,
 * an older one is retired: its calls go on, and it is freed with the last of them. So no new call can meet a
 * connection that was forsaken or that was made with other credentials. Knows nothing of Kubernetes.
 *
 * http_call.c makes and ends calls, http_pool.c runs curl, http_connection.c knows its sockets and resets them,
 * http_fault.c says what went wrong, http.c is the rest.
 */
#ifndef LEADERLIFE_IO_HTTP_INTERNAL_H
#define LEADERLIFE_IO_HTTP_INTERNAL_H

#include "io/http.h"

#include <curl/curl.h>

enum { HTTP_CONNECT_MS = 10000, HTTP_SILENCE_MS = 60000 };

/* http_trust, copied; calls under way keep the one they were started with. */
struct trust {
    unsigned users;
    char *ca;
    char *cert;
    char *key;
    char *server_name;
};

/* A socket of curl's that is in the reactor. */
struct watched {
    struct source source;
    struct pool *pool;
    struct watched *next;
};

/* A TCP connection of curl's, from its making to its closing. */
struct connection {
    int fd;
    struct connection *next;
    unsigned writes; /* under way on it */
    bool reset;      /* by us: nothing more can come of the calls on it */
};

struct pool {
    struct http *http;
    struct pool *next;
    CURLM *multi;
    struct watched *sockets;
    struct connection *connections;
    int64_t timer_at;     /* when curl wants to be called; INT64_MAX */
    int64_t last_byte_at; /* on any of its calls */
    unsigned calls;
    bool retired;
    CURLMcode failure; /* CURLM_OK, or why nothing more can be done with it */
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
    char *origin; /* "https://host:port", for texts */
    char *buffer; /* call.data is in it */
    size_t room;
    size_t max_bytes;
    int64_t started_at;
    int64_t timeout_ms;
    int64_t idle_ms;
    bool stream;
    struct connection *connection; /* that carries it; NULL: none yet, or closed */
    size_t body_size;
    int64_t withdraw_ms;
    unsigned acknowledge_ms;
    bool write;             /* a request that changes something */
    bool handed_over;       /* seen: the kernel has all of it */
    bool answered;          /* an answer has begun */
    bool withdrawn;         /* it was not handed over in time */
    bool lost;              /* a write whose connection curl has closed */
    unsigned attempts;      /* how often curl was about to send it */
    enum http_error breach; /* found while bytes were appended */
    bool news;              /* to be given by http_next */
    char error[CURL_ERROR_SIZE];
};

struct http {
    struct reactor *reactor;
    struct pool *pools; /* newest first */
    struct transfer *transfers;
    struct trust *trust;
    const char *ca_file; /* where curl has no usable default; NULL */
    bool http2;
};

/* ---- http.c ---- */

void trust_unref(struct trust *trust);

/* ---- http_pool.c ---- */

/* The pool for new calls; NULL without memory. */
struct pool *pool_present(struct http *http);

/* New calls go to another pool. */
void pool_retire(struct http *http);

/* Curl waits until it can write to that socket: it has not handed over all that it has for it. */
bool pool_wants_to_write(const struct pool *pool, int fd);

/* Lets curl do what its timer asks for. */
void pool_run(struct pool *pool, int64_t now);

/* The next call that curl has finished; NULL. */
struct transfer *pool_finished(struct pool *pool, CURLcode *ret_code);

/* Frees retired pools without calls. Never inside reactor_poll. */
void pools_reap(struct http *http);
void pools_free(struct http *http, bool forked);

/* ---- http_connection.c ---- */

/* For curl: makes a socket, and closes it. The pool is theirs. */
curl_socket_t connection_open(void *pool, curlsocktype purpose, struct curl_sockaddr *address);
int connection_close(void *pool, curl_socket_t fd);

/* The connection with these ports is about to carry the transfer. */
void connection_join(struct transfer *transfer, int local_port, int remote_port);

/* Nothing more can come of it, whether curl will tell or not; *ret_reset: because we have reset its connection. */
bool connection_is_gone(const struct transfer *transfer, bool *ret_reset);

/* The transfer ends. A write without an answer resets the connection, unless the peer has acknowledged all (P10). */
void connection_leave(struct transfer *transfer);

/* Forgets them: what is still open stays open. */
void connections_forget(struct pool *pool);

/* Never inside curl. */
bool transfer_is_handed_over(struct transfer *transfer);
/* A write that was not handed over in time: from now on nothing more of it may be sent. */
bool transfer_is_overdue(struct transfer *transfer, int64_t now);

/* ---- http_call.c ---- */

/* Gives the request to curl; false without memory. */
bool transfer_prepare(struct transfer *transfer, const struct http_request *request);

/* Takes the transfer from curl and frees all that is curl's; with forked, leaks curl's handle. */
void transfer_release(struct transfer *transfer, bool forked);

/* Copies status, content type and Retry-After to the call, as far as they are known. */
void transfer_take_answer(struct transfer *transfer);

/* ---- http_fault.c ---- */

/* How curl's result ends the call, with call.text. */
enum http_error fault_of_code(struct transfer *transfer, CURLcode code);
/* The same for an end that is not curl's finding. */
void fault_describe(struct transfer *transfer, enum http_error error);
void fault_of_pool(struct transfer *transfer);
void fault_of_reset(struct transfer *transfer);
void fault_of_loss(struct transfer *transfer);

#endif
