/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that the candidate reads and writes: JSON in and out. Knows nothing of loops and handles' places. */
#ifndef LEADERLIFE_TESTS_CANDIDATE_JSON_H
#define LEADERLIFE_TESTS_CANDIDATE_JSON_H

#include <jansson.h>
#include <leaderlife/leaderlife.h>

/* CLOCK_MONOTONIC, with fractions: comparable among all processes of this machine. */
double now_ms(void);

/* A member that is a string, or NULL. */
const char *string_in(const json_t *object, const char *name);

/* A string, or null where text is NULL. */
void add_text(json_t *object, const char *name, const char *text);

/* `since` is when the call began whose outcome is told. election may be NULL. The caller owns the object. */
json_t *reply_new(const char *verb, const char *id, double since, int status, const leaderlife_election *election);

void add_state(json_t *object, const leaderlife_election *election);
void add_counters(json_t *object, const leaderlife_election *election, long long loops);

/* Takes the object; on failure the program ends, for nobody could know what it does any more. */
void write_line(json_t *object);

void write_event(const char *id, double since, const leaderlife_event *event);

#endif
