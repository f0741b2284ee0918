/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps secrets out of this process's core dumps. The memory of a client holds its token, and copies of it that
 * libraries have freed without wiping them, so no part of it may get into a file.
 */
#ifndef LEADERLIFE_CLI_CORE_DUMP_H
#define LEADERLIFE_CLI_CORE_DUMP_H

/* From now on a core dump of this process, and of the children that it forks, has registers and no memory: core(5),
 * coredump_filter. Where /proc cannot be written all stays as it is. */
void core_dump_leave_memory_out(void);

/* For a program that is about to be started: its dumps are as they would be without us. Async-signal-safe. */
void core_dump_restore(void);

#endif
