/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A candidate for the scenarios: takes commands and writes events, one JSON object per line (README.md here has the
 * language). Built on the public API alone, and driven by a poll loop of its own that knows nothing of the library
 * but its descriptor: so it shows too that ours mixes with other people's loops, and several handles with each other.
 */
#include "candidate_json.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HANDLES = 16, LINE_SIZE = 65536 };

struct handle {
    char id[64];
    leaderlife_election *election;
    bool driven; /* process() makes sense: started, and not prepared for exec */
};

static struct handle handles[HANDLES]; /* election NULL: a free place */
static bool with_timer = true;         /* false: the loop trusts the descriptor alone */
static long long loops;                /* turns of the loop that were ours, not standard input's */

/* ---- Events ---- */

static void pop_events(const struct handle *handle, double since)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(handle->election)) != NULL) {
        write_event(handle->id, since, event);
        leaderlife_event_free(event);
    }
}

static void drive(struct handle *handle)
{
    double since = now_ms();
    int status = leaderlife_election_process(handle->election);

    if (status != LEADERLIFE_OK) {
        handle->driven = false;
        write_line(reply_new("process", handle->id, since, status, handle->election));
    }
    pop_events(handle, since);
}

/* ---- Commands ----
 * Each gives the status to reply with, and may add to the reply. */

typedef int (*verb)(struct handle *handle, const json_t *command, json_t *more);

static int set_options(struct handle *handle, const json_t *options)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)options, name, value) {
        int status = leaderlife_election_set(handle->election, name, json_string_value(value));

        if (status != LEADERLIFE_OK)
            return status;
    }
    return LEADERLIFE_OK;
}

static int do_new(struct handle *handle, const json_t *command, json_t *more)
{
    int status = leaderlife_election_new(string_in(command, "lock"), &handle->election);

    (void)more;
    return status == LEADERLIFE_OK ? set_options(handle, json_object_get(command, "options")) : status;
}

static int do_set(struct handle *handle, const json_t *command, json_t *more)
{
    (void)more;
    return leaderlife_election_set(handle->election, string_in(command, "name"), string_in(command, "value"));
}

static int do_get(struct handle *handle, const json_t *command, json_t *more)
{
    add_text(more, "value", leaderlife_election_get(handle->election, string_in(command, "name")));
    return LEADERLIFE_OK;
}

static int do_start(struct handle *handle, const json_t *command, json_t *more)
{
    int status = leaderlife_election_start(handle->election);

    (void)command;
    (void)more;
    handle->driven = handle->driven || status == LEADERLIFE_OK;
    return status;
}

static int do_become(struct handle *handle, const json_t *command, json_t *more)
{
    const json_t *timeout = json_object_get(command, "timeout_ms");

    (void)more;
    handle->driven = true;
    return leaderlife_election_become(handle->election, timeout != NULL ? (int)json_integer_value(timeout) : -1);
}

static int do_resign(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    (void)more;
    return leaderlife_election_resign(handle->election);
}

static int do_close(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    (void)more;
    return leaderlife_election_close(handle->election);
}

static int do_free(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    (void)more;
    leaderlife_election_free(handle->election);
    handle->election = NULL;
    handle->driven = false;
    return LEADERLIFE_OK;
}

static int do_wakeup(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    (void)more;
    return leaderlife_election_wakeup(handle->election);
}

static int do_state(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    add_state(more, handle->election);
    return LEADERLIFE_OK;
}

static int do_counters(struct handle *handle, const json_t *command, json_t *more)
{
    (void)command;
    add_counters(more, handle->election, loops);
    return LEADERLIFE_OK;
}

/* Replaces this process; what replaces it keeps leading. The reply comes before. */
static int do_exec(struct handle *handle, const json_t *command, json_t *more)
{
    const json_t *list = json_object_get(command, "argv");
    const char *argv[16] = {0};
    double since = now_ms();
    int status = leaderlife_election_prepare_exec(handle->election);

    (void)more;
    if (status != LEADERLIFE_OK)
        return status;
    handle->driven = false;
    for (size_t i = 0; i < json_array_size(list) && i < 15; i++)
        argv[i] = json_string_value(json_array_get(list, i));
    write_line(reply_new("exec", handle->id, since, status, handle->election));
    if (argv[0] != NULL)
        execvp(argv[0], (char *const *)argv);
    exit(127);
}

static int do_loop(struct handle *handle, const json_t *command, json_t *more)
{
    (void)handle;
    (void)more;
    with_timer = json_is_true(json_object_get(command, "timer"));
    return LEADERLIFE_OK;
}

static verb verb_of(const char *name)
{
    static const struct {
        const char *name;
        verb verb;
    } verbs[] = {{"new", do_new},       {"set", do_set},           {"get", do_get},     {"start", do_start},
                 {"become", do_become}, {"resign", do_resign},     {"close", do_close}, {"free", do_free},
                 {"state", do_state},   {"counters", do_counters}, {"exec", do_exec},   {"wakeup", do_wakeup},
                 {"loop", do_loop}};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (name != NULL && strcmp(verbs[i].name, name) == 0)
            return verbs[i].verb;
    }
    return NULL;
}

/* The handle of that id, or, for a new one, a free place under that id. */
static struct handle *find_handle(const char *id)
{
    struct handle *free_place = NULL;

    for (size_t i = 0; i < HANDLES; i++) {
        if (handles[i].election == NULL)
            free_place = &handles[i];
        else if (strcmp(handles[i].id, id) == 0)
            return &handles[i];
    }
    if (free_place != NULL)
        snprintf(free_place->id, sizeof free_place->id, "%s", id);
    return free_place;
}

static void obey(const json_t *command)
{
    const char *name = string_in(command, "do");
    const char *id = string_in(command, "id") != NULL ? string_in(command, "id") : "main";
    struct handle *handle = find_handle(id);
    verb act = verb_of(name);
    double since = now_ms();
    json_t *more = json_object();

    if (act == NULL || handle == NULL || (act == do_new && handle->election != NULL)) {
        write_line(reply_new(name != NULL ? name : "?", id, since, LEADERLIFE_EINVAL, NULL));
    } else {
        int status = act(handle, command, more);

        if (handle->election != NULL)
            pop_events(handle, since);
        json_t *reply = reply_new(name, id, since, status, handle->election);
        json_object_update(reply, more);
        write_line(reply);
    }
    json_decref(more);
}

/* ---- The loop ---- */

static void obey_line(const char *line)
{
    json_error_t error;
    json_t *command = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (json_is_object(command))
        obey(command);
    else
        write_line(reply_new("?", "main", now_ms(), LEADERLIFE_EINVAL, NULL));
    json_decref(command);
}

/* False at the end of standard input. */
static bool read_commands(void)
{
    static char buffer[LINE_SIZE];
    static size_t filled;
    ssize_t got = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
    char *line = buffer;
    char *end;

    if (got <= 0)
        return got < 0 && errno == EINTR;
    filled += (size_t)got;
    buffer[filled] = '\0';
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        obey_line(line);
        line = end + 1;
    }
    filled -= (size_t)(line - buffer);
    memmove(buffer, line, filled);
    return filled < sizeof buffer - 1;
}

static int sooner(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

/* One turn: waits for anything, then gives everybody what is theirs. */
static bool turn(void)
{
    struct pollfd polled[1 + HANDLES] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    int timeouts[HANDLES];
    int timeout = -1;

    for (size_t i = 0; i < HANDLES; i++) {
        bool driven = handles[i].driven;

        polled[1 + i].fd = driven ? leaderlife_election_fd(handles[i].election) : -1;
        polled[1 + i].events = POLLIN;
        timeouts[i] = driven && with_timer ? leaderlife_election_timeout_ms(handles[i].election) : -1;
        timeout = sooner(timeout, timeouts[i]);
    }
    int ready = poll(polled, 1 + HANDLES, timeout);
    if (ready < 0)
        return errno == EINTR;
    loops += polled[0].revents == 0;
    for (size_t i = 0; i < HANDLES; i++) {
        bool due = ready == 0 && timeouts[i] == timeout;

        if (handles[i].driven && (polled[1 + i].revents != 0 || due))
            drive(&handles[i]);
    }
    return polled[0].revents == 0 || read_commands();
}

int main(void)
{
    while (turn())
        ;
    for (size_t i = 0; i < HANDLES; i++)
        leaderlife_election_free(handles[i].election);
    return 0;
}
