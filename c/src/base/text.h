/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded text: copying, comparing and checking the short strings that the protocol deals in. Knows nothing
 * of what they mean to an election.
 */
#ifndef LEADERLIFE_BASE_TEXT_H
#define LEADERLIFE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sizes with the final NUL. A UID is 36 characters in practice, a resourceVersion at most 39 digits. */
enum {
    TEXT_NAME = 254,
    TEXT_UID = 64,
    TEXT_VERSION = 48,
    TEXT_NONCE = 40,
    TEXT_LIFE = 20,
    TEXT_TIME = 40, /* RFC 3339 with microseconds */
    TEXT_MESSAGE = 1024,
    TEXT_LOCK_MAX = 242 /* bytes of a lock name, so that the record's name fits too */
};

/* Copies as much as fits, always ended by NUL; false if something was cut off. NULL counts as "". */
bool text_copy(char *target, size_t size, const char *source);

/* snprintf that cannot fail and marks what was cut off with "...". */
void text_format(char *target, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void text_append(char *target, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool text_equal(const char *a, const char *b);

/* Decimal numbers of any length: by length, then by bytes (P11). NULL and "" come first. */
int text_compare_decimal(const char *a, const char *b);

/* NULL if it is a DNS subdomain (RFC 1123) of at most `max` bytes, else what is wrong with it. */
const char *text_dns_subdomain_fault(const char *name, size_t max);

/* NULL if it is a DNS label (at most 63 bytes, no dots), else what is wrong with it. */
const char *text_dns_label_fault(const char *name);

/* Index of the word nearest to `wrong` by edit distance, if it is near enough to be meant; else -1. */
int text_nearest(const char *wrong, const char *const *words, size_t count);

/* FNV-1a, 64 bits. */
uint64_t text_hash(const char *text);

/* Replaces bytes that are not printable ASCII, for texts that came from outside and go to people. */
void text_printable(char *text);

#endif
