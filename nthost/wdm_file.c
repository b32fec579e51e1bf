/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * User-mode programs: open handles and the requests on them, with buffers as the I/O manager passes them ("Methods for
 * Accessing Data Buffers"). Of a user's buffer the driver sees a system buffer or an MDL, and the user sees what was
 * copied back: IoStatus.Information bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"
#include "wdm_mdl.h"

enum { IO_TYPE_FILE = 5, METHOD_MASK = 3, METHOD_BUFFERED = 0, METHOD_IN_DIRECT = 1, METHOD_OUT_DIRECT = 2 };

struct user_file {
    FILE_OBJECT *object;
    DEVICE_OBJECT *device; /* the top of the stack */
    unsigned pending;
};

static NTSTATUS simple(user_file *file, UCHAR major)
{
    struct host_request r = {0};
    host_request_prepare(&r, file->device, major, 0);
    irp_next(r.irp)->FileObject = file->object;
    r.irp->Tail.Overlay.OriginalFileObject = file->object;
    if (major == IRP_MJ_CREATE) {
        irp_next(r.irp)->Parameters.Create.Options = 0x01000000; /* FILE_OPEN << 24 */
        irp_next(r.irp)->Parameters.Create.ShareAccess = 3;
    }
    return host_request_run(&r, file->device);
}

NTSTATUS user_open(DEVICE_OBJECT *device, user_file **result)
{
    user_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        environment_failed("no memory for a handle");
    file->device = device_top(device);
    device_reference(file->device);
    device_reference(device);
    file->object = ram_alloc(sizeof(*file->object), 0, "FILE_OBJECT");
    memset(file->object, 0, sizeof(*file->object));
    file->object->Type = IO_TYPE_FILE;
    file->object->Size = sizeof(*file->object);
    file->object->DeviceObject = device;
    file->object->ReadAccess = file->object->WriteAccess = TRUE;
    file->object->SharedRead = file->object->SharedWrite = TRUE;
    NTSTATUS status = simple(file, IRP_MJ_CREATE);
    if (NT_SUCCESS(status)) {
        *result = file;
        return status;
    }
    ram_free(file->object);
    device_dereference(device);
    device_dereference(file->device);
    free(file);
    return status;
}

static bool none_pending(void *file)
{
    return ((user_file *)file)->pending == 0;
}

/* "IRP_MJ_CLEANUP: ... cancel outstanding requests of the handle"; IRP_MJ_CLOSE comes when all are over. */
void user_close(user_file *file)
{
    DEVICE_OBJECT *device = file->object->DeviceObject;
    simple(file, IRP_MJ_CLEANUP);
    thread_wait(none_pending, file, UINT64_MAX);
    simple(file, IRP_MJ_CLOSE);
    ram_free(file->object);
    device_dereference(device);
    device_dereference(file->device);
    free(file);
}

/* In the completion routine, whatever the level: take over the result. */
static void finished(struct host_request *h)
{
    struct user_request *r = h->context;
    const uint8_t *from = r->system;
    if (!NT_SUCCESS(h->result.Status) && h->result.Status != STATUS_BUFFER_OVERFLOW)
        h->result.Information = 0;
    r->bytes = 0;
    if (r->capacity != 0) {
        if (h->result.Information > r->capacity)
            rule_broken("irp-information",
                        "a request with room for %u bytes is completed with IoStatus.Information %zu",
                        (unsigned)r->capacity, (size_t)h->result.Information);
        r->bytes = (uint32_t)h->result.Information;
        memcpy(r->data, from, r->bytes);
    }
    r->done_us = clock_us();
    r->file->pending--;
}

static void start(user_file *file, struct user_request *r, UCHAR major, uint32_t capacity)
{
    memset(r, 0, sizeof(*r));
    r->file = file;
    r->capacity = capacity;
    r->data = capacity != 0 ? calloc(1, capacity) : NULL;
    if (capacity != 0 && r->data == NULL)
        environment_failed("no memory for a request of %u bytes", (unsigned)capacity);
    host_request_prepare(&r->host, file->device, major, 0);
    r->host.finished = finished;
    r->host.context = r;
    r->host.irp->RequestorMode = 1;
    r->host.irp->Tail.Overlay.OriginalFileObject = file->object;
    irp_next(r->host.irp)->FileObject = file->object;
}

static void send(struct user_request *r)
{
    r->sent_us = clock_us();
    r->file->pending++;
    host_request_send(&r->host, r->file->device);
}

static void *system_memory(struct user_request *r, uint32_t bytes, const void *from, uint32_t from_bytes)
{
    r->system = ram_alloc(bytes, 0, "the buffer of a user's request");
    memset(r->system, 0xa5, bytes);
    if (from_bytes != 0)
        memcpy(r->system, from, from_bytes);
    return r->system;
}

static void attach_mdl(struct user_request *r, void *address, uint32_t bytes)
{
    r->mdl = mdl_allocate(address, bytes, false);
    mdl_lock(r->mdl);
    r->host.irp->MdlAddress = r->mdl;
}

static void attach_buffer(struct user_request *r, const DEVICE_OBJECT *device, uint32_t bytes, const void *from)
{
    irp_next(r->host.irp)->Parameters.Read.Length = bytes;
    if (bytes == 0)
        return;
    void *memory = system_memory(r, bytes, from, from != NULL ? bytes : 0);
    r->host.irp->UserBuffer = memory;
    if (device->Flags & DO_DIRECT_IO)
        attach_mdl(r, memory, bytes);
    else
        r->host.irp->AssociatedIrp.SystemBuffer = memory;
}

void user_read(user_file *file, struct user_request *r, uint32_t bytes)
{
    start(file, r, IRP_MJ_READ, bytes);
    attach_buffer(r, file->device, bytes, NULL);
    send(r);
}

void user_write(user_file *file, struct user_request *r, const void *data, uint32_t bytes)
{
    start(file, r, IRP_MJ_WRITE, 0);
    attach_buffer(r, file->device, bytes, data);
    send(r);
}

/* Direct: the first buffer is buffered, the second described by the MDL, and before the call it holds what the program
 * had there, which for HIDCLASS begins like the input. Neither: both as they are. */
static void attach_two(struct user_request *r, bool neither, const void *in, uint32_t in_bytes, uint32_t out_bytes)
{
    if (out_bytes != 0) {
        void *out = system_memory(r, out_bytes, in, in_bytes < out_bytes ? in_bytes : out_bytes);
        r->host.irp->UserBuffer = out;
        if (!neither)
            attach_mdl(r, out, out_bytes);
    }
    if (in_bytes != 0) {
        r->first = ram_alloc(in_bytes, 0, "the input buffer of a user's request");
        memcpy(r->first, in, in_bytes);
        if (neither)
            irp_next(r->host.irp)->Parameters.DeviceIoControl.Type3InputBuffer = r->first;
        else
            r->host.irp->AssociatedIrp.SystemBuffer = r->first;
    }
}

void user_ioctl(user_file *file, struct user_request *r, uint32_t code, const void *in, uint32_t in_bytes,
                uint32_t out_bytes)
{
    start(file, r, IRP_MJ_DEVICE_CONTROL, out_bytes);
    IO_STACK_LOCATION *next = irp_next(r->host.irp);
    unsigned method = code & METHOD_MASK;
    next->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
    next->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
    next->Parameters.DeviceIoControl.IoControlCode = code;
    if (method == METHOD_BUFFERED) {
        uint32_t most = in_bytes > out_bytes ? in_bytes : out_bytes;
        if (most != 0)
            r->host.irp->AssociatedIrp.SystemBuffer = system_memory(r, most, in, in_bytes);
    } else {
        attach_two(r, method == METHOD_MASK, in, in_bytes, out_bytes);
    }
    send(r);
}

NTSTATUS user_wait(struct user_request *r, uint64_t timeout_us)
{
    return host_request_wait(&r->host, timeout_us);
}

void user_cancel(struct user_request *r)
{
    if (!r->host.done)
        irp_cancel(r->host.irp);
}

void user_release(struct user_request *r)
{
    if (r->mdl != NULL)
        mdl_free(r->mdl);
    if (r->system != NULL)
        ram_free(r->system);
    if (r->first != NULL)
        ram_free(r->first);
    free(r->data);
    memset(r, 0, sizeof(*r));
}
