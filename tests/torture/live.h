/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that those who count have allocated and nobody has freed.
 */
#ifndef LEADERLIFE_TESTS_TORTURE_LIVE_H
#define LEADERLIFE_TESTS_TORTURE_LIVE_H

#include <stddef.h>

/* The caller has got it. */
void live_add(const void *memory, const void *caller);

/* It is about to be freed. */
void live_remove(const void *memory);

/* How much there is; writes the caller of one of them. */
size_t live_count(const void **ret_caller);

#endif
