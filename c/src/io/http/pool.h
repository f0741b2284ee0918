/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pools of connections: curl multis on the reactor.
 */
#ifndef LEADERLIFE_IO_HTTP_POOL_H
#define LEADERLIFE_IO_HTTP_POOL_H

#include "io/http/state.h"

/* The pool for new calls; NULL without memory. */
struct pool *pool_present(struct http *http);

/* The pool for a new write. Without CURL_ASKS_BEFORE_SENDING one of its own: curl sends a request again, unasked, if
 * the connection was used before, by this call or another, and then breaks. */
struct pool *pool_for_write(struct http *http);

/* Looks whether its descriptors are its own still; false: nothing more can be done with it. */
bool pool_is_ours(struct pool *pool);

/* New calls go to another pool. */
void pool_retire(struct http *http);

/* Lets curl do what its timer asks for. */
void pool_run(struct pool *pool, int64_t now);

/* Asks the peer of that HTTP/2 connection for a sign of life. False: it was not to be done now. */
bool pool_ask(struct pool *pool, int fd);

/* The next call that curl has finished; NULL. */
struct transfer *pool_finished(struct pool *pool, CURLcode *ret_code);

/* Frees retired pools without calls. Never inside reactor_poll. */
void pools_reap(struct http *http);
void pools_free(struct http *http, bool forked);

#endif
