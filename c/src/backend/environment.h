/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environment variables. Only environment.c reads them; docs/environment.md has a row for each variable.
 */
#ifndef LEADERLIFE_BACKEND_ENVIRONMENT_H
#define LEADERLIFE_BACKEND_ENVIRONMENT_H

#include <stdbool.h>

/* A variable's value, NULL when it is unset or empty; read whatever rights this program was given (AT_SECURE), so only
 * for what is checked by other means: docs/environment.md has a row for each. */
const char *environment_variable(const char *name);

/* This program was started with more rights than its caller has (file capabilities, setuid, setgid), so what the caller
 * says must not choose which programs are run or which files are read. */
bool environment_is_privileged(void);

#endif
