/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kubeconfig file. What client-go makes of the same files is compared by tests/compatibility.
 */
#include "fuzz/fuzz.h"

#include "kubernetes/config/kubeconfig.h"

#include <leaderlife/leaderlife.h>
#include <sys/mman.h>
#include <unistd.h>

static int file_of(const uint8_t *bytes, size_t size)
{
    int fd = memfd_create("kubeconfig", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64], text[1024] = "";
    struct kubeconfig kubeconfig;
    int fd = file_of(bytes, size);

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct kubeconfig_query query = {.paths = path};
    int status = kubeconfig_load(&kubeconfig, &query, text, sizeof text);
    if (status != LEADERLIFE_OK) {
        fuzz_check_text(text);
    } else {
        fuzz_check(kubeconfig.server != NULL, "what is taken names a server");
        kubeconfig_clear(&kubeconfig);
    }
    close(fd);
    return 0;
}
