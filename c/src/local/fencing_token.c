/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the lock, which are its fencing tokens (P11): they grow with every call, within a boot in all
 * processes that call while they hold the lock.
 */
#include "local/fencing_token.h"

#include "io/boot_clock.h"

#include <inttypes.h>

void local_next_token(struct local *local, uint64_t now, char *target)
{
    local->last_version = now > local->last_version ? now : local->last_version + 1;
    text_format(target, TEXT_VERSION, "%" PRIu64, local->last_version);
}

void local_stamp_view(struct local *local, struct lock_view *view)
{
    char unused[TEXT_MESSAGE];
    uint64_t now = 0;

    (void)boot_clock_read(&now, unused, sizeof unused);
    local_next_token(local, now, view->version);
}
