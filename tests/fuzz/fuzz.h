/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target takes bytes as they could come from outside, and aborts where the answer breaks
 * a promise of the header that it tries; the sanitizers abort where memory does.
 */
#ifndef LEADERLIFE_TESTS_FUZZ_H
#define LEADERLIFE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Like assert, in every build. */
static inline void fuzz_check(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

/* A text for people: something, and printable. */
static inline void fuzz_check_text(const char *text)
{
    fuzz_check(text[0] != '\0', "a refusal says why");
    for (const char *at = text; *at != '\0'; at++)
        fuzz_check(((unsigned char)*at >= ' ' && *at != 0x7f) || *at == '\n', "a text for people is printable");
}

/* The bytes as a text of its own, exactly as long, so that a sanitizer sees each step beyond; to be freed. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

/* The next text of those that NUL bytes separate in `text` of that size; NULL behind the last. *at begins as 0. */
static inline const char *fuzz_next(const char *text, size_t size, size_t *at)
{
    const char *next = text + *at;

    if (*at > size)
        return NULL;
    *at += strlen(next) + 1;
    return next;
}

#endif
