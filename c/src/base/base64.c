/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64.
 */
#include "base/base64.h"

#include "base/secret.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(char c, bool url)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);

    if (at != NULL && at - alphabet < 62)
        return (int)(at - alphabet);
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The digits' bytes in out; false if the text is not base64. */
static bool decode(const char *text, size_t size, bool url, char *out, size_t *ret_size)
{
    uint32_t bits = 0;
    size_t digits = 0;
    size_t padding = 0;
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        int value = digit(text[i], url);

        if (is_blank(text[i]))
            continue;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        if (value < 0 || padding > 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        digits++;
        if (digits % 4 != 1)
            out[used++] = (char)(bits >> (4 - digits % 4) % 4 * 2 & 0xff);
    }
    if (digits % 4 == 1 || padding > 2 || (padding > 0 && (digits + padding) % 4 != 0))
        return false;
    out[used] = '\0';
    *ret_size = used;
    return true;
}

char *base64_decode(const char *text, size_t size, bool url, size_t *ret_size)
{
    size_t room = size / 4 * 3 + 4;
    char *out = calloc(1, room);

    if (out == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    if (decode(text, size, url, out, ret_size))
        return out;
    secret_wipe(out, room);
    free(out);
    errno = EINVAL;
    return NULL;
}

bool base64_is_strict(const char *text)
{
    size_t digits = 0;

    for (const char *c = text; *c != '\0'; c++)
        digits += *c != '\r' && *c != '\n';
    return digits % 4 == 0 && strpbrk(text, " \t") == NULL;
}

char *base64_encode(const char *bytes, size_t size)
{
    char *out = malloc((size + 2) / 3 * 4 + 1);
    size_t used = 0;

    for (size_t i = 0; out != NULL && i < size; i += 3) {
        uint32_t bits = 0;

        for (size_t j = i; j < i + 3; j++)
            bits = bits << 8 | (j < size ? (unsigned char)bytes[j] : 0);
        for (size_t j = 0; j < 4; j++)
            out[used++] = (char)(i + j > size ? '=' : alphabet[bits >> (18 - 6 * j) & 63]);
    }
    if (out != NULL)
        out[used] = '\0';
    return out;
}
