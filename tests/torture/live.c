/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of addresses. One bit guards it, and whoever holds that calls nobody. The addresses are written
 * backwards, so that LeakSanitizer does not take the table for somebody who still uses what is in it.
 */
#include "torture/live.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

enum { SLOTS = 1 << 14, GONE = 1 };

static struct {
    uintptr_t memory; /* its complement; 0: free for ever; GONE: free */
    const void *caller;
} slots[SLOTS];

static atomic_flag busy = ATOMIC_FLAG_INIT;
static size_t count;

static void enter(void)
{
    while (atomic_flag_test_and_set(&busy))
        sched_yield();
}

static size_t slot_of(uintptr_t memory)
{
    return (size_t)((memory >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % SLOTS;
}

void live_add(const void *memory, const void *caller)
{
    size_t at = slot_of((uintptr_t)memory);

    if (memory == NULL)
        return;
    enter();
    for (size_t i = 0; i < SLOTS; i++, at = (at + 1) % SLOTS) {
        if (slots[at].memory <= GONE) {
            slots[at].memory = ~(uintptr_t)memory;
            slots[at].caller = caller;
            count++;
            break;
        }
    }
    atomic_flag_clear(&busy);
}

void live_remove(const void *memory)
{
    size_t at = slot_of((uintptr_t)memory);

    if (memory == NULL || count == 0)
        return;
    enter();
    for (size_t i = 0; i < SLOTS && slots[at].memory != 0; i++, at = (at + 1) % SLOTS) {
        if (slots[at].memory == ~(uintptr_t)memory) {
            slots[at].memory = GONE;
            count--;
            break;
        }
    }
    atomic_flag_clear(&busy);
}

size_t live_count(const void **ret_caller)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].memory > GONE)
            *ret_caller = slots[i].caller;
    return count;
}
