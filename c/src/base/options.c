/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of options, and the checks of their values.
 */
#include "base/options.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 8, WORD_SIZE = 32, HINT_SIZE = 96, UID_MAX = TEXT_UID - 1 };

/* What is wrong with a value, as the end of a sentence that begins with "option 'name': the value ..."; NULL. */
typedef const char *(*check)(const char *value);

struct row {
    const char *name;
    const char *type;
    const char *default_;
    const char *help;
    check check;        /* beyond what the type demands */
    bool private_value; /* may hold a password: never shown in a text */
};

static bool has_control_characters(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return true;
    }
    return false;
}

static const char *line_fault(const char *value)
{
    return has_control_characters(value) ? "must not contain control characters such as line ends" : NULL;
}

static const char *server_fault(const char *value)
{
    static const char scheme[] = "https://";
    const size_t length = sizeof scheme - 1;

    if (strncmp(value, scheme, length) != 0 || value[length] == '\0' || value[length] == '/')
        return "must begin with https:// and name a host, as in https://10.0.0.1:6443";
    return has_control_characters(value) || strchr(value, ' ') != NULL ? "must not contain spaces or control characters"
                                                                       : NULL;
}

static const char *namespace_fault(const char *value)
{
    return text_dns_label_fault(value);
}

static const char *pod_name_fault(const char *value)
{
    return text_dns_subdomain_fault(value, TEXT_NAME - 1);
}

static const char *uid_fault(const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (strlen(value) > UID_MAX)
        return "is too long";
    return value[strspn(value, allowed)] != '\0' ? "may contain only letters, digits, '-', '_' and '.'" : NULL;
}

static const char *number_fault(const char *value)
{
    if (value[strspn(value, "0123456789")] != '\0' || strlen(value) > 15)
        return "must be a decimal number, not negative, of at most 15 digits";
    return NULL;
}

static const char *seconds_fault(const char *value)
{
    bool digits = value[strspn(value, "0123456789")] == '\0' && strlen(value) <= 5;
    int seconds = digits ? atoi(value) : 0;

    return seconds < 1 || seconds > 86400 ? "must be a whole number of seconds, from 1 to 86400" : NULL;
}

/* The rows stand in the order of enum option; help is one line, without a full stop. */
static const struct row rows[OPTIONS] = {
    [OPTION_BACKEND] = {"backend", "auto|local|kubernetes", "auto",
                        "where to elect: on Kubernetes, or on this machine with a lock that the kernel holds; auto "
                        "takes Kubernetes inside a pod, or with KUBECONFIG, POD_NAME and POD_UID set (to observe: "
                        "KUBECONFIG alone), and this machine where nothing speaks of Kubernetes",
                        NULL, false},
    [OPTION_MODE] = {"mode", "campaign|observe", "campaign",
                     "observe only watches who leads: it writes nothing and needs no pod of its own", NULL, false},
    [OPTION_NAMESPACE] = {"namespace", "string", "",
                          "the namespace of the pod and of the lock; else POD_NAMESPACE, the service account's, or the "
                          "kubeconfig context's",
                          namespace_fault, false},
    [OPTION_POD_NAME] = {"pod-name", "string", "",
                         "the name of the pod that this process runs in; else POD_NAME or the service account token",
                         pod_name_fault, false},
    [OPTION_POD_UID] = {"pod-uid", "string", "",
                        "the UID of the pod that this process runs in; else POD_UID or the service account token",
                        uid_fault, false},
    [OPTION_POD_NETWORK] = {"pod-network", "pod|any", "pod",
                            "where this process may take part as its pod: pod, in a network namespace that has one of "
                            "the pod's addresses; any, in every one, for pods whose own containers do not have the "
                            "pod's address (unsafe where another process of the pod is in another one: can elect two)",
                            NULL, false},
    [OPTION_KUBECONFIG] = {"kubeconfig", "path", "",
                           "a kubeconfig file; else KUBECONFIG, where no service account is used", NULL, false},
    [OPTION_CONTEXT] = {"context", "string", "", "the context of the kubeconfig; else its current one", line_fault,
                        false},
    [OPTION_SERVER] = {"server", "string", "", "the URL of the API server, https only", server_fault, true},
    [OPTION_CA_FILE] = {"ca-file", "path", "", "PEM file of the authorities that may sign the server's certificate",
                        NULL, false},
    [OPTION_TOKEN_FILE] = {"token-file", "path", "", "file with the bearer token; read again as it rotates", NULL,
                           false},
    [OPTION_GUARD] = {"guard", "auto|required|memory", "auto",
                      "what keeps a second leader out when the lock is removed under a living leader: auto keeps a "
                      "holder record where it may, required fails without it, memory keeps none",
                      NULL, false},
    [OPTION_NODE_POLICY] = {"node-policy", "strict|fenced|unready", "strict",
                            "when the leader of a lost node counts as dead: strict when Kubernetes says so, fenced "
                            "also when the node is gone or marked out of service, unready (unsafe: can elect two) when "
                            "the node is not ready",
                            NULL, false},
    [OPTION_RETRY_PERMANENT] = {"retry-permanent", "bool", "false",
                                "retry for ever what otherwise ends the election, such as missing rights", NULL, false},
    [OPTION_EVENTS] = {"events", "bool", "false",
                       "when this process becomes leader, or loses that, write a Kubernetes Event about its pod (needs "
                       "the right to create events)",
                       NULL, false},
    [OPTION_LOG_LEVEL] = {"log-level", "none|error|warning|info|debug", "warning", "which log events are queued", NULL,
                          false},
    [OPTION_USER_AGENT] = {"user-agent", "string", "leaderlife/" LEADERLIFE_VERSION_STRING,
                           "how requests name this program to the API server", line_fault, false},
    [OPTION_REHEARSE_LOSS] = {"rehearse-loss", "string", "",
                              "a rehearsal, never for production: so many seconds (1 to 86400) after this process has "
                              "become leader, its election is lost, as if another led; the lock stays held until the "
                              "election is closed",
                              seconds_fault, false},
    [OPTION_X_SERVICE_ACCOUNT_DIR] = {"x-service-account-dir", "path", "/var/run/secrets/kubernetes.io/serviceaccount",
                                      "test knob", NULL, false},
    [OPTION_X_REQUEST_TIMEOUT_MS] = {"x-request-timeout-ms", "string", "15000", "test knob", number_fault, false},
    [OPTION_X_IDLE_TIMEOUT_MS] = {"x-idle-timeout-ms", "string", "90000", "test knob", number_fault, false},
    [OPTION_X_PLUGIN_TIMEOUT_MS] = {"x-plugin-timeout-ms", "string", "60000", "test knob", number_fault, false},
    [OPTION_X_ELSEWHERE_MS] = {"x-elsewhere-ms", "string", "60000", "test knob", number_fault, false},
};

/* ---- The words of a type ---- */

/* Splits "a|b|c"; bool is true|false. 0 for types that are no list. */
static size_t words_of(const char *type, char words[WORDS_MAX][WORD_SIZE])
{
    const char *at = text_equal(type, "bool") ? "true|false" : type;
    size_t count = 0;

    if (strchr(at, '|') == NULL)
        return 0;
    while (count < WORDS_MAX) {
        size_t length = strcspn(at, "|");

        text_format(words[count++], WORD_SIZE, "%.*s", (int)length, at);
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    return count;
}

/* "did you mean 'near'?" or ""; and nothing of a value that may be a secret. */
static void hint(char *target, size_t size, const char *wrong, const char *const *words, size_t count)
{
    int nearest = text_nearest(wrong, words, count);

    text_copy(target, size, "");
    if (nearest >= 0)
        text_format(target, size, ": did you mean '%s'?", words[nearest]);
}

static void shown(char *target, size_t size, const char *from_outside)
{
    text_format(target, size, "%.60s", from_outside);
    text_printable(target);
}

static int check_word(const struct row *row, const char *value, char *text, size_t size)
{
    char words[WORDS_MAX][WORD_SIZE];
    const char *list[WORDS_MAX];
    size_t count = words_of(row->type, words);
    char meant[HINT_SIZE];
    char printable[HINT_SIZE];

    for (size_t i = 0; i < count; i++) {
        if (text_equal(words[i], value))
            return LEADERLIFE_OK;
        list[i] = words[i];
    }
    hint(meant, sizeof meant, value, list, count);
    shown(printable, sizeof printable, value);
    text_format(text, size, "option '%s' cannot be '%s'%s (it takes", row->name, printable, meant);
    for (size_t i = 0; i < count; i++)
        text_append(text, size, "%s%s", i == 0 ? " " : i + 1 < count ? ", " : " or ", words[i]);
    text_append(text, size, ")");
    return LEADERLIFE_EVALUE;
}

static int check_text(const struct row *row, const char *value, char *text, size_t size)
{
    const char *fault = value[0] == '\0' ? "is empty" : row->check != NULL ? row->check(value) : NULL;
    char printable[HINT_SIZE];

    if (fault == NULL)
        return LEADERLIFE_OK;
    shown(printable, sizeof printable, value);
    if (value[0] == '\0')
        text_format(text, size, "option '%s' needs a value: leave it unset to have its default", row->name);
    else if (row->private_value)
        text_format(text, size, "option '%s': the value %s", row->name, fault);
    else
        text_format(text, size, "option '%s': the value '%s' %s", row->name, printable, fault);
    return LEADERLIFE_EVALUE;
}

static int check_value(const struct row *row, const char *value, char *text, size_t size)
{
    bool of_words = text_equal(row->type, "bool") || strchr(row->type, '|') != NULL;

    return of_words ? check_word(row, value, text, size) : check_text(row, value, text, size);
}

/* ---- Values of a handle ---- */

static int find(const char *name)
{
    if (name == NULL)
        return -1;
    for (int i = 0; i < OPTIONS; i++) {
        if (text_equal(rows[i].name, name))
            return i;
    }
    return -1;
}

static int unknown_option(const char *name, char *text, size_t size)
{
    const char *names[OPTIONS_PUBLIC];
    char meant[HINT_SIZE];
    char printable[HINT_SIZE];

    for (size_t i = 0; i < OPTIONS_PUBLIC; i++)
        names[i] = rows[i].name;
    hint(meant, sizeof meant, name, names, OPTIONS_PUBLIC);
    shown(printable, sizeof printable, name);
    if (meant[0] == '\0')
        text_copy(meant, sizeof meant, ": leaderlife_option_name() lists those that exist");
    text_format(text, size, "unknown option '%s'%s", printable, meant);
    return LEADERLIFE_EOPTION;
}

int options_set(struct options *options, const char *name, const char *value, char *text, size_t size)
{
    int index = find(name);
    char *copy;
    int status;

    if (name == NULL || value == NULL) {
        text_format(text, size, "an option needs a name and a value, not NULL");
        return LEADERLIFE_EINVAL;
    }
    if (index < 0)
        return unknown_option(name, text, size);
    status = check_value(&rows[index], value, text, size);
    if (status != LEADERLIFE_OK)
        return status;
    copy = strdup(value);
    if (copy == NULL) {
        text_format(text, size, "no memory for the value of option '%s'", name);
        return LEADERLIFE_ENOMEM;
    }
    free(options->values[index]);
    options->values[index] = copy;
    return LEADERLIFE_OK;
}

const char *options_find(const struct options *options, const char *name)
{
    int index = find(name);

    return index < 0 ? NULL : option_text(options, (enum option)index);
}

const char *option_text(const struct options *options, enum option option)
{
    return options->values[option] != NULL ? options->values[option] : rows[option].default_;
}

bool option_is(const struct options *options, enum option option, const char *word)
{
    return text_equal(option_text(options, option), word);
}

bool option_is_set(const struct options *options, enum option option)
{
    return options->values[option] != NULL;
}

int64_t option_number(const struct options *options, enum option option)
{
    return strtoll(option_text(options, option), NULL, 10);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        free(options->values[i]);
        options->values[i] = NULL;
    }
}

/* ---- The public list ---- */

static const struct row *public_row(size_t index)
{
    return index < OPTIONS_PUBLIC ? &rows[index] : NULL;
}

size_t leaderlife_option_count(void)
{
    return OPTIONS_PUBLIC;
}

const char *leaderlife_option_name(size_t index)
{
    const struct row *row = public_row(index);

    return row != NULL ? row->name : NULL;
}

const char *leaderlife_option_type(size_t index)
{
    const struct row *row = public_row(index);

    return row != NULL ? row->type : NULL;
}

const char *leaderlife_option_default(size_t index)
{
    const struct row *row = public_row(index);

    return row != NULL ? row->default_ : NULL;
}

const char *leaderlife_option_help(size_t index)
{
    const struct row *row = public_row(index);

    return row != NULL ? row->help : NULL;
}
