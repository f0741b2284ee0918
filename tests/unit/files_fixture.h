/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of kubeconfig, endpoint and identity share: a temporary folder, files in it, options, texts.
 */
#ifndef LEADERLIFE_TESTS_FILES_FIXTURE_H
#define LEADERLIFE_TESTS_FILES_FIXTURE_H

#include "base/options.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n"
#define SECRET "s3cret-t0ken-that-nobody-may-see"

static char folder[64];

static inline int make_folder(void **state)
{
    static const char *const names[] = {
        "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE", "POD_NAME", "POD_UID"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    snprintf(folder, sizeof folder, "/tmp/leaderlife-test-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* the folder's name is our own */
}

/* Of the last 8 names. */
static inline const char *path_of(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, 256, "%s/%s", folder, name);
    return path;
}

static inline const char *put_bytes(const char *name, const char *bytes, size_t size)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *put(const char *name, const char *text)
{
    return put_bytes(name, text, strlen(text));
}

static inline void set_option(struct options *options, const char *name, const char *value)
{
    char text[500] = "";

    if (options_set(options, name, value, text, sizeof text) != LEADERLIFE_OK)
        fail_msg("%s", text);
}

static inline void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* Every text names each of the parts, and never a secret. */
static inline void assert_text(const char *text, const char *const *parts)
{
    for (; *parts != NULL; parts++)
        assert_has(text, *parts);
    assert_null(strstr(text, SECRET));
    assert_null(strstr(text, "s3cret"));
}

#define HAS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
