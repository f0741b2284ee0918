/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of `leaderlife status` share: status.c observes, changes.c finds what is new, print.c prints.
 */
#ifndef LEADERLIFE_CLI_STATUS_STATUS_H
#define LEADERLIFE_CLI_STATUS_STATUS_H

#include "base/text.h"
#include "cli/clock.h"

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known at one moment; "" and 0 where it is not. */
struct snapshot {
    char lock[TEXT_NAME];
    char backend[16];
    char scope[TEXT_NAME]; /* of the embedded lock: whose it is */
    char namespace_[TEXT_NAME];
    char server[TEXT_NAME];
    char holder[TEXT_NAME]; /* "" = nobody is known to lead */
    char uid[TEXT_UID];
    char phase[16];
    char node[TEXT_NAME];
    char since[TEXT_TIME];
    char token[TEXT_VERSION];
    int64_t term;
    int guard; /* LEADERLIFE_GUARD_... */
    bool settled;
};

/* What a person should know. */
struct notice {
    int status;
    char *text;
};

enum { NOTICES_MAX = 32 };

struct notices {
    struct notice list[NOTICES_MAX];
    size_t count;
};

/* ---- changes.c: pure ---- */

struct changes {
    struct snapshot shown;   /* the last that was shown */
    struct snapshot pending; /* a term that was observed, but not all of it; or that went before all of it was */
    bool any;                /* something has been shown */
    bool has_pending;
    int64_t pending_at; /* when it was first seen */
    int64_t nobody_at;  /* when nobody is to be shown; NEVER */
    int64_t due;        /* when to look again although nothing happens; NEVER */
};

void changes_init(struct changes *changes);

/* The next line that is due: each term once, in order, and nobody only if that lasts. Call it until it says false. */
bool changes_step(struct changes *changes, const struct snapshot *now, int64_t now_ms, struct snapshot *ret_shown);

/* ---- print.c: texts for stdout, to be freed; NULL without memory ---- */

char *status_as_text(const struct snapshot *snapshot, const struct notices *notices);
char *status_as_json(const struct snapshot *snapshot, const struct notices *notices);

/* One line of --watch. notice NULL: about the holder. */
char *status_line_as_text(const struct snapshot *snapshot, const struct notice *notice);
char *status_line_as_json(const struct snapshot *snapshot, const struct notice *notice);

#endif
