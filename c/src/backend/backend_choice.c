/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the backend: the embedded lock of this machine or Kubernetes, and for Kubernetes the way to its API server. A
 * cleaned or hidden environment must not change the choice: a process that sees less than its siblings in other pods
 * would become a leader of its own.
 */
#include "backend/backend_choice.h"

#include "backend/environment.h"
#include "base/text.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SIGN_MAX = 160 };

/* What was found. */
struct view {
    const struct options *options;
    const char *host;    /* KUBERNETES_SERVICE_HOST; NULL */
    const char *list;    /* KUBECONFIG; NULL */
    bool config;         /* a kubeconfig is named, by option or variable */
    bool name, uid;      /* of the pod, likewise */
    bool observe;        /* needs no pod */
    bool directory;      /* the service account's, unless it is certain that there is none */
    char sign[SIGN_MAX]; /* of a pod, that is no way to its server: for people; "" */
};

/* ---- Looking ---- */

static bool has(const struct options *options, enum option option, const char *variable)
{
    return option_is_set(options, option) || environment_variable(variable) != NULL;
}

/* Only "not there" says that it is absent: a process without the right, or without a free descriptor, cannot
 * tell. */
static bool is_there(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* A kubelet mounts both into every container: the file for its last words, unless the pod's author names another one,
 * and its own hosts file. The fourth and fifth words of a line of proc_pid_mountinfo(5) are what was mounted, and
 * where. */
static const char *mount_of_pod(char *line)
{
    const char *words[5] = {NULL};

    for (size_t i = 0; i < 5 && line != NULL; i++)
        words[i] = strsep(&line, " ");
    if (words[4] == NULL)
        return NULL;
    if (text_equal(words[4], "/dev/termination-log"))
        return "/dev/termination-log is a mount";
    return text_equal(words[4], "/etc/hosts") && strstr(words[3], "/pods/") != NULL &&
                   strstr(words[3], "/etc-hosts") != NULL
               ? "/etc/hosts is a mount that a kubelet made"
               : NULL;
}

/* The first sign of a pod; NULL: there is none, or an error. */
static const char *find_mount_of_pod(FILE *mounts, int *ret_error)
{
    char *line = NULL;
    size_t size = 0;
    const char *sign = NULL;

    while (sign == NULL && getline(&line, &size, mounts) >= 0)
        sign = mount_of_pod(line);
    *ret_error = sign != NULL || feof(mounts) ? 0 : errno;
    free(line);
    return sign;
}

/* A process that cannot look, as in a chroot without /proc, cannot tell that this is no pod: that counts as a
 * sign. */
static void look_at_mounts(struct view *view)
{
    static const char path[] = "/proc/self/mountinfo";
    FILE *mounts = fopen(path, "re");
    int error = mounts == NULL ? errno : 0;

    if (mounts != NULL) {
        text_copy(view->sign, sizeof view->sign, find_mount_of_pod(mounts, &error));
        (void)fclose(mounts);
    }
    if (error != 0)
        text_format(view->sign, sizeof view->sign, "or may be one: %s cannot be read: %s", path, strerror(error));
}

static void look(struct view *view, const struct options *options)
{
    const char *directory = option_text(options, OPTION_X_SERVICE_ACCOUNT_DIR);

    *view = (struct view){.options = options,
                          .host = environment_variable("KUBERNETES_SERVICE_HOST"),
                          .list = environment_variable("KUBECONFIG"),
                          .config = has(options, OPTION_KUBECONFIG, "KUBECONFIG"),
                          .name = has(options, OPTION_POD_NAME, "POD_NAME"),
                          .uid = has(options, OPTION_POD_UID, "POD_UID"),
                          .observe = option_is(options, OPTION_MODE, "observe"),
                          .directory = is_there(directory)};
}

/* ---- Choosing ---- */

static bool chosen(struct backend_choice *ret, enum backend_source source, const char *reason)
{
    ret->source = source;
    ret->reason = reason;
    return true;
}

/* A kubeconfig, and who this is. */
static bool is_complete(const struct view *view)
{
    return view->config && (view->observe || (view->name && view->uid));
}

static bool choose_kubeconfig(const struct view *view, struct backend_choice *ret)
{
    bool option = option_is_set(view->options, OPTION_KUBECONFIG);

    return chosen(ret, option ? BACKEND_KUBECONFIG_OPTION : BACKEND_KUBECONFIG_VARIABLE,
                  view->observe ? "a kubeconfig is given" : "a kubeconfig, a pod name and a pod UID are given");
}

/* The ways to a cluster, in their order; false: there is none. */
static bool choose_cluster(const struct view *view, struct backend_choice *ret)
{
    if (option_is_set(view->options, OPTION_KUBECONFIG) && (view->host != NULL || view->directory))
        return chosen(ret, BACKEND_KUBECONFIG_OPTION, "option kubeconfig, in a pod");
    if (view->host != NULL && (view->directory || !is_complete(view)))
        return chosen(ret, BACKEND_SERVICE_ACCOUNT, "KUBERNETES_SERVICE_HOST is set");
    if (is_complete(view))
        return choose_kubeconfig(view, ret);
    if (option_is_set(view->options, OPTION_SERVER) && option_is_set(view->options, OPTION_TOKEN_FILE))
        return chosen(ret, BACKEND_OPTIONS, "options server and token-file are given");
    return view->directory &&
           chosen(ret, BACKEND_SERVICE_ACCOUNT_ALONE,
                  "the service account's directory is there, although KUBERNETES_SERVICE_HOST is not set");
}

/* With option backend: half a way shows more than none, and the endpoint says what it lacks. */
static void choose_any_cluster(const struct view *view, struct backend_choice *ret)
{
    if (option_is_set(view->options, OPTION_KUBECONFIG))
        ret->source = BACKEND_KUBECONFIG_OPTION;
    else if (!choose_cluster(view, ret))
        ret->source = view->list != NULL ? BACKEND_KUBECONFIG_VARIABLE : BACKEND_OPTIONS;
    ret->reason = "option backend";
}

/* An option that was set and means something on Kubernetes alone; NULL. */
static const char *option_of_kubernetes(const struct options *options)
{
    static const enum option signs[] = {OPTION_NAMESPACE, OPTION_CONTEXT, OPTION_SERVER, OPTION_CA_FILE,
                                        OPTION_TOKEN_FILE};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (option_is_set(options, signs[i]))
            return leaderlife_option_name(signs[i]);
    return NULL;
}

/* Nothing shows a way to a cluster: LEADERLIFE_OK if nothing speaks of one either. */
static int refuse_half_a_way(const struct view *view, char *text, size_t size)
{
    const char *option = option_of_kubernetes(view->options);

    if (view->sign[0] != '\0')
        text_format(text, size,
                    "cannot choose a backend: this is a container of a pod (%s), but neither KUBERNETES_SERVICE_HOST "
                    "nor the service account's directory %s is there to show its API server; let this program have the "
                    "container's environment and the service account's token, or set options server, ca-file and "
                    "token-file; to elect among the processes of this container alone, set option backend to 'local'",
                    view->sign, option_text(view->options, OPTION_X_SERVICE_ACCOUNT_DIR));
    else if (view->config && !view->name && !view->uid)
        text_format(
            text, size,
            "cannot choose a backend: a kubeconfig is given (KUBECONFIG, or option kubeconfig), but not which pod "
            "this is (missing: POD_NAME POD_UID); outside of a pod, set option backend to 'local' to elect on "
            "this machine, or mode to 'observe' to see who leads; in a pod, let it have POD_NAME and POD_UID by "
            "the downward API");
    else if (view->config || view->name || view->uid)
        text_format(
            text, size,
            "cannot choose a backend: of KUBECONFIG, POD_NAME and POD_UID (or the options kubeconfig, pod-name, "
            "pod-uid) only some are set (missing:%s%s%s); set all three to elect on Kubernetes (KUBECONFIG alone to "
            "observe), or the option backend to 'local'",
            view->config ? "" : " KUBECONFIG", view->name ? "" : " POD_NAME", view->uid ? "" : " POD_UID");
    else if (option != NULL)
        text_format(
            text, size,
            "cannot choose a backend: option %s is for Kubernetes, and nothing shows the way there; set KUBECONFIG "
            "(or the option kubeconfig), or options server and token-file, or the option backend",
            option);
    else
        return LEADERLIFE_OK;
    return LEADERLIFE_ECONFIG;
}

/* A kubeconfig may name programs to run and files to read. Its siblings without such rights do read it, so this one
 * must not go elsewhere in silence. */
static int refuse_variable(char *text, size_t size)
{
    text_format(text, size,
                "KUBECONFIG says where to elect, but this program has file capabilities, setuid or setgid, and then "
                "what its caller sets must not choose files and programs: give option kubeconfig, or unset KUBECONFIG");
    return LEADERLIFE_ECONFIG;
}

/* Libcurl reads it, and would append secrets of the connection to a file that the caller has chosen. */
static int refuse_key_log(char *text, size_t size)
{
    text_format(text, size,
                "SSLKEYLOGFILE is set, but this program has file capabilities, setuid or setgid, and then its caller "
                "must not have the secrets of its connections written to a file: unset SSLKEYLOGFILE");
    return LEADERLIFE_ECONFIG;
}

int backend_choose(struct backend_choice *ret, const struct options *options, char *text, size_t size)
{
    struct view view;
    int status = LEADERLIFE_OK;

    if (option_is(options, OPTION_BACKEND, "local")) {
        *ret = (struct backend_choice){.source = BACKEND_LOCAL, .reason = "option backend"};
        return LEADERLIFE_OK;
    }
    look(&view, options);
    *ret = (struct backend_choice){.kubeconfig = view.list};
    if (option_is(options, OPTION_BACKEND, "kubernetes")) {
        choose_any_cluster(&view, ret);
    } else if (!choose_cluster(&view, ret)) {
        look_at_mounts(&view);
        status = refuse_half_a_way(&view, text, size);
        (void)chosen(ret, BACKEND_LOCAL, "no sign of Kubernetes in options, environment, files or mounts");
    }
    if (ret->source == BACKEND_LOCAL || !environment_is_privileged())
        return status;
    if (environment_variable("SSLKEYLOGFILE") != NULL)
        return refuse_key_log(text, size);
    return ret->source == BACKEND_KUBECONFIG_VARIABLE ? refuse_variable(text, size) : LEADERLIFE_OK;
}
