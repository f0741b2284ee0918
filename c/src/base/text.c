/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded text.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NEAREST_MAX = 63 /* bytes of the words that text_nearest compares */ };

bool text_copy(char *target, size_t size, const char *source)
{
    size_t length = source != NULL ? strlen(source) : 0;
    bool whole = length < size;

    if (size == 0)
        return false;
    if (!whole)
        length = size - 1;
    if (length > 0)
        memmove(target, source, length);
    target[length] = '\0';
    return whole;
}

static void mark_cut(char *target, size_t size)
{
    static const char dots[] = "...";

    if (size >= sizeof dots)
        memcpy(target + size - sizeof dots, dots, sizeof dots);
}

static void format_into(char *target, size_t size, const char *format, va_list arguments)
{
    if (size == 0)
        return;
    int length = vsnprintf(target, size, format, arguments);
    if (length < 0)
        target[0] = '\0';
    else if ((size_t)length >= size)
        mark_cut(target, size);
}

void text_format(char *target, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    format_into(target, size, format, arguments);
    va_end(arguments);
}

void text_append(char *target, size_t size, const char *format, ...)
{
    size_t used = strnlen(target, size);
    va_list arguments;

    if (used == size)
        return;
    va_start(arguments, format);
    int length = vsnprintf(target + used, size - used, format, arguments);
    va_end(arguments);
    if (length < 0)
        target[used] = '\0';
    else if ((size_t)length >= size - used)
        mark_cut(target, size);
}

bool text_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Leading zeros would make "length first" wrong; no API server writes them, a person may. */
static const char *skip_zeros(const char *digits)
{
    while (digits[0] == '0' && digits[1] != '\0')
        digits++;
    return digits;
}

int text_compare_decimal(const char *a, const char *b)
{
    a = skip_zeros(a != NULL ? a : "");
    b = skip_zeros(b != NULL ? b : "");
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    if (length_a != length_b)
        return length_a < length_b ? -1 : 1;
    int order = memcmp(a, b, length_a);
    return (order > 0) - (order < 0);
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What is wrong with the character at that place of a DNS name; NULL. */
static const char *character_fault(const char *at, bool dots)
{
    if (is_lower_or_digit(*at) || *at == '-')
        return NULL;
    if (*at == '.')
        return dots ? NULL : "must not contain '.'";
    if (*at >= 'A' && *at <= 'Z')
        return "must not contain upper-case letters";
    return dots ? "contains something else than letters, digits, '-' and '.'"
                : "contains something else than letters, digits and '-'";
}

static const char *dns_fault(const char *name, size_t max, bool dots)
{
    bool begin = true;

    if (name == NULL || name[0] == '\0')
        return "is empty";
    for (const char *at = name; *at != '\0'; at++) {
        const char *fault = character_fault(at, dots);
        bool end = at[1] == '\0' || at[1] == '.';

        if (fault != NULL)
            return fault;
        if ((begin || end) && !is_lower_or_digit(*at))
            return dots ? "must begin and end with a letter or digit, and so must each part between dots"
                        : "must begin and end with a letter or digit";
        begin = *at == '.';
    }
    return strlen(name) > max ? "is too long" : NULL;
}

const char *text_dns_subdomain_fault(const char *name, size_t max)
{
    return dns_fault(name, max, true);
}

const char *text_dns_label_fault(const char *name)
{
    return dns_fault(name, 63, false);
}

/* Case, and '_' for '-', are the mistakes that cost nothing. */
static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (char)(c == '_' ? '-' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, row by row; both words are at most NEAREST_MAX long. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NEAREST_MAX + 1];
    size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];
            size_t changed = diagonal + (folded(a[i - 1]) != folded(b[j - 1]));

            row[j] = least(changed, least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[width];
}

int text_nearest(const char *wrong, const char *const *words, size_t count)
{
    size_t length = strlen(wrong);
    size_t best = length / 3 + 1; /* with more changes than that, another word was meant */
    int nearest = -1;

    if (length > NEAREST_MAX)
        return -1;
    for (size_t i = 0; i < count; i++) {
        size_t found;

        if (strlen(words[i]) > NEAREST_MAX)
            continue;
        found = distance(wrong, words[i]);
        if (found < best || (found == best && nearest < 0 && found < strlen(words[i]))) {
            best = found;
            nearest = (int)i;
        }
    }
    return nearest;
}

uint64_t text_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++) {
        hash ^= (unsigned char)*text;
        hash *= 0x100000001b3u;
    }
    return hash;
}

void text_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}
