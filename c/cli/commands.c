/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands and their flags: what --help, the manual page and the completions list.
 */
#include "cli/cli.h"

static const struct flag run_flags[] = {
    {"exec", '\0', NULL, NULL,
     "only for a PROGRAM that keeps descriptors it does not know (ssh, sudo, start-stop-daemon do not): become it, in "
     "place; nobody stops it when leadership is lost, nothing is given back"},
    {"close", 'o', NULL, NULL,
     "PROGRAM and what it leaves behind do not hold the lock; this process and its watchdog do, until PROGRAM is dead"},
    {"release", '\0', NULL, NULL,
     "in a pod with several containers too, give the lock back when PROGRAM has ended: only if no other container does "
     "the work"},
    {"timeout", 't', "TIME", NULL, "give up (status 124) if not elected so long"},
    {"kill-after", 'k', "TIME", "10s",
     "from SIGTERM to SIGKILL, where we end a program: at the loss of leadership, what it leaves behind, the one of "
     "--on-standby; a SIGTERM sent to us is forwarded, and no more"},
    {"on-standby", '\0', "COMMAND", NULL,
     "a shell command that runs while another leads; stopped before PROGRAM starts (begin it with exec, if it is one "
     "program)"},
    {"ready-file", '\0', "PATH", NULL, "an empty file that exists while this process leads or could take over"},
    {"health", '\0', "ADDRESS", NULL,
     "serve /readyz, /livez and /metrics by HTTP on HOST:PORT, [IPv6]:PORT, :PORT or PORT"},
    {"quiet", 'q', NULL, NULL, "say nothing but errors"},
    {NULL, '\0', NULL, NULL, NULL},
};

static const struct command run_command = {
    .name = "run",
    .operands = "LOCK -- PROGRAM [ARGUMENT...]",
    .summary = "become the leader, then run a program",
    .help =
        "Waits until this process leads, then starts PROGRAM and looks after both: stops PROGRAM when leadership is "
        "lost, and gives the lock back when PROGRAM, and what it leaves behind, has ended (in a pod with several "
        "containers the pod keeps it: another one may be what works; see --release). Start PROGRAM in the "
        "foreground. It finds LEADERLIFE_LOCK, LEADERLIFE_TOKEN (the fencing token) and LEADERLIFE_HOLDER in its "
        "environment.\n"
        "\n"
        "    leaderlife run my-operator -- ./operator --flag\n"
        "    leaderlife run --health :8080 my-operator -- ./operator\n"
        "\n"
        "Status: PROGRAM's own (128 plus the signal that ended it); 70 leadership was lost; 124 not elected in "
        "--timeout; 125 misuse, or no election possible; 126 PROGRAM cannot be run; 127 there is no such program "
        "(both are said before the election).",
    .flags = run_flags,
    .options = "all",
    .program = true,
    .run = run_main,
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
    .help = "Looks at the election and never takes part: it writes nothing and needs no pod. Shows the leader, since "
            "when it leads, its fencing token, term and guard, its pod, and what is wrong with lock or record, with "
            "the cure (on this machine's lock only whose it is, the leader and the guard are known). With --watch "
            "every new term is shown once, in order.\n"
            "\n"
            "    leaderlife status my-operator\n"
            "    leaderlife status --watch -o json my-operator | jq .holder.name\n"
            "\n"
            "Status: 0 somebody leads; 1 nobody leads; 125 misuse, or it could not be found out. With --watch 0 when "
            "it was told to end.",
    .flags = status_flags,
    .options = ",backend,namespace,kubeconfig,context,server,ca-file,token-file,retry-permanent,log-level,user-agent,",
    .program = false,
    .run = status_main,
};

static const struct flag doctor_flags[] = {
    {"output", 'o', "text|json", "text", "for people or for programs"},
    {"timeout", 't', "TIME", "30s", "how long all of it may take"},
    {"observe", '\0', NULL, NULL, "what status needs, and not a candidate"},
    {NULL, '\0', NULL, NULL, NULL},
};

static const struct command doctor_command = {
    .name = "doctor",
    .operands = "LOCK",
    .summary = "find what stands in the way of an election",
    .help = "Looks at all that an election for LOCK would meet if it began here, with these options: settings, "
            "server, identity, rights, quota, lock, the leader's pod and its standbys. A line for each finding, with "
            "cause and cure. Nothing is written, and the lock is not taken. Run it where the candidate runs: with "
            "kubectl exec, or as the command of its container.\n"
            "\n"
            "    leaderlife doctor my-operator\n"
            "    leaderlife doctor -o json my-operator | jq '.findings[] | select(.level != \"ok\")'\n"
            "\n"
            "JSON: {\"lock\", \"ok\", \"findings\": [{\"level\": \"error|warning|ok\", \"status\", \"text\"}]}.\n"
            "\n"
            "Status: 0 an election can succeed (perhaps with warnings); 1 it cannot; 125 misuse.",
    .flags = doctor_flags,
    .options = "all",
    .program = false,
    .run = doctor_main,
};

static const struct flag rbac_flags[] = {
    {"namespace", 'n', "NAMESPACE", NULL, "of the candidates; without it, that of whoever applies the output"},
    {"service-account", '\0', "NAME", "default", "which the candidates' pods run as"},
    {"serviceaccount", '\0', "NAME", NULL, "the same, as kubectl spells it"},
    {"events", '\0', NULL, NULL, "also what the option events needs"},
    {"node-policy", '\0', "strict|fenced|unready", "strict", "also what this option needs: a ClusterRole"},
    {NULL, '\0', NULL, NULL, NULL},
};

static const struct command rbac_command = {
    .name = "rbac",
    .operands = "LOCK",
    .summary = "print the rights that candidates need",
    .help = "Prints a Role and a RoleBinding with the least that all of leaderlife needs for LOCK, as YAML. Asks no "
            "server.\n"
            "\n"
            "    leaderlife rbac --service-account my-operator my-operator | kubectl apply -f -\n"
            "\n"
            "Status: 0; 125 misuse.",
    .flags = rbac_flags,
    .options = "",
    .program = false,
    .run = rbac_main,
};

const struct command *const commands[] = {&run_command, &status_command, &doctor_command, &rbac_command, NULL};
