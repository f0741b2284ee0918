/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked to the machine's tests with --wrap=decide: a digest of all that was decided, and of what the program would
 * see of it, in the file that LEADERLIFE_MUTANTS_DIGEST names. Where a mutant leaves it as it is, nothing that these
 * tests play differs; where it does not, and all tests pass, something differs that no test says.
 */
#include "machine/decide.h"
#include "machine/knowledge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void __real_decide(const struct knowledge *k, int64_t now, struct decision *ret);
void __wrap_decide(const struct knowledge *k, int64_t now, struct decision *ret);

static uint64_t digest = 1469598103934665603u;

static void fold(uint64_t value)
{
    digest = (digest ^ value) * 1099511628211u;
    digest ^= digest >> 29;
}

static void fold_text(const char *text)
{
    for (; *text != '\0'; text++)
        fold((unsigned char)*text);
    fold(256);
}

static void fold_command(const struct command *command)
{
    fold(command->kind);
    if (command->kind == COMMAND_NONE)
        return;
    fold(command->number);
    fold_text(command->pod.uid);
    fold_text(command->node);
    fold_text(command->uid);
    fold_text(command->version);
    fold_text(command->nonce);
    fold_text(command->token);
    fold((uint64_t)command->term << 2 | (uint64_t)command->guarded << 1 | (uint64_t)command->new_term);
}

void __wrap_decide(const struct knowledge *k, int64_t now, struct decision *ret)
{
    __real_decide(k, now, ret);
    fold_command(&ret->command);
    fold_command(&ret->question);
    fold((uint64_t)ret->state << 8 | ret->watches << 1 | ret->anew);
    if ((ret->watches & WATCH_POD) != 0)
        fold_text(ret->pod.uid);
    fold((uint64_t)ret->deadline);
    fold((uint64_t)k->belief << 8 | (uint64_t)k->end << 4 | (uint64_t)k->fault.kind);
    fold((uint64_t)k->fault.status);
}

__attribute__((destructor)) static void digest_write(void)
{
    const char *path = getenv("LEADERLIFE_MUTANTS_DIGEST");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL)
        return;
    fprintf(file, "%016" PRIx64 "\n", digest);
    fclose(file);
}
