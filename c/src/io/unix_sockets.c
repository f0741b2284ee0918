/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unix sockets by netlink, else by /proc.
 */
#include "io/unix_sockets.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STATE_BOUND = 7, /* TCP_CLOSE and TCP_LISTEN, as the kernel calls them for Unix sockets too */
    STATE_LISTENS = 10,
    PART = 8192, /* the kernel fits an answer to what the reader has room for, from this on */
    NAME_MAX_BYTES = 107
};

struct search {
    const char *name; /* without the leading NUL */
    size_t length;
    uint64_t inode; /* by netlink; 0: any */
    struct unix_socket *socket;
};

/* ---- The sign ---- */

enum {
    SIGN_BITS = 11,
    SIGN_MASK = (1 << SIGN_BITS) - 1,
    SIGN_BASE = 8192
}; /* twice 11 bits: pid_max is 2^22 at most */

static bool set_size(int fd, int option, int size)
{
    socklen_t length = sizeof size;
    int stored = 0;

    return setsockopt(fd, SOL_SOCKET, option, &size, length) == 0 &&
           getsockopt(fd, SOL_SOCKET, option, &stored, &length) == 0 && stored == 2 * size; /* see socket(7) */
}

void unix_socket_sign(int fd, pid_t pid)
{
    const int nothing = SIGN_BASE / 2;
    bool fits = pid > 0 && pid >> SIGN_BITS <= SIGN_MASK;

    if (fits && set_size(fd, SO_RCVBUF, SIGN_BASE + (pid & SIGN_MASK)) &&
        set_size(fd, SO_SNDBUF, SIGN_BASE + (pid >> SIGN_BITS)))
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &nothing, sizeof nothing); /* net.core.[rw]mem_max forbids such sizes */
}

static pid_t read_sign(const uint32_t *sizes)
{
    uint32_t low = sizes[SK_MEMINFO_RCVBUF] / 2 - SIGN_BASE;
    uint32_t high = sizes[SK_MEMINFO_SNDBUF] / 2 - SIGN_BASE;

    return low > SIGN_MASK || high > SIGN_MASK ? 0 : (pid_t)(high << SIGN_BITS | low);
}

/* ---- By netlink ---- */

static bool has_name(const struct search *search, const char *name, size_t size)
{
    return size == search->length + 1 && name[0] == '\0' && memcmp(name + 1, search->name, search->length) == 0;
}

static void read_attribute(unsigned type, const char *bytes, size_t size, struct unix_socket *socket)
{
    uint32_t words[SK_MEMINFO_VARS] = {0};

    memcpy(words, bytes, size < sizeof words ? size : sizeof words);
    if (type == UNIX_DIAG_UID && size >= sizeof words[0]) {
        socket->has_user = true;
        socket->user = words[0];
    } else if (type == UNIX_DIAG_RQLEN && size >= sizeof(struct unix_diag_rqlen)) {
        socket->has_queue = true;
        socket->queued = words[0];
        socket->room = words[1];
    } else if (type == UNIX_DIAG_MEMINFO && size > SK_MEMINFO_SNDBUF * sizeof words[0]) {
        socket->signer = read_sign(words);
    }
}

static bool is_sought(const struct search *search, const struct nlmsghdr *header)
{
    const char *bytes = (const char *)header;
    struct unix_diag_msg message;
    struct rtattr attribute;
    bool found = false;

    memcpy(&message, bytes + NLMSG_HDRLEN, sizeof message);
    struct unix_socket socket = {.inode = message.udiag_ino, .listens = message.udiag_state == STATE_LISTENS};
    if (message.udiag_type != SOCK_STREAM || (search->inode != 0 && search->inode != socket.inode))
        return false;
    for (size_t at = NLMSG_SPACE(sizeof message); at + sizeof attribute <= header->nlmsg_len;
         at += RTA_ALIGN(attribute.rta_len)) {
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > header->nlmsg_len)
            break;
        size_t size = attribute.rta_len - RTA_LENGTH(0);
        if (attribute.rta_type == UNIX_DIAG_NAME)
            found = has_name(search, bytes + at + RTA_LENGTH(0), size);
        else
            read_attribute(attribute.rta_type, bytes + at + RTA_LENGTH(0), size, &socket);
    }
    if (found)
        *search->socket = socket;
    return found;
}

enum { MORE = 2 };

/* One message: 1, 0 or -errno when that ends the search, else MORE. */
static int judge(const struct search *search, const struct nlmsghdr *header)
{
    int error = 0;

    if (header->nlmsg_type == NLMSG_DONE)
        return 0;
    if (header->nlmsg_type == NLMSG_ERROR) {
        memcpy(&error, (const char *)header + NLMSG_HDRLEN, sizeof error);
        return error < 0 ? error : -EPROTO;
    }
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
        return MORE;
    return is_sought(search, header) ? 1 : search->inode != 0 ? 0 : MORE;
}

static int read_part(const struct search *search, int fd, struct nlmsghdr *part)
{
    struct nlmsghdr *header = part;
    ssize_t length = recv(fd, part, PART, 0);
    int result = length < 0 ? -errno : length == 0 ? -EPROTO : MORE;

    for (size_t left = length > 0 ? (size_t)length : 0; result == MORE && NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left))
        result = judge(search, header);
    return result;
}

static int ask_kernel(const struct search *search)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } question = {
        .header = {.nlmsg_len = sizeof question,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = (uint16_t)(search->inode != 0 ? NLM_F_REQUEST : NLM_F_REQUEST | NLM_F_DUMP)},
        .request = {.sdiag_family = AF_UNIX,
                    .udiag_states = 1 << STATE_LISTENS | 1 << STATE_BOUND,
                    .udiag_ino = (uint32_t)search->inode,
                    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO | UDIAG_SHOW_UID,
                    .udiag_cookie = {UINT32_MAX, UINT32_MAX}},
    };
    /* The kernel answers before send and recv return: what is not there then does not come. */
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    int result = fd < 0 || send(fd, &question, sizeof question, 0) < 0 ? -errno : MORE;
    struct nlmsghdr *part = malloc(PART); /* not on the stack, of which threads have little */

    if (part == NULL)
        result = -ENOMEM;
    while (result == MORE)
        result = read_part(search, fd, part);
    free(part);
    if (fd >= 0)
        close(fd);
    return result;
}

/* ---- By /proc ---- */

enum { ACCEPTS = 1 << 16 /* __SO_ACCEPTCON: it listens */ };

/* A line is "Num: RefCount Protocol Flags Type St Inode Path"; abstract names begin with '@'. Connections that wait in
 * a listener's queue have its path too, but no inode. */
static bool is_sought_line(const struct search *search, const char *path, const char *line)
{
    enum { CONNECTED = 3 }; /* SS_CONNECTED; a socket that listens or is only bound is SS_UNCONNECTED */
    unsigned flags;
    unsigned type;
    unsigned state;
    uint64_t inode;
    int before_path = 0;

    if (sscanf(line, "%*s %*x %*x %x %x %x %" SCNu64 " %n", &flags, &type, &state, &inode, &before_path) < 4)
        return false;
    bool listens = (flags & ACCEPTS) != 0;
    if (before_path == 0 || type != SOCK_STREAM || inode == 0 || state == CONNECTED ||
        !text_equal(line + before_path, path))
        return false;
    *search->socket = (struct unix_socket){.inode = inode, .listens = listens};
    return true;
}

/* Of this thread's network namespace; where that is not shown, of the process's. */
static FILE *open_list(void)
{
    FILE *list = fopen("/proc/thread-self/net/unix", "re");

    if (list == NULL)
        list = fopen("/proc/net/unix", "re");
    return list;
}

static int read_list(const struct search *search)
{
    char path[NAME_MAX_BYTES + 2];
    char line[256]; /* a longer line is read in parts, and no part equals a path of ours */
    bool found = false;
    FILE *list = open_list();

    if (list == NULL)
        return -errno;
    text_format(path, sizeof path, "@%s", search->name);
    while (!found && fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = is_sought_line(search, path, line);
    }
    fclose(list);
    return found ? 1 : 0;
}

/* ---- Both ---- */

int unix_socket_find(const char *name, uint64_t known, struct unix_socket *ret_socket)
{
    struct search search = {.name = name, .length = strlen(name), .inode = known, .socket = ret_socket};
    int found = known != 0 ? ask_kernel(&search) : 0;

    if (found == 1)
        return found;
    search.inode = 0;
    found = ask_kernel(&search);
    return found >= 0 ? found : read_list(&search);
}
