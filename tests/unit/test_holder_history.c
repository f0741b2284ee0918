/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept for people beside the machine: the holder's pod, the details that getters tell, and what the cluster is
 * told when a term begins or is lost. Knowledge is made by hand; nobody is contacted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "election/holder_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char told[TEXT_MESSAGE];
static bool warned;
static unsigned publications;

static bool publish(struct backend *backend, bool warning, const char *text)
{
    (void)backend;
    if (text != NULL) {
        text_copy(told, sizeof told, text);
        warned = warning;
        publications++;
    }
    return false;
}

static const char *detail(const struct backend *backend, const char *name)
{
    (void)backend;
    return strcmp(name, "server") == 0 ? "https://h" : NULL;
}

static const struct backend_ops operations = {
    .name = "kubernetes", .late_writes = true, .records = true, .detail = detail, .publish = publish};
static struct backend backend = {.ops = &operations};

static leaderlife_election *made(const char *events)
{
    leaderlife_election *election = NULL;

    assert_int_equal(leaderlife_election_new("lock", &election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "events", events), LEADERLIFE_OK);
    election->ops = &operations;
    election->backend = &backend;
    election->started = true;
    publications = 0;
    told[0] = '\0';
    return election;
}

static void unmake(leaderlife_election *election)
{
    election->backend = NULL;
    leaderlife_election_free(election);
}

static void name_pod(struct pod_id *pod, const char *name)
{
    text_copy(pod->name, sizeof pod->name, name);
    text_format(pod->uid, sizeof pod->uid, "uid-%s", name);
}

static void lock_of(struct knowledge *k, const char *name)
{
    k->lock.kind = LOCK_OTHER;
    k->lock.guarded = true;
    name_pod(&k->lock.owner, name);
    text_copy(k->judged[0].uid, sizeof k->judged[0].uid, k->lock.owner.uid);
    k->last = k->lock.owner;
    k->last_guarded = true;
}

static void record_of(struct knowledge *k, const char *name)
{
    k->record.kind = RECORD_OTHER;
    name_pod(&k->record.holder, name);
    text_copy(k->record.token, sizeof k->record.token, "42");
    text_copy(k->record.since, sizeof k->record.since, "2026-01-02T03:04:05Z");
    k->record.term = 7;
}

static const struct fact nothing = {.kind = FACT_NOTE};

static struct fact pod_fact(const char *name, const char *phase)
{
    struct fact fact = {.kind = FACT_POD};

    text_format(fact.pod.uid, sizeof fact.pod.uid, "uid-%s", name);
    text_copy(fact.pod.node, sizeof fact.pod.node, "node-1");
    fact.pod.phase = phase;
    return fact;
}

/* ---- Details ---- */

#define assert_detail(election, name, value)                                                                           \
    do {                                                                                                               \
        const char *is = leaderlife_election_detail(election, name);                                                   \
        if (value == NULL)                                                                                             \
            assert_null(is);                                                                                           \
        else                                                                                                           \
            assert_string_equal(is, value);                                                                            \
    } while (0)

static const char *const none = NULL;

static void details_of_a_holder(void **state)
{
    leaderlife_election *election = made("false");
    struct knowledge *k = &election->known;
    struct knowledge before = *k;
    struct fact seen = pod_fact("a", "Running");
    struct fact other = pod_fact("b", "Pending");

    (void)state;
    k->wish = WISH_OBSERVE;
    assert_detail(election, "settled", "false");
    lock_of(k, "a");
    assert_detail(election, "holder-uid", "uid-a");
    assert_detail(election, "holder-phase", none);
    holder_history_learn(election, &before, &other);
    assert_detail(election, "holder-phase", none); /* another's */
    holder_history_learn(election, &before, &seen);
    assert_detail(election, "holder-phase", "Running");
    assert_detail(election, "holder-node", "node-1");
    assert_detail(election, "settled", "false"); /* the record is not known */
    assert_detail(election, "since", none);
    record_of(k, "b");
    assert_detail(election, "settled", "false"); /* one of the two lags behind */
    assert_detail(election, "since", none);
    record_of(k, "a");
    assert_detail(election, "settled", "true");
    assert_detail(election, "since", "2026-01-02T03:04:05Z");
    assert_detail(election, "server", "https://h");
    assert_detail(election, "namespace", none);
    lock_of(k, "b");
    assert_detail(election, "holder-phase", none); /* that was a's */
    assert_detail(election, "settled", "false");
    assert_int_equal(publications, 0);
    unmake(election);
}

/* An answer that its watch has overtaken shows what was. */
static void a_late_answer_is_not_shown(void **state)
{
    leaderlife_election *election = made("false");
    struct knowledge before = election->known;
    struct fact seen = pod_fact("a", "Terminating");
    struct fact answer = pod_fact("a", "Running");

    (void)state;
    lock_of(&election->known, "a");
    holder_history_learn(election, &before, &seen);
    answer.kind = FACT_ANSWER;
    before.pod_moved = true;
    holder_history_learn(election, &before, &answer);
    assert_detail(election, "holder-phase", "Terminating");
    before.pod_moved = false;
    holder_history_learn(election, &before, &answer);
    assert_detail(election, "holder-phase", "Running");
    unmake(election);
}

static void settled_with_nobody_or_without_a_record(void **state)
{
    leaderlife_election *election = made("false");
    struct knowledge *k = &election->known;
    struct knowledge before = *k;
    struct fact seen = pod_fact("a", "Running");

    (void)state;
    k->lock.kind = LOCK_ABSENT;
    assert_detail(election, "settled", "false");
    k->record.kind = RECORD_EMPTY;
    assert_detail(election, "settled", "true");
    assert_detail(election, "holder-uid", none);
    lock_of(k, "a");
    assert_detail(election, "settled", "false"); /* the record will name it */
    k->record.kind = RECORD_NONE;
    assert_detail(election, "settled", "false"); /* the pod is not seen yet */
    holder_history_learn(election, &before, &seen);
    assert_detail(election, "settled", "true");
    k->record.kind = RECORD_FOREIGN;
    assert_detail(election, "settled", "true");
    k->record.kind = RECORD_EMPTY;
    k->lock.guarded = false;
    assert_detail(election, "settled", "true");
    unmake(election);
}

/* ---- What the cluster is told ---- */

static void learn(leaderlife_election *election, struct knowledge *before, const struct fact *fact)
{
    holder_history_learn(election, before, fact);
    *before = election->known;
}

static void elect(leaderlife_election *election, struct knowledge *before, int64_t term)
{
    struct knowledge *k = &election->known;

    k->lock.kind = LOCK_MINE;
    k->record.kind = RECORD_MINE;
    memset(&k->last, 0, sizeof k->last);
    k->belief = BELIEF_YES;
    k->term = term;
    learn(election, before, &nothing);
    assert_int_equal(publications, 1);
    assert_false(warned);
    learn(election, before, &nothing);
    assert_int_equal(publications, 1); /* once a term */
}

enum how { DELETED, DELETED_TERMINAL, ENDED, NODE, RESIGNED, EMPTIED, UNKNOWN };

static void end_as(leaderlife_election *election, struct knowledge *before, enum how how)
{
    struct knowledge *k = &election->known;
    struct fact fact = pod_fact("a", "Failed");

    fact.pod.terminal = how == DELETED_TERMINAL || how == ENDED;
    fact.pod.terminating = how == DELETED_TERMINAL;
    k->lock.kind = LOCK_ABSENT;
    if (how < RESIGNED)
        k->judged[0].verdict = VERDICT_DEAD;
    if (how == NODE)
        k->judged[0].lost = NODE_GONE;
    if (how == RESIGNED) {
        k->record.kind = RECORD_EMPTY;
        memset(&k->last, 0, sizeof k->last);
        fact = nothing;
    }
    if (how == EMPTIED) { /* read while the lock went: the machine keeps it in mind */
        k->record.kind = RECORD_EMPTY;
        k->record.sure = true;
        fact = nothing;
    }
    learn(election, before, &fact);
}

static void a_takeover_says_from_whom(void **state)
{
    static const struct {
        enum how how;
        const char *text;
    } rows[] = {
        {DELETED, "took over lock from a: pod deleted, term 8"},
        {DELETED_TERMINAL, "took over lock from a: pod deleted, term 8"},
        {ENDED, "took over lock from a: pod ended, term 8"},
        {NODE, "took over lock from a: its node is lost, term 8"},
        {RESIGNED, "took over lock from a: resigned, term 8"},
        {EMPTIED, "took over lock from a: resigned, term 8"},
        {UNKNOWN, "took over lock from a, term 8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        leaderlife_election *election = made("true");
        struct knowledge before = election->known;
        lock_of(&election->known, "a");
        learn(election, &before, &nothing);
        end_as(election, &before, rows[i].how);
        assert_int_equal(publications, 0);
        elect(election, &before, 8);
        assert_string_equal(told, rows[i].text);
        unmake(election);
    }
}

/* Of two that led before, the last. */
static void the_last_one_counts(void **state)
{
    leaderlife_election *election = made("true");
    struct knowledge before = election->known;

    (void)state;
    lock_of(&election->known, "a");
    learn(election, &before, &nothing);
    end_as(election, &before, RESIGNED);
    lock_of(&election->known, "b");
    learn(election, &before, &nothing);
    elect(election, &before, 9);
    assert_string_equal(told, "took over lock from b, term 9");
    unmake(election);
}

static void a_first_term_and_its_loss(void **state)
{
    leaderlife_election *election = made("true");
    struct knowledge before = election->known;

    (void)state;
    elect(election, &before, 0); /* without a record there is no number */
    assert_string_equal(told, "became leader of lock");
    election->known.term = 3;
    election->known.belief = BELIEF_ENDED;
    election->known.end = END_LOST;
    learn(election, &before, &nothing);
    assert_int_equal(publications, 2);
    assert_true(warned);
    assert_string_equal(told, "lost leadership of lock, term 3");
    learn(election, &before, &nothing);
    assert_int_equal(publications, 2);
    unmake(election);
}

static void nothing_without_the_option(void **state)
{
    leaderlife_election *election = made("false");
    struct knowledge before = election->known;

    (void)state;
    election->known.belief = BELIEF_YES;
    learn(election, &before, &nothing);
    assert_int_equal(publications, 0);
    unmake(election);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(details_of_a_holder),        cmocka_unit_test(a_late_answer_is_not_shown),
        cmocka_unit_test(a_takeover_says_from_whom),  cmocka_unit_test(settled_with_nobody_or_without_a_record),
        cmocka_unit_test(the_last_one_counts),        cmocka_unit_test(a_first_term_and_its_loss),
        cmocka_unit_test(nothing_without_the_option),
    };
    return cmocka_run_group_tests_name("unit_holder_history", tests, NULL, NULL);
}
