/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for a root without any other: leaves so many orphans behind that end at once, says so, and waits for
 * SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ORPHANS = 5 };

static void leave_orphan(void)
{
    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0)
            usleep(10000); /* until its parent is gone */
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(void)
{
    sigset_t asked;
    int got;

    sigemptyset(&asked);
    sigaddset(&asked, SIGTERM);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    for (int i = 0; i < ORPHANS; i++)
        leave_orphan();
    printf("works as %ld below %ld\n", (long)getpid(), (long)getppid());
    fflush(stdout);
    sigwait(&asked, &got);
    puts("was asked to stop");
    return 0;
}
