/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP relay between http and a server, a thread of the test: it can stop reading what the client sends on the
 * connections that there are, so that the kernel acknowledges what fits into a small buffer and no more, and then it
 * tells how such a connection has ended.
 */
#ifndef LEADERLIFE_TESTS_RELAY_FIXTURE_H
#define LEADERLIFE_TESTS_RELAY_FIXTURE_H

#include "http_fixture.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

enum { RELAYED_MAX = 16, HANDSHAKE_MIN = 300, RELAY_BUFFER = 2304, RELAY_SEGMENT = 500, ROUND_MS = 5 };

struct relayed {
    int client;
    int server;
    bool held;          /* it freezes when the server has answered the handshake: what comes then is the request */
    size_t told;        /* bytes from the server */
    atomic_bool frozen; /* nothing is read from the client */
};

struct relay {
    int listener;
    long port;
    long target;
    pthread_t thread;
    atomic_bool ends;
    atomic_bool deaf; /* the kernel accepts, and nobody else */
    atomic_int holds; /* so many of the next connections are held */
    atomic_int count;
    struct relayed all[RELAYED_MAX];
};

static void relay_accept(struct relay *relay)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int count = atomic_load(&relay->count);
    struct relayed *new = &relay->all[count];
    struct pollfd wait_for = {.fd = relay->listener, .events = POLLIN};

    if (count == RELAYED_MAX || atomic_load(&relay->deaf) || poll(&wait_for, 1, 0) != 1)
        return;
    address.sin_port = htons((uint16_t)relay->target);
    new->client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    new->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(new->server, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    if (atomic_load(&relay->holds) > 0) {
        new->held = true;
        atomic_fetch_sub(&relay->holds, 1);
    }
    atomic_store(&relay->count, count + 1);
}

/* An end on one side ends the other, but a frozen client's stays open, for relay_fate. */
static void relay_move(struct relayed *one, int from, int to)
{
    struct pollfd wait_for = {.fd = from, .events = POLLIN};
    char bytes[4096];

    if (from < 0 || poll(&wait_for, 1, 0) != 1)
        return;
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    for (ssize_t sent = 0; sent < got;) {
        ssize_t more = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);

        if (more <= 0) {
            got = 0; /* the other side is gone */
            break;
        }
        sent += more;
    }
    if (got > 0 && from == one->server)
        one->told += (size_t)got;
    if (got > 0)
        return;
    close(one->server);
    one->server = -1;
    if (!atomic_load(&one->frozen)) {
        close(one->client);
        one->client = -1;
    }
}

static void *relay_run(void *pointer)
{
    struct relay *relay = pointer;

    while (!atomic_load(&relay->ends)) {
        relay_accept(relay);
        for (int i = 0; i < atomic_load(&relay->count); i++) {
            struct relayed *one = &relay->all[i];

            relay_move(one, one->server, one->client);
            if (one->held && one->told >= HANDSHAKE_MIN) {
                one->held = false;
                atomic_store(&one->frozen, true);
            }
            if (!atomic_load(&one->frozen))
                relay_move(one, one->client, one->server);
        }
        poll(NULL, 0, ROUND_MS);
    }
    return NULL;
}

static void relay_open(struct relay *relay, long target)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int buffer = RELAY_BUFFER;
    int segment = RELAY_SEGMENT;

    memset(relay, 0, sizeof *relay);
    relay->target = target;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(relay->listener, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer), 0);
    assert_int_equal(setsockopt(relay->listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
    assert_int_equal(bind(relay->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(relay->listener, RELAYED_MAX), 0);
    assert_int_equal(getsockname(relay->listener, (struct sockaddr *)&address, &size), 0);
    relay->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&relay->thread, NULL, relay_run, relay), 0);
}

static void relay_close(struct relay *relay)
{
    atomic_store(&relay->ends, true);
    pthread_join(relay->thread, NULL);
    close(relay->listener);
    for (int i = 0; i < atomic_load(&relay->count); i++) {
        if (relay->all[i].client >= 0)
            close(relay->all[i].client);
        if (relay->all[i].server >= 0)
            close(relay->all[i].server);
    }
}

/* Those that there are; later ones flow. */
static void relay_freeze(struct relay *relay, bool frozen)
{
    for (int i = 0; i < atomic_load(&relay->count); i++)
        atomic_store(&relay->all[i].frozen, frozen);
    poll(NULL, 0, 4 * ROUND_MS); /* a round that has begun ends */
}

/* How the frozen connection ends on the client's side: 0 for an end, EAGAIN while it is open, or ECONNRESET. */
static int relay_fate(struct relay *relay, int which, int ms)
{
    struct relayed *one = &relay->all[which];
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    char bytes[4096];
    ssize_t got;

    assert_true(atomic_load(&one->frozen));
    assert_int_equal(setsockopt(one->client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    while ((got = recv(one->client, bytes, sizeof bytes, 0)) > 0)
        ;
    return got == 0 ? 0 : errno;
}

/* ---- The client's end ---- */

static int client_socket(const struct relay *relay)
{
    for (int fd = 0; fd < 256; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == relay->port)
            return fd;
    }
    fail_msg("no connection to the relay");
    return -1;
}

/* Of that connection, in the order of their making. */
static inline int client_socket_of(const struct relay *relay, int which)
{
    struct sockaddr_in wanted;
    socklen_t size = sizeof wanted;

    assert_int_equal(getpeername(relay->all[which].client, (struct sockaddr *)&wanted, &size), 0);
    for (int fd = 0; fd < 256; fd++) {
        struct sockaddr_in own;

        size = sizeof own;
        if (getsockname(fd, (struct sockaddr *)&own, &size) == 0 && own.sin_family == AF_INET &&
            own.sin_port == wanted.sin_port)
            return fd;
    }
    fail_msg("no connection %d to the relay", which);
    return -1;
}

static inline int unacknowledged(int fd)
{
    int bytes = -1;

    assert_int_equal(ioctl(fd, SIOCOUTQ, &bytes), 0);
    return bytes;
}

static inline unsigned user_timeout(int fd)
{
    unsigned ms = 0;
    socklen_t size = sizeof ms;

    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &size), 0);
    return ms;
}

#endif
