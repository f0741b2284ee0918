/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of events: order, bounds, no memory. The unit is compiled in here, so that its malloc can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static int allocations_left = -1; /* negative: no limit */

static void *limited_malloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return malloc(size);
}

static void *limited_calloc(size_t count, size_t size)
{
    void *memory = limited_malloc(count * size);

    return memory ? memset(memory, 0, count * size) : NULL;
}

#define malloc(size) limited_malloc(size)
#define calloc(count, size) limited_calloc(count, size)
#include "base/event_queue.c"
#undef malloc
#undef calloc

static struct event_queue queue;

static int set_up(void **state)
{
    (void)state;
    allocations_left = -1;
    return event_queue_init(&queue) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    event_queue_free(&queue);
    allocations_left = -1;
    return 0;
}

static void put(int kind, int number)
{
    struct leaderlife_event event = {.kind = kind, .state = number};

    event_queue_put(&queue, &event);
}

static void assert_pop(int kind, int number)
{
    leaderlife_event *event = event_queue_pop(&queue);

    assert_non_null(event);
    assert_int_equal(leaderlife_event_kind(event), kind);
    assert_int_equal(leaderlife_event_state(event), number);
    leaderlife_event_free(event);
}

static void keeps_the_order(void **state)
{
    (void)state;
    assert_null(event_queue_pop(&queue));
    put(LEADERLIFE_EVENT_STATE, 1);
    put(LEADERLIFE_EVENT_LOG, 2);
    put(LEADERLIFE_EVENT_NOTICE, 3);
    assert_pop(LEADERLIFE_EVENT_STATE, 1);
    put(LEADERLIFE_EVENT_HOLDER, 4);
    assert_pop(LEADERLIFE_EVENT_LOG, 2);
    assert_pop(LEADERLIFE_EVENT_NOTICE, 3);
    assert_pop(LEADERLIFE_EVENT_HOLDER, 4);
    assert_null(event_queue_pop(&queue));
    put(LEADERLIFE_EVENT_LOG, 5);
    assert_pop(LEADERLIFE_EVENT_LOG, 5);
}

static void a_full_queue_drops_and_counts(void **state)
{
    (void)state;
    for (int i = 0; i < EVENTS_QUEUED_MAX + 5; i++)
        put(i % 2 == 0 ? LEADERLIFE_EVENT_LOG : LEADERLIFE_EVENT_NOTICE, i);
    assert_int_equal(queue.dropped, 5);
    put(LEADERLIFE_EVENT_STATE, 7);
    assert_int_equal(queue.dropped, 5);
    assert_pop(LEADERLIFE_EVENT_LOG, 0);
    put(LEADERLIFE_EVENT_LOG, 8); /* there is room again */
    assert_int_equal(queue.dropped, 5);
    for (int i = 1; i < EVENTS_QUEUED_MAX; i++)
        assert_pop(i % 2 == 0 ? LEADERLIFE_EVENT_LOG : LEADERLIFE_EVENT_NOTICE, i);
    assert_pop(LEADERLIFE_EVENT_STATE, 7);
    assert_pop(LEADERLIFE_EVENT_LOG, 8);
    assert_null(event_queue_pop(&queue));
}

static void state_events_need_no_memory(void **state)
{
    (void)state;
    allocations_left = 0;
    put(LEADERLIFE_EVENT_NOTICE, 1);
    assert_int_equal(queue.dropped, 1);
    for (int i = 0; i < EVENTS_RESERVED; i++)
        put(LEADERLIFE_EVENT_STATE, i);
    assert_int_equal(queue.dropped, 1);
    put(LEADERLIFE_EVENT_STATE, 99); /* never in one life; counted, not hidden */
    assert_int_equal(queue.dropped, 2);
    for (int i = 0; i < EVENTS_RESERVED; i++)
        assert_pop(LEADERLIFE_EVENT_STATE, i);
    assert_null(event_queue_pop(&queue));
}

static void init_without_memory(void **state)
{
    struct event_queue other;

    (void)state;
    for (int i = 0; i < EVENTS_RESERVED; i++) {
        allocations_left = i;
        assert_false(event_queue_init(&other));
        event_queue_free(&other);
    }
    allocations_left = EVENTS_RESERVED;
    assert_true(event_queue_init(&other));
    event_queue_free(&other);
}

static void getters_tell_what_was_put(void **state)
{
    struct leaderlife_event event = {
        .kind = LEADERLIFE_EVENT_NOTICE,
        .state = LEADERLIFE_STATE_LEADER,
        .status = LEADERLIFE_EBLOCKED,
        .level = LEADERLIFE_LOG_WARNING,
        .has_holder = true,
        .has_token = true,
        .holder = "pid 1 (init)",
        .token = "42",
        .text = "why",
    };
    leaderlife_event *popped;

    (void)state;
    event_queue_put(&queue, &event);
    popped = event_queue_pop(&queue);
    event_queue_free(&queue); /* an event outlives its election */
    assert_int_equal(leaderlife_event_status(popped), LEADERLIFE_EBLOCKED);
    assert_int_equal(leaderlife_event_level(popped), LEADERLIFE_LOG_WARNING);
    assert_string_equal(leaderlife_event_holder(popped), "pid 1 (init)");
    assert_string_equal(leaderlife_event_token(popped), "42");
    assert_string_equal(leaderlife_event_text(popped), "why");
    leaderlife_event_free(popped);
}

static void getters_of_nothing(void **state)
{
    leaderlife_event *event;

    (void)state;
    assert_int_equal(leaderlife_event_kind(NULL), 0);
    assert_int_equal(leaderlife_event_state(NULL), 0);
    assert_int_equal(leaderlife_event_status(NULL), 0);
    assert_int_equal(leaderlife_event_level(NULL), 0);
    assert_null(leaderlife_event_text(NULL));
    assert_null(leaderlife_event_holder(NULL));
    assert_null(leaderlife_event_token(NULL));
    leaderlife_event_free(NULL);
    put(LEADERLIFE_EVENT_STATE, 0);
    event = event_queue_pop(&queue);
    assert_null(leaderlife_event_holder(event));
    assert_null(leaderlife_event_token(event));
    assert_string_equal(leaderlife_event_text(event), "");
    leaderlife_event_free(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_the_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_drops_and_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(state_events_need_no_memory, set_up, tear_down),
        cmocka_unit_test(init_without_memory),
        cmocka_unit_test_setup_teardown(getters_tell_what_was_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(getters_of_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("unit_event", tests, NULL, NULL);
}
