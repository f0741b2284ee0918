/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of an API watch, in pieces: before each piece stands its length, in two bytes. A length of 0xFFFF ends the
 * request.
 */
#include "fuzz/fuzz.h"

#include "base/clock.h"
#include "kubernetes/watch/observe.h"
#include "kubernetes/watch/restart.h"
#include "kubernetes/watch/stream.h"

enum { LENGTH = 2, END = 0xFFFF, RANDOM = 1 << 30, IDLE_MS = 90000, RESTARTS = 16 };

struct stage {
    struct watch watch;
    struct http_call call;
    char *bytes;
    int64_t now;
    struct pod_observation pod;
};

static void pull(struct stage *stage)
{
    struct watch_item item;
    struct lock_view lock;
    struct record_view record;
    char fault[256];

    while (watch_pull(&stage->watch, &item)) {
        (void)observe_lock(&item, &lock, fault, sizeof fault);
        (void)observe_record(&item, &record, fault, sizeof fault);
        (void)observe_pod(&stage->pod, &item);
        if (item.kind == WATCH_ITEM_NOTE)
            fuzz_check_text(item.text);
        watch_item_clear(&item);
    }
}

static void keep(struct stage *stage, const char *more, size_t size, size_t from)
{
    size_t rest = stage->call.size - from;
    char *bytes = malloc(rest + size + 1);

    if (bytes == NULL)
        abort();
    if (rest > 0)
        memcpy(bytes, stage->call.data + from, rest);
    if (size > 0)
        memcpy(bytes + rest, more, size);
    bytes[rest + size] = '\0';
    free(stage->bytes);
    stage->bytes = bytes;
    stage->call.data = bytes;
    stage->call.size = rest + size;
}

/* Whether the request is over. */
static bool step(struct stage *stage)
{
    for (;;) {
        size_t used = 0;
        enum watch_step done = watch_step(&stage->watch, &stage->call, stage->now, RANDOM, &used);

        pull(stage);
        if (done == WATCH_CLOSE) {
            fuzz_check(!stage->watch.open, "a request that is over is not open");
            return true;
        }
        if (done == WATCH_WAIT)
            return false;
        fuzz_check(used > 0 && used <= stage->call.size, "a line that was taken has bytes");
        keep(stage, NULL, 0, used);
    }
}

static void open_next(struct stage *stage)
{
    if (stage->now < stage->watch.at)
        stage->now = stage->watch.at;
    fuzz_check(watch_open(&stage->watch, stage->now, RANDOM) != NULL, "a request follows");
    stage->call = (struct http_call){.status = 200, .data = "", .content_type = "application/json"};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct stage stage = {.now = 1000};
    struct watch_setup setup = {.resource = api_configmaps,
                                .namespace_ = "team",
                                .name = "lock",
                                .server = "https://10.0.0.1",
                                .metadata_only = size % 2 == 0,
                                .idle_ms = IDLE_MS};

    watch_init(&stage.watch, &setup);
    open_next(&stage);
    for (int restarts = 0; size >= LENGTH && restarts < RESTARTS;) {
        size_t length = (size_t)(bytes[0] << 8 | bytes[1]);

        bytes += LENGTH;
        size -= LENGTH;
        if (length == END) {
            stage.call.done = true;
        } else {
            length = length < size ? length : size;
            keep(&stage, (const char *)bytes, length, 0);
            bytes += length;
            size -= length;
        }
        if (step(&stage)) {
            open_next(&stage);
            restarts++;
        }
        fuzz_check(stage.now <= watch_deadline(&stage.watch) || !stage.watch.open, "what waits has a time");
    }
    watch_clear(&stage.watch);
    free(stage.bytes);
    return 0;
}
