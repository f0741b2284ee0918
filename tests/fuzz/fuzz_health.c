/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client of --health sends. It is compiled with health.c, to give it connections that are no network's.
 */
#include "fuzz/fuzz.h"

#include "cli/run/health.c"

#include <arpa/inet.h>

enum { TURNS = 64, MOST = 16384 };

static struct health *health;
static leaderlife_election *election;
static struct health_view view = {.lock = "lock"};

static void begin(void)
{
    char address[32];

    fuzz_check(leaderlife_election_new("lock", &election) == LEADERLIFE_OK, "there is a handle");
    view.election = election;
    for (int port = 20000; health == NULL && port < 20100; port++) {
        snprintf(address, sizeof address, "127.0.0.1:%d", port);
        (void)health_open(address, &view, &health);
    }
    fuzz_check(health != NULL, "there is a free port");
}

/* As often as anything could be left to do, and without the rests that spare a processor. */
static void turn(void)
{
    health->barren = 0;
    health->rest_until = 0;
    health_run(health, true);
}

/* Reads what was answered; false: the connection is over. */
static bool drain(int fd)
{
    char answer[4096];
    ssize_t got;

    do
        got = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    while (got > 0);
    return got < 0 && errno == EAGAIN;
}

static unsigned connections(void)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(health->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

    return info != NULL ? info->num_connections : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct sockaddr_in client = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int ends[2];

    if (health == NULL)
        begin();
    if (size > MOST || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    if (MHD_add_connection(health->daemon, ends[0], (struct sockaddr *)&client, sizeof client) != MHD_YES) {
        close(ends[1]); /* it has closed the other */
        fuzz_check(0, "there is room for a connection");
    }
    (void)send(ends[1], bytes, size, MSG_NOSIGNAL);
    shutdown(ends[1], SHUT_WR);
    for (int turns = 0; turns < TURNS && drain(ends[1]); turns++)
        turn();
    close(ends[1]);
    for (int turns = 0; turns < TURNS && connections() > 0; turns++)
        turn();
    fuzz_check(connections() == 0, "a client that has gone leaves nothing behind");
    return 0;
}
