/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of HTTP/2 share: nghttpd beside tls_server.py. Without nghttpd (Debian: nghttp2-server) they skip, and
 * say so.
 */
#ifndef LEADERLIFE_TESTS_HTTP2_FIXTURE_H
#define LEADERLIFE_TESTS_HTTP2_FIXTURE_H

#include "http_fixture.h"

static pid_t nghttpd;
static long port;

static bool answers(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((uint16_t)port);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return connected;
}

static void write_page(const char *name, size_t size)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", fact("folder"), name);
    FILE *file = fopen(path, "we");
    for (size_t i = 0; file != NULL && i < size; i++)
        fputc('p', file);
    if (file != NULL)
        fclose(file);
}

static void exec_nghttpd(void)
{
    char folder[300];
    char key[400];
    char cert[400];

    snprintf(folder, sizeof folder, "%s", fact("folder"));
    snprintf(key, sizeof key, "%s/good.key", folder);
    snprintf(cert, sizeof cert, "%s/good.crt", folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execlp("nghttpd", "nghttpd", "-a", "127.0.0.1", "-d", folder, fact("free"), key, cert, (char *)NULL);
    _exit(127);
}

static int start_both(void **state)
{
    if (start_server(state) != 0)
        return -1;
    port = atol(fact("free"));
    write_page("small", 10);
    write_page("large", 3000000);
    if (strstr(getenv("PATH"), "/usr/sbin") == NULL) {
        char path[4096];

        snprintf(path, sizeof path, "%s:/usr/sbin", getenv("PATH"));
        setenv("PATH", path, 1);
    }
    nghttpd = fork();
    if (nghttpd == 0)
        exec_nghttpd();
    for (int i = 0; i < 1000 && !answers(); i++) {
        int result;

        if (waitpid(nghttpd, &result, WNOHANG) == nghttpd) {
            print_message("SKIPPED: nghttpd does not run here (Debian package nghttp2-server): HTTP/2 is NOT tested\n");
            nghttpd = 0;
            break;
        }
        usleep(10000);
    }
    return 0;
}

static int stop_both(void **state)
{
    if (nghttpd > 0) {
        kill(nghttpd, SIGKILL);
        waitpid(nghttpd, NULL, 0);
    }
    return stop_server(state);
}

#endif
