/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocator that fails on purpose. The program's own malloc takes the place of the C library's (and of the
 * sanitizer's), so what libraries allocate is counted too. For one program's one source.
 */
#ifndef LEADERLIFE_TESTS_UNIT_SCARCE_MEMORY_H
#define LEADERLIFE_TESTS_UNIT_SCARCE_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static volatile long left = -1; /* allocations that still succeed; negative: all */
static volatile long more;      /* that fail after the first */
static volatile bool fail_on;   /* after the first that fails, all others too */
static volatile long failed;    /* volatile: the compiler believes that malloc reads none of these */

/* The real ones: the sanitizer's where there is one, which exports them under these names. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *old, size_t size) __attribute__((weak));
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

static bool must_fail(void)
{
    if (left < 0 || left-- > 0)
        return false;
    left = fail_on || more-- > 0 ? 0 : -1;
    failed++;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (must_fail())
        return NULL;
    return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (must_fail())
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (must_fail())
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

/* valgrind puts its own allocator in the place of everybody's; there the sanitizers' run must do. */
static void require_allocator(void)
{
    const char *preload = getenv("LD_PRELOAD");
    void *volatile probe;

    if (preload != NULL && strstr(preload, "vgpreload") != NULL)
        skip();
    left = 0;
    probe = malloc(1);
    left = -1;
    assert_null(probe);
}

#endif
