/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a descriptor of ours stands for. The host program may close what it did not open (closefrom(),
 * os.closerange(), a daemon's library), and soon the number is another file's: where a number is kept, the file is
 * kept with it, and what is done by the number is done only while it is still that file's.
 *
 * For sockets and pipes. All epolls, timerfds, eventfds and, before Linux 6.9, pidfds have one inode: reactor_has()
 * tells those apart.
 */
#ifndef LEADERLIFE_IO_FILE_ID_H
#define LEADERLIFE_IO_FILE_ID_H

#include <stdbool.h>
#include <sys/types.h>

struct file_id {
    dev_t device;
    ino_t inode;
};

/* Of an open descriptor. */
struct file_id file_id_of(int fd);

/* Whether the number is still that file's; false for a negative one. Async-signal-safe. */
bool file_is_at(int fd, const struct file_id *file);

/* Closes the number if it is still that file's. */
void file_close(int fd, const struct file_id *file);

#endif
