/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a status: aligned lines for people, one JSON object for programs.
 */
#include "cli/status/status.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *guard_name(int guard)
{
    switch (guard) {
    case LEADERLIFE_GUARD_KERNEL: return "kernel";
    case LEADERLIFE_GUARD_MEMORY: return "memory";
    case LEADERLIFE_GUARD_RECORD: return "record";
    default: return "";
    }
}

static void tell_now(char *target, size_t size)
{
    struct timespec now;
    struct tm tm;
    char second[32] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) != NULL)
        strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &tm);
    text_format(target, size, "%s.%03ldZ", second, now.tv_nsec / 1000000);
}

/* ---- For people ---- */

/* A process may call itself anything; a terminal must not obey it. */
static void clean(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

static void line(FILE *out, const char *name, enum tone tone, const char *value)
{
    if (value[0] == '\0')
        return;
    fprintf(out, "%-10s%s", name, log_tone_begin(STDOUT_FILENO, tone));
    clean(out, value);
    fprintf(out, "%s\n", log_tone_end(STDOUT_FILENO, tone));
}

static void place_line(FILE *out, const struct snapshot *snapshot)
{
    char text[2 * TEXT_NAME + 64];

    text_format(text, sizeof text, "%s%s%s%s%s", snapshot->backend, snapshot->server[0] != '\0' ? " at " : "",
                snapshot->server, snapshot->namespace_[0] != '\0' ? ", namespace " : "", snapshot->namespace_);
    line(out, "backend", TONE_PLAIN, text);
}

static void pod_line(FILE *out, const struct snapshot *snapshot)
{
    char text[TEXT_NAME + 32];

    text_format(text, sizeof text, "%s%s%s", snapshot->phase, snapshot->node[0] != '\0' ? " on " : "", snapshot->node);
    line(out, "pod", TONE_PLAIN, text);
}

static void holder_lines(FILE *out, const struct snapshot *snapshot)
{
    char term[24] = "";

    if (snapshot->term > 0)
        text_format(term, sizeof term, "%" PRId64, snapshot->term);
    line(out, "since", TONE_PLAIN, snapshot->since);
    line(out, "token", TONE_PLAIN, snapshot->token);
    line(out, "term", TONE_PLAIN, term);
    pod_line(out, snapshot);
}

static void notice_line(FILE *out, const struct notice *notice)
{
    const char *name = leaderlife_status_name(notice->status);

    if (notice->status != LEADERLIFE_OK && name != NULL)
        fprintf(out, "%s: ", name);
    clean(out, notice->text);
}

char *status_as_text(const struct snapshot *snapshot, const struct notices *notices)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    line(out, "lock", TONE_PLAIN, snapshot->lock);
    place_line(out, snapshot);
    line(out, "scope", TONE_PLAIN, snapshot->scope);
    if (snapshot->holder[0] != '\0')
        line(out, "leader", TONE_GOOD, snapshot->holder);
    else
        line(out, "leader", TONE_WARNING, "nobody holds it"); /* "nobody" alone is a user */
    holder_lines(out, snapshot);
    line(out, "guard", TONE_PLAIN, guard_name(snapshot->guard));
    for (size_t i = 0; i < notices->count; i++) {
        fprintf(out, "%-10s%s", "notice", log_tone_begin(STDOUT_FILENO, TONE_WARNING));
        notice_line(out, &notices->list[i]);
        fprintf(out, "%s\n", log_tone_end(STDOUT_FILENO, TONE_WARNING));
    }
    return fclose(out) == 0 ? text : NULL;
}

char *status_line_as_text(const struct snapshot *snapshot, const struct notice *notice)
{
    char *text = NULL;
    size_t size = 0;
    char now[TEXT_TIME];
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    tell_now(now, sizeof now);
    fprintf(out, "%s  ", now);
    if (notice != NULL) {
        fprintf(out, "notice ");
        notice_line(out, notice);
    } else if (snapshot->holder[0] == '\0') {
        fprintf(out, "nobody leads");
    } else {
        clean(out, snapshot->holder);
        fprintf(out, " leads");
        if (snapshot->term > 0)
            fprintf(out, ", term %" PRId64, snapshot->term);
        if (snapshot->token[0] != '\0')
            fprintf(out, ", token %s", snapshot->token);
    }
    fprintf(out, "\n");
    return fclose(out) == 0 ? text : NULL;
}

/* ---- For programs ---- */

/* null for "", and printable ASCII of what is no UTF-8. */
static json_t *text_or_null(const char *text)
{
    char printable[TEXT_MESSAGE];
    json_t *json = text[0] == '\0' ? json_null() : json_string(text);

    if (json != NULL)
        return json;
    text_format(printable, sizeof printable, "%s", text);
    text_printable(printable);
    return json_string(printable);
}

/* On the embedded lock a UID means something to one look alone. */
static json_t *holder_of(const struct snapshot *snapshot)
{
    bool pod = snapshot->namespace_[0] != '\0';

    if (snapshot->holder[0] == '\0')
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "name", text_or_null(snapshot->holder), "uid",
                     text_or_null(pod ? snapshot->uid : ""), "phase", text_or_null(snapshot->phase), "node",
                     text_or_null(snapshot->node));
}

static json_t *notice_of(const struct notice *notice)
{
    const char *name = leaderlife_status_name(notice->status);

    return json_pack("{s:o, s:o}", "status", text_or_null(name != NULL ? name : ""), "text",
                     text_or_null(notice->text));
}

static void add_status(json_t *object, const struct snapshot *snapshot, json_t *notices)
{
    json_object_set_new(object, "lock", text_or_null(snapshot->lock));
    json_object_set_new(object, "backend", text_or_null(snapshot->backend));
    json_object_set_new(object, "server", text_or_null(snapshot->server));
    json_object_set_new(object, "namespace", text_or_null(snapshot->namespace_));
    json_object_set_new(object, "scope", text_or_null(snapshot->scope));
    json_object_set_new(object, "holder", holder_of(snapshot));
    json_object_set_new(object, "since", text_or_null(snapshot->since));
    json_object_set_new(object, "token", text_or_null(snapshot->token));
    json_object_set_new(object, "term", snapshot->term > 0 ? json_integer(snapshot->term) : json_null());
    json_object_set_new(object, "guard", text_or_null(guard_name(snapshot->guard)));
    json_object_set_new(object, "notices", notices);
}

/* Takes the object; NULL unless it is whole: without memory a member would be missing. */
static char *dump(json_t *object, size_t members, size_t flags)
{
    char *text = json_object_size(object) == members ? json_dumps(object, flags) : NULL;
    char *line = NULL;

    if (text != NULL && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    json_decref(object);
    return line;
}

char *status_as_json(const struct snapshot *snapshot, const struct notices *notices)
{
    json_t *object = json_object();
    json_t *list = json_array();

    for (size_t i = 0; i < notices->count; i++)
        json_array_append_new(list, notice_of(&notices->list[i]));
    add_status(object, snapshot, list);
    return dump(object, 11, JSON_INDENT(2));
}

char *status_line_as_json(const struct snapshot *snapshot, const struct notice *notice)
{
    json_t *object = json_object();
    json_t *list = json_array();
    char now[TEXT_TIME];

    tell_now(now, sizeof now);
    json_object_set_new(object, "at", json_string(now));
    json_object_set_new(object, "event", json_string(notice != NULL ? "notice" : "holder"));
    if (notice != NULL)
        json_array_append_new(list, notice_of(notice));
    add_status(object, snapshot, list);
    return dump(object, 13, JSON_COMPACT);
}
