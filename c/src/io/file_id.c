/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device and inode, by fstat. Of a number that stands for a file it fails only where the kernel is short of something;
 * whatever cannot be told then is taken for ours: to lose a leader, or to leak a lock, for a moment's lack of memory is
 * worse than not to see at once that a program has closed what it did not open.
 */
#include "io/file_id.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_id file_id_of(int fd)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return (struct file_id){0};
    return (struct file_id){.device = about.st_dev, .inode = about.st_ino};
}

bool file_is_at(int fd, const struct file_id *file)
{
    struct stat about;

    if (fd < 0)
        return false;
    if (fstat(fd, &about) != 0)
        return errno != EBADF;
    return file->inode == 0 || (about.st_dev == file->device && about.st_ino == file->inode);
}

void file_close(int fd, const struct file_id *file)
{
    if (file_is_at(fd, file))
        close(fd);
}
