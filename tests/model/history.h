/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated history as a script: what was chosen otherwise than usual, one line for each thing that happened. The
 * simulation draws from the dice and can write such a script down; it plays one again without dice. A script that has
 * lost lines is a history, too: what it does not say happens as usual.
 */
#ifndef LEADERLIFE_TESTS_HISTORY_H
#define LEADERLIFE_TESTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a line is about; a and b number it. */
enum scope_kind {
    SCOPE_WORLD,     /* how this world is, once */
    SCOPE_STRIKE,    /* disturbance a */
    SCOPE_HAND,      /* look a of the hand that removes the lock (level memory) */
    SCOPE_POD,       /* pod a, its step b */
    SCOPE_PROCESS,   /* process a, its step b */
    SCOPE_REQUEST,   /* request b of process a */
    SCOPE_WATCH,     /* watch of process a, the event b that it brings */
    SCOPE_COLLECTOR, /* look a of the garbage collector */
    SCOPE_DICE,      /* number b that the machine of process a draws */
    SCOPES
};

enum { NAME_SIZE = 16 };

struct choice {
    enum scope_kind kind;
    int a;
    int b;
    char name[NAME_SIZE];
    int nth; /* of that name in this line */
    int64_t value;
};

struct history {
    struct choice *choices;
    size_t count;
    size_t room;
    int *index; /* by hash; -1 = free */
    size_t slots;
};

void history_init(struct history *h);
void history_free(struct history *h);
void history_add(struct history *h, const struct choice *choice);
/* NULL: as usual. */
const struct choice *history_find(const struct history *h, const struct choice *like);
/* The strike that follows the one with that number; NULL: none. */
const struct choice *history_next_strike(const struct history *h, int after);
bool history_same_line(const struct choice *x, const struct choice *y);

/* One line each, lines of the same thing joined; returns how many. With file NULL it only counts. */
int history_print(const struct history *h, FILE *file);
/* Adds what one such line says; false: it is none. */
bool history_read_line(struct history *h, const char *line);

#endif
