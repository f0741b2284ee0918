/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /metrics: what the election's getters say, as Prometheus reads it (text format 0.0.4).
 */
#include "cli/run/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A label's value: backslash, quote and line end are escaped. Lock and holder have none of them but on the embedded
 * lock, where a command's name is part of it. */
static void label(FILE *text, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            fputs("\\n", text);
        else if (*value == '"' || *value == '\\')
            fprintf(text, "\\%c", *value);
        else
            fputc(*value, text);
    }
}

static void head(FILE *text, const char *name, const char *type, const char *help)
{
    fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* name{lock="...",second="word"} value; second NULL: without. */
static void sample(FILE *text, const struct health_view *view, const char *name, const char *second, const char *word,
                   int64_t value)
{
    fprintf(text, "%s{lock=\"", name);
    label(text, view->lock);
    if (second != NULL) {
        fprintf(text, "\",%s=\"", second);
        label(text, word);
    }
    fprintf(text, "\"} %" PRId64 "\n", value);
}

static void one(FILE *text, const struct health_view *view, const char *name, const char *type, const char *help,
                int64_t value)
{
    head(text, name, type, help);
    sample(text, view, name, NULL, NULL, value);
}

static void requests(FILE *text, const struct health_view *view)
{
    static const char total[] = "leaderlife_requests_total", failed[] = "leaderlife_request_failures_total";
    const leaderlife_election *e = view->election;
    int64_t watches = leaderlife_election_counter(e, "watches"), writes = leaderlife_election_counter(e, "writes");

    head(text, total, "counter", "Requests to the API server.");
    sample(text, view, total, "kind", "watch", watches);
    sample(text, view, total, "kind", "write", writes);
    sample(text, view, total, "kind", "read", leaderlife_election_counter(e, "requests") - watches - writes);
    head(text, failed, "counter", "Requests without a usable answer.");
    watches = leaderlife_election_counter(e, "failed-watches");
    writes = leaderlife_election_counter(e, "failed-writes");
    sample(text, view, failed, "kind", "watch", watches);
    sample(text, view, failed, "kind", "write", writes);
    sample(text, view, failed, "kind", "read", leaderlife_election_counter(e, "failures") - watches - writes);
}

char *metrics_text(const struct health_view *view, size_t *ret_length)
{
    const leaderlife_election *e = view->election;
    const char *holder = leaderlife_election_holder(e);
    char *buffer = NULL;
    FILE *text = open_memstream(&buffer, ret_length);

    if (text == NULL)
        return NULL;
    one(text, view, "leaderlife_leader", "gauge", "1 while this process leads.", leaderlife_election_is_leader(e));
    one(text, view, "leaderlife_ready", "gauge", "1 while it leads or is able to take over.",
        leaderlife_election_is_ready(e));
    one(text, view, "leaderlife_term", "gauge", "Number of this process's term; 0 without one or without a record.",
        leaderlife_election_term(e));
    one(text, view, "leaderlife_transitions_total", "counter", "How often another holder was seen.", view->transitions);
    one(text, view, "leaderlife_notices_total", "counter", "Conditions that a person should know.", view->notices);
    head(text, "leaderlife_holder_info", "gauge", "Who leads; absent while nobody is known to.");
    if (holder != NULL)
        sample(text, view, "leaderlife_holder_info", "holder", holder, 1);
    requests(text, view);
    head(text, "leaderlife_build_info", "gauge", "The library's version.");
    fprintf(text, "leaderlife_build_info{version=\"%s\"} 1\n", leaderlife_version());
    bool written = ferror(text) == 0;
    if (fclose(text) == 0 && written)
        return buffer;
    free(buffer);
    return NULL;
}
