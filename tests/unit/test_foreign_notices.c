/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are told of a lock or record that only its removal mends (P14): never to remove one while anything names
 * a pod that may live; of a lock that has lost its owner; and who is said to lead. Knowledge is made by hand; nobody is
 * contacted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "election/announce.h"
#include "election/foreign_notices.h"
#include "election/notices.h"

#include <string.h>

enum { LATER_MS = 60000 };

static leaderlife_election *election;
static struct knowledge *k;
static char said[2 * TEXT_MESSAGE]; /* notices since the last look, each with a line's end */

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(leaderlife_election_new("lock", &election), LEADERLIFE_OK);
    k = &election->known;
    text_copy(k->self.name, sizeof k->self.name, "me");
    text_copy(k->self.uid, sizeof k->self.uid, "uid-me");
    k->identity = IDENTITY_GOOD;
    k->seat = SEAT_MINE;
    k->late_writes = k->can_put = true;
    k->lock_writes.checked = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    leaderlife_election_free(election);
    return 0;
}

static void name_pod(struct pod_id *pod, const char *name)
{
    text_copy(pod->name, sizeof pod->name, name);
    text_format(pod->uid, sizeof pod->uid, "uid-%s", name);
}

static void judge_as(const char *name, enum verdict verdict)
{
    text_format(k->judged[0].uid, sizeof k->judged[0].uid, "uid-%s", name);
    k->judged[0].verdict = verdict;
}

static void record_of(const char *name)
{
    k->record.kind = RECORD_OTHER;
    name_pod(&k->record.holder, name);
}

static void lock_of(const char *name, bool orphaned)
{
    k->lock.kind = LOCK_OTHER;
    k->lock.orphaned = orphaned;
    name_pod(&k->lock.owner, name);
}

/* What the backend tells of something foreign. */
static void meet(enum foreign which, bool removal)
{
    struct fact fact = {.kind = FACT_NOTE, .status = LEADERLIFE_EBLOCKED, .foreign = which, .removal = removal};
    if (which == FOREIGN_LOCK)
        k->lock.kind = LOCK_FOREIGN;
    else
        k->record.kind = RECORD_FOREIGN;
    text_copy(fact.text, sizeof fact.text, removal ? "the cause" : "the cause: the cure");
    announce_fact(election, &fact);
}

static void listen(void)
{
    leaderlife_event *event;
    said[0] = '\0';
    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE) {
            assert_int_equal(leaderlife_event_status(event), LEADERLIFE_EBLOCKED);
            text_append(said, sizeof said, "%s\n", leaderlife_event_text(event));
        }
        leaderlife_event_free(event);
    }
}

/* Returns when it is to be asked again. */
static int64_t look(int64_t now)
{
    int64_t again = foreign_notice_tell(election, now);
    listen();
    return again;
}

static void says(const char *part)
{
    if (strstr(said, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, said);
}

#define NOT_BEFORE "nothing may be deleted before it has, or has given back"

static void what_can_be_mended_is_told_at_once(void **state)
{
    (void)state;
    meet(FOREIGN_LOCK, false);
    listen();
    assert_string_equal(said, "the cause: the cure\n");
    assert_int_equal(look(LATER_MS), NEVER);
    assert_string_equal(said, "");
}

static void it_waits_for_the_record_and_for_its_pod(void **state)
{
    (void)state;
    meet(FOREIGN_LOCK, true);
    assert_true(look(1000) > 1000);
    assert_string_equal(said, "");
    record_of("x");
    judge_as("x", VERDICT_UNKNOWN);
    assert_true(look(1001) > 1001);
    assert_string_equal(said, "");
    judge_as("x", VERDICT_ALIVE);
    assert_int_equal(look(1002), NEVER);
    says("the cause: pod x, which the holder record names, is not known to have ended");
    says(NOT_BEFORE);
    says("then delete the ConfigMap");
    look(1003);
    assert_string_equal(said, ""); /* once */
}

/* The election is not silent for ever where a right or an answer is missing. */
static void it_does_not_wait_for_ever(void **state)
{
    int64_t at;

    (void)state;
    meet(FOREIGN_LOCK, true);
    at = look(1000);
    assert_in_range(at, 1001, LATER_MS);
    look(at);
    says("nothing may be deleted before its holder record has been read");
}

static void a_pod_that_cannot_be_judged_may_live(void **state)
{
    int64_t at;

    (void)state;
    record_of("x");
    meet(FOREIGN_LOCK, true);
    at = look(1000);
    look(at);
    says("pod x");
    says(NOT_BEFORE);
}

static void what_names_nobody_who_lives_may_go(void **state)
{
    (void)state;
    record_of("x");
    judge_as("x", VERDICT_DEAD);
    meet(FOREIGN_LOCK, true);
    look(1000);
    assert_string_equal(said, "the cause: if nothing else needs it, delete it; the election goes on by itself then\n");
    k->record.kind = RECORD_EMPTY;
    meet(FOREIGN_LOCK, true);
    look(1001);
    says("delete it");
}

/* Without a record, or with a foreign one, nothing tells that nobody leads. */
static void what_tells_nothing_is_no_leave(void **state)
{
    (void)state;
    k->record.kind = RECORD_NONE;
    meet(FOREIGN_LOCK, true);
    look(1000);
    says("make sure that no pod leads");
    k->lock.kind = LOCK_ABSENT;
    meet(FOREIGN_RECORD, true);
    look(1001);
    says("make sure that no pod leads");
    says("delete the Lease");
}

static void whom_the_lock_names_counts_too(void **state)
{
    (void)state;
    lock_of("x", false);
    judge_as("x", VERDICT_ALIVE);
    meet(FOREIGN_RECORD, true);
    look(1000);
    says("pod x, which the lock names");
    says(NOT_BEFORE);
    says("delete the Lease");
}

static void whom_the_lock_named_before_counts_too(void **state)
{
    (void)state;
    k->record.kind = RECORD_NONE;
    name_pod(&k->last, "x");
    judge_as("x", VERDICT_ALIVE);
    meet(FOREIGN_LOCK, true);
    look(1000);
    says("pod x, which held the lock before");
    says(NOT_BEFORE);
}

static void a_leader_knows_who_leads(void **state)
{
    (void)state;
    k->belief = BELIEF_YES;
    meet(FOREIGN_LOCK, true);
    look(1000);
    says("pod me, in which this process leads");
    says(NOT_BEFORE);
}

static void it_is_told_again_when_the_pod_has_ended(void **state)
{
    (void)state;
    record_of("x");
    judge_as("x", VERDICT_ALIVE);
    meet(FOREIGN_LOCK, true);
    look(1000);
    says(NOT_BEFORE);
    judge_as("x", VERDICT_UNKNOWN); /* a moment's doubt */
    look(1001);
    assert_string_equal(said, "");
    judge_as("x", VERDICT_DEAD);
    look(1002);
    says("if nothing else needs it, delete it");
    look(1003);
    assert_string_equal(said, "");
}

/* A watch may show it mended before anything was told; and again as it was. */
static void what_is_mended_is_not_told(void **state)
{
    (void)state;
    meet(FOREIGN_LOCK, true);
    k->lock.kind = LOCK_ABSENT;
    k->record.kind = RECORD_EMPTY;
    assert_int_equal(look(1000), NEVER);
    assert_string_equal(said, "");
    k->lock.kind = LOCK_FOREIGN;
    look(1001);
    says("delete it");
}

/* ---- A leader whose lock has lost its owner ---- */

static void lose_owner(enum identity identity, bool can_put)
{
    struct knowledge before;

    k->belief = BELIEF_YES;
    k->identity = identity;
    k->can_put = can_put;
    k->lock = (struct lock){.kind = LOCK_MINE};
    before = *k;
    k->lock.orphaned = true;
    notices_of_conditions(election, &before);
    listen();
    if (strstr(said, "delete") != NULL)
        fail_msg("it advises to delete: %s", said);
    before = *k;
    says("lock 'lock' has lost its owner reference while this process leads");
    says("it still leads");
}

static void a_leader_tells_what_becomes_of_its_owner(void **state)
{
    struct knowledge before;

    (void)state;
    lose_owner(IDENTITY_GOOD, true);
    says("puts it back, unless its pod is terminating"); /* of which it may not have heard yet */
    lose_owner(IDENTITY_TERMINATING, true);
    says("its pod is terminating: others wait for its end");
    lose_owner(IDENTITY_GOOD, false);
    says("may not update the lock, so the garbage collector will not remove it");
    before = *k;
    notices_of_conditions(election, &before);
    listen();
    assert_string_equal(said, "");
}

/* ---- Who is said to lead ---- */

static void a_name_that_outlives_its_pod_is_not_told_before_that_is_looked_for(void **state)
{
    (void)state;
    lock_of("x", true);
    judge_as("x", VERDICT_UNKNOWN);
    assert_null(leaderlife_election_holder(election));
    assert_null(leaderlife_election_detail(election, "holder-uid"));
    judge_as("x", VERDICT_ALIVE);
    assert_string_equal(leaderlife_election_holder(election), "x");
    judge_as("x", VERDICT_UNKNOWN);
    text_copy(election->pod.uid, sizeof election->pod.uid, "uid-x"); /* it was seen, and is looked for again */
    assert_string_equal(leaderlife_election_holder(election), "x");
    judge_as("x", VERDICT_DEAD);
    assert_null(leaderlife_election_holder(election));
    election->pod.uid[0] = '\0';
    k->lock.kind = LOCK_ABSENT;
    record_of("x");
    judge_as("x", VERDICT_UNKNOWN);
    assert_null(leaderlife_election_holder(election));
    lock_of("x", false); /* the collector would have removed it */
    assert_string_equal(leaderlife_election_holder(election), "x");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_can_be_mended_is_told_at_once),
        TEST(it_waits_for_the_record_and_for_its_pod),
        TEST(it_does_not_wait_for_ever),
        TEST(a_pod_that_cannot_be_judged_may_live),
        TEST(what_names_nobody_who_lives_may_go),
        TEST(what_tells_nothing_is_no_leave),
        TEST(whom_the_lock_names_counts_too),
        TEST(whom_the_lock_named_before_counts_too),
        TEST(a_leader_knows_who_leads),
        TEST(it_is_told_again_when_the_pod_has_ended),
        TEST(what_is_mended_is_not_told),
        TEST(a_leader_tells_what_becomes_of_its_owner),
        TEST(a_name_that_outlives_its_pod_is_not_told_before_that_is_looked_for),
    };
    return cmocka_run_group_tests_name("unit_foreign_notices", tests, NULL, NULL);
}
