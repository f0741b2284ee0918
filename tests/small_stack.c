/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the main of a test program on a stack as small as an embedder may give to a thread (musl's own have 128 KiB), so
 * that what needs more ends with SIGSEGV, whichever test it is. Linked with --wrap=main. Not a thread: that would have
 * another name than the process, and other signals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 64 << 10, GUARD = 64 << 10 };

/* The names that the linker's option asks for. */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

#ifdef __SANITIZE_ADDRESS__

/* It knows no other stack than the thread's, and makes every frame larger. */
int __wrap_main(int argc, char **argv)
{
    return __real_main(argc, argv);
}

#else

static ucontext_t outside;
static ucontext_t inside;
static int count;
static char **words;
static int status;

static void run(void)
{
    status = __real_main(count, words);
}

int __wrap_main(int argc, char **argv)
{
    char *memory = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0 || getcontext(&inside) != 0) {
        perror("no small stack");
        return EXIT_FAILURE;
    }
    count = argc;
    words = argv;
    inside.uc_stack = (stack_t){.ss_sp = memory + GUARD, .ss_size = STACK};
    inside.uc_link = &outside;
    makecontext(&inside, run, 0);
    if (swapcontext(&outside, &inside) != 0)
        perror("no small stack");
    return status;
}

#endif
