/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that advise when a lock or a record may be removed (P14).
 */
#include "machine/removal_advice.h"

#include "base/text.h"

static void append_pod(const struct removal *removal, const char *teller, const char *object, char *text, size_t size)
{
    text_append(text, size,
                ": pod %s, %s, is not known to have ended, so nothing may be deleted before it has, or has given back; "
                "then delete the %s, if nothing else needs it",
                removal->pod->name, teller, object);
}

void removal_append(const struct removal *removal, char *text, size_t size)
{
    bool lock = removal->what == FOREIGN_LOCK;
    const char *object = lock ? "ConfigMap" : "Lease";
    const char *other = lock ? "its holder record" : "the lock";

    switch (removal->bar) {
    case BAR_NOTHING: text_append(text, size, ": if nothing else needs it, delete it"); break;
    case BAR_UNTOLD:
        text_append(text, size, ": make sure that no pod leads, for nothing here tells that; then delete the %s",
                    object);
        break;
    case BAR_UNREAD:
        text_append(
            text, size,
            ": nothing may be deleted before %s has been read, for it may name a pod that leads; then, if it names "
            "none, delete the %s",
            other, object);
        break;
    case BAR_SELF: append_pod(removal, "in which this process leads", object, text, size); break;
    case BAR_RECORD: append_pod(removal, "which the holder record names", object, text, size); break;
    case BAR_LOCK: append_pod(removal, "which the lock names", object, text, size); break;
    case BAR_EARLIER: append_pod(removal, "which held the lock before", object, text, size); break;
    }
    text_append(text, size, "; the election goes on by itself then");
}
