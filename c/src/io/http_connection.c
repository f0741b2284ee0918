/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCP connections under curl's: which one carries a call, how long the kernel may go on sending there, and what
 * becomes of it when a write on it is given up (P10). Closing would not do: the kernel goes on sending what it was
 * given, and a write could be carried out a minute after its process has ended. Knows nothing of requests.
 */
#include "io/http_internal.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The kernel ---- */

/* P10, P18: so long may bytes be on their way without being acknowledged. Where it is not known, all is only slower. */
static void limit_silence(int fd, unsigned ms)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

static bool all_is_acknowledged(int fd)
{
    int waiting = 0;

    return ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

/* The connection ends at once, by RST, and the kernel drops what it has not sent or would send again. Not by closing
 * alone: a forked child may have the descriptor too, and then a close ends nothing. */
static void reset(struct connection *connection)
{
    const struct linger drop = {.l_onoff = 1, .l_linger = 0};
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    connection->reset = true;
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &drop, sizeof drop); /* should connect be refused */
    (void)connect(connection->fd, &nobody, sizeof nobody);
}

static in_port_t port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

static bool has_ports(int fd, int local_port, int remote_port)
{
    struct sockaddr_storage local = {0};
    struct sockaddr_storage remote = {0};
    socklen_t local_size = sizeof local;
    socklen_t remote_size = sizeof remote;

    return getsockname(fd, (struct sockaddr *)&local, &local_size) == 0 &&
           getpeername(fd, (struct sockaddr *)&remote, &remote_size) == 0 && port_of(&local) == local_port &&
           port_of(&remote) == remote_port;
}

/* ---- Curl's sockets ---- */

/* Curl may go on to make another connection, to send it again: a write that will not be (on_send) need not wait. */
static void strand(struct transfer *transfer)
{
    transfer->connection = NULL;
    transfer->lost = transfer->write && !transfer->answered;
}

static struct connection *take(struct pool *pool, int fd)
{
    for (struct connection **link = &pool->connections; *link != NULL; link = &(*link)->next) {
        struct connection *connection = *link;

        if (connection->fd != fd)
            continue;
        *link = connection->next;
        for (struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next)
            if (transfer->connection == connection)
                strand(transfer);
        return connection;
    }
    return NULL;
}

curl_socket_t connection_open(void *pool_pointer, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct pool *pool = pool_pointer;
    struct connection *connection = calloc(1, sizeof *connection);
    int fd = connection == NULL ? -1 : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0) {
        free(connection);
        return CURL_SOCKET_BAD;
    }
    limit_silence(fd, HTTP_SILENCE_MS);
    connection->fd = fd;
    connection->next = pool->connections;
    pool->connections = connection;
    return fd;
}

/* Curl may have found a fault before we look: then this is the last moment. */
static bool leaves_a_write(const struct pool *pool, const struct connection *connection)
{
    bool unanswered = false;

    for (const struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next) {
        if (transfer->connection != connection || !transfer->write || transfer->answered)
            continue;
        if (!transfer->handed_over)
            return true;
        unanswered = true;
    }
    return unanswered && !all_is_acknowledged(connection->fd);
}

int connection_close(void *pool_pointer, curl_socket_t fd)
{
    struct pool *pool = pool_pointer;

    for (struct connection *connection = pool->connections; connection != NULL; connection = connection->next)
        if (connection->fd == fd && !connection->reset && leaves_a_write(pool, connection))
            reset(connection);
    free(take(pool, fd));
    return close(fd);
}

void connections_forget(struct pool *pool)
{
    while (pool->connections != NULL)
        free(take(pool, pool->connections->fd));
}

/* ---- Calls ---- */

/* Curl tells the ports, and no descriptor before the call has ended. */
void connection_join(struct transfer *transfer, int local_port, int remote_port)
{
    struct connection *connection = transfer->pool->connections;

    while (connection != NULL && !has_ports(connection->fd, local_port, remote_port))
        connection = connection->next;
    transfer->connection = connection; /* a write joins once only, see on_send */
    if (connection == NULL || !transfer->write)
        return;
    connection->writes++;
    if (transfer->acknowledge_ms > 0)
        limit_silence(connection->fd, transfer->acknowledge_ms);
}

bool connection_is_gone(const struct transfer *transfer, bool *ret_reset)
{
    *ret_reset = transfer->connection != NULL && transfer->connection->reset;
    return *ret_reset || transfer->lost;
}

void connection_leave(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    bool handed_over = transfer_is_handed_over(transfer);

    transfer->connection = NULL;
    if (connection == NULL || !transfer->write)
        return;
    connection->writes--;
    if (!transfer->answered && !connection->reset && !(handed_over && all_is_acknowledged(connection->fd))) {
        reset(connection);
        if (transfer->pool == transfer->http->pools)
            pool_retire(transfer->http);
    }
    if (connection->writes == 0)
        limit_silence(connection->fd, HTTP_SILENCE_MS);
}

bool transfer_is_handed_over(struct transfer *transfer)
{
    curl_off_t sent = 0;

    if (transfer->handed_over || transfer->attempts == 0 || transfer->easy == NULL)
        return transfer->handed_over;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    transfer->handed_over =
        sent >= (curl_off_t)transfer->body_size &&
        (transfer->connection == NULL || !pool_wants_to_write(transfer->pool, transfer->connection->fd));
    return transfer->handed_over;
}

bool transfer_is_overdue(struct transfer *transfer, int64_t now)
{
    return transfer->write && !transfer->call.done && transfer->withdraw_ms > 0 && !transfer_is_handed_over(transfer) &&
           now >= transfer->started_at + transfer->withdraw_ms;
}
