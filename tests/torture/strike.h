/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides for each call whether it fails.
 */
#ifndef LEADERLIFE_TESTS_TORTURE_STRIKE_H
#define LEADERLIFE_TESTS_TORTURE_STRIKE_H

#include <stdbool.h>
#include <stddef.h>

/* The errno with which this call of the function fails, 0 if it does not. errnos: those that are plausible; the caller
 * is who called the wrapper. */
int strike(const char *function, const void *caller, const int *errnos, size_t count);

/* Whether any calls count now; and whether those from there do. */
bool strike_is_on(void);
bool strike_counts(const void *caller);

/* The next one of that name, the C library's or the sanitizer's, into a pointer to such a function. */
void strike_real(const char *function, void *ret_function);

/* Modules were loaded. */
void strike_look_at_modules(void);

/* From here on nothing fails. Programs that know of it call it, too. */
void strike_end(void);

#endif
