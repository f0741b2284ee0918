/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the arguments of a command: its own flags, the election's options as flags (from the library's table), the
 * lock, the program.
 */
#include "cli/cli.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_S 1e8

/* A flag as it was found in either table. */
struct known {
    int own;            /* index of the command's own, or -1 */
    const char *option; /* the election's, or NULL */
    bool is_switch;
};

static bool is_knob(const char *name)
{
    return strncmp(name, "x-", 2) == 0;
}

static bool find_option(const char *name, struct known *ret_known)
{
    for (size_t i = 0; i < leaderlife_option_count(); i++) {
        if (strcmp(leaderlife_option_name(i), name) != 0)
            continue;
        *ret_known = (struct known){-1, leaderlife_option_name(i), strcmp(leaderlife_option_type(i), "bool") == 0};
        return true;
    }
    return false;
}

/* The length tells where "--name=value" ends its name. */
static bool find_flag(const struct command *command, const char *name, size_t length, struct known *ret_known)
{
    char whole[64];

    text_format(whole, sizeof whole, "%.*s", (int)(length < 60 ? length : 60), name);
    for (int i = 0; command->flags[i].name != NULL; i++) {
        if (strcmp(command->flags[i].name, whole) != 0)
            continue;
        *ret_known = (struct known){i, NULL, command->flags[i].value == NULL};
        return true;
    }
    if (command->options[0] == '\0')
        return false;
    if (is_knob(whole) && name[length] == '\0') { /* test knobs, as two words: taken, not listed */
        *ret_known = (struct known){-1, name, false};
        return true;
    }
    return find_option(whole, ret_known) && help_is_election_flag(command, ret_known->option);
}

/* -n is the namespace's for all that have that option, as kubectl has it. */
static bool find_letter(const struct command *command, char letter, struct known *ret_known)
{
    static const char namespace_[] = "namespace";

    for (int i = 0; command->flags[i].name != NULL; i++) {
        if (command->flags[i].letter != letter || letter == '\0')
            continue;
        *ret_known = (struct known){i, NULL, command->flags[i].value == NULL};
        return true;
    }
    return letter == namespace_[0] && help_is_election_flag(command, namespace_) && find_option(namespace_, ret_known);
}

/* status has it; with a program it would be what is done anyway. */
static int needless_watch(const char *flag)
{
    log_say(TONE_ERROR, "no option '%s': run stays beside its program without it; leave it out (--exec is not to stay)",
            flag);
    return CLI_TROUBLE;
}

static int unknown_letter(const struct command *command, char letter)
{
    if (command->program && letter == 'w')
        return needless_watch("-w");
    log_say(TONE_ERROR, "no option '-%c'; leaderlife %s --help lists them", letter, command->name);
    return CLI_TROUBLE;
}

/* The only one that begins so, or -1. */
static int beginning_with(const char *wrong, const char *const *names, size_t count)
{
    int found = -1;

    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], wrong, strlen(wrong)) != 0)
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

static int unknown_flag(const struct command *command, const char *flag, size_t length)
{
    const char *names[FLAGS_MAX + SETTINGS_MAX];
    char wrong[64];
    size_t count = 0;

    text_format(wrong, sizeof wrong, "%.*s", (int)(length < 60 ? length : 60), flag);
    if (command->program && strcmp(wrong, "watch") == 0)
        return needless_watch("--watch");
    for (size_t i = 0; command->flags[i].name != NULL; i++)
        names[count++] = command->flags[i].name;
    for (size_t i = 0; i < leaderlife_option_count() && count < FLAGS_MAX + SETTINGS_MAX; i++)
        if (help_is_election_flag(command, leaderlife_option_name(i)))
            names[count++] = leaderlife_option_name(i);
    int nearest = beginning_with(wrong, names, count);
    if (nearest < 0)
        nearest = text_nearest(wrong, names, count);
    if (nearest >= 0)
        log_say(TONE_ERROR, "no option '--%s': did you mean '--%s'?", wrong, names[nearest]);
    else
        log_say(TONE_ERROR, "no option '--%s'; leaderlife %s --help lists them", wrong, command->name);
    return CLI_TROUBLE;
}

/* "10", "1.5s" ... as milliseconds; false: it is none. */
static bool parse_duration(const char *value, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3600000}};
    const char *unit = value + strspn(value, "0123456789.");
    char *end = NULL;
    double number = unit != value && value[0] != '.' ? strtod(value, &end) : -1;

    if (end != unit)
        return false;
    for (size_t i = 0; number >= 0 && number <= LONGEST_S && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        *ret_ms = (int64_t)(number * units[i].ms);
        return true;
    }
    return false;
}

static int check_duration(const struct flag *flag, const char *value)
{
    int64_t ms;

    if (parse_duration(value, &ms))
        return CLI_OK;
    log_say(TONE_ERROR, "option '--%s' cannot be '%.60s'; it takes a time such as 10, 1.5s, 500ms, 2m or 1h",
            flag->name, value);
    return CLI_TROUBLE;
}

/* The value of a TIME flag is a time, and a flag whose help lists its words takes no other word. An empty value is
 * refused. */
static int check_value(const struct flag *flag, const char *value)
{
    const char *at = flag->value;
    size_t length = strlen(value);

    if (strcmp(at, "TIME") == 0)
        return check_duration(flag, value);
    if (length == 0) {
        log_say(TONE_ERROR, "option '--%s' needs a value", flag->name);
        return CLI_TROUBLE;
    }
    if (strchr(at, '|') == NULL)
        return CLI_OK;
    while (at != NULL && (strncmp(at, value, length) != 0 || (at[length] != '\0' && at[length] != '|'))) {
        at = strchr(at, '|');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at != NULL)
        return CLI_OK;
    log_say(TONE_ERROR, "option '--%s' cannot be '%.60s'; it takes %s", flag->name, value, flag->value);
    return CLI_TROUBLE;
}

static int keep(struct arguments *arguments, const struct known *known, const char *value)
{
    if (known->own >= 0) {
        const struct flag *flag = &arguments->command->flags[known->own];

        arguments->flags[known->own] = value;
        return known->is_switch ? CLI_OK : check_value(flag, value);
    }
    if (arguments->setting_count == SETTINGS_MAX) {
        log_say(TONE_ERROR, "too many options; give each once");
        return CLI_TROUBLE;
    }
    arguments->settings[arguments->setting_count].name = known->option;
    arguments->settings[arguments->setting_count++].value = value;
    return CLI_OK;
}

/* "--name", "--name=value", "-n"; *argv is moved to the last word that belongs to it. */
static int take_flag(struct arguments *arguments, char ***argv)
{
    const char *word = **argv;
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t length = is_long ? strcspn(name, "=") : 1;
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    struct known known;

    if (is_long && !find_flag(arguments->command, name, length, &known))
        return unknown_flag(arguments->command, name, length);
    for (; !is_long; name++) { /* "-wq", "-wt5" */
        if (!find_letter(arguments->command, name[0], &known))
            return unknown_letter(arguments->command, name[0]);
        if (!known.is_switch || name[1] == '\0')
            break;
        (void)keep(arguments, &known, "");
    }
    if (!is_long && name[1] != '\0')
        value = name + 1;
    if (known.is_switch && known.own >= 0 && value != NULL) {
        log_say(TONE_ERROR, "option '%.60s' takes no value", word);
        return CLI_TROUBLE;
    }
    if (known.is_switch && value == NULL) {
        value = known.own >= 0 ? "" : "true";
    } else if (value == NULL) {
        value = (*argv)[1];
        if (value == NULL || strcmp(value, "--") == 0) {
            log_say(TONE_ERROR, "option '%.60s' needs a value", word);
            return CLI_TROUBLE;
        }
        (*argv)++;
    }
    return keep(arguments, &known, value);
}

static int check_operands(const struct arguments *arguments)
{
    const struct command *command = arguments->command;

    if (arguments->lock == NULL)
        log_say(TONE_ERROR, "which lock? usage: leaderlife %s [options] %s", command->name, command->operands);
    else if (command->program && (arguments->program == NULL || arguments->program[0] == NULL))
        log_say(TONE_ERROR, "no program to run; put it behind --: leaderlife %s [options] %s", command->name,
                command->operands);
    else if (!command->program && arguments->program != NULL)
        log_say(TONE_ERROR, "leaderlife %s takes no program behind --", command->name);
    else
        return CLI_OK;
    return CLI_TROUBLE;
}

int arguments_parse(struct arguments *arguments, const struct command *command, char **argv, bool *ret_done)
{
    *ret_done = false;
    *arguments = (struct arguments){.command = command};
    for (; *argv != NULL; argv++) {
        int status = CLI_OK;

        if (strcmp(*argv, "--") == 0) {
            arguments->program = argv + 1;
            break;
        }
        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0) {
            *ret_done = true;
            help_print(command);
            return CLI_OK;
        }
        if ((*argv)[0] == '-' && (*argv)[1] != '\0') {
            status = take_flag(arguments, &argv);
        } else if (arguments->lock == NULL) {
            arguments->lock = *argv;
        } else {
            log_say(TONE_ERROR, "'%.60s' is one word too many after the lock '%.60s'%s", *argv, arguments->lock,
                    command->program ? "; put -- before the program" : "");
            status = CLI_TROUBLE;
        }
        if (status != CLI_OK)
            return status;
    }
    return check_operands(arguments);
}

/* ---- What was given ---- */

static int index_of(const struct arguments *arguments, const char *flag)
{
    for (int i = 0; arguments->command->flags[i].name != NULL; i++)
        if (strcmp(arguments->command->flags[i].name, flag) == 0)
            return i;
    return -1;
}

const char *argument(const struct arguments *arguments, const char *flag)
{
    int index = index_of(arguments, flag);

    if (index < 0)
        return NULL;
    return arguments->flags[index] != NULL ? arguments->flags[index] : arguments->command->flags[index].default_;
}

bool argument_given(const struct arguments *arguments, const char *flag)
{
    int index = index_of(arguments, flag);

    return index >= 0 && arguments->flags[index] != NULL;
}

const char *argument_option(const struct arguments *arguments, const char *option)
{
    const char *value = NULL;

    for (size_t i = 0; i < arguments->setting_count; i++)
        if (strcmp(arguments->settings[i].name, option) == 0)
            value = arguments->settings[i].value;
    return value;
}

void argument_duration(const struct arguments *arguments, const char *flag, int64_t *ret_ms)
{
    const char *value = argument(arguments, flag);

    if (value != NULL)
        (void)parse_duration(value, ret_ms); /* keep() has looked at it */
}

/* ---- The election ---- */

int arguments_open_election(const struct arguments *arguments, const char *mode, leaderlife_election **ret_election)
{
    leaderlife_election *election = NULL;
    int status = leaderlife_election_new(arguments->lock, &election);

    for (size_t i = 0; status == LEADERLIFE_OK && i < arguments->setting_count; i++)
        status = leaderlife_election_set(election, arguments->settings[i].name, arguments->settings[i].value);
    if (status == LEADERLIFE_OK && mode != NULL)
        status = leaderlife_election_set(election, "mode", mode);
    if (status == LEADERLIFE_OK) {
        *ret_election = election;
        return CLI_OK;
    }
    log_say(TONE_ERROR, "%s",
            election != NULL ? leaderlife_election_error_text(election) : leaderlife_strerror(status));
    leaderlife_election_free(election);
    return CLI_TROUBLE;
}
