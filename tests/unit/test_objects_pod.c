/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every sign of a pod (P4 c, d), and its addresses (P2).
 */
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct document *parse(const char *json)
{
    struct document *document = document_parse(json, strlen(json));
    if (!document)
        fail_msg("does not parse: %s", json);
    return document;
}

static bool view_pod(const char *meta, const char *spec, const char *status, struct pod_facts *ret)
{
    char json[8192];
    int length = snprintf(json, sizeof json,
                          "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a-0\","
                          "\"uid\":\"uid-a\",\"resourceVersion\":\"7\"%s},\"spec\":{%s},\"status\":{%s}}",
                          meta, spec, status);
    assert_in_range(length, 1, (int)sizeof json - 1);
    struct document *document = parse(json);
    bool read = pod_facts_of(document, ret);
    document_free(document);
    return read;
}

#define TERMINATED "{\"name\":\"c\",\"state\":{\"terminated\":{\"exitCode\":1}}}"
#define RUNNING "{\"name\":\"c\",\"state\":{\"running\":{\"startedAt\":\"t\"}}}"
#define WAITING "{\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":\"PodInitializing\"}}}"
#define DISRUPTED                                                                                                      \
    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"},{\"type\":\"DisruptionTarget\",\"status\":\"True\","    \
    "\"reason\":\"DeletionByPodGC\"}]"
#define EVICTED                                                                                                        \
    "\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"reason\":\"TerminationByKubelet\"}]"

/* Every combination of phase, statuses, disruption and deletion. */
static void p4_c_and_d_on_every_pod(void **state)
{
    static const char *const phases[] = {"Pending", "Running", "Unknown", "Strange", "", "Succeeded", "Failed"};
    static const struct {
        const char *json;
        bool any;
        bool running;
    } statuses[] = {
        {"", false, false},
        {",\"containerStatuses\":[]", false, false},
        {",\"containerStatuses\":null,\"initContainerStatuses\":[]", false, false},
        {",\"containerStatuses\":[" TERMINATED "]", true, false},
        {",\"containerStatuses\":[" WAITING "," TERMINATED "]", true, false},
        {",\"containerStatuses\":[{\"name\":\"c\"}]", true, false},
        {",\"initContainerStatuses\":[" TERMINATED "]", true, false},
        {",\"ephemeralContainerStatuses\":[" TERMINATED "]", true, false},
        {",\"containerStatuses\":[" RUNNING "]", true, true},
        {",\"containerStatuses\":[" TERMINATED "," RUNNING "]", true, true},
        {",\"containerStatuses\":[" RUNNING "," TERMINATED "]", true, true},
        {",\"containerStatuses\":[" RUNNING "],\"initContainerStatuses\":[" TERMINATED "]", true, true},
        {",\"containerStatuses\":[" TERMINATED "],\"initContainerStatuses\":[" RUNNING "]", true, true},
        {",\"containerStatuses\":[" TERMINATED "],\"ephemeralContainerStatuses\":[" RUNNING "]", true, true},
        {",\"initContainerStatuses\":[" RUNNING "]", true, true},
    };
    unsigned dead = 0;
    unsigned waiting = 0;

    (void)state;
    for (size_t p = 0; p < sizeof phases / sizeof phases[0]; p++) {
        for (size_t s = 0; s < sizeof statuses / sizeof statuses[0]; s++) {
            for (unsigned bits = 0; bits < 4; bits++) {
                bool gc = (bits & 1) != 0;
                bool deleting = (bits & 2) != 0;
                bool terminal = strcmp(phases[p], "Succeeded") == 0 || strcmp(phases[p], "Failed") == 0;
                enum pod_sign expected = POD_ALIVE;
                struct pod_facts pod;
                struct pod_view view;
                char status[1024];

                if (terminal && !gc && statuses[s].any && !statuses[s].running)
                    expected = POD_DEAD; /* (c), also while it terminates */
                else if (terminal && !gc && !statuses[s].any && !deleting)
                    expected = POD_WAIT; /* (d) */
                snprintf(status, sizeof status, "\"phase\":\"%s\"%s,%s", phases[p], statuses[s].json,
                         gc ? DISRUPTED : EVICTED);
                assert_true(view_pod(deleting ? ",\"deletionTimestamp\":\"t\"" : "", "", status, &pod));
                pod_judge(&pod, &view);
                if (view.sign != expected)
                    fail_msg("sign %d instead of %d: %s, deleting %d", view.sign, expected, status, deleting);
                assert_int_equal(view.terminating, deleting);
                assert_int_equal(view.terminal, terminal);
                assert_string_equal(view.uid, "uid-a");
                assert_string_equal(view.phase, deleting                                                 ? "Terminating"
                                                : strcmp(phases[p], "Strange") == 0 || phases[p][0] == 0 ? "Unknown"
                                                                                                         : phases[p]);
                if (expected == POD_WAIT)
                    assert_int_equal(view.wait_ms, 40000);
                dead += expected == POD_DEAD;
                waiting += expected == POD_WAIT;
            }
        }
    }
    assert_int_equal(dead, 2 * 5 * 2);
    assert_int_equal(waiting, 2 * 3);
}

static void no_status_at_all_is_alive(void **state)
{
    struct document *document = parse("{\"metadata\":{\"name\":\"a-0\",\"uid\":\"u\",\"resourceVersion\":\"1\"}}");
    struct pod_facts pod;
    struct pod_view view;

    (void)state;
    assert_true(pod_facts_of(document, &pod));
    pod_judge(&pod, &view);
    assert_int_equal(view.sign, POD_ALIVE);
    assert_string_equal(view.phase, "Unknown");
    assert_false(pod.unready); /* nobody has said so */
    document_free(document);
}

/* A condition that does not hold is none; one of unclear status is taken as the careful choice. */
static void p4_disruption_by_status(void **state)
{
    static const struct {
        const char *condition;
        enum pod_sign sign;
    } rows[] = {
        {"{\"type\":\"DisruptionTarget\",\"reason\":\"DeletionByPodGC\",\"status\":\"True\"}", POD_ALIVE},
        {"{\"type\":\"DisruptionTarget\",\"reason\":\"DeletionByPodGC\",\"status\":\"Unknown\"}", POD_ALIVE},
        {"{\"type\":\"DisruptionTarget\",\"reason\":\"DeletionByPodGC\"}", POD_ALIVE},
        {"{\"type\":\"DisruptionTarget\",\"reason\":\"DeletionByPodGC\",\"status\":\"False\"}", POD_DEAD},
        {"{\"type\":\"DisruptionTarget\",\"reason\":\"PreemptionByScheduler\",\"status\":\"True\"}", POD_DEAD},
        {"{\"type\":\"Ready\",\"reason\":\"DeletionByPodGC\",\"status\":\"True\"}", POD_DEAD},
        {"7", POD_DEAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char status[512];
        struct pod_facts pod;
        struct pod_view view;
        snprintf(status, sizeof status,
                 "\"phase\":\"Failed\",\"containerStatuses\":[" TERMINATED "],\"conditions\":[%s]", rows[i].condition);
        assert_true(view_pod("", "", status, &pod));
        pod_judge(&pod, &view);
        assert_int_equal(view.sign, rows[i].sign);
    }
}

static void p4_d_waits_for_the_grace_period(void **state)
{
    static const struct {
        const char *spec;
        int64_t wait_ms;
    } rows[] = {
        {"", 40000},
        {"\"terminationGracePeriodSeconds\":null", 40000},
        {"\"terminationGracePeriodSeconds\":0", 10000},
        {"\"terminationGracePeriodSeconds\":600", 610000},
        {"\"terminationGracePeriodSeconds\":-5", 10000},
        {"\"terminationGracePeriodSeconds\":\"5\"", 40000},
        {"\"terminationGracePeriodSeconds\":9223372036854775807", (INT64_C(315360000) + 10) * 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pod_facts pod;
        struct pod_view view;
        assert_true(view_pod("", rows[i].spec, "\"phase\":\"Failed\"", &pod));
        pod_judge(&pod, &view);
        assert_int_equal(view.sign, POD_WAIT);
        assert_true(view.wait_ms == rows[i].wait_ms);
    }
}

/* P2: podIPs, else podIP; what is not told, or more than Kubernetes has, is not known. */
static void p2_the_addresses_of_a_pod(void **state)
{
    static const struct {
        const char *status;
        const char *addresses; /* with a space after each */
    } rows[] = {
        {"", ""},
        {"\"podIPs\":[]", ""},
        {"\"podIPs\":null,\"podIP\":null", ""},
        {"\"podIP\":\"\"", ""},
        {"\"podIP\":\"10.1.2.3\"", "10.1.2.3 "},
        {"\"podIP\":\"10.1.2.3\",\"podIPs\":[]", "10.1.2.3 "},
        {"\"podIP\":\"10.1.2.3\",\"podIPs\":[{\"ip\":\"10.1.2.4\"}]", "10.1.2.4 "},
        {"\"podIP\":\"10.1.2.3\",\"podIPs\":[{\"ip\":\"10.1.2.3\"},{\"ip\":\"fd00::3\"}]", "10.1.2.3 fd00::3 "},
        {"\"podIPs\":[{\"ip\":\"a\"},{\"ip\":\"b\"},{\"ip\":\"c\"},{\"ip\":\"d\"}]", "a b c d "},
        {"\"podIPs\":[{\"ip\":\"a\"},{\"ip\":\"b\"},{\"ip\":\"c\"},{\"ip\":\"d\"},{\"ip\":\"e\"}]", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char seen[POD_ADDRESSES * (POD_ADDRESS + 1) + 1] = "";
        struct pod_facts pod;
        assert_true(view_pod("", "", rows[i].status, &pod));
        assert_in_range(pod.address_count, 0, POD_ADDRESSES);
        for (size_t j = 0; j < pod.address_count; j++)
            strcat(strcat(seen, pod.addresses[j]), " ");
        assert_string_equal(seen, rows[i].addresses);
    }
}

/* Those that get SIGTERM at once when the pod ends; 0: not known. */
static void the_containers_of_a_pod(void **state)
{
    static const struct {
        const char *spec;
        size_t containers;
    } rows[] = {
        {"", 0},
        {"\"containers\":null", 0},
        {"\"containers\":7", 0},
        {"\"containers\":[]", 0},
        {"\"containers\":[{\"name\":\"a\"}]", 1},
        {"\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]", 2},
        {"\"containers\":[{\"name\":\"a\"}],\"initContainers\":[{\"name\":\"i\",\"restartPolicy\":\"Always\"}],"
         "\"ephemeralContainers\":[{\"name\":\"e\"}]",
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pod_facts pod;
        assert_true(view_pod("", rows[i].spec, "", &pod));
        assert_int_equal(pod.containers, rows[i].containers);
    }
}

static void p2_whose_mirror_it_is(void **state)
{
    static const struct {
        const char *meta;
        bool mirror;
    } rows[] = {
        {"", false},
        {",\"annotations\":null", false},
        {",\"annotations\":{\"kubernetes.io/config.source\":\"api\"}", false},
        {",\"annotations\":{\"kubernetes.io/config.mirror\":\"d41d8cd98f00b204e9800998ecf8427e\"}", true},
        {",\"annotations\":{\"kubernetes.io/config.mirror\":\"\"}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pod_facts pod;
        assert_true(view_pod(rows[i].meta, "", "", &pod));
        assert_int_equal(pod.mirror, rows[i].mirror);
    }
}

static void no_pods(void **state)
{
    static const char *const others[] = {
        "{}",
        "{\"kind\":\"Pod\"}",
        "{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"1\"}}",
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"\",\"resourceVersion\":\"1\"}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":[]}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"phase\":7}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"containerStatuses\":{}}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"containerStatuses\":[7]}"
        "}",
        ("{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},"
         "\"status\":{\"initContainerStatuses\":[{\"state\":7}]}}"),
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"conditions\":\"x\"}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"podIPs\":\"10.1.2.3\"}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"podIPs\":[\"10.1.2.3\"]}"
        "}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"podIPs\":[{\"ip\":7}]}}",
        "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},\"status\":{\"podIP\":[]}}",
        ("{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"1\"},"
         "\"status\":{\"podIP\":\"0123456789012345678901234567890123456789012345678\"}}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct pod_facts pod = {.grace_s = 77};
        struct document *document = parse(others[i]);
        if (pod_facts_of(document, &pod))
            fail_msg("no pod, but read: %s", others[i]);
        assert_int_equal(pod.grace_s, 77);
        document_free(document);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(p4_c_and_d_on_every_pod),   cmocka_unit_test(no_status_at_all_is_alive),
        cmocka_unit_test(p4_disruption_by_status),   cmocka_unit_test(p4_d_waits_for_the_grace_period),
        cmocka_unit_test(p2_the_addresses_of_a_pod), cmocka_unit_test(the_containers_of_a_pod),
        cmocka_unit_test(p2_whose_mirror_it_is),     cmocka_unit_test(no_pods),
    };
    return cmocka_run_group_tests_name("unit_objects_pod", tests, NULL, NULL);
}
