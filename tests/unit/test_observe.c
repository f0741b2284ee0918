/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a watch kind becomes a fact: of the lock (P10's mark of one that is given back too), and of a pod (P4 b; absence
 * and another UID are only a reason to ask).
 */
#include "kubernetes/objects/document.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kubernetes/watch/items.h"
#include "kubernetes/watch/observe.h"

#include <stdio.h>
#include <string.h>

#define LOCK(annotations, owners)                                                                                      \
    "{\"metadata\":{\"name\":\"lock\",\"uid\":\"uid-lock\",\"resourceVersion\":\"42\",\"annotations\":{" annotations   \
    "},"                                                                                                               \
    "\"ownerReferences\":[" owners "]}}"
#define OWNER "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"a-0\",\"uid\":\"uid-a\"}"
#define POD(uid, rest)                                                                                                 \
    "{\"metadata\":{\"name\":\"a-0\",\"uid\":\"" uid "\",\"resourceVersion\":\"7\"" rest                               \
    "},\"status\":{\"phase\":\"Running\"}}"

static char fault[TEXT_MESSAGE];

static struct watch_item item_of(enum watch_item_kind kind, const char *json)
{
    struct watch_item item = {.kind = kind, .version = "42"};

    item.document = json ? document_parse(json, strlen(json)) : NULL;
    item.object = item.document;
    assert_int_equal(item.document != NULL, json != NULL);
    return item;
}

static bool view_of_lock(enum watch_item_kind kind, const char *json, struct lock_view *ret)
{
    struct watch_item item = item_of(kind, json);
    bool shown = observe_lock(&item, ret, fault, sizeof fault);
    watch_item_clear(&item);
    return shown;
}

static bool view_of_pod(struct pod_observation *observation, enum watch_item_kind kind, const char *json)
{
    struct watch_item item = item_of(kind, json);
    bool shown = observe_pod(observation, &item);
    watch_item_clear(&item);
    return shown;
}

#define RECORD(uid, name)                                                                                              \
    "{\"kind\":\"Lease\",\"metadata\":{\"name\":\"lock.leaderlife\",\"uid\":\"uid-record\",\"resourceVersion\":"       \
    "\"42\","                                                                                                          \
    "\"annotations\":{\"leaderlife.dev/holder-uid\":\"" uid "\",\"leaderlife.dev/holder-nonce\":\"" uid                \
    "\",\"leaderlife.dev/token\":\"\"}},\"spec\":{\"holderIdentity\":\"" name "\"}}"

static bool view_of_record(enum watch_item_kind kind, const char *json, struct record_view *ret)
{
    struct watch_item item = item_of(kind, json);
    bool shown = observe_record(&item, ret, fault, sizeof fault);
    watch_item_clear(&item);
    return shown;
}

static void the_record(void **state)
{
    struct record_view view;

    (void)state;
    assert_true(view_of_record(WATCH_ITEM_OBJECT, RECORD("uid-a", "a-0"), &view));
    assert_int_equal(view.kind, RECORD_VIEW_HELD);
    assert_string_equal(view.holder.uid, "uid-a");
    assert_true(view_of_record(WATCH_ITEM_OBJECT, RECORD("", ""), &view));
    assert_int_equal(view.kind, RECORD_VIEW_EMPTY);
    assert_true(view_of_record(WATCH_ITEM_OBJECT, RECORD("uid-a", ""), &view)); /* P14 */
    assert_int_equal(view.kind, RECORD_VIEW_FOREIGN);
    assert_string_not_equal(fault, "");
    assert_true(view_of_record(WATCH_ITEM_DELETED, RECORD("uid-a", "a-0"), &view)); /* whoever it named */
    assert_int_equal(view.kind, RECORD_VIEW_ABSENT);
    assert_string_equal(view.holder.uid, "");
    assert_string_equal(view.version, "42"); /* of the deletion: later than what was deleted */
    assert_string_equal(fault, "");
    assert_true(view_of_record(WATCH_ITEM_ABSENT, NULL, &view));
    assert_int_equal(view.kind, RECORD_VIEW_ABSENT);
    assert_true(view_of_record(WATCH_ITEM_GAP, NULL, &view));
    assert_int_equal(view.kind, RECORD_VIEW_GAP);
    assert_false(view_of_record(WATCH_ITEM_OBJECT, "{\"kind\":\"Pod\"}", &view));
    assert_false(view_of_record(WATCH_ITEM_NOTE, NULL, &view));
}

static void the_lock_as_it_is(void **state)
{
    struct lock_view view;

    (void)state;
    assert_true(view_of_lock(WATCH_ITEM_OBJECT, LOCK("", OWNER), &view));
    assert_int_equal(view.kind, LOCK_VIEW_OWNED);
    assert_string_equal(view.owner.uid, "uid-a");
    assert_true(view_of_lock(WATCH_ITEM_ABSENT, NULL, &view));
    assert_int_equal(view.kind, LOCK_VIEW_ABSENT);
    assert_string_equal(view.version, "42");
    assert_string_equal(view.owner.uid, "");
    assert_false(view.released);
    assert_true(view_of_lock(WATCH_ITEM_GAP, NULL, &view));
    assert_int_equal(view.kind, LOCK_VIEW_GAP);
    assert_true(view_of_lock(WATCH_ITEM_OBJECT, LOCK("", ""), &view));
    assert_int_equal(view.kind, LOCK_VIEW_FOREIGN);
    assert_true(fault[0] != '\0');
}

static void p10_a_deleted_lock_says_whose_it_was_and_whether_it_was_given_back(void **state)
{
    struct lock_view view;

    (void)state;
    assert_true(view_of_lock(WATCH_ITEM_DELETED, LOCK("", OWNER), &view));
    assert_int_equal(view.kind, LOCK_VIEW_ABSENT);
    assert_string_equal(view.version, "42");
    assert_string_equal(view.uid, "");
    assert_string_equal(view.owner.uid, "uid-a");
    assert_false(view.released);
    assert_true(view_of_lock(WATCH_ITEM_DELETED, LOCK("\"leaderlife.dev/holder-nonce\":\"\"", OWNER), &view));
    assert_true(view.released);
    assert_true(
        view_of_lock(WATCH_ITEM_DELETED, LOCK("\"leaderlife.dev/holder-nonce\":\"\"", ""), &view)); /* was foreign */
    assert_int_equal(view.kind, LOCK_VIEW_ABSENT);
    assert_false(view.released);
    assert_string_equal(fault, "");
}

static void what_is_nothing_of_the_lock(void **state)
{
    struct lock_view view = {.kind = LOCK_VIEW_NOTHING};

    (void)state;
    assert_false(view_of_lock(WATCH_ITEM_NOTE, NULL, &view));
    assert_false(view_of_lock(WATCH_ITEM_FORBIDDEN, NULL, &view));
    assert_false(view_of_lock(WATCH_ITEM_OBJECT, "{\"kind\":\"Secret\"}", &view));
    assert_false(view_of_lock(WATCH_ITEM_DELETED, "{\"kind\":\"ConfigMap\"}", &view));
    assert_int_equal(view.kind, LOCK_VIEW_NOTHING);
}

static void p4_what_a_watch_says_of_a_pod(void **state)
{
    static const struct {
        enum watch_item_kind kind;
        const char *json;
        enum pod_sign sign; /* for uid-a */
        bool terminating;
    } rows[] = {
        {WATCH_ITEM_OBJECT, POD("uid-a", ""), POD_ALIVE, false},
        {WATCH_ITEM_OBJECT, POD("uid-a", ",\"deletionTimestamp\":\"t\""), POD_ALIVE, true},
        {WATCH_ITEM_DELETED, POD("uid-a", ""), POD_DEAD, false},  /* (b) */
        {WATCH_ITEM_OBJECT, POD("uid-b", ""), POD_UNSURE, false}, /* (a) wants a quorum GET */
        {WATCH_ITEM_DELETED, POD("uid-b", ""), POD_UNSURE, false},
        {WATCH_ITEM_ABSENT, NULL, POD_UNSURE, false},
        {WATCH_ITEM_GAP, NULL, POD_UNSURE, false},
        {WATCH_ITEM_OBJECT, "{\"kind\":\"Pod\"}", POD_UNSURE, false},
        {WATCH_ITEM_DELETED, "{\"kind\":\"Pod\"}", POD_UNSURE, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pod_observation observation = {.presence = POD_NOT_OBSERVED};
        struct pod_view view;
        assert_true(view_of_pod(&observation, WATCH_ITEM_DELETED, POD("uid-a", ""))); /* whatever was seen before */
        assert_true(view_of_pod(&observation, rows[i].kind, rows[i].json));
        observe_judge_pod(&observation, "uid-a", &view);
        assert_int_equal(view.sign, rows[i].sign);
        assert_int_equal(view.terminating, rows[i].terminating);
        assert_string_equal(view.uid, "uid-a");
    }
}

/* A watch is by name: when a pod of the same name becomes the holder, what was seen is judged anew. */
static void another_uid_of_the_same_name(void **state)
{
    struct pod_observation observation = {.presence = POD_NOT_OBSERVED};
    struct pod_view view;

    (void)state;
    observe_judge_pod(&observation, "uid-a", &view);
    assert_int_equal(view.sign, POD_UNSURE);
    assert_false(view_of_pod(&observation, WATCH_ITEM_NOTE, NULL));
    assert_true(view_of_pod(&observation, WATCH_ITEM_OBJECT, POD("uid-b", "")));
    observe_judge_pod(&observation, "uid-a", &view);
    assert_int_equal(view.sign, POD_UNSURE);
    observe_judge_pod(&observation, "uid-b", &view);
    assert_int_equal(view.sign, POD_ALIVE);
    assert_string_equal(view.uid, "uid-b");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_as_it_is),
        cmocka_unit_test(the_record),
        cmocka_unit_test(p10_a_deleted_lock_says_whose_it_was_and_whether_it_was_given_back),
        cmocka_unit_test(what_is_nothing_of_the_lock),
        cmocka_unit_test(p4_what_a_watch_says_of_a_pod),
        cmocka_unit_test(another_uid_of_the_same_name),
    };
    return cmocka_run_group_tests_name("unit_observe", tests, NULL, NULL);
}
