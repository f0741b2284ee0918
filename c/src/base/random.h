/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers, for jitter and for names, never for secrecy.
 */
#ifndef LEADERLIFE_BASE_RANDOM_H
#define LEADERLIFE_BASE_RANDOM_H

#include <stdint.h>

/* A fresh one. */
uint32_t random_number(void);

#endif
