/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that advise when a lock or a record may be removed (P14).
 */
#include "machine/removal_advice.h"

#include "base/text.h"

static const char *teller(enum removal_bar bar)
{
    switch (bar) {
    case BAR_SELF: return "in which this process leads";
    case BAR_RECORD: return "which the holder record names";
    case BAR_LOCK: return "which the lock names";
    case BAR_EARLIER: return "which held the lock before";
    case BAR_NOTHING:
    case BAR_UNREAD:
    case BAR_UNTOLD: break;
    }
    return "";
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
    case BAR_SELF:
    case BAR_RECORD:
    case BAR_LOCK:
    case BAR_EARLIER:
        text_append(
            text, size,
            ": pod %s, %s, is not known to have ended, so nothing may be deleted before it has, or has given back; "
            "then delete the %s, if nothing else needs it",
            removal->pod->name, teller(removal->bar), object);
        break;
    }
    text_append(text, size, "; the election goes on by itself then");
}
