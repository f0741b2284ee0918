/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/protocol.md shows the machine's table and its diagram as they are printed here from machine_rows, so that they
 * cannot differ from what decide() is held to. With LEADERLIFE_WRITE_DOCS set the test writes them there instead.
 */
#include "machine/command_kind.h"
#include "machine/knowledge.h"
#include "machine/state_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TEXT = 65536 };

static const char begin_mark[] = "<!-- printed from the machine's table -->\n";
static const char end_mark[] = "<!-- end of what is printed -->\n";

/* What machine_state() asks, in its order: the first row that holds. */
static const char *const when[MACHINE_STATES] = {
    [STATE_ENDED] = "resigned, lost, failed or closed",
    [STATE_RESIGNING] = "it was asked to resign or close",
    [STATE_LEADING] = "it believes",
    [STATE_IDENTIFYING] = "who it is, or whether its pod lives, is unknown",
    [STATE_UNFIT] = "its own pod is terminating, terminal or gone, or has another network namespace",
    [STATE_OBSERVING] = "mode observe",
    [STATE_QUEUED] = "the seat is not its own",
    [STATE_LOOKING] = "the lock is unknown, or the record is and it matters: lock absent, own, or of a dead pod",
    [STATE_BLOCKED] = "lock or record foreign",
    [STATE_FOLLOWING] = "the lock is another pod's, and that is not dead",
    [STATE_BARRED] = "the record names another pod that is not dead, or one is remembered that did not give back",
    [STATE_CLAIMING] = "otherwise",
};

static const char *const public_states[MACHINE_STATES] = {
    [STATE_ENDED] = "RESIGNED, LOST, FAILED, CLOSED",
    [STATE_RESIGNING] = "RESIGNING",
    [STATE_LEADING] = "LEADER",
    [STATE_IDENTIFYING] = "STARTING",
    [STATE_UNFIT] = "STANDBY, not ready",
    [STATE_OBSERVING] = "STANDBY, not ready",
    [STATE_QUEUED] = "STANDBY",
    [STATE_LOOKING] = "STARTING at first, then STANDBY",
    [STATE_BLOCKED] = "STANDBY, not ready",
    [STATE_FOLLOWING] = "STANDBY",
    [STATE_BARRED] = "STANDBY",
    [STATE_CLAIMING] = "STANDBY",
};

static void append_watches(char *text, unsigned watches)
{
    static const char *const names[] = {"lock", "record", "holder's pod", "own pod", "seat"};
    const char *comma = "";
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((watches & 1u << i) == 0)
            continue;
        text_append(text, TEXT, "%s%s", comma, names[i]);
        comma = ", ";
    }
    if (comma[0] == '\0')
        text_append(text, TEXT, "nothing");
}

static void append_commands(char *text, unsigned commands)
{
    const char *comma = "";
    for (int kind = COMMAND_NONE + 1; kind < COMMAND_KINDS; kind++) {
        if ((commands & 1u << kind) == 0)
            continue;
        text_append(text, TEXT, "%s%s", comma, command_name((enum command_kind)kind));
        comma = ", ";
    }
}

static void print_table(char *text)
{
    text_append(text, TEXT, "| state | holds when | watches | commands | public state |\n|---|---|---|---|---|\n");
    for (int i = 0; i < MACHINE_STATES; i++) {
        text_append(text, TEXT, "| %s | %s | ", machine_rows[i].name, when[i]);
        append_watches(text, machine_rows[i].watches);
        text_append(text, TEXT, " | ");
        append_commands(text, machine_rows[i].commands);
        text_append(text, TEXT, " | %s |\n", public_states[i]);
    }
}

static void append_box(char *text, int state)
{
    text_append(text, TEXT, "%s[\"%s: ", machine_rows[state].name, machine_rows[state].name);
    append_commands(text, machine_rows[state].commands);
    text_append(text, TEXT, "\"]\n");
}

/* The state is derived from knowledge, so the diagram is the way from knowledge to state, and on to what follows. */
static void print_diagram(char *text)
{
    text_append(text, TEXT, "\n```mermaid\nflowchart TD\n    facts([a fact changes what is known]) --> ask0\n");
    for (int i = 0; i + 1 < MACHINE_STATES; i++) {
        text_append(text, TEXT, "    ask%d{\"%s?\"} -- yes --> ", i, when[i]);
        append_box(text, i);
        text_append(text, TEXT, "    ask%d -- no --> ", i);
        if (i + 2 < MACHINE_STATES)
            text_append(text, TEXT, "ask%d\n", i + 1);
        else
            append_box(text, i + 1);
    }
    text_append(text, TEXT, "```\n");
}

/* Beside this file's own place. */
static void docs_path(char *path, size_t size)
{
    const char *file = __FILE__;
    const char *tests = strstr(file, "tests/machine/");
    assert_non_null(tests);
    text_format(path, size, "%.*sdocs/protocol.md", (int)(tests - file), file);
}

static char *read_docs(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("cannot read %s", path);
    char *text = calloc(1, TEXT);
    assert_non_null(text);
    size_t size = fread(text, 1, TEXT - 1, file);
    assert_in_range(size, 1, TEXT - 2);
    fclose(file);
    return text;
}

static void write_docs(const char *path, const char *docs, const char *begin, const char *end, const char *printed)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(begin - docs), docs, printed, end);
    assert_int_equal(fclose(file), 0);
}

static void test_the_docs_show_the_table(void **state)
{
    static char printed[TEXT];
    char path[4096];
    (void)state;
    print_table(printed);
    print_diagram(printed);
    docs_path(path, sizeof path);
    char *docs = read_docs(path);
    const char *begin = strstr(docs, begin_mark);
    const char *end = strstr(docs, end_mark);
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(begin_mark);
    if (getenv("LEADERLIFE_WRITE_DOCS") != NULL)
        write_docs(path, docs, begin, end, printed);
    else if ((size_t)(end - begin) != strlen(printed) || strncmp(begin, printed, strlen(printed)) != 0)
        fail_msg("docs/protocol.md does not show the machine's table as it is: set LEADERLIFE_WRITE_DOCS and run this "
                 "test again to write it there. It should be:\n%s",
                 printed);
    free(docs);
}

/* The whole ladder is asked in the order in which it is shown. */
static void test_the_order_is_the_machines(void **state)
{
    struct knowledge k;
    (void)state;
    knowledge_init(&k, &(struct machine_setup){.life = "life", .late_writes = true, .records = true});
    k.belief = BELIEF_YES;
    k.wish = WISH_RESIGN;
    k.end = END_LOST;
    assert_int_equal(machine_state(&k), STATE_ENDED);
    k.end = END_NOT;
    assert_int_equal(machine_state(&k), STATE_RESIGNING);
    k.wish = WISH_OBSERVE;
    assert_int_equal(machine_state(&k), STATE_LEADING);
    k.belief = BELIEF_NO;
    assert_int_equal(machine_state(&k), STATE_IDENTIFYING);
    k.identity = IDENTITY_GONE;
    assert_int_equal(machine_state(&k), STATE_UNFIT);
    k.identity = IDENTITY_GOOD;
    assert_int_equal(machine_state(&k), STATE_OBSERVING);
    k.wish = WISH_CAMPAIGN;
    k.lock.kind = LOCK_FOREIGN;
    assert_int_equal(machine_state(&k), STATE_QUEUED);
    k.seat = SEAT_MINE;
    assert_int_equal(machine_state(&k), STATE_LOOKING);
    k.lock_writes.checked = 1;
    assert_int_equal(machine_state(&k), STATE_BLOCKED);
    k.lock.kind = LOCK_OTHER;
    assert_int_equal(machine_state(&k), STATE_FOLLOWING);
    k.lock.kind = LOCK_ABSENT;
    k.record.kind = RECORD_OTHER;
    assert_int_equal(machine_state(&k), STATE_BARRED);
    k.record.kind = RECORD_EMPTY;
    assert_int_equal(machine_state(&k), STATE_CLAIMING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_docs_show_the_table),
        cmocka_unit_test(test_the_order_is_the_machines),
    };
    return cmocka_run_group_tests_name("machine_protocol_document", tests, NULL, NULL);
}
