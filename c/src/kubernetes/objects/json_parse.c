/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses JSON so that memory which runs out cannot change what is read. jansson 2.14 saves each token in a buffer,
 * and where that cannot grow, it drops the byte and goes on: a pod's UID comes out one letter short, so a living pod
 * would count as dead; and where that byte is a string's closing quote, it reads and writes beyond the buffer. The
 * buffer lives as long as the parser and never shrinks. So a number comes first that is longer than any token:
 * 1e0...02, which is 1 and not 100 if the buffer could not take it; after it, the buffer need not grow.
 */
#include "kubernetes/objects/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOM_MIN = 64, /* a power of two, as jansson has them */
    MARGIN = 16    /* so many bytes follow the last one at which the buffer grows, and may be lost without harm */
};

/* At least as long as the longest token: from quote to quote, within strings and between them. */
static size_t longest_token(const char *bytes, size_t size)
{
    size_t longest = 0;
    size_t begin = 0;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"') {
            longest = i - begin > longest ? i - begin : longest;
            begin = i;
        }
    }
    return size - begin > longest ? size - begin : longest;
}

json_t *json_parse(const char *bytes, size_t size)
{
    size_t longest = longest_token(bytes, size);
    size_t room = ROOM_MIN;
    json_error_t error;
    json_t *json = NULL;

    while (room < longest + MARGIN)
        room *= 2;
    size_t begin = room + MARGIN + 5;
    char *text = malloc(begin + size + 1);
    if (text == NULL)
        return NULL;
    memset(text, '0', begin);
    text[0] = '[';
    text[1] = '1';
    text[2] = 'e';
    text[begin - 2] = '2';
    text[begin - 1] = ',';
    memcpy(text + begin, bytes, size);
    text[begin + size] = ']';
    json_t *both = json_loadb(text, begin + size + 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    free(text);
    if (json_array_size(both) == 2 && json_real_value(json_array_get(both, 0)) == 100.0)
        json = json_incref(json_array_get(both, 1));
    json_decref(both);
    return json;
}
