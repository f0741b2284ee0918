/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCP connections under curl's, and writes that are given up on them (P10).
 */
#ifndef LEADERLIFE_IO_HTTP_CONNECTION_H
#define LEADERLIFE_IO_HTTP_CONNECTION_H

#include "io/http/state.h"

/* For curl: makes a socket, and closes it. The pool is theirs. */
curl_socket_t connection_open(void *pool, curlsocktype purpose, struct curl_sockaddr *address);
int connection_close(void *pool, curl_socket_t fd);

/* The connection with these ports is about to carry the transfer. */
void connection_join(struct transfer *transfer, int local_port, int remote_port);

/* Nothing more can come of it, whether curl will tell or not; *ret_reset: because we have reset its connection. */
bool connection_is_gone(const struct transfer *transfer, bool *ret_reset);

/* The transfer ends. A write without an answer resets the connection, unless the peer has acknowledged all (P10). */
void connection_leave(struct transfer *transfer);

/* Whether the descriptors of all that were used are theirs still. */
bool connections_are_ours(const struct pool *pool);

/* Closes what is theirs still, without a word to the peer. */
void connections_close(struct pool *pool);

/* Forgets them: what is still open stays open. */
void connections_forget(struct pool *pool);

/* P6: the server may have got it. */
bool connection_may_have_sent(const struct transfer *transfer);
/* Never inside curl. */
bool connection_has_taken_all(struct transfer *transfer);
/* A write that was not handed over in time: from now on nothing more of it may be sent. */
bool connection_is_overdue(struct transfer *transfer, int64_t now);

#endif
