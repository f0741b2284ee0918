/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kubeconfig's bytes: read from its file, judged by their encoding, wiped.
 */
#include "kubernetes/config/yaml.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/credential_file.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <string.h>

/* libyaml reads UTF-16, but only with the mark at its begin that says so. */
static bool is_utf16(const char *bytes, size_t length)
{
    return length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

/* A byte order mark behind the file's begin, as where files were joined: libyaml passes over it at a line's begin, and
 * kubectl takes it for a part of the key. */
static bool has_mark_inside(const char *bytes, size_t length)
{
    if (!is_utf16(bytes, length))
        return length > 3 && memmem(bytes + 1, length - 1, "\xef\xbb\xbf", 3) != NULL;
    for (size_t i = 2; i + 1 < length; i += 2)
        if (memcmp(bytes + i, bytes, 2) == 0)
            return true;
    return false;
}

int yaml_file_load(struct yaml_file *ret, const char *path, char *text, size_t size)
{
    struct yaml_file file = {.path = strdup(path)};
    size_t length = 0;
    char *bytes = NULL;
    int status = LEADERLIFE_ENOMEM;

    if (file.path == NULL)
        goto out;
    bytes = credential_file_read_bytes(path, YAML_FILE_MAX, "kubeconfig", &length, text, size);
    if (bytes == NULL) {
        status = errno == ENOMEM ? LEADERLIFE_ENOMEM : LEADERLIFE_ECONFIG;
    } else if (strlen(bytes) != length && !is_utf16(bytes, length)) {
        text_format(text, size, "kubeconfig %s holds NUL bytes; save it as UTF-8, or give the right file", path);
        status = LEADERLIFE_ECONFIG;
    } else if (has_mark_inside(bytes, length)) {
        text_format(text, size, "kubeconfig %s holds a byte order mark (U+FEFF) behind its begin; remove it", path);
        status = LEADERLIFE_ECONFIG;
    } else {
        status = yaml_file_read(&file, bytes, length, text, size);
    }
    if (bytes != NULL)
        secret_wipe(bytes, length);
    free(bytes);
out:
    if (status == LEADERLIFE_OK) {
        *ret = file;
        return status;
    }
    yaml_file_clear(&file);
    if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory to read kubeconfig %s; give the process more", path);
    return status;
}

void yaml_file_clear(struct yaml_file *file)
{
    while (file->values != NULL) {
        struct tree *value = file->values;

        file->values = value->next;
        for (size_t i = 0; i < value->count; i++)
            secret_free(value->pairs[i].key);
        free(value->pairs);
        secret_free(value->text);
        free(value);
    }
    free(file->path);
    *file = (struct yaml_file){0};
}
