/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Internal requests as no well-behaved class driver sends them: any code, any length, buffers exactly as long as they
 * are said to be, so that a byte beyond faults. What never comes is a pointer that is none: minidrivers get resident
 * memory from HIDCLASS.
 */
#include <string.h>

#include "input.h"
#include "wdm_mdl.h"

enum { BYTES_MAX = 300, CODES_PRIVATE = 8, FUNCTIONS = 130 };

struct attempt {
    ULONG code, in_bytes, out_bytes;
    uint8_t *buffer, *report;
    HID_XFER_PACKET *packet;
    MDL *mdl;
    struct host_request request;
};

static uint32_t draw(uint32_t below)
{
    return (uint32_t)(cpu_random() % below);
}

/* HIDCLASS's own codes, the private ones of FILE_DEVICE_UNKNOWN with functions from 0x800, and anything. */
static ULONG draw_code(void)
{
    switch (draw(4)) {
    case 0:
        return (ULONG)cpu_random();
    case 1:
        return 0x00220000u | draw(4) << 14 | (0x800u + draw(CODES_PRIVATE)) << 2 | draw(4);
    default:
        return HID_CODE(draw(FUNCTIONS), draw(4));
    }
}

static ULONG draw_length(void)
{
    return draw(3) == 0 ? draw(16) : draw(BYTES_MAX);
}

static uint8_t *memory(ULONG bytes, const char *what)
{
    uint8_t *at = ram_alloc(bytes != 0 ? bytes : 1, 0, what);
    for (ULONG i = 0; i < bytes; i++)
        at[i] = (uint8_t)draw(256);
    return at;
}

static bool takes_packet(ULONG code)
{
    return code == IOCTL_HID_WRITE_REPORT || code == IOCTL_HID_GET_FEATURE || code == IOCTL_HID_SET_FEATURE ||
           code == IOCTL_HID_SET_OUTPUT_REPORT || code == IOCTL_HID_GET_INPUT_REPORT;
}

static void prepare(struct attempt *a, DEVICE_OBJECT *top)
{
    IO_STACK_LOCATION *next;
    ULONG most;
    do
        a->code = draw_code();
    while (a->code == IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST); /* its Type3InputBuffer is a pointer */
    a->in_bytes = draw_length();
    a->out_bytes = draw_length();
    most = (a->code & 3) == 0 && a->in_bytes > a->out_bytes ? a->in_bytes : a->out_bytes;
    a->buffer = memory(most, "a buffer of a fuzzed request");
    host_request_prepare(&a->request, top, IRP_MJ_INTERNAL_DEVICE_CONTROL, 0);
    next = irp_next(a->request.irp);
    next->Parameters.DeviceIoControl.IoControlCode = a->code;
    next->Parameters.DeviceIoControl.InputBufferLength = a->in_bytes;
    next->Parameters.DeviceIoControl.OutputBufferLength = a->out_bytes;
    next->Parameters.DeviceIoControl.Type3InputBuffer = (PVOID)(uintptr_t)(draw(4) << 16 | draw(40));
    if (takes_packet(a->code)) {
        ULONG bytes = draw_length();
        a->report = memory(bytes, "a report of a fuzzed request");
        a->packet = ram_alloc(sizeof(*a->packet), 0, "HID_XFER_PACKET of a fuzzed request");
        *a->packet = (HID_XFER_PACKET){a->report, bytes, (UCHAR)draw(256)};
        a->request.irp->UserBuffer = a->packet;
    } else if ((a->code & 3) == 0) {
        a->request.irp->AssociatedIrp.SystemBuffer = most != 0 ? a->buffer : NULL;
    } else {
        a->request.irp->UserBuffer = a->buffer;
    }
    if ((a->code & 3) == 1 || (a->code & 3) == 2) {
        a->mdl = mdl_allocate(a->buffer, a->out_bytes != 0 ? a->out_bytes : 1, false);
        mdl_lock(a->mdl);
        a->request.irp->MdlAddress = a->mdl;
    }
}

static void release(struct attempt *a)
{
    if (a->mdl != NULL)
        mdl_free(a->mdl);
    if (a->packet != NULL) {
        ram_free(a->packet);
        ram_free(a->report);
    }
    ram_free(a->buffer);
}

static void check(struct input_bench *b, const struct attempt *a)
{
    ULONG most = a->packet != NULL ? a->packet->reportBufferLen : a->out_bytes;
    if (NT_SUCCESS(a->request.result.Status) && a->request.result.Information > most)
        input_fail(b, "IOCTL %#x with room for %u bytes is completed with Information %zu", (unsigned)a->code,
                   (unsigned)most, (size_t)a->request.result.Information);
}

void input_fuzz(struct input_bench *b, uint64_t count)
{
    enum { PATIENCE_US = 1000 };
    for (uint64_t i = 0; i < count && b->failures == 0; i++) {
        struct attempt a = {0};
        DEVICE_OBJECT *top = devnode_top(b->node);
        prepare(&a, top);
        host_request_send(&a.request, top);
        /* Reads are kept: they must go when they are cancelled. */
        if (host_request_wait(&a.request, PATIENCE_US) == STATUS_TIMEOUT && !a.request.done) {
            irp_cancel(a.request.irp);
            host_request_wait(&a.request, UINT64_MAX);
        }
        check(b, &a);
        release(&a);
    }
}
