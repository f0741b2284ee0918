/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mutant is played, and which have been reached: a byte for each, in the file that LEADERLIFE_MUTANTS_REACHED
 * names, so that children and killed processes count too.
 */
#include "mutant.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MUTANTS_MAX = 1 << 16 };

int mutant_played;
static volatile unsigned char unheeded[MUTANTS_MAX];
volatile unsigned char *mutant_reached = unheeded;

__attribute__((constructor)) static void mutant_choose(void)
{
    const char *number = getenv("LEADERLIFE_MUTANT"), *path = getenv("LEADERLIFE_MUTANTS_REACHED");
    if (number != NULL)
        mutant_played = atoi(number);
    if (path == NULL)
        return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *bytes = fd < 0 ? MAP_FAILED : mmap(NULL, MUTANTS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        abort();
    close(fd);
    mutant_reached = bytes;
}
