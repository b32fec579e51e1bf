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

static bool same(struct input_bench *b, unsigned index)
{
    const struct hid_collection *ours = &b->layout.collection[index];
    struct hid_seen_collection theirs;
    hid_decoder_collection(b->decoder, index, &theirs);
    if (theirs.usage_page == ours->usage_page && theirs.usage == ours->usage &&
        theirs.input_bytes == ours->longest[HID_INPUT] && theirs.output_bytes == ours->longest[HID_OUTPUT] &&
        theirs.feature_bytes == ours->longest[HID_FEATURE])
        return true;
    input_fail(
        b,
        "collection %u: hidparse.sys sees usage %x:%x and reports of %u, %u and %u bytes; we see %x:%x, %u, %u and "
        "%u",
        index, theirs.usage_page, theirs.usage, theirs.input_bytes, theirs.output_bytes, theirs.feature_bytes,
        ours->usage_page, ours->usage, (unsigned)ours->longest[HID_INPUT], (unsigned)ours->longest[HID_OUTPUT],
        (unsigned)ours->longest[HID_FEATURE]);
    return false;
}

bool input_class_decode(struct input_bench *b)
{
    uint32_t status, at;
    const char *directory = b->options->parser_directory;
    module *parser = directory != NULL ? hid_foreign_parser(directory) : NULL;
    if (directory == NULL)
        return true;
    if (parser == NULL)
        environment_failed("there is no hidparse.sys in %s", directory);
    b->decoder = hid_decoder_open(parser, b->descriptor, b->descriptor_bytes, &status, &at);
    if (b->decoder == NULL) {
        input_fail(b, "hidparse.sys refuses the report descriptor: status %#x, at byte %u", (unsigned)status,
                   (unsigned)at);
        return false;
    }
    if (hid_decoder_collections(b->decoder) != b->layout.collection_count) {
        input_fail(b, "hidparse.sys sees %u collections, we see %u", hid_decoder_collections(b->decoder),
                   b->layout.collection_count);
        return false;
    }
    for (unsigned i = 0; i < b->layout.collection_count; i++) {
        if (!same(b, i))
            return false;
    }
    return true;
}
