/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator, preloaded into the place of the C library's. What those who count have allocated is written down, so
 * that what nobody frees is seen.
 */
#undef _FORTIFY_SOURCE /* it would lead from these functions to themselves */

#include "torture/live.h"
#include "torture/strike.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

enum { EARLY = 1 << 16 /* bytes for who allocates while the real allocator is looked up */ };

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static _Alignas(16) char early[EARLY];
static size_t early_used;

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);

static bool is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + EARLY;
}

static void *early_new(size_t size)
{
    size_t at = early_used;

    early_used += (size + 15) & ~(size_t)15;
    return early_used <= EARLY ? early + at : NULL;
}

static bool is_ready(void)
{
    static bool looking;

    if (real_free != NULL)
        return true;
    if (looking)
        return false;
    looking = true;
    strike_real("malloc", &real_malloc);
    strike_real("calloc", &real_calloc);
    strike_real("realloc", &real_realloc);
    strike_real("free", &real_free);
    return true;
}

static bool refuse(const char *function, const void *caller)
{
    static const int errnos[] = {ENOMEM};

    if (strike(function, caller, errnos, 1) == 0)
        return false;
    errno = ENOMEM;
    return true;
}

static void *keep(void *memory, const void *caller)
{
    if (strike_counts(caller))
        live_add(memory, caller);
    return memory;
}

void *malloc(size_t size)
{
    const void *caller = CALLER;

    if (!is_ready())
        return early_new(size);
    return refuse("malloc", caller) ? NULL : keep(real_malloc(size), caller);
}

void *calloc(size_t count, size_t size)
{
    const void *caller = CALLER;

    if (!is_ready())
        return early_new(count * size);
    return refuse("calloc", caller) ? NULL : keep(real_calloc(count, size), caller);
}

void *realloc(void *old, size_t size)
{
    const void *caller = CALLER;

    if (!is_ready() || is_early(old)) {
        size_t most = old != NULL ? (size_t)(early + EARLY - (char *)old) : 0;
        void *moved = malloc(size);
        if (moved != NULL && old != NULL)
            memcpy(moved, old, size < most ? size : most);
        return moved;
    }
    if (refuse("realloc", caller))
        return NULL;
    live_remove(old);
    return keep(real_realloc(old, size), caller);
}

void free(void *memory)
{
    if (is_early(memory) || !is_ready())
        return;
    live_remove(memory);
    real_free(memory);
}

/* ---- Copies ---- */

char *strdup(const char *text)
{
    const void *caller = CALLER;
    size_t size = strlen(text) + 1;
    char *copy = refuse("strdup", caller) ? NULL : malloc(size);

    return copy == NULL ? NULL : keep(memcpy(copy, text, size), caller);
}

char *strndup(const char *text, size_t most)
{
    const void *caller = CALLER;
    size_t length = strnlen(text, most);
    char *copy = refuse("strndup", caller) ? NULL : malloc(length + 1);

    if (copy == NULL)
        return NULL;
    copy[length] = '\0';
    return keep(memcpy(copy, text, length), caller);
}

int __vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments);
int __asprintf_chk(char **ret_text, int flag, const char *format, ...);

static int print(const char *function, const void *caller, char **ret_text, const char *format, va_list arguments)
{
    int length = refuse(function, caller) ? -1 : vasprintf(ret_text, format, arguments);

    if (length >= 0)
        keep(*ret_text, caller);
    return length;
}

int __vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return print("__vasprintf_chk", CALLER, ret_text, format, arguments);
}

int __asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    int length = print("__asprintf_chk", CALLER, ret_text, format, arguments);
    va_end(arguments);
    return length;
}

/* ---- Others that allocate ---- */

FILE *open_memstream(char **ret_text, size_t *ret_size)
{
    static FILE *(*real)(char **, size_t *);

    if (real == NULL)
        strike_real("open_memstream", &real);
    return refuse("open_memstream", CALLER) ? NULL : real(ret_text, ret_size);
}

int getifaddrs(struct ifaddrs **ret_first)
{
    static int (*real)(struct ifaddrs **);

    if (real == NULL)
        strike_real("getifaddrs", &real);
    return refuse("getifaddrs", CALLER) ? -1 : real(ret_first);
}

ssize_t __getdelim(char **line, size_t *size, int end, FILE *file)
{
    static ssize_t (*real)(char **, size_t *, int, FILE *);

    if (real == NULL)
        strike_real("__getdelim", &real);
    return refuse("__getdelim", CALLER) ? -1 : real(line, size, end, file);
}
