/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A candidate that is judged at every step, on the public API alone. What is wrong ends the process.
 */
#ifndef LEADERLIFE_TESTS_TORTURE_CANDIDATE_H
#define LEADERLIFE_TESTS_TORTURE_CANDIDATE_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stddef.h>

struct option {
    const char *name;
    const char *value;
};

enum { OPTIONS_MAX = 16, TRIES_MAX = 200 };

struct candidate {
    const char *name;
    const char *lock;
    struct option options[OPTIONS_MAX];
    leaderlife_election *election;
    int shown; /* the state that the events have told last */
    int tries; /* so often it was made anew */
};

/* Prints why, and ends the process with 1. */
void wrong(const struct candidate *candidate, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Makes and starts it; anew as long as that fails cleanly. */
void candidate_start(struct candidate *candidate);

/* A new handle with its options, that is not started. */
void candidate_new(struct candidate *candidate);

/* One turn of the loop: process, events, judgement. One that has failed is made and started anew. */
void candidate_step(struct candidate *candidate);

/* Judges what the candidate says of itself. */
void candidate_check(struct candidate *candidate);

/* Frees it, if there is one. */
void candidate_free(struct candidate *candidate);

bool candidate_leads(const struct candidate *candidate);

#endif
