/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The YAML of kubeconfigs: what is read as kubectl reads it, what is refused with its line, and the bounds.
 */
#include "kubeconfig_fixture.h"

#include <fcntl.h>
#include <stdint.h>

static void test_malformed(void **state)
{
    (void)state;
    refused("", LEADERLIFE_ECONFIG, HAS("is empty", "kubectl"));
    refused("# nothing\n", LEADERLIFE_ECONFIG, HAS("is empty"));
    refused("- a\n- b\n", LEADERLIFE_ECONFIG, HAS("no mapping"));
    refused("just text", LEADERLIFE_ECONFIG, HAS("no mapping"));
    refused("a: b\n  c: d\n e", LEADERLIFE_ECONFIG, HAS("line 2", "correct it"));
    refused("users: [{name: u, user: {token: " SECRET "}\n", LEADERLIFE_ECONFIG, HAS("line 2"));
    refused("users:\n\t- name: u\n", LEADERLIFE_ECONFIG, HAS("line 2, column 1"));
    refused("a: \"" SECRET, LEADERLIFE_ECONFIG, HAS("line 1"));
    refused("a: \xff\xfe\n", LEADERLIFE_ECONFIG, HAS("correct it"));
    refused("b: *x\n", LEADERLIFE_ECONFIG, HAS("line 1", "alias", "no anchor"));
    refused("\na: &a [*a, *a]\n", LEADERLIFE_ECONFIG, HAS("line 2", "alias", "what it is in"));
    refused("a: &x 1\nb: {<<: *x}\n", LEADERLIFE_ECONFIG, HAS("line 1", "<< needs a map"));
    refused("a: !!int x\n", LEADERLIFE_ECONFIG, HAS("line 1", "its tag"));
    refused("a: 1\n[b]: 1\n", LEADERLIFE_ECONFIG, HAS("line 2", "key is no text"));
    refused("a: .inf\n", LEADERLIFE_ECONFIG, HAS("line 1", "JSON does not have"));
    refused("apiVersion: v2\n", LEADERLIFE_ECONFIG, HAS("of apiVersion v2"));
    refused("kind: 1\n", LEADERLIFE_ECONFIG, HAS("line 1", "kind needs a text", "put it in quotes"));
    refused("clusters: [{cluster: {insecure-skip-tls-verify: 'true'}}]\n", LEADERLIFE_ECONFIG,
            HAS("line 1", "needs true or false, without quotes"));
    refused("kind: Pod\n", LEADERLIFE_ECONFIG, HAS("of kind Pod"));
}

static void test_bounds(void **state)
{
    struct kubeconfig found;
    size_t size = (1 << 20) + 1;
    char *bytes = malloc(size);

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'a', size);
    assert_int_equal(load(&found, put_bytes("bad", bytes, size), NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("bad"), "larger than 1048576 bytes"));
    for (size_t i = 0; i < size; i++)
        bytes[i] = "[{"[i % 2];
    assert_int_equal(load(&found, put_bytes("bad", bytes, size - 1), NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("bad"), "too deep"));
    for (size_t i = 0; i < size; i++)
        bytes[i] = "- \n"[i % 3];
    assert_int_equal(load(&found, put_bytes("bad", bytes, size - 1), NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("bad"), "too many"));
    bytes[5] = '\0';
    assert_int_equal(load(&found, put_bytes("bad", bytes, 10), NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("bad"), "NUL bytes"));
    free(bytes);
}

/* What kubectl reads: libyaml's documents as Go's YAML has them. */
static void test_yaml(void **state)
{
    static const char *const same[] = {
        "clusters: [{name: c, cluster: {server: 'https://first', server: 'https://h:1'}}]\n" USER CONTEXT,
        "base: &b {server: 'https://h:1'}\nclusters: [{name: c, cluster: {<<: *b}}]\n" USER CONTEXT,
        "base: &b {server: 'https://h:1'}\nclusters: [{name: c, cluster: {server: 'https://first', <<: [*b, {server: "
        "x}]}}]\n" USER CONTEXT,
        "clusters: [{name: c, cluster: {server: &s 'https://h:1'}}]\n"
        "other: *s\n" USER CONTEXT,
        "clusters: [{name: !!binary Yw==, cluster: {server: !!str https://h:1}}]\n" USER CONTEXT "---\nclusters: [\n",
        "\xef\xbb\xbf" CLUSTER USER CONTEXT "Clusters: 1\nunknown: [1, .5, 2020-01-01]\n",
    };
    struct kubeconfig found;
    char wide[1024] = {(char)0xff, (char)0xfe};
    const char *narrow = CLUSTER USER CONTEXT;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(load(&found, put("config", same[i]), NULL), LEADERLIFE_OK);
        assert_string_equal(found.server, "https://h:1");
        kubeconfig_clear(&found);
    }
    for (size_t i = 0; narrow[i] != '\0'; i++)
        wide[2 + 2 * i] = narrow[i];
    assert_int_equal(load(&found, put_bytes("config", wide, 2 + 2 * strlen(narrow)), NULL), LEADERLIFE_OK);
    assert_string_equal(found.server, "https://h:1");
    kubeconfig_clear(&found);
    assert_int_equal(load(&found, put_bytes("config", wide + 2, 2 * strlen(narrow)), NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS("NUL bytes", "save it as UTF-8"));
}

/* Nine levels of nine aliases each mean 9^9 values. */
static void test_a_bomb(void **state)
{
    char text[1024] = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";

    (void)state;
    for (int i = 1; i < 9; i++) {
        char line[80];

        snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    refused(text, LEADERLIFE_ECONFIG, HAS("too many"));
}

/* Times `line`, behind `begin`: much work or memory for few bytes. */
static void refused_many(const char *begin, const char *line)
{
    char *text = calloc(1, 1 << 20);

    assert_non_null(text);
    size_t used = (size_t)snprintf(text, 1 << 20, "%s", begin);
    while (used + strlen(line) < (1 << 20) - 1)
        used += (size_t)snprintf(text + used, (1 << 20) - used, "%s", line);
    refused(text, LEADERLIFE_ECONFIG, HAS("too many"));
    free(text);
}

/* Each would be minutes of comparing keys, gigabytes of keys, and minutes of decoding. */
static void test_bombs_of_merges_and_long_texts(void **state)
{
    const size_t room = 600000;
    char *begin = calloc(1, room);
    size_t used = 0;

    (void)state;
    assert_non_null(begin);
    used = (size_t)snprintf(begin, room, "a: &a\n");
    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(begin + used, room - used, "  k%d: 1\n", i);
    (void)snprintf(begin + used, room - used, "b:\n");
    refused_many(begin, "  <<: *a\n");
    memset(begin, 'A', 500000);
    memcpy(begin, "a: &a ", 6);
    (void)snprintf(begin + 500000, room - 500000, "\nb:\n");
    refused_many(begin, "- {*a : 1}\n");
    (void)snprintf(begin + 500000, room - 500000, "\nclusters:\n");
    refused_many(begin, "- {cluster: {certificate-authority-data: *a}}\n");
    free(begin);
}

/* ---- What is left in memory ---- */

enum { TOKEN_LENGTH = 32, MAPPING_MAX = 64 << 20 };

/* Only ever whole where it is meant to be found. */
static char token_byte(size_t i)
{
    return (char)('a' + (i * 7 + 3) % 26);
}

static size_t count_in(const char *bytes, size_t size)
{
    size_t found = 0;

    for (size_t at = 0; at + TOKEN_LENGTH <= size; at++) {
        size_t same = 0;

        while (same < TOKEN_LENGTH && bytes[at + same] == token_byte(same))
            same++;
        found += same == TOKEN_LENGTH;
    }
    return found;
}

/* In what is writable and no file's. */
static size_t count_in_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    size_t found = 0;

    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char rights[8] = "";

        if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) != 3 || strncmp(rights, "rw", 2) != 0 ||
            strchr(line, '/') != NULL || end - begin > MAPPING_MAX)
            continue;
        char *copy = malloc(end - begin);
        assert_non_null(copy);
        ssize_t got = pread(memory, copy, end - begin, (off_t)begin);
        if (got > 0)
            found += count_in(copy, (size_t)got);
        explicit_bzero(copy, end - begin); /* not to be found in it */
        free(copy);
    }
    fclose(maps);
    close(memory);
    return found;
}

static void write_token(const char *path, const char *before, const char *after)
{
    char text[300];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", before);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (size_t i = 0; i < TOKEN_LENGTH; i++)
        text[used++] = token_byte(i);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", after);
    assert_int_equal(write(fd, text, used), used);
    close(fd);
    explicit_bzero(text, sizeof text);
}

/* Of a file that is read, and of one that is refused behind the token. */
static void test_no_token_is_left_in_memory(void **state)
{
    struct kubeconfig found;
    const char *path = path_of("token");

    (void)state;
    write_token(path, CLUSTER CONTEXT "users: [{name: u, user: {token: ", "}}]\n");
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_int_equal(count_in_memory(), 1); /* it is where it belongs, and this finds it */
    kubeconfig_clear(&found);
    assert_int_equal(count_in_memory(), 0);
    write_token(path, "users: [{name: u, user: {token: \"", "\"}}, ]]]\n");
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_ECONFIG);
    assert_int_equal(count_in_memory(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_a_bomb),
        cmocka_unit_test(test_bombs_of_merges_and_long_texts),
        cmocka_unit_test(test_no_token_is_left_in_memory),
    };

    return cmocka_run_group_tests_name("unit_kubeconfig_yaml", tests, make_folder, remove_folder);
}
