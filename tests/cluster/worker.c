/* SPDX-License-Identifier: Apache-2.0
 *
 * The program that the pods of these tests run, in the place of ./worker.sh of examples/kubernetes: it works by sending
 * a packet every 10 ms to the witness, as long as it lives, and touches $HEARTBEAT as that example does. A packet says
 * who works, and when, by the clock that all processes of one kernel share: "NAMESPACE LOCK POD-UID POD NAME LIFE TOKEN
 * NANOSECONDS".
 *
 *     worker [NAME]        NAME: which container of the pod, "worker" if not given
 *
 * $WITNESS: HOST:PORT, IPv4. $LINGER: how many seconds it goes on working after SIGTERM. Files tell it to misbehave,
 * for they can be made from outside: /tmp/hang (it works on, without a sign of life), /tmp/eat (it takes all memory it
 * gets), /tmp/end (it ends, with status 1). By itself it ends after $CRASH seconds, with status 1, or after $WORK_FOR
 * seconds, with status 0. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define ROUND_NS (NS_PER_S / 100)

static volatile sig_atomic_t told; /* SIGTERM has come */

static void on_term(int number)
{
    told = number;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : otherwise;
}

/* So many seconds as the variable says, 0 where it is not there. */
static int64_t seconds(const char *name)
{
    return atoll(variable(name, "0")) * NS_PER_S;
}

/* A socket that is connected to $WITNESS, or -1: then it works unseen. */
static int connect_witness(void)
{
    char host[INET_ADDRSTRLEN];
    unsigned short port;
    struct sockaddr_in witness = {.sin_family = AF_INET};
    if (sscanf(variable("WITNESS", ""), "%15[0-9.]:%hu", host, &port) != 2 ||
        inet_pton(AF_INET, host, &witness.sin_addr) != 1)
        return -1;
    witness.sin_port = htons(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&witness, sizeof witness) != 0)
        perror("worker: connect");
    return fd;
}

static void send_sign(int fd, const char *name, int64_t life)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "%s %s %s %s %s %" PRId64 " %s %" PRId64, variable("POD_NAMESPACE", "-"),
                          variable("LEADERLIFE_LOCK", variable("LOCK", "-")), variable("POD_UID", "-"),
                          variable("POD_NAME", "-"), name, life, variable("LEADERLIFE_TOKEN", "0"), now());
    if (fd >= 0 && send(fd, text, (size_t)length, 0) < 0)
        perror("worker: send");
}

static void eat(void)
{
    for (;;) {
        char *piece = malloc(1 << 20);
        if (piece != NULL)
            memset(piece, 1, 1 << 20);
    }
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd >= 0)
        close(fd);
}

int main(int count, char **words)
{
    const char *name = count > 1 ? words[1] : "worker";
    const char *heartbeat = getenv("HEARTBEAT");
    int64_t life = now(), linger = seconds("LINGER"), crash = seconds("CRASH"), work = seconds("WORK_FOR");
    int fd = connect_witness();
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    printf("%ld: became leader, token %s\n", (long)getpid(), variable("LEADERLIFE_TOKEN", "0"));
    fflush(stdout);
    for (int64_t end = INT64_MAX; now() < end;) {
        send_sign(fd, name, life);
        if (heartbeat != NULL && access("/tmp/hang", F_OK) != 0)
            touch(heartbeat);
        if (access("/tmp/eat", F_OK) == 0)
            eat();
        if (access("/tmp/end", F_OK) == 0 || (crash > 0 && now() > life + crash))
            return 1;
        if (work > 0 && now() > life + work)
            break;
        if (told && end == INT64_MAX)
            end = now() + linger;
        nanosleep(&(struct timespec){.tv_nsec = ROUND_NS}, NULL);
    }
    puts(told ? "told to end" : "the work is done");
    return 0;
}
