/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monotonic clock.
 */
#ifndef LEADERLIFE_CLI_CLOCK_H
#define LEADERLIFE_CLI_CLOCK_H

#include <stdint.h>

#define NEVER INT64_MAX /* a time that does not come */

int64_t clock_ms(void); /* milliseconds */

#endif
