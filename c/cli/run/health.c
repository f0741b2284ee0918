/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three pages of --health, on libmicrohttpd without threads: its descriptor is polled by the caller's loop. Limits
 * on all that it reads: connections, their number from one address, the bytes of a request, the time of silence.
 */
#include "cli/run/health.h"

#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 64, CONNECTIONS_OF_ONE = 16, REQUEST_BYTES = 8192, SILENCE_S = 10, BACKLOG = 32 };
enum { BARREN = 20, REST_MS = 100 }; /* after so many barren turns */

struct health {
    struct MHD_Daemon *daemon;
    int fd;
    const struct health_view *view;
    bool moved;      /* in this turn: a connection came or went, or asked */
    unsigned barren; /* turns in a row that were called for and moved nothing */
    int64_t rest_until;
};

/* ---- Pages ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type, char *text,
                              size_t length)
{
    struct MHD_Response *response =
        text != NULL ? MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE) : NULL;
    enum MHD_Result result = MHD_NO;

    if (response == NULL) {
        free(text);
        return MHD_NO; /* ends the connection */
    }
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
        (code != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
        result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned code, const char *word)
{
    char *text = NULL;
    int length = asprintf(&text, "%s\n", word);

    return answer(connection, code, "text/plain; charset=utf-8", length < 0 ? NULL : text, (size_t)length);
}

static bool is_alive(const leaderlife_election *election)
{
    int state = leaderlife_election_state(election);

    return state != LEADERLIFE_STATE_FAILED && state != LEADERLIFE_STATE_LOST;
}

/* A standby that is not ready says so: `standby` alone would look like a mistake of the probe. */
static enum MHD_Result answer_ready(const struct health_view *view, struct MHD_Connection *connection, const char *word)
{
    if (leaderlife_election_is_ready(view->election))
        return answer_line(connection, MHD_HTTP_OK, word);
    if (leaderlife_election_state(view->election) == LEADERLIFE_STATE_STANDBY)
        word = "standby, not able to take over";
    return answer_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, word);
}

static enum MHD_Result page(const struct health_view *view, struct MHD_Connection *connection, const char *url)
{
    const char *state = leaderlife_state_name(leaderlife_election_state(view->election));
    const char *word = state != NULL ? state : "unknown";

    if (strcmp(url, "/metrics") == 0) {
        size_t length = 0;
        char *text = metrics_text(view, &length);

        return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, length);
    }
    if (strcmp(url, "/readyz") == 0)
        return answer_ready(view, connection, word);
    if (strcmp(url, "/livez") == 0)
        return answer_line(connection, is_alive(view->election) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, word);
    return answer_line(connection, MHD_HTTP_NOT_FOUND, "there are /readyz, /livez and /metrics");
}

static void on_connection(void *closure, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct health *health = closure;

    (void)connection;
    (void)context;
    (void)code;
    health->moved = true;
}

static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_size, void **begun)
{
    struct health *health = closure;
    static char mark;

    (void)version;
    (void)body;
    health->moved = true;
    if (*begun == NULL) { /* the headers are here */
        *begun = &mark;
        if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0)
            return MHD_YES;
        return answer_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only"); /* the body is not read */
    }
    if (*body_size > 0) { /* the body of a GET has no meaning */
        *body_size = 0;
        return MHD_YES;
    }
    return page(health->view, connection, url);
}

/* ---- Listening ---- */

/* "HOST:PORT" in two; false where there is no port. */
static bool split(const char *address, char *host, size_t host_size, const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon != NULL ? colon + 1 : address;
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;
    const char *begin = address;

    if (length >= 2 && begin[0] == '[' && begin[length - 1] == ']') {
        begin++;
        length -= 2;
    } else if (colon != NULL && memchr(address, ':', length) != NULL) {
        return false; /* a bare IPv6 address: which of its numbers is the port? */
    }
    if (length >= host_size || port[0] == '\0' || port[strspn(port, "0123456789")] != '\0' || strlen(port) > 5 ||
        atoi(port) > 65535 || atoi(port) == 0)
        return false;
    memcpy(host, begin, length);
    host[length] = '\0';
    *ret_port = port;
    return true;
}

/* 0, or an errno. */
static int listen_on(const struct addrinfo *info, int *ret_fd)
{
    int yes = 1, no = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (info->ai_family == AF_INET6) /* all addresses means those of IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        *ret_fd = fd;
        return 0;
    }
    int error = errno;
    close(fd);
    return error;
}

static int listen_at(const char *address)
{
    char host[256];
    const char *port = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int fd = -1, error = 0;

    if (!split(address, host, sizeof host, &port)) {
        log_say(TONE_ERROR, "option '--health' cannot be '%.100s'; it takes HOST:PORT, [IPv6]:PORT, :PORT or PORT",
                address);
        return -1;
    }
    int unknown = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &list);
    if (unknown != 0) {
        log_say(TONE_ERROR, "option '--health': the host '%.100s' is unknown: %s; give an address of this machine",
                host, gai_strerror(unknown));
        return -1;
    }
    for (int wanted = AF_INET6; fd < 0 && wanted != AF_UNSPEC; wanted = wanted == AF_INET6 ? AF_INET : AF_UNSPEC)
        for (const struct addrinfo *info = list; fd < 0 && info != NULL; info = info->ai_next)
            if (info->ai_family == wanted)
                error = listen_on(info, &fd);
    freeaddrinfo(list);
    if (fd < 0)
        log_say(TONE_ERROR, "cannot listen on '%.100s' for --health: %s; choose another address or port", address,
                strerror(error));
    return fd;
}

int health_open(const char *address, const struct health_view *view, struct health **ret_health)
{
    int fd = listen_at(address);
    struct health *health = fd >= 0 ? calloc(1, sizeof *health) : NULL;

    if (health == NULL) {
        if (fd >= 0) { /* else listen_at() has said why */
            log_say(TONE_ERROR, "no memory to serve --health; try again");
            close(fd);
        }
        return CLI_TROUBLE;
    }
    health->view = view;
    health->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, health, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, health, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        health->daemon != NULL ? MHD_get_daemon_info(health->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info == NULL) {
        log_say(TONE_ERROR, "cannot serve --health: libmicrohttpd refuses; is it built with epoll?");
        close(fd);
        free(health);
        return CLI_TROUBLE;
    }
    health->fd = info->epoll_fd;
    *ret_health = health;
    return CLI_OK;
}

static int64_t rest_of(const struct health *health)
{
    int64_t rest = health->rest_until - clock_ms();

    return rest > 0 ? rest : 0;
}

int health_fd(const struct health *health)
{
    return health != NULL && rest_of(health) == 0 ? health->fd : -1;
}

int health_timeout_ms(const struct health *health)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;

    if (health != NULL && rest_of(health) > 0)
        return (int)rest_of(health);
    if (health == NULL || MHD_get_timeout(health->daemon, &ms) != MHD_YES)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void health_run(struct health *health, bool ready)
{
    if (health == NULL || rest_of(health) > 0)
        return;
    health->moved = false;
    MHD_run(health->daemon);
    /* A connection that cannot be taken for want of a descriptor (EMFILE) keeps the socket ready for ever. */
    health->barren = ready && !health->moved ? health->barren + 1 : 0;
    if (health->barren < BARREN)
        return;
    health->barren = 0;
    health->rest_until = clock_ms() + REST_MS;
}

void health_close(struct health *health)
{
    if (health == NULL)
        return;
    MHD_stop_daemon(health->daemon); /* closes the listening socket too */
    free(health);
}
