/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time since this machine's boot, the same for all its processes: a time namespace (time_namespaces(7)) shifts
 * CLOCK_BOOTTIME, and that is taken out again.
 */
#ifndef LEADERLIFE_IO_BOOT_CLOCK_H
#define LEADERLIFE_IO_BOOT_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds since boot, suspended time included: 0; or an errno and a text with cause and cure, when this process is
 * in a time namespace and cannot find out by how much that shifts the clock. */
int boot_clock_read(uint64_t *ret_ns, char *text, size_t size);

#endif
