/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of http share: tls_server.py as a child, and a client that drives one http on its own reactor.
 */
#ifndef LEADERLIFE_TESTS_HTTP_FIXTURE_H
#define LEADERLIFE_TESTS_HTTP_FIXTURE_H

#include "io/http/http.h"
#include "io/reactor.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <leaderlife/leaderlife.h>
#include <libgen.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HANG_MS = 60000 };

#define SECRET "s3cret-t0ken-that-nobody-may-see"

/* ---- The server ---- */

struct server {
    pid_t pid;
    int in;           /* closed: it ends */
    char facts[1024]; /* its line "key=value ..." */
};

static struct server server;

static const char *fact(const char *key)
{
    static char value[256];
    char pattern[64];

    snprintf(pattern, sizeof pattern, "%s=", key);
    for (const char *at = server.facts; (at = strstr(at, pattern)) != NULL; at++)
        if (at == server.facts || at[-1] == ' ') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(pattern), " \n"), at + strlen(pattern));
            return value;
        }
    return NULL;
}

static int start_server(void **state)
{
    char path[512] = __FILE__;
    const char *folder = getenv("LEADERLIFE_TEST_UNIT_DIR");
    char script[600];
    int to[2];
    int from[2];
    size_t size = 0;

    (void)state;
    snprintf(script, sizeof script, "%s/tls_server.py", folder != NULL ? folder : dirname(path));
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return -1;
    server.pid = fork();
    if (server.pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execlp("python3", "python3", script, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    server.in = to[1];
    while (size < sizeof server.facts - 1) {
        ssize_t got = read(from[0], server.facts + size, sizeof server.facts - 1 - size);

        if (got <= 0)
            break;
        size += (size_t)got;
        if (server.facts[size - 1] == '\n')
            break;
    }
    server.facts[size] = '\0';
    close(from[0]);
    return fact("good") != NULL ? 0 : -1;
}

static int stop_server(void **state)
{
    int result = -1;

    (void)state;
    close(server.in);
    if (waitpid(server.pid, &result, 0) != server.pid)
        return -1;
    return result;
}

static char *read_text(const char *name)
{
    char path[512];
    char *text = calloc(1, 65536);

    snprintf(path, sizeof path, "%s/%s", fact("folder"), name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

/* ---- The client ---- */

struct client {
    struct reactor reactor;
    struct http *http;
    int wakeups;
};

static void client_trust(struct client *client, const char *ca, const char *pair, const char *server_name)
{
    char name[64];
    struct http_trust trust = {.server_name = server_name};
    char *texts[3] = {NULL, NULL, NULL};

    if (ca != NULL)
        trust.ca = texts[0] = read_text(ca);
    if (pair != NULL) {
        snprintf(name, sizeof name, "%s.crt", pair);
        trust.cert = texts[1] = read_text(name);
        snprintf(name, sizeof name, "%s.key", pair);
        trust.key = texts[2] = read_text(name);
    }
    assert_int_equal(http_trust(client->http, &trust), LEADERLIFE_OK);
    for (int i = 0; i < 3; i++)
        free(texts[i]);
}

/* Whom it trusts stays as client_open has it. */
static inline void client_go_through(struct client *client, const struct http_proxy *proxy)
{
    char *ca = read_text("ca.crt");
    struct http_trust trust = {.ca = ca, .proxy = *proxy};

    assert_int_equal(http_trust(client->http, &trust), LEADERLIFE_OK);
    free(ca);
}

static void client_open(struct client *client)
{
    char text[512] = "";

    memset(client, 0, sizeof *client);
    assert_int_equal(reactor_init(&client->reactor), 0);
    assert_int_equal(http_new(&client->reactor, &client->http, text, sizeof text), LEADERLIFE_OK);
    client_trust(client, "ca.crt", NULL, NULL);
}

static void client_close(struct client *client)
{
    http_free(client->http, false);
    reactor_free(&client->reactor);
}

/* The next call that http gives, within ms; NULL. */
static struct http_call *client_next(struct client *client, int64_t ms)
{
    int64_t end = clock_now() + ms;

    for (;;) {
        struct http_call *call = http_next(client->http);
        int64_t left = end - clock_now();

        if (call != NULL || left <= 0)
            return call;
        reactor_arm(&client->reactor, http_deadline(client->http));
        if (reactor_wait(&client->reactor, (int)left) == 1)
            client->wakeups++;
        reactor_poll(&client->reactor);
    }
}

static struct http_request request_for(const char *server_name, const char *path)
{
    static char url[300];
    const char *port = fact(server_name);

    assert_non_null(port);
    snprintf(url, sizeof url, "https://%s:%s%s", strcmp(server_name, "six") == 0 ? "[::1]" : "127.0.0.1", port, path);
    return (struct http_request){
        .method = "GET",
        .url = url,
        .accept = "application/json",
        .bearer = SECRET,
        .user_agent = "test/1",
        .timeout_ms = HANG_MS,
        .max_bytes = 100000,
    };
}

/* Until that call is done. */
static struct http_call *await_done(struct client *client, struct http_call *call)
{
    while (!call->done)
        assert_non_null(client_next(client, HANG_MS));
    assert_null(strstr(call->text, SECRET));
    return call;
}

static struct http_call *run(struct client *client, const struct http_request *request)
{
    struct http_call *call = http_start(client->http, request, client);

    assert_non_null(call);
    assert_ptr_equal(call->owner, client);
    return await_done(client, call);
}

static struct http_call *get(struct client *client, const char *server_name, const char *path)
{
    struct http_request request = request_for(server_name, path);

    return run(client, &request);
}

static inline int64_t get_number(struct client *client, const char *path)
{
    struct http_call *call = get(client, "good", path);

    assert_int_equal(call->error, HTTP_FINE);
    int64_t number = strtoll(call->data, NULL, 10);
    http_end(client->http, call);
    return number;
}

static inline void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* ---- Descriptors of this process ---- */

/* How many are sockets connected to that port. */
static inline int connections_to(long port)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int count = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;

        if (getpeername(atoi(entry->d_name), (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            count++;
    }
    closedir(folder);
    return count;
}

#endif
