/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as Kubernetes writes them: RFC 3339. Pure arithmetic: no locale, no time zone of this machine, nothing of
 * the C library's own.
 */
#ifndef LEADERLIFE_BASE_TIME_TEXT_H
#define LEADERLIFE_BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* "2018-03-06T01:30:20.5+05:30" as seconds since 1970, the fraction cut off; false, and *ret_seconds untouched, if it
 * is not as Go's time.Parse(time.RFC3339) takes it: years 0000 to 9999, capital T and Z, no leap second (:60). Go also
 * takes a comma before the fraction, an hour of one digit, and offsets up to 24:60. NULL is no time. */
bool time_parse(const char *text, int64_t *ret_seconds);

#endif
