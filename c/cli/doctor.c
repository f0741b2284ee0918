/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife doctor: shows the diagnosis of leaderlife_election_diagnose(), for people or as JSON.
 */
#include "cli/cli.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct summary {
    unsigned errors;
    unsigned warnings;
};

/* ---- Findings ---- */

static void count(struct summary *summary, int level)
{
    summary->errors += level == LEADERLIFE_LOG_ERROR;
    summary->warnings += level == LEADERLIFE_LOG_WARNING;
}

static void print_finding(int level, const char *text)
{
    static const struct {
        const char *mark;
        enum tone tone;
    } marks[] = {[LEADERLIFE_LOG_ERROR] = {"ERROR", TONE_ERROR},
                 [LEADERLIFE_LOG_WARNING] = {"warn ", TONE_WARNING},
                 [LEADERLIFE_LOG_INFO] = {"ok   ", TONE_GOOD}};
    enum tone tone = marks[level].tone;

    printf("%s%s%s %s\n", log_tone_begin(STDOUT_FILENO, tone), marks[level].mark, log_tone_end(STDOUT_FILENO, tone),
           text);
}

static json_t *json_finding(int level, int status, const char *text)
{
    static const char *const levels[] = {
        [LEADERLIFE_LOG_ERROR] = "error", [LEADERLIFE_LOG_WARNING] = "warning", [LEADERLIFE_LOG_INFO] = "ok"};
    const char *name = leaderlife_status_name(status);

    return json_pack("{s:s, s:s, s:s}", "level", levels[level], "status", name != NULL ? name : "unknown", "text",
                     text);
}

/* findings: NULL prints them. */
static void take_findings(leaderlife_election *election, struct summary *summary, json_t *findings)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        int level = leaderlife_event_level(event);
        const char *text = leaderlife_event_text(event);

        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_FINDING && level >= LEADERLIFE_LOG_ERROR &&
            level <= LEADERLIFE_LOG_INFO) {
            count(summary, level);
            if (findings != NULL)
                json_array_append_new(findings, json_finding(level, leaderlife_event_status(event), text));
            else
                print_finding(level, text);
        }
        leaderlife_event_free(event);
    }
}

/* ---- The end ---- */

static void print_summary(const struct arguments *arguments, const struct summary *summary, bool ok)
{
    const char *subject = argument_given(arguments, "observe") ? "an observer" : "an election";
    enum tone tone = !ok ? TONE_ERROR : summary->warnings > 0 ? TONE_WARNING : TONE_GOOD;

    printf("%s%s for lock '%s' %s%s", log_tone_begin(STDOUT_FILENO, tone), subject, arguments->lock,
           ok ? "can succeed" : "cannot succeed", log_tone_end(STDOUT_FILENO, tone));
    if (summary->errors > 0)
        printf("; %u error%s", summary->errors, summary->errors > 1 ? "s" : "");
    if (summary->warnings > 0)
        printf("%s %u warning%s", summary->errors > 0 ? "," : ";", summary->warnings, summary->warnings > 1 ? "s" : "");
    printf("\n");
}

static int print_json(const struct arguments *arguments, json_t *findings, bool ok)
{
    json_t *whole = json_pack("{s:s, s:b, s:o}", "lock", arguments->lock, "ok", (int)ok, "findings", findings);
    int failed = whole == NULL || json_dumpf(whole, stdout, JSON_INDENT(2)) != 0;

    printf("\n");
    json_decref(whole);
    if (failed)
        log_say(TONE_ERROR, "cannot write the findings; look for a full disk, a closed pipe or too little memory");
    return failed ? CLI_TROUBLE : CLI_OK;
}

static int examine(const struct arguments *arguments, leaderlife_election *election, int timeout_ms)
{
    bool json = strcmp(argument(arguments, "output"), "json") == 0;
    json_t *findings = json ? json_array() : NULL;
    struct summary summary = {0};
    int status = leaderlife_election_diagnose(election, timeout_ms);
    bool ok = status == LEADERLIFE_OK;

    take_findings(election, &summary, findings);
    if (!ok && summary.errors == 0) { /* not a finding: the call itself */
        log_say(TONE_ERROR, "%s", leaderlife_election_error_text(election));
        json_decref(findings);
        return CLI_TROUBLE;
    }
    if (!json)
        print_summary(arguments, &summary, ok);
    else if (print_json(arguments, findings, ok) != CLI_OK)
        return CLI_TROUBLE;
    return ok ? CLI_OK : CLI_NO;
}

int doctor_main(const struct arguments *arguments)
{
    leaderlife_election *election = NULL;
    int64_t timeout = 0;

    argument_duration(arguments, "timeout", &timeout);
    int status =
        arguments_open_election(arguments, argument_given(arguments, "observe") ? "observe" : "campaign", &election);
    if (status != CLI_OK)
        return status;
    status = examine(arguments, election, timeout > INT_MAX ? INT_MAX : (int)timeout);
    leaderlife_election_free(election);
    return status;
}
