/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of options and the values that a handle was given. Everything that lists options (bindings, command
 * line, docs) reads this table.
 */
#ifndef LEADERLIFE_BASE_OPTIONS_H
#define LEADERLIFE_BASE_OPTIONS_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option {
    OPTION_BACKEND,
    OPTION_MODE,
    OPTION_NAMESPACE,
    OPTION_POD_NAME,
    OPTION_POD_UID,
    OPTION_POD_NETWORK,
    OPTION_KUBECONFIG,
    OPTION_CONTEXT,
    OPTION_SERVER,
    OPTION_CA_FILE,
    OPTION_TOKEN_FILE,
    OPTION_GUARD,
    OPTION_NODE_POLICY,
    OPTION_RETRY_PERMANENT,
    OPTION_EVENTS,
    OPTION_LOG_LEVEL,
    OPTION_USER_AGENT,
    OPTION_REHEARSE_LOSS,
    OPTIONS_PUBLIC, /* test knobs from here on: not listed, not promised */
    OPTION_X_SERVICE_ACCOUNT_DIR = OPTIONS_PUBLIC,
    OPTION_X_REQUEST_TIMEOUT_MS, /* 15000 */
    OPTION_X_IDLE_TIMEOUT_MS,    /* 90000: P18, no byte on a watch */
    OPTION_X_PLUGIN_TIMEOUT_MS,  /* 60000: a credential plugin's whole run */
    OPTION_X_ELSEWHERE_MS,       /* 60000: P2, how long a pod may be elsewhere before that is permanent */
    OPTIONS
};

struct options {
    char *values[OPTIONS]; /* NULL: not set */
};

/* LEADERLIFE_OK, _EINVAL (a NULL), _EOPTION, _EVALUE, _ENOMEM with a text. */
int options_set(struct options *options, const char *name, const char *value, char *text, size_t size);

/* NULL for an unknown name, else the value or its default. */
const char *options_find(const struct options *options, const char *name);

/* As set, or the default; "" where it has none. */
const char *option_text(const struct options *options, enum option option);
bool option_is(const struct options *options, enum option option, const char *word);
bool option_is_set(const struct options *options, enum option option);
int64_t option_number(const struct options *options, enum option option);

void options_free(struct options *options);

#endif
