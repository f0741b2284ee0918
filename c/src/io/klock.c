/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Abstract Unix sockets as locks. Measured on Linux 6.18; knows nothing of elections.
 */
#include "io/klock.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ACCEPTS = 1 << 16, /* __SO_ACCEPTCON: it listens */
    REMOTE = 731       /* a number that no script takes for itself, and that select(2) still knows */
};

void klock_make_name(struct klock_name *ret_name, const char *prefix, const char *key, const char *lock)
{
    enum { HASH_DIGITS = 16, KEPT = KLOCK_NAME_MAX - 1 - HASH_DIGITS };
    char whole[1024];

    text_format(whole, sizeof whole, "%s/%s/%s", prefix, key, lock);
    if (text_copy(ret_name->bytes, sizeof ret_name->bytes, whole))
        return;
    text_format(ret_name->bytes + KEPT, sizeof ret_name->bytes - KEPT, "~%016" PRIx64, text_hash(whole));
}

static socklen_t address_of(const struct klock_name *name, struct sockaddr_un *ret_address)
{
    size_t length = strlen(name->bytes);

    memset(ret_address, 0, sizeof *ret_address);
    ret_address->sun_family = AF_UNIX;
    memcpy(ret_address->sun_path + 1, name->bytes, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Who inherits the lock may be a script with "exec 8>log" or "200>file": that would replace it. */
static int move_out_of_the_way(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, REMOTE);

    if (moved < 0) /* so many are not allowed */
        return fd;
    close(fd);
    return moved;
}

int klock_acquire(const struct klock_name *name, int *ret_fd)
{
    struct sockaddr_un address;
    socklen_t length = address_of(name, &address);
    int fd = move_out_of_the_way(open_socket());
    int error;

    if (fd < 0)
        return errno;
    /* The kernel clamps the queue to net.core.somaxconn. Until listen, others see the name taken and refused. */
    if (bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, INT_MAX) == 0) {
        *ret_fd = fd;
        return 0;
    }
    error = errno;
    close(fd);
    return error;
}

/* Who called listen on the other side. */
static void peer_of(int fd, struct klock_peer *ret_peer)
{
    struct ucred credentials = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t size = sizeof credentials;

    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    ret_peer->pid = credentials.pid;
    ret_peer->uid = credentials.uid;
}

int klock_wait(const struct klock_name *name, int *ret_fd, struct klock_peer *ret_peer)
{
    struct sockaddr_un address;
    socklen_t length = address_of(name, &address);
    int fd = open_socket();
    int error;

    if (fd < 0)
        return errno;
    if (connect(fd, (struct sockaddr *)&address, length) == 0) {
        peer_of(fd, ret_peer);
        *ret_fd = fd;
        return 0;
    }
    error = errno;
    close(fd);
    return error;
}

bool klock_has_hung_up(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLRDHUP};

    return poll(&look, 1, 0) > 0;
}

/* A line of /proc/net/unix is "Num: RefCount Protocol Flags Type St Inode Path"; abstract names begin with '@'.
 * Connections that wait in a listener's queue have its path too, but not its flag. */
static bool is_socket(const char *line, const char *path, uint64_t inode, unsigned wanted)
{
    unsigned flags;
    unsigned type;
    uint64_t seen;
    int before_path = 0;

    if (sscanf(line, "%*s %*x %*x %x %x %*x %" SCNu64 " %n", &flags, &type, &seen, &before_path) < 3)
        return false;
    return before_path > 0 && (flags & wanted) == wanted && type == SOCK_STREAM && (inode == 0 || inode == seen) &&
           text_equal(line + before_path, path);
}

/* 1, 0 or -errno; inode 0: any; wanted: flags that it must have. */
static int find_socket(const struct klock_name *name, uint64_t inode, unsigned wanted)
{
    char path[KLOCK_NAME_MAX + 2];
    char line[256]; /* longer ones are cut in two: neither half is equal to a path of ours */
    bool found = false;
    FILE *sockets = fopen("/proc/net/unix", "re");

    if (!sockets)
        return -errno;
    text_format(path, sizeof path, "@%s", name->bytes);
    while (!found && fgets(line, sizeof line, sockets)) {
        line[strcspn(line, "\n")] = '\0';
        found = is_socket(line, path, inode, wanted);
    }
    fclose(sockets);
    return found ? 1 : 0;
}

int klock_is_listening(const struct klock_name *name)
{
    return find_socket(name, 0, ACCEPTS);
}

int klock_is_bound(const struct klock_name *name)
{
    return find_socket(name, 0, 0);
}

static uint64_t inode_of(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 ? (uint64_t)about.st_ino : 0;
}

int klock_release(const struct klock_name *name, int fd)
{
    struct klock_peer peer;
    uint64_t inode = inode_of(fd);
    int probe;
    bool probed = klock_wait(name, &probe, &peer) == 0; /* reaches our own socket: we have the name */
    int kept;

    close(fd);
    if (probed) {
        kept = klock_has_hung_up(probe) ? 0 : 1;
        close(probe);
        return kept;
    }
    return inode == 0 ? -EAGAIN : find_socket(name, inode, ACCEPTS);
}

int klock_keep_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) != 0)
        return errno;
    return 0;
}

void klock_command_name(pid_t pid, char *target, size_t size)
{
    char path[64];
    ssize_t length;
    int fd;

    text_copy(target, size, "");
    if (pid <= 0 || size == 0)
        return;
    text_format(path, sizeof path, "/proc/%ld/comm", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    length = read(fd, target, size - 1);
    close(fd);
    target[length > 0 ? length : 0] = '\0';
    target[strcspn(target, "\n")] = '\0';
    text_printable(target);
}
