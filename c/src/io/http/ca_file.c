/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memfd, by its path under /proc: nothing is on a disk, and a root that is read-only does no harm. The host program
 * may close it and get its number for another file, which would then be trusted: who uses the path asks ca_file_is_ours
 * after it was read.
 */
#include "io/http/ca_file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <leaderlife/leaderlife.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define WHY "this library was built with a libcurl before 7.77, which takes a CA from a file alone, and "
#define CURE_NEWER ", or build it with libcurl 7.77 or newer"

/* The system call itself: C libraries have had a function for it only since 2018, glibc since 2.27. */
static int create(unsigned flags)
{
    return (int)syscall(SYS_memfd_create, "leaderlife-ca", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
}

/* The kernel may be set to refuse those that could be executed (vm.memfd_noexec), or be too old to know the flag. */
static int make(void)
{
    int fd = create(MFD_NOEXEC_SEAL);

    return fd >= 0 || errno != EINVAL ? fd : create(0);
}

static bool fill(int fd, const char *pem)
{
    size_t size = strlen(pem);

    for (size_t written = 0; written < size;) {
        ssize_t more = write(fd, pem + written, size - written);

        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return false;
        written += (size_t)more;
    }
    return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
}

/* What is mounted on /proc may be something else. */
static bool is_at_its_path(const struct ca_file *file)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    bool is;

    if (fd < 0)
        return false;
    is = file_is_at(fd, &file->file);
    close(fd);
    errno = ENOENT;
    return is;
}

int ca_file_make(struct ca_file *file, const char *pem, char *text, size_t size)
{
    int fd;

    ca_file_close(file);
    fd = make();
    if (fd < 0 || !fill(fd, pem)) {
        text_format(text, size,
                    WHY
                    "none can be made in memory (memfd_create: %s): let this process do that (its limits, its seccomp "
                    "profile)" CURE_NEWER,
                    strerror(errno));
        if (fd >= 0)
            close(fd);
        return LEADERLIFE_ESYSTEM;
    }
    file->fd = fd;
    file->file = file_id_of(fd);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", fd);
    if (is_at_its_path(file))
        return LEADERLIFE_OK;
    text_format(text, size, WHY "%s cannot be opened (%s): mount /proc where this program runs" CURE_NEWER, file->path,
                strerror(errno));
    ca_file_close(file);
    return LEADERLIFE_ESYSTEM;
}

bool ca_file_is_ours(const struct ca_file *file)
{
    return file_is_at(file->fd, &file->file);
}

void ca_file_close(struct ca_file *file)
{
    if (file->fd >= 0)
        file_close(file->fd, &file->file);
    file->fd = -1;
}
