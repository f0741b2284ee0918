/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Abstract Unix sockets as locks. Measured on Linux 6.18.
 */
#include "io/kernel_lock.h"

#include "base/text.h"
#include "io/file_id.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void kernel_lock_make_name(struct kernel_lock_name *ret_name, const char *prefix, const char *key, const char *lock)
{
    enum { HASH_DIGITS = 16, KEPT = KLOCK_NAME_MAX - 1 - HASH_DIGITS };
    char whole[1024];

    text_format(whole, sizeof whole, "%s/%s/%s", prefix, key, lock);
    if (text_copy(ret_name->bytes, sizeof ret_name->bytes, whole))
        return;
    text_format(ret_name->bytes + KEPT, sizeof ret_name->bytes - KEPT, "~%016" PRIx64, text_hash(whole));
}

static socklen_t address_of(const struct kernel_lock_name *name, struct sockaddr_un *ret_address)
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

/* Who inherits the lock may be a script with "exec 8>log" or "200>file": that would replace it. So it gets a number
 * that no script takes for itself, and that select(2) still knows. */
static int move_out_of_the_way(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, KLOCK_NUMBER);

    if (moved < 0) /* RLIMIT_NOFILE is below that number */
        return fd;
    close(fd);
    return moved;
}

int kernel_lock_acquire(const struct kernel_lock_name *name, int *ret_fd)
{
    struct sockaddr_un address;
    socklen_t length = address_of(name, &address);
    int fd = move_out_of_the_way(open_socket());

    if (fd < 0)
        return errno;
    /* The kernel clamps the queue to net.core.somaxconn. Until listen, others see the name taken and refused. */
    if (bind(fd, (struct sockaddr *)&address, length) == 0) {
        unix_socket_sign(fd, getpid());
        if (listen(fd, INT_MAX) == 0) {
            *ret_fd = fd;
            return 0;
        }
    }
    int error = errno;
    close(fd);
    return error;
}

/* Who called listen on the other side. */
static void peer_of(int fd, struct kernel_lock_peer *ret_peer)
{
    struct ucred credentials = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t size = sizeof credentials;

    (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    ret_peer->pid = credentials.pid;
    ret_peer->uid = credentials.uid;
}

int kernel_lock_wait(const struct kernel_lock_name *name, int *ret_fd, struct kernel_lock_peer *ret_peer)
{
    struct sockaddr_un address;
    socklen_t length = address_of(name, &address);
    int fd = open_socket();

    if (fd < 0)
        return errno;
    if (connect(fd, (struct sockaddr *)&address, length) == 0) {
        peer_of(fd, ret_peer);
        *ret_fd = fd;
        return 0;
    }
    int error = errno;
    close(fd);
    return error;
}

bool kernel_lock_has_hung_up(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLRDHUP};

    return poll(&look, 1, 0) > 0;
}

int kernel_lock_look(const struct kernel_lock_name *name, uint64_t known, struct unix_socket *ret_socket)
{
    return unix_socket_find(name->bytes, known, ret_socket);
}

int kernel_lock_refusal(void)
{
    int fd = open_socket();

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* Whether that very socket still listens: 1, 0 or -errno. */
static int still_listens(const struct kernel_lock_name *name, uint64_t inode)
{
    struct unix_socket lock_socket;
    int found = inode == 0 ? -EAGAIN : kernel_lock_look(name, inode, &lock_socket);

    return found == 1 ? lock_socket.listens && lock_socket.inode == inode : found;
}

int kernel_lock_release(const struct kernel_lock_name *name, int fd)
{
    struct kernel_lock_peer peer;
    uint64_t inode = file_id_of(fd).inode; /* 0: it cannot be told */
    int probe = -1;
    bool probed = kernel_lock_wait(name, &probe, &peer) == 0; /* it reaches our own socket, if the name is ours */
    int kept;

    close(fd);
    if (probed) {
        kept = kernel_lock_has_hung_up(probe) ? 0 : 1;
        close(probe);
        return kept;
    }
    return still_listens(name, inode);
}

int kernel_lock_keep_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) != 0)
        return errno;
    return 0;
}
