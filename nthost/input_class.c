/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The class driver of a run: the built-in one, or a hidclass.sys from a folder (hid_foreign.h). And what the minidriver
 * says of its device, asked as HIDCLASS asks it, whichever class driver there is.
 */
#include <stdlib.h>
#include <string.h>

#include "hid_foreign.h"
#include "input.h"

void input_class_prepare(struct input_bench *b)
{
    if (b->options->class_directory == NULL)
        hidclass_register();
    else
        hid_foreign_load(b->options->class_directory);
}

static NTSTATUS ask(struct input_bench *b, ULONG code, void *out, uint32_t bytes, uint32_t *got)
{
    struct host_request r = {0};
    DEVICE_OBJECT *top = devnode_top(b->node);
    void *memory = ram_alloc(bytes, 0, "an answer of the minidriver");
    host_request_prepare(&r, top, IRP_MJ_INTERNAL_DEVICE_CONTROL, 0);
    irp_next(r.irp)->Parameters.DeviceIoControl.IoControlCode = code;
    irp_next(r.irp)->Parameters.DeviceIoControl.OutputBufferLength = bytes;
    r.irp->UserBuffer = memory;
    NTSTATUS status = host_request_run(&r, top);
    *got = NT_SUCCESS(status) && r.result.Information <= bytes ? (uint32_t)r.result.Information : 0;
    memcpy(out, memory, *got);
    ram_free(memory);
    return status;
}

bool input_class_describe(struct input_bench *b)
{
    HID_DESCRIPTOR d;
    char error[HID_ERROR_BYTES];
    uint32_t got;
    if (!NT_SUCCESS(ask(b, IOCTL_HID_GET_DEVICE_DESCRIPTOR, &d, sizeof(d), &got)) || got != sizeof(d)) {
        input_fail(b, "the minidriver does not answer IOCTL_HID_GET_DEVICE_DESCRIPTOR");
        return false;
    }
    free(b->descriptor);
    b->descriptor = calloc(1, d.wReportLength);
    if (b->descriptor == NULL)
        environment_failed("no memory for a report descriptor");
    ask(b, IOCTL_HID_GET_REPORT_DESCRIPTOR, b->descriptor, d.wReportLength, &b->descriptor_bytes);
    ask(b, IOCTL_HID_GET_DEVICE_ATTRIBUTES, &b->attributes, sizeof(b->attributes), &got);
    if (!hid_parse(b->descriptor, b->descriptor_bytes, &b->layout, error)) {
        input_fail(b, "the report descriptor, %s", error);
        return false;
    }
    return true;
}
