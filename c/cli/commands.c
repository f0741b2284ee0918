/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands and their flags: what --help, the manual page and the completions list.
 */
#include "cli.h"

static const struct flag run_flags[] = {
    {"watch", 'w', NULL, NULL,
     "stay as the program's parent: stop it when leadership is lost, give the lock back when it ends"},
    {"timeout", 't', "TIME", NULL, "give up (status 124) if not elected so long"},
    {"kill-after", 'k', "TIME", "10s", "how long a program that is to end may take after SIGTERM before SIGKILL"},
    {"on-standby", '\0', "COMMAND", NULL,
     "a shell command that runs while another leads; stopped before PROGRAM starts"},
    {"ready-file", '\0', "PATH", NULL,
     "an empty file that exists while this process leads or could take over; implies --watch"},
    {"health", '\0', "ADDRESS", NULL,
     "serve /readyz, /livez and /metrics by HTTP on HOST:PORT, [IPv6]:PORT or :PORT; implies --watch"},
    {"quiet", 'q', NULL, NULL, "say nothing but errors"},
    {NULL, '\0', NULL, NULL, NULL},
};

static const struct command run_command = {
    .name = "run",
    .operands = "LOCK -- PROGRAM [ARGUMENT...]",
    .summary = "become the leader, then run a program",
    .help =
        "Waits until this process leads, then becomes PROGRAM (the lock stays with it, until it ends on this machine, "
        "or its "
        "pod on Kubernetes), or with --watch starts it as a child and looks after both. PROGRAM finds LEADERLIFE_LOCK, "
        "LEADERLIFE_TOKEN (the fencing token) and LEADERLIFE_HOLDER in its environment.\n\n"
        "    leaderlife run my-operator -- ./operator --flag\n"
        "    leaderlife run --watch --health :8080 my-operator -- ./operator\n\n"
        "Status: PROGRAM's own (128 plus the signal that ended it); 70 leadership was lost; 124 not elected in "
        "--timeout; "
        "125 misuse, or no election possible; 126 PROGRAM cannot be run; 127 there is no such program (both are said "
        "before "
        "the election).",
    .flags = run_flags,
    .options = "all",
    .program = true,
    .run = command_run,
};

static const struct flag status_flags[] = {
    {"output", 'o', "text|json", "text", "for people or for programs"},
    {"watch", 'w', NULL, NULL, "a line for each change, until SIGINT or SIGTERM, or until nobody reads"},
    {"timeout", 't', "TIME", "15s", "how long a single look may take"},
    {NULL, '\0', NULL, NULL, NULL},
};

static const struct command status_command = {
    .name = "status",
    .operands = "LOCK",
    .summary = "show who leads, since when, and what is wrong",
    .help =
        "Looks at the election and never takes part: it writes nothing and needs no pod. Shows the leader, since when "
        "it "
        "leads, its fencing token, term and guard, its pod, and what is wrong with lock or record, with the cure. With "
        "--watch every new term is shown once, in order.\n\n"
        "    leaderlife status my-operator\n"
        "    leaderlife status --watch -o json my-operator | jq .holder.name\n\n"
        "Status: 0 somebody leads; 1 nobody leads; 125 misuse, or it could not be found out. With --watch 0 when it "
        "was "
        "told to end.",
    .flags = status_flags,
    .options = ",backend,namespace,kubeconfig,context,server,ca-file,token-file,retry-permanent,log-level,user-agent,",
    .program = false,
    .run = command_status,
};

const struct command *const commands[] = {&run_command, &status_command, NULL};
