/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of bench/: the least that a client of this API server can do for a hand-over. It elects nobody: it waits
 * for one watch event and sends the writes of that path, one after the other, over one TLS connection that is open.
 *
 *     floor DIRECTORY LOCK MODE HOLDER
 *
 * pod      DELETED of the pod HOLDER: PUT record, DELETE lock, POST lock
 * lock     DELETED of the lock: PUT record, POST lock; SIGTERM: PUT record, DELETE lock
 * restore  DELETED of the lock: POST lock; again and again
 * resume   at once, on a new connection: GET pod, GET lock, GET record, PUT record, PUT lock
 * lead     the first holder: POST record, POST lock; SIGTERM: PUT record, DELETE lock
 *
 * DIRECTORY has token and ca.crt; the rest is in the environment of a pod. Says `standby` and `leader` with
 * CLOCK_MONOTONIC in milliseconds.
 */
#include <curl/curl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT = 65536, PATH = 1024, VERSION = 64 };

struct reply {
    char text[TEXT];
    size_t size;
    bool deleted;          /* a watch has shown that */
    char version[VERSION]; /* of the newest object */
};

static CURLM *multi;
static struct curl_slist *headers;
static volatile sig_atomic_t told_to_end;
static const char *directory, *lock, *pod, *uid, *host, *port, *space;

static void say(const char *word)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%s %.3f\n", word, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
    fflush(stdout);
}

static void die(const char *what, const char *text)
{
    fprintf(stderr, "floor: %s: %s\n", what, text);
    exit(1);
}

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
    curl_multi_wakeup(multi);
}

static void keep_version(struct reply *reply, const char *text)
{
    static const char name[] = "\"resourceVersion\":\"";
    const char *found = strstr(text, name);

    if (found != NULL)
        snprintf(reply->version, sizeof reply->version, "%.*s", (int)strcspn(found + sizeof name - 1, "\""),
                 found + sizeof name - 1);
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    struct reply *reply = user;

    (void)one;
    if (reply->size + size >= sizeof reply->text)
        die("an answer", "too long");
    memcpy(reply->text + reply->size, data, size);
    reply->size += size;
    reply->text[reply->size] = '\0';
    return size;
}

static size_t on_events(char *data, size_t one, size_t size, void *user)
{
    struct reply *reply = user;
    char *end;

    on_body(data, one, size, user);
    while ((end = strchr(reply->text, '\n')) != NULL) {
        *end = '\0';
        reply->deleted = reply->deleted || strncmp(reply->text, "{\"type\":\"DELETED\"", 17) == 0;
        keep_version(reply, reply->text);
        reply->size -= (size_t)(end + 1 - reply->text);
        memmove(reply->text, end + 1, reply->size + 1);
    }
    return size;
}

static CURL *easy_new(const char *method, const char *path, const char *body, struct reply *reply, bool watch)
{
    char text[PATH * 2];
    CURL *easy = curl_easy_init();

    snprintf(text, sizeof text, "https://%s:%s%s", host, port, path);
    curl_easy_setopt(easy, CURLOPT_URL, text);
    snprintf(text, sizeof text, "%s/ca.crt", directory);
    curl_easy_setopt(easy, CURLOPT_CAINFO, text);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    if (body != NULL)
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, watch ? on_events : on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
    curl_multi_add_handle(multi, easy);
    return easy;
}

/* One turn of the loop; the handle that has ended, or NULL. */
static CURL *turn(void)
{
    int running, left;
    CURLMsg *message;

    curl_multi_perform(multi, &running);
    while ((message = curl_multi_info_read(multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            return message->easy_handle;
    curl_multi_poll(multi, NULL, 0, 60000, NULL);
    return NULL;
}

static long request(const char *method, const char *path, const char *body, struct reply *reply)
{
    struct reply unused;
    CURL *easy, *ended;
    long code = 0;

    reply = reply != NULL ? reply : &unused;
    memset(reply, 0, sizeof *reply);
    easy = easy_new(method, path, body, reply, false);
    while ((ended = turn()) != easy)
        if (ended != NULL)
            die("a watch", "has ended");
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    if (code == 0)
        die(path, "no answer");
    keep_version(reply, reply->text);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    return code;
}

static const char *of(const char *group, const char *resource, const char *name)
{
    static char paths[8][PATH]; /* so many at a time */
    static unsigned turn_of;
    char *path = paths[turn_of++ % 8];

    snprintf(path, PATH, "%s/namespaces/%s/%s%s%s", group, space, resource, *name ? "/" : "", name);
    return path;
}

static const char *lock_body(const char *version)
{
    static char text[PATH];

    snprintf(text, sizeof text,
             "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%s\","
             "\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"%s\",\"uid\":\"%s\"}]}}",
             lock, version, pod, uid);
    return text;
}

static void put_record(const char *path, const char *version, const char *holder)
{
    char text[PATH];
    long code;

    snprintf(text, sizeof text,
             "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"%s.leaderlife\","
             "\"resourceVersion\":\"%s\"},\"spec\":{\"holderIdentity\":\"%s\"}}",
             lock, version, holder);
    if ((code = request("PUT", path, text, NULL)) != 200)
        die("PUT record", code == 409 ? "a conflict" : "refused");
}

static void watch(const char *group, const char *resource, const char *name, const char *version, struct reply *reply)
{
    char path[PATH];

    memset(reply, 0, sizeof *reply);
    snprintf(path, sizeof path, "%s?watch=1&fieldSelector=metadata.name%%3D%s&resourceVersion=%s",
             of(group, resource, ""), name, version);
    easy_new("GET", path, NULL, reply, true);
}

static void post_lock(void)
{
    long code;

    while ((code = request("POST", of("/api/v1", "configmaps", ""), lock_body(""), NULL)) == 409)
        continue; /* the old one is being deleted */
    if (code != 201)
        die("POST lock", "refused");
}

static void resume(const char *record)
{
    struct reply *reply = malloc(sizeof *reply);
    char version[VERSION];

    if (reply == NULL || request("GET", of("/api/v1", "pods", pod), NULL, NULL) != 200 ||
        request("GET", of("/api/v1", "configmaps", lock), NULL, reply) != 200)
        die("GET", "refused");
    snprintf(version, sizeof version, "%s", reply->version);
    if (request("GET", record, NULL, reply) != 200)
        die("GET record", "refused");
    put_record(record, reply->version, pod);
    if (request("PUT", of("/api/v1", "configmaps", lock), lock_body(version), NULL) != 200)
        die("PUT lock", "refused");
    free(reply);
    say("leader");
}

static void give_back(const char *record, const char *version)
{
    put_record(record, version, "");
    request("DELETE", of("/api/v1", "configmaps", lock), NULL, NULL);
    exit(0);
}

static void lead(const char *record)
{
    static struct reply made;
    char text[PATH];

    snprintf(text, sizeof text,
             "{\"metadata\":{\"name\":\"%s.leaderlife\"},"
             "\"spec\":{\"holderIdentity\":\"%s\"}}",
             lock, pod);
    if (request("POST", of("/apis/coordination.k8s.io/v1", "leases", ""), text, &made) != 201)
        die("POST record", "refused");
    post_lock();
    say("leader");
    while (!told_to_end)
        turn();
    give_back(record, made.version);
}

static void stand_by(const char *mode, const char *record, const char *holder)
{
    static struct reply watched, recorded, now;
    const char *group = "/apis/coordination.k8s.io/v1";
    char name[PATH];
    bool of_pod = strcmp(mode, "pod") == 0;

    if (request("GET", record, NULL, &now) != 200)
        die("GET record", "refused");
    snprintf(name, sizeof name, "%s.leaderlife", lock);
    watch(group, "leases", name, now.version, &recorded);
    snprintf(recorded.version, sizeof recorded.version, "%s", now.version);
    const char *path = of_pod ? of("/api/v1", "pods", holder) : of("/api/v1", "configmaps", lock);
    if (request("GET", path, NULL, &now) != 200)
        die("GET", "what is to be watched is not there");
    watch("/api/v1", of_pod ? "pods" : "configmaps", of_pod ? holder : lock, now.version, &watched);
    request("GET", path, NULL, NULL); /* the watches have been sent before */
    say("standby");
    for (bool restores = strcmp(mode, "restore") == 0;; post_lock()) {
        while (!watched.deleted && !told_to_end)
            if (turn() != NULL)
                die("a watch", "has ended");
        if (!restores || told_to_end)
            break;
        watched.deleted = false;
    }
    if (told_to_end)
        give_back(record, recorded.version);
    put_record(record, recorded.version, pod);
    if (of_pod)
        request("DELETE", of("/api/v1", "configmaps", lock), NULL, NULL);
    post_lock();
    say("leader");
    while (!told_to_end)
        turn();
    if (!of_pod)
        give_back(record, recorded.version);
}

static void prepare(char **argv)
{
    char path[PATH], token[8192] = "Authorization: Bearer ";
    FILE *file;

    directory = argv[1];
    lock = argv[2];
    pod = getenv("POD_NAME");
    uid = getenv("POD_UID");
    space = getenv("POD_NAMESPACE");
    host = getenv("KUBERNETES_SERVICE_HOST");
    port = getenv("KUBERNETES_SERVICE_PORT");
    if (pod == NULL || uid == NULL || space == NULL || host == NULL || port == NULL)
        die("environment", "not that of a pod");
    snprintf(path, sizeof path, "%s/token", directory);
    if ((file = fopen(path, "r")) == NULL || fgets(token + strlen(token), 8000, file) == NULL)
        die(path, "cannot be read");
    fclose(file);
    headers = curl_slist_append(NULL, token);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    signal(SIGTERM, on_signal);
}

int main(int argc, char **argv)
{
    char name[PATH], record[PATH];

    if (argc != 5) {
        fprintf(stderr, "usage: floor DIRECTORY LOCK pod|lock|restore|resume|lead HOLDER\n");
        return 2;
    }
    prepare(argv);
    snprintf(name, sizeof name, "%s.leaderlife", lock);
    snprintf(record, sizeof record, "%s", of("/apis/coordination.k8s.io/v1", "leases", name));
    if (strcmp(argv[3], "resume") == 0)
        resume(record);
    else if (strcmp(argv[3], "lead") == 0)
        lead(record);
    else
        stand_by(argv[3], record, argv[4]);
    return 0;
}
