/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the candidate says, as JSON. Only the public API's getters are asked; nothing here changes an election.
 */
#include "candidate_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

const char *string_in(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void add_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text != NULL ? json_string(text) : json_null());
}

static void add_status(json_t *object, int status)
{
    const char *name = leaderlife_status_name(status);

    add_text(object, "status", name != NULL ? name : "?");
}

static json_t *line_new(const char *what, const char *value, const char *id, double since)
{
    json_t *line = json_object();

    add_text(line, what, value);
    add_text(line, "id", id);
    json_object_set_new(line, "ms", json_real(now_ms()));
    json_object_set_new(line, "since", json_real(since));
    return line;
}

json_t *reply_new(const char *verb, const char *id, double since, int status, const leaderlife_election *election)
{
    json_t *reply = line_new("reply", verb, id, since);

    add_status(reply, status);
    add_text(reply, "error_text", election != NULL ? leaderlife_election_error_text(election) : "");
    return reply;
}

void add_state(json_t *object, const leaderlife_election *election)
{
    add_text(object, "state", leaderlife_state_name(leaderlife_election_state(election)));
    json_object_set_new(object, "is_leader", json_boolean(leaderlife_election_is_leader(election)));
    json_object_set_new(object, "is_ready", json_boolean(leaderlife_election_is_ready(election)));
    add_text(object, "holder", leaderlife_election_holder(election));
    add_text(object, "token", leaderlife_election_token(election));
    json_object_set_new(object, "term", json_integer(leaderlife_election_term(election)));
    json_object_set_new(object, "guard", json_integer(leaderlife_election_guard(election)));
    add_text(object, "backend", leaderlife_election_backend(election));
    json_object_set_new(object, "fd", json_integer(leaderlife_election_fd(election)));
    json_object_set_new(object, "timeout_ms", json_integer(leaderlife_election_timeout_ms(election)));
}

void add_counters(json_t *object, const leaderlife_election *election, long long loops)
{
    static const char *const names[] = {"wakeups", "requests", "watches", "writes", "failures", "events-dropped"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_object_set_new(object, names[i], json_integer(leaderlife_election_counter(election, names[i])));
    json_object_set_new(object, "loops", json_integer(loops));
}

void write_line(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);

    if (text == NULL || puts(text) == EOF || fflush(stdout) == EOF)
        exit(1);
    free(text);
    json_decref(object);
}

static const char *kind_name(int kind)
{
    switch (kind) {
    case LEADERLIFE_EVENT_STATE: return "state";
    case LEADERLIFE_EVENT_HOLDER: return "holder";
    case LEADERLIFE_EVENT_NOTICE: return "notice";
    case LEADERLIFE_EVENT_LOG: return "log";
    default: return "unknown";
    }
}

static const char *level_name(int level)
{
    switch (level) {
    case LEADERLIFE_LOG_ERROR: return "error";
    case LEADERLIFE_LOG_WARNING: return "warning";
    case LEADERLIFE_LOG_INFO: return "info";
    case LEADERLIFE_LOG_DEBUG: return "debug";
    default: return "unknown";
    }
}

void write_event(const char *id, double since, const leaderlife_event *event)
{
    json_t *line = line_new("event", kind_name(leaderlife_event_kind(event)), id, since);

    add_text(line, "state", leaderlife_state_name(leaderlife_event_state(event)));
    add_status(line, leaderlife_event_status(event));
    add_text(line, "level", level_name(leaderlife_event_level(event)));
    add_text(line, "text", leaderlife_event_text(event));
    add_text(line, "holder", leaderlife_event_holder(event));
    add_text(line, "token", leaderlife_event_token(event));
    write_line(line);
}
