/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interlocked lists. One simulated processor runs at a time, and only kernel calls switch, so each call is atomic as
 * it is; what is kept is the rules: the spin lock that belongs to a doubly linked list must be free of the caller,
 * and the list must be sound.
 */
#include "cpu.h"
#include "nt_exports.h"
#include "verifier.h"

typedef struct _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

/* Depth is at offset 0 on amd64 and at 4 on x86, where the headers read it inline (ExQueryDepthSList). */
#if defined(__x86_64__)
typedef struct _SLIST_HEADER {
    USHORT Depth, Sequence[3];
    PSLIST_ENTRY Next;
} __attribute__((aligned(16))) SLIST_HEADER, *PSLIST_HEADER;
enum { ENTRY_ALIGNMENT = 16 };
#else
typedef struct _SLIST_HEADER {
    PSLIST_ENTRY Next;
    USHORT Depth, Sequence;
} SLIST_HEADER, *PSLIST_HEADER;
enum { ENTRY_ALIGNMENT = 4 };
#endif

static PSLIST_ENTRY push(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    api_enter("ExInterlockedPushEntrySList", PASSIVE_LEVEL, HIGH_LEVEL);
    if ((uintptr_t)entry % ENTRY_ALIGNMENT != 0 || (uintptr_t)list % (sizeof(void *) * 2) != 0)
        rule_broken("list-alignment", "an SLIST entry at %p or its header at %p is misaligned", (void *)entry,
                    (void *)list);
    PSLIST_ENTRY first = list->Next;
    entry->Next = first;
    list->Next = entry;
    list->Depth++;
    return first;
}

static PSLIST_ENTRY pop(PSLIST_HEADER list)
{
    api_enter("ExInterlockedPopEntrySList", PASSIVE_LEVEL, HIGH_LEVEL);
    PSLIST_ENTRY first = list->Next;
    if (first != NULL) {
        list->Next = first->Next;
        list->Depth--;
    }
    return first;
}

static PSLIST_ENTRY NTFASTCALL push_entry(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
    return push(list, entry);
}

static PSLIST_ENTRY NTFASTCALL pop_entry(PSLIST_HEADER list)
{
    return pop(list);
}

static PSLIST_ENTRY NTFASTCALL flush_list(PSLIST_HEADER list)
{
    api_enter("ExpInterlockedFlushSList", PASSIVE_LEVEL, HIGH_LEVEL);
    PSLIST_ENTRY first = list->Next;
    list->Next = NULL;
    list->Depth = 0;
    return first;
}

#if defined(__x86_64__)
static void NTAPI initialize_slist_head(PSLIST_HEADER list)
{
    *list = (SLIST_HEADER){0};
}

static USHORT NTAPI query_depth(PSLIST_HEADER list)
{
    return list->Depth;
}
#else
static PSLIST_ENTRY NTFASTCALL push_entry_with_lock(PSLIST_HEADER list, PSLIST_ENTRY entry, PULONG_PTR lock)
{
    (void)lock;
    return push(list, entry);
}

static PSLIST_ENTRY NTFASTCALL pop_entry_with_lock(PSLIST_HEADER list, PULONG_PTR lock)
{
    (void)lock;
    return pop(list);
}
#endif

/* The lock is held inside the call only; held already, the real routine would spin for ever. */
static void check_list(const char *api, const LIST_ENTRY *head, const ULONG_PTR *lock)
{
    api_enter(api, PASSIVE_LEVEL, HIGH_LEVEL);
    if (*lock != 0)
        rule_broken("lock-recursion", "%s with the spin lock at %p, which is held or was never initialised", api,
                    (const void *)lock);
    if (head->Flink->Blink != head || head->Blink->Flink != head)
        rule_broken("list-corrupt", "%s on the list at %p: its neighbours do not point back", api, (const void *)head);
}

static PLIST_ENTRY NTFASTCALL insert_head(PLIST_ENTRY head, PLIST_ENTRY entry, PULONG_PTR lock)
{
    check_list("ExInterlockedInsertHeadList", head, lock);
    PLIST_ENTRY first = head->Flink;
    entry->Flink = first;
    entry->Blink = head;
    first->Blink = entry;
    head->Flink = entry;
    return first == head ? NULL : first;
}

static PLIST_ENTRY NTFASTCALL insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry, PULONG_PTR lock)
{
    check_list("ExInterlockedInsertTailList", head, lock);
    PLIST_ENTRY last = head->Blink;
    entry->Flink = head;
    entry->Blink = last;
    last->Flink = entry;
    head->Blink = entry;
    return last == head ? NULL : last;
}

static PLIST_ENTRY NTFASTCALL remove_head(PLIST_ENTRY head, PULONG_PTR lock)
{
    check_list("ExInterlockedRemoveHeadList", head, lock);
    PLIST_ENTRY first = head->Flink;
    if (first == head)
        return NULL;
    head->Flink = first->Flink;
    first->Flink->Blink = head;
    return first;
}

static const struct export_entry entries[] = {
#if defined(__x86_64__)
    EXPORT("ExpInterlockedPushEntrySList", push_entry),
    EXPORT("ExpInterlockedPopEntrySList", pop_entry),
    EXPORT("ExpInterlockedFlushSList", flush_list),
    EXPORT("InitializeSListHead", initialize_slist_head),
    EXPORT("ExQueryDepthSList", query_depth),
    EXPORT("ExInterlockedInsertHeadList", insert_head),
    EXPORT("ExInterlockedInsertTailList", insert_tail),
    EXPORT("ExInterlockedRemoveHeadList", remove_head),
#else
    EXPORT("InterlockedPushEntrySList", push_entry),
    EXPORT("InterlockedPopEntrySList", pop_entry),
    EXPORT("ExInterlockedFlushSList", flush_list),
    EXPORT("ExInterlockedPushEntrySList", push_entry_with_lock),
    EXPORT("ExInterlockedPopEntrySList", pop_entry_with_lock),
    EXPORT("ExfInterlockedInsertHeadList", insert_head),
    EXPORT("ExfInterlockedInsertTailList", insert_tail),
    EXPORT("ExfInterlockedRemoveHeadList", remove_head),
#endif
    EXPORT_END,
};
const struct export_table nt_ex_list_exports = {"ntoskrnl.exe", entries};
