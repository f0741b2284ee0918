/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim and the tests share: a file that each process of a run has mapped (plan.py knows this layout). The
 * shim writes into it which calls were made, from where and how often; the tests, which of them is to fail.
 */
#ifndef LEADERLIFE_TESTS_TORTURE_PAGE_H
#define LEADERLIFE_TESTS_TORTURE_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

enum { SITES_MAX = 4096, NAME_MAX_BYTES = 32, MODULE_MAX_BYTES = 32 };

/* A place in a module's code that calls this function. */
struct site {
    _Atomic uint32_t state;        /* 0: free, 1: being written, 2: written */
    _Atomic uint32_t calls;        /* by all processes of the run */
    uint64_t offset;               /* of the return address, from the module's base */
    uint32_t errnos;               /* in how many ways the function may fail */
    uint32_t takes_descriptor;     /* it makes a descriptor */
    char function[NAME_MAX_BYTES]; /* what is called */
    char module[MODULE_MAX_BYTES]; /* who calls: the file's name, without its version */
};

struct page {
    _Atomic uint32_t on;       /* 0: no call is counted, and none fails */
    uint32_t choice;           /* which of the function's errnos */
    uint32_t occurrence;       /* which call of the target fails, from 1 on; 0: none does, they are only counted */
    uint32_t exhaustion;       /* so many calls after it that make a descriptor fail, too */
    _Atomic uint32_t struck;   /* so many calls have failed */
    _Atomic uint32_t left;     /* of the exhaustion */
    _Atomic uint32_t overflow; /* there were more places than fit in here */
    uint32_t unused;
    char modules[256]; /* whose calls count: names of files without their versions, each with a ':' behind it */
    struct site target;
    struct site sites[SITES_MAX];
};

#endif
