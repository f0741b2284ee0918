/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs of life: what the kernel knows of a connection's last byte, and when its peer is asked for one.
 */
#include "io/http/liveness.h"

#include "io/http/pool.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Its connection's peer can be asked: one that has begun to answer over HTTP/2, where curl can (ask_ms). */
static bool can_be_asked(const struct transfer *transfer)
{
    long version = 0;

    return transfer->ask_ms > 0 && transfer->stream && transfer->answered && !transfer->call.done &&
           transfer->connection != NULL && !transfer->connection->reset &&
           curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version) == CURLE_OK &&
           version == CURL_HTTP_VERSION_2_0;
}

static int64_t due_at(const struct transfer *transfer)
{
    const struct connection *connection = transfer->connection;
    int64_t quiet_at = connection->heard_at + transfer->ask_ms;

    if (connection->asked_at != 0)
        return connection->asked_at + transfer->answer_ms;
    return quiet_at > connection->look_at ? quiet_at : connection->look_at;
}

/* The kernel has asked as well, and waits: while bytes of ours are on their way it would ask no more, and a link that
 * drops everything were noticed later. */
static bool is_in_doubt(const struct tcp_info *info)
{
    return info->tcpi_probes > 0;
}

/* Curl may find the connection closed, and then it is gone. */
static void ask(const struct transfer *transfer, int64_t now)
{
    if (pool_ask(transfer->pool, transfer->connection->fd) && transfer->connection != NULL)
        transfer->connection->asked_at = now;
}

static void look(const struct transfer *transfer, int64_t now)
{
    struct connection *connection = transfer->connection;
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    connection->look_at = now + transfer->ask_ms;
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return;
    int64_t quiet_ms = info.tcpi_last_data_recv;
    /* Half: the kernel's clock is coarse, and what came before the question is older than a whole. */
    if (connection->asked_at != 0 && now - quiet_ms > connection->asked_at - transfer->ask_ms / 2)
        connection->asked_at = 0;
    if (connection->asked_at != 0) {
        connection->silent = now >= connection->asked_at + transfer->answer_ms;
        return;
    }
    bool quiet = quiet_ms >= transfer->ask_ms;
    connection->look_at = now + (quiet ? transfer->ask_ms / 8 : transfer->ask_ms - quiet_ms);
    if (quiet && !is_in_doubt(&info))
        ask(transfer, now);
}

void liveness_look(struct http *http, int64_t now)
{
    for (struct transfer *transfer = http->transfers; transfer != NULL; transfer = transfer->next)
        if (can_be_asked(transfer) && (transfer->connection->asked_at != 0 || now >= due_at(transfer)))
            look(transfer, now);
}

bool liveness_is_missed(const struct transfer *transfer)
{
    return transfer->stream && transfer->connection != NULL && transfer->connection->silent;
}

int64_t liveness_deadline(const struct http *http)
{
    int64_t at = NEVER;

    for (const struct transfer *transfer = http->transfers; transfer != NULL; transfer = transfer->next)
        if (can_be_asked(transfer) && due_at(transfer) < at)
            at = due_at(transfer);
    return at;
}
