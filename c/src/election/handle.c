/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards a handle: only the process that made it may use it, one thread at a time. Keeps the text of its last
 * failure, and frees its backend.
 */
#include "election/handle.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A page that the kernel empties in a forked child (Linux 4.14): there the pid may be the same as here. */
static char *page_new(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        munmap(page, size);
        return NULL;
    }
    *page = 1;
    return page;
}

void election_own(struct leaderlife_election *election)
{
    election->process = getpid();
    election->own_page = page_new();
}

void election_disown(struct leaderlife_election *election)
{
    if (election->own_page != NULL)
        munmap(election->own_page, (size_t)sysconf(_SC_PAGESIZE));
}

bool election_is_ours(const struct leaderlife_election *election)
{
    return election->process == getpid() && (election->own_page == NULL || *election->own_page == 1);
}

int election_enter(struct leaderlife_election *election)
{
    if (election == NULL)
        return LEADERLIFE_EINVAL;
    if (!election_is_ours(election))
        return LEADERLIFE_EFORKED;
    if (atomic_exchange(&election->busy, true))
        return LEADERLIFE_EBUSY;
    return LEADERLIFE_OK;
}

void election_leave(struct leaderlife_election *election)
{
    atomic_store(&election->busy, false);
}

const struct leaderlife_election *election_here(const struct leaderlife_election *election)
{
    return election != NULL && election_is_ours(election) ? election : NULL;
}

int election_fail(struct leaderlife_election *election, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(election->error_text, sizeof election->error_text, format, arguments);
    va_end(arguments);
    return status;
}

void election_drop_backend(struct leaderlife_election *election)
{
    if (election->backend != NULL)
        election->ops->free(election->backend, false);
    election->backend = NULL;
    election->deadline = NEVER;
}
