/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the leaderlife command share: arguments, help, messages for people, the commands. The command
 * stands on the public API alone (and on base/text.h, which knows nothing of elections).
 */
#ifndef LEADERLIFE_CLI_CLI_H
#define LEADERLIFE_CLI_CLI_H

#include "cli/clock.h"
#include "cli/exit_status.h"

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Arguments (arguments.c) ---- */

enum { FLAGS_MAX = 16, SETTINGS_MAX = 64 };

/* One of a command's own flags; the list ends with a NULL name. */
struct flag {
    const char *name;     /* without the dashes */
    char letter;          /* or 0 */
    const char *value;    /* what the help calls its value; "a|b" lists all that it may be; NULL: a switch */
    const char *default_; /* or NULL */
    const char *help;
};

struct arguments;

struct command {
    const char *name;
    const char *operands; /* for the usage line */
    const char *summary;
    const char *help;         /* what the help says below the usage line */
    const struct flag *flags; /* its own */
    const char *options;      /* which election options are flags too: "all", or names with commas around each; "" */
    bool program;             /* ends with -- and a program */
    int (*run)(const struct arguments *arguments);
};

struct arguments {
    const struct command *command;
    const char *lock;
    char **program; /* what follows --, ended by NULL; NULL without */
    const char *flags[FLAGS_MAX];
    struct {
        const char *name;
        const char *value;
    } settings[SETTINGS_MAX]; /* of the election's options */
    size_t setting_count;
};

extern const struct command *const commands[]; /* ended by NULL */

/* CLI_OK, or CLI_TROUBLE with a message on stderr; or, after --help, *ret_done and CLI_OK. argv begins behind the
 * command's name. */
int arguments_parse(struct arguments *arguments, const struct command *command, char **argv, bool *ret_done);

/* The value of a flag, else its default, else NULL; of a switch "" where it was given. */
const char *argument(const struct arguments *arguments, const char *flag);
bool argument_given(const struct arguments *arguments, const char *flag);
/* Likewise of an election option that is a flag; NULL: not given. */
const char *argument_option(const struct arguments *arguments, const char *option);

/* A TIME flag's value ("10", "1.5s", "500ms", "2m", "1h") as milliseconds. *ret_ms stays where it was not given and has
 * no default. */
void argument_duration(const struct arguments *arguments, const char *flag, int64_t *ret_ms);

/* An election for the lock with the given options; mode NULL: as the options say. CLI_OK, or CLI_TROUBLE with a message
 * and nothing to free. */
int arguments_open_election(const struct arguments *arguments, const char *mode, leaderlife_election **ret_election);

/* ---- Help (help.c) ---- */

void help_print(const struct command *command); /* NULL: of all */
bool help_is_election_flag(const struct command *command, const char *option);

/* ---- Words for people (log.c) ---- */

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARNING, TONE_ERROR, TONE_FAINT };

/* A line on stderr that begins with "leaderlife: ". Control characters in it become '?'. */
void log_say(enum tone tone, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From now on a line for which stderr has no room is dropped: nobody who reads slowly may keep a leader from its
 * duties. */
void log_never_waits(void);

/* What begins and ends a word of that tone on that stream (stdout, stderr); "" where it is no terminal, or colour is
 * not wanted (NO_COLOR, TERM=dumb). */
const char *log_tone_begin(int fd, enum tone tone);
const char *log_tone_end(int fd, enum tone tone);

/* "did you mean 'x'?" with a leading separator, or "". */
const char *log_suggestion(const char *wrong, const char *const *words, size_t count);

/* ---- The commands ---- */

int run_main(const struct arguments *arguments);
int status_main(const struct arguments *arguments);
int doctor_main(const struct arguments *arguments);
int rbac_main(const struct arguments *arguments);

#endif
