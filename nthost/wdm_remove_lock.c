/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Remove locks. Pages "Using Remove Locks", IoInitializeRemoveLock, IoAcquireRemoveLock, IoReleaseRemoveLock,
 * IoReleaseRemoveLockAndWait. Like Windows' checked build, nthost remembers who acquired a lock, by tag.
 */
#include <stdlib.h>

#include "wdm_internal.h"

struct holder {
    PVOID tag;
    struct holder *next;
};

struct remove_lock {
    PVOID address;
    bool removed;
    unsigned count; /* acquisitions that were not released */
    struct holder *holders;
    struct remove_lock *next;
};

static struct remove_lock *remove_locks;

/* The structure lives in a device extension and dies with it, so another one may come to lie at its place. */
static struct remove_lock *find(PVOID address)
{
    struct remove_lock *l = remove_locks;
    while (l != NULL && l->address != address)
        l = l->next;
    return l;
}

static struct remove_lock *must_be(PVOID address, const char *api)
{
    struct remove_lock *l = find(address);
    if (l == NULL)
        rule_broken("remove-lock", "%s on %p, which IoInitializeRemoveLock has not initialised", api, address);
    return l;
}

static void NTAPI io_initialize_remove_lock_ex(PVOID address, ULONG tag, ULONG minutes, ULONG watermark, ULONG size)
{
    (void)tag;
    (void)minutes;
    (void)watermark;
    (void)size;
    api_enter("IoInitializeRemoveLock", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct remove_lock *l = find(address);
    if (l == NULL) {
        l = calloc(1, sizeof(*l));
        if (l == NULL)
            environment_failed("no memory for a remove lock");
        l->address = address;
        l->next = remove_locks;
        remove_locks = l;
    } else if (l->count > 0) {
        rule_broken("remove-lock", "the remove lock at %p is initialised while it is held", address);
    }
    l->removed = false;
}

static NTSTATUS NTAPI io_acquire_remove_lock_ex(PVOID address, PVOID tag, const char *file, ULONG line, ULONG size)
{
    (void)file;
    (void)line;
    (void)size;
    api_enter("IoAcquireRemoveLock", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct remove_lock *l = must_be(address, "IoAcquireRemoveLock");
    if (l->removed)
        return STATUS_DELETE_PENDING;
    struct holder *h = calloc(1, sizeof(*h));
    if (h == NULL)
        environment_failed("no memory for a remove lock's holder");
    h->tag = tag;
    h->next = l->holders;
    l->holders = h;
    l->count++;
    return STATUS_SUCCESS;
}

static void release(struct remove_lock *l, PVOID tag, const char *api)
{
    struct holder **link = &l->holders;
    while (*link != NULL && (*link)->tag != tag)
        link = &(*link)->next;
    if (*link == NULL)
        rule_broken("remove-lock",
                    "%s with tag %p, with which the remove lock at %p is not held (acquisitions now: %u)", api, tag,
                    l->address, l->count);
    struct holder *h = *link;
    *link = h->next;
    free(h);
    l->count--;
}

static void NTAPI io_release_remove_lock_ex(PVOID address, PVOID tag, ULONG size)
{
    (void)size;
    api_enter("IoReleaseRemoveLock", PASSIVE_LEVEL, DISPATCH_LEVEL);
    release(must_be(address, "IoReleaseRemoveLock"), tag, "IoReleaseRemoveLock");
}

static bool is_free(void *lock)
{
    return ((struct remove_lock *)lock)->count == 0;
}

static void NTAPI io_release_remove_lock_and_wait_ex(PVOID address, PVOID tag, ULONG size)
{
    (void)size;
    api_enter("IoReleaseRemoveLockAndWait", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct remove_lock *l = must_be(address, "IoReleaseRemoveLockAndWait");
    if (l->removed)
        rule_broken("remove-lock", "IoReleaseRemoveLockAndWait a second time on the remove lock at %p", address);
    l->removed = true;
    release(l, tag, "IoReleaseRemoveLockAndWait");
    thread_wait(is_free, l, UINT64_MAX);
}

static const struct export_entry entries[] = {
    EXPORT("IoInitializeRemoveLockEx", io_initialize_remove_lock_ex),
    EXPORT("IoAcquireRemoveLockEx", io_acquire_remove_lock_ex),
    EXPORT("IoReleaseRemoveLockEx", io_release_remove_lock_ex),
    EXPORT("IoReleaseRemoveLockAndWaitEx", io_release_remove_lock_and_wait_ex),
    EXPORT_END,
};
const struct export_table wdm_remove_lock_exports = {"ntoskrnl.exe", entries};
