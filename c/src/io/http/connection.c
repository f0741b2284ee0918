/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TCP connections under curl's: which one carries a call, how long a silent one is kept, and what becomes of it
 * when a write on it is given up (P10). Closing it would not do: the kernel goes on sending what it was given, and a
 * write could be carried out a minute after its process has ended.
 */
#include "io/http/connection.h"

#include "io/http/silence.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
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
    (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &drop, sizeof drop); /* in case connect is refused */
    (void)connect(connection->fd, &nobody, sizeof nobody);
}

static in_port_t port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

/* It is connected, with these; either may be 0: any. */
static bool has_ports(int fd, int local_port, int remote_port)
{
    struct sockaddr_storage local = {0};
    struct sockaddr_storage remote = {0};
    socklen_t local_size = sizeof local;
    socklen_t remote_size = sizeof remote;

    return getsockname(fd, (struct sockaddr *)&local, &local_size) == 0 &&
           getpeername(fd, (struct sockaddr *)&remote, &remote_size) == 0 &&
           (local_port == 0 || port_of(&local) == local_port) && (remote_port == 0 || port_of(&remote) == remote_port);
}

static bool is_ours(const struct connection *connection)
{
    return file_is_at(connection->fd, &connection->file);
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

bool connection_may_have_sent(const struct transfer *transfer)
{
    return transfer->attempts > 0 || (transfer->write && curl_may_have_sent(transfer->easy));
}

/* Where curl does not ask before it sends (on_send): a write's next connection could only carry it once more. */
static bool has_sent_its_write(const struct pool *pool)
{
    for (const struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next)
        if (pool->alone && transfer->pool == pool && connection_may_have_sent(transfer))
            return true;
    return false;
}

curl_socket_t connection_open(void *pool_pointer, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct pool *pool = pool_pointer;
    struct connection *connection = has_sent_its_write(pool) ? NULL : calloc(1, sizeof *connection);
    int fd = connection == NULL ? -1 : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0) {
        free(connection);
        return CURL_SOCKET_BAD;
    }
    limit_silence(fd, HTTP_UNACKNOWLEDGED_MS);
    connection->fd = fd;
    connection->file = file_id_of(fd);
    connection->next = pool->connections;
    pool->connections = connection;
    return fd;
}

/* Curl may have found a fault before we look: then this is the last moment. */
static bool leaves_a_write(const struct pool *pool, const struct connection *connection)
{
    bool unanswered = false;

    for (const struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next) {
        bool carries = transfer->connection == connection || (pool->alone && transfer->pool == pool);

        if (!carries || !transfer->write || transfer->answered)
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
    reactor_forget(pool->http->reactor, fd);
    return close(fd);
}

bool connections_are_ours(const struct pool *pool)
{
    for (const struct connection *connection = pool->connections; connection != NULL; connection = connection->next)
        if (connection->used && !is_ours(connection))
            return false;
    return true;
}

void connections_close(struct pool *pool)
{
    for (struct connection *connection = pool->connections; connection != NULL; connection = connection->next)
        file_close(connection->fd, &connection->file);
}

void connections_forget(struct pool *pool)
{
    while (pool->connections != NULL)
        free(take(pool, pool->connections->fd));
}

/* ---- Calls ---- */

/* Curl tells the ports, and no descriptor before the call has ended. Through a proxy the remote one may be the proxy's
 * or the server's, as curl's version has it, but then all go to one peer, and the local one is enough. */
void connection_join(struct transfer *transfer, int local_port, int remote_port)
{
    struct connection *connection = transfer->pool->connections;

    if (transfer->trust->texts.proxy.url != NULL)
        remote_port = 0;
    /* Such a pool has one connection, and newer versions do not know its ports when they begin to send. */
    if (transfer->pool->alone)
        local_port = remote_port = 0;
    while (connection != NULL && !(is_ours(connection) && has_ports(connection->fd, local_port, remote_port)))
        connection = connection->next;
    if (connection != NULL)
        connection->used = true;
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

/* What may carry a write in its own pool though nothing was told: versions of curl differ in when they tell. */
static struct connection *untold(const struct transfer *transfer)
{
    struct connection *connection = transfer->pool->connections;

    if (!transfer->pool->alone || !connection_may_have_sent(transfer))
        return NULL;
    while (connection != NULL && !(is_ours(connection) && has_ports(connection->fd, 0, 0)))
        connection = connection->next;
    if (connection != NULL)
        connection->writes++;
    return connection;
}

void connection_leave(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    bool handed_over = connection_has_taken_all(transfer);

    if (connection == NULL)
        connection = untold(transfer);
    transfer->connection = NULL;
    if (connection == NULL || !transfer->write)
        return;
    connection->writes--;
    if (!is_ours(connection))
        return;
    if (!transfer->answered && !connection->reset && !(handed_over && all_is_acknowledged(connection->fd))) {
        reset(connection);
        transfer->pool->retired = true; /* new calls go to another one */
    }
    if (connection->writes == 0)
        limit_silence(connection->fd, HTTP_UNACKNOWLEDGED_MS);
}

/* Curl waits until it can write to that socket: it has not handed over all that it has for it. */
static bool curl_waits_to_write(const struct pool *pool, int fd)
{
    for (const struct pool_socket *pool_socket = pool->sockets; pool_socket != NULL; pool_socket = pool_socket->next)
        if (pool_socket->source.fd == fd)
            return (pool_socket->source.events & EPOLLOUT) != 0;
    return false;
}

bool connection_has_taken_all(struct transfer *transfer)
{
    curl_off_t sent = 0;

    if (transfer->handed_over || transfer->attempts == 0 || transfer->easy == NULL)
        return transfer->handed_over;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    transfer->handed_over =
        sent >= (curl_off_t)transfer->body_size &&
        (transfer->connection == NULL || !curl_waits_to_write(transfer->pool, transfer->connection->fd));
    return transfer->handed_over;
}

bool connection_is_overdue(struct transfer *transfer, int64_t now)
{
    return transfer->write && !transfer->call.done && transfer->withdraw_ms > 0 &&
           !connection_has_taken_all(transfer) && now >= transfer->started_at + transfer->withdraw_ms;
}
