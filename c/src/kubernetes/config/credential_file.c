/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and checks credential files. They are opened by path every time, for they rotate by symlink.
 */
#include "kubernetes/config/credential_file.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_MAX = 64 << 10, PEM_MAX = 1 << 20, ROOM_MIN = 512 };

/* ---- Any file ---- */

struct content {
    char *bytes;
    size_t size;
    size_t room;
};

static void content_free(struct content *content)
{
    if (content->bytes != NULL)
        secret_wipe(content->bytes, content->size);
    free(content->bytes);
    *content = (struct content){0};
}

/* Not realloc: it would leave a copy of a secret behind. */
static bool content_grow(struct content *content, size_t max)
{
    size_t room = content->room == 0 ? ROOM_MIN : content->room * 4;
    struct content larger = {.size = content->size, .room = room > max + 2 ? max + 2 : room};

    larger.bytes = malloc(larger.room);
    if (larger.bytes == NULL)
        return false;
    if (content->size > 0)
        memcpy(larger.bytes, content->bytes, content->size);
    content_free(content);
    *content = larger;
    return true;
}

/* 0, or an errno; EFBIG beyond max. */
static int content_fill(struct content *content, int fd, size_t max)
{
    for (;;) {
        ssize_t got;

        if (content->size > max)
            return EFBIG;
        if (content->size + 1 >= content->room && !content_grow(content, max))
            return ENOMEM;
        got = read(fd, content->bytes + content->size, content->room - content->size - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        content->size += (size_t)got;
    }
    content->bytes[content->size] = '\0';
    return 0;
}

/* Never blocks, whatever the path names: a FIFO is opened without waiting, and refused. */
static int open_file(const char *path, int *ret_fd)
{
    struct stat stat;
    int error = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return errno;
    if (fstat(fd, &stat) != 0)
        error = errno;
    else if (S_ISDIR(stat.st_mode))
        error = EISDIR;
    else if (!S_ISREG(stat.st_mode))
        error = ENOTSUP;
    if (error != 0)
        close(fd);
    else
        *ret_fd = fd;
    return error;
}

static void describe_error(int error, const char *path, size_t max, const char *what, char *text, size_t size)
{
    if (error == EFBIG)
        text_format(text, size, "%s %s is larger than %zu bytes; give the right file", what, path, max);
    else if (error == ENOTSUP)
        text_format(text, size, "%s %s is no regular file; give the path of one", what, path);
    else if (error == EILSEQ)
        text_format(text, size, "%s %s holds NUL bytes, so it is no text; give the right file", what, path);
    else if (error == ENOENT || error == ENOTDIR || error == EISDIR)
        text_format(text, size, "cannot read %s %s: %s; correct the path or put the file there", what, path,
                    strerror(error));
    else if (error == EACCES || error == EPERM)
        text_format(text, size, "cannot read %s %s: %s; let the user with the ID %ld read it", what, path,
                    strerror(error), (long)geteuid());
    else
        text_format(text, size, "cannot read %s %s: %s; put that right, it is read anew", what, path, strerror(error));
}

char *credential_file_read_bytes(const char *path, size_t max, const char *what, size_t *ret_length, char *text,
                                 size_t size)
{
    struct content content = {0};
    int fd = -1;
    int error = open_file(path, &fd);

    if (error == 0) {
        error = content_fill(&content, fd, max);
        close(fd);
    }
    if (error == 0) {
        *ret_length = content.size;
        return content.bytes;
    }
    content_free(&content);
    describe_error(error, path, max, what, text, size);
    errno = error; /* so that the caller can tell a lack of memory */
    return NULL;
}

char *credential_file_read_text(const char *path, size_t max, const char *what, char *text, size_t size)
{
    size_t length = 0;
    char *bytes = credential_file_read_bytes(path, max, what, &length, text, size);

    if (bytes == NULL || strlen(bytes) == length)
        return bytes;
    secret_wipe(bytes, length);
    free(bytes);
    describe_error(EILSEQ, path, max, what, text, size);
    errno = EILSEQ;
    return NULL;
}

/* ---- What must be in them ---- */

static const char *const names[] = {
    [PART_TOKEN] = "token file",
    [PART_CA] = "CA file",
    [PART_CERT] = "client certificate",
    [PART_KEY] = "client key",
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is wrong with it and what to do; NULL. Such a token would break the header that carries it. */
static const char *token_fault(char *token)
{
    size_t length = strlen(token);

    while (length > 0 && is_blank(token[length - 1]))
        token[--length] = '\0';
    if (length == 0)
        return "is empty; wait until the token is written there, or give another file";
    for (size_t i = 0; i < length; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return "does not hold one token: there are control characters, blanks or bytes beyond ASCII in it; write "
                   "the bare token there";
    return NULL;
}

static const char *pem_fault(enum credential_part part, const char *pem)
{
    if (pem[strspn(pem, " \t\r\n")] == '\0')
        return "is empty; put the PEM text there, or give another file";
    if (part == PART_KEY) {
        if (strstr(pem, "ENCRYPTED") != NULL) /* OpenSSL would ask for a password on the terminal */
            return "is encrypted; give it without a password (openssl pkey -in ... -out ...)";
        return strstr(pem, "PRIVATE KEY-----") != NULL ? NULL : "has no \"PRIVATE KEY\" in it; give a key in PEM form";
    }
    return strstr(pem, "-----BEGIN CERTIFICATE-----") != NULL
               ? NULL
               : "has no \"BEGIN CERTIFICATE\" in it; give certificates in PEM form";
}

int credential_check(enum credential_part part, char *content, const char *where, char *text, size_t size)
{
    const char *fault = part == PART_TOKEN ? token_fault(content) : pem_fault(part, content);

    if (fault == NULL)
        return LEADERLIFE_OK;
    text_format(text, size, "%s %s", where, fault);
    return LEADERLIFE_ECONFIG;
}

int credential_read(enum credential_part part, const char *path, char **ret, char *text, size_t size)
{
    char where[512];
    char *content = credential_file_read_text(path, part == PART_TOKEN ? TOKEN_MAX : PEM_MAX, names[part], text, size);
    int status;

    if (content == NULL)
        return errno == ENOMEM ? LEADERLIFE_ENOMEM : LEADERLIFE_ECONFIG;
    text_format(where, sizeof where, "%s %s", names[part], path);
    status = credential_check(part, content, where, text, size);
    if (status == LEADERLIFE_OK)
        *ret = content;
    else
        secret_free(content);
    return status;
}

bool credential_token_is_missing(const char *path)
{
    char fault[TEXT_MESSAGE];
    char *content = credential_file_read_text(path, TOKEN_MAX, names[PART_TOKEN], fault, sizeof fault);
    bool mute = content == NULL || content[strspn(content, " \t\r\n")] == '\0';

    secret_free(content);
    return mute;
}
