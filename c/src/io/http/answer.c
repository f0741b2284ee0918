/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the head of an answer, line by line as curl hands it over: when there is an answer to the request, its
 * status, and whether its body can be read. What a proxy says before the request is sent, and what a server says
 * while it is still at work (1xx), is no answer.
 */
#include "io/http/answer.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

void answer_begin(struct transfer *transfer)
{
    transfer->answered = false;
    transfer->head_over = false;
    transfer->status = 0;
    transfer->encodings = 0;
    transfer->encoding_is_strange = false;
    transfer->encoding[0] = '\0';
}

/* "HTTP/1.1 401 Unauthorized", "HTTP/2 401 ". */
static long status_of(const char *line, size_t size)
{
    const char *space = memchr(line, ' ', size);
    size_t left = space != NULL ? size - (size_t)(space - line) : 0;
    long status = 0;

    for (size_t i = 1; i <= 3; i++) {
        if (i >= left || space[i] < '0' || space[i] > '9')
            return 0;
        status = status * 10 + (space[i] - '0');
    }
    return status;
}

static void take_encoding(struct transfer *transfer, const char *name, size_t size)
{
    static const char *const known[] = {"gzip", "x-gzip", "deflate"};
    bool is_known = false;

    if (size == 0 || (size == 8 && strncasecmp(name, "identity", size) == 0))
        return;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        is_known = is_known || (strlen(known[i]) == size && strncasecmp(name, known[i], size) == 0);
    text_append(transfer->encoding, sizeof transfer->encoding, "%s%.*s", transfer->encodings > 0 ? ", " : "", (int)size,
                name);
    transfer->encodings++;
    if (!is_known || transfer->encodings > 1) /* with several encodings a few bytes could keep curl busy for minutes */
        transfer->encoding_is_strange = true;
}

static void take_encodings(struct transfer *transfer, const char *value, size_t size)
{
    static const char blanks[] = " \t\r\n";
    const char *end = value + size;

    while (value < end) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        const char *stop = comma != NULL ? comma : end;

        while (value < stop && strchr(blanks, *value) != NULL)
            value++;
        size_t length = (size_t)(stop - value);
        while (length > 0 && strchr(blanks, value[length - 1]) != NULL)
            length--;
        take_encoding(transfer, value, length);
        value = stop + 1;
    }
}

bool answer_take_line(struct transfer *transfer, const char *line, size_t size)
{
    static const char encoding[] = "content-encoding:";
    const size_t name = sizeof encoding - 1;

    if (transfer->attempts == 0 || transfer->head_over) /* a line of a proxy's answer, or a trailer */
        return true;
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        long status = status_of(line, size);

        answer_begin(transfer);
        transfer->answered = status >= 200;
        transfer->status = transfer->answered ? status : 0;
    } else if (size > name && strncasecmp(line, encoding, name) == 0) {
        take_encodings(transfer, line + name, size - name);
    } else if (size <= 2 && transfer->answered && (line[0] == '\r' || line[0] == '\n')) {
        transfer->head_over = true;
        return !transfer->encoding_is_strange;
    }
    return true;
}
