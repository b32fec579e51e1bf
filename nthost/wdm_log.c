/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The event log. Pages IoAllocateErrorLogEntry, IoWriteErrorLogEntry, IoFreeErrorLogEntry.
 */
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

enum { ERROR_LOG_MAXIMUM = 240, MAX_LOGGED = 64, MAX_DUMP = 8 };

typedef struct _IO_ERROR_LOG_PACKET {
    UCHAR MajorFunctionCode, RetryCount;
    USHORT DumpDataSize, NumberOfStrings, StringOffset, EventCategory;
    NTSTATUS ErrorCode;
    ULONG UniqueErrorValue;
    NTSTATUS FinalStatus;
    ULONG SequenceNumber, IoControlCode;
    LARGE_INTEGER DeviceOffset;
    ULONG DumpData[1];
} IO_ERROR_LOG_PACKET;

struct pending {
    void *address;
    UCHAR bytes;
    struct pending *next;
};

static struct pending *pendings;
static struct wdm_logged logged[MAX_LOGGED];
static unsigned logged_count;

const struct wdm_logged *wdm_event_log(unsigned *count)
{
    *count = logged_count;
    return logged;
}

static PVOID NTAPI io_allocate_error_log_entry(PVOID object, UCHAR bytes)
{
    (void)object;
    api_enter("IoAllocateErrorLogEntry", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (bytes < sizeof(IO_ERROR_LOG_PACKET) - sizeof(ULONG) || bytes > ERROR_LOG_MAXIMUM || fail_point("log-entry"))
        return NULL;
    struct pending *p = calloc(1, sizeof(*p));
    if (p == NULL)
        environment_failed("no memory for an error log entry");
    p->bytes = bytes;
    p->address = ram_alloc(bytes, RAM_DRIVER, "error log entry");
    memset(p->address, 0, bytes);
    p->next = pendings;
    pendings = p;
    return p->address;
}

static UCHAR forget(const void *address, const char *api)
{
    for (struct pending **link = &pendings; *link != NULL; link = &(*link)->next) {
        struct pending *p = *link;
        if (p->address == address) {
            UCHAR bytes = p->bytes;
            *link = p->next;
            free(p);
            return bytes;
        }
    }
    rule_broken("log-entry", "%s of %p, which IoAllocateErrorLogEntry has not given, or which is gone already", api,
                address);
}

/* "IoWriteErrorLogEntry frees the entry". */
static void NTAPI io_write_error_log_entry(PVOID entry)
{
    api_enter("IoWriteErrorLogEntry", PASSIVE_LEVEL, DISPATCH_LEVEL);
    UCHAR bytes = forget(entry, "IoWriteErrorLogEntry");
    const IO_ERROR_LOG_PACKET *p = entry;
    if (offsetof(IO_ERROR_LOG_PACKET, DumpData) + p->DumpDataSize > bytes || p->DumpDataSize % sizeof(ULONG) != 0 ||
        p->StringOffset > bytes)
        rule_broken("log-entry",
                    "IoWriteErrorLogEntry: %u bytes of dump data and strings at %u do not fit in an entry "
                    "of %u bytes",
                    p->DumpDataSize, p->StringOffset, bytes);
    if (logged_count < MAX_LOGGED) {
        struct wdm_logged *l = &logged[logged_count++];
        *l = (struct wdm_logged){
            .code = (uint32_t)p->ErrorCode, .unique = p->UniqueErrorValue, .final_status = (uint32_t)p->FinalStatus};
        for (; l->dump_count < MAX_DUMP && l->dump_count < p->DumpDataSize / sizeof(ULONG); l->dump_count++)
            l->dump[l->dump_count] = ((const ULONG *)(uintptr_t)p->DumpData)[l->dump_count];
    }
    ram_free(entry);
}

static void NTAPI io_free_error_log_entry(PVOID entry)
{
    api_enter("IoFreeErrorLogEntry", PASSIVE_LEVEL, DISPATCH_LEVEL);
    forget(entry, "IoFreeErrorLogEntry");
    ram_free(entry);
}

static const struct export_entry entries[] = {
    EXPORT("IoAllocateErrorLogEntry", io_allocate_error_log_entry),
    EXPORT("IoWriteErrorLogEntry", io_write_error_log_entry),
    EXPORT("IoFreeErrorLogEntry", io_free_error_log_entry),
    EXPORT_END,
};
const struct export_table wdm_log_exports = {"ntoskrnl.exe", entries};
