/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IOCTL_KS_PROPERTY: to the port driver's own properties, or through an automation table to a handler of the driver's.
 * Pages "Audio Property Handlers", PCPROPERTY_ITEM, PCPROPERTY_REQUEST, PcCompletePendingPropertyRequest. The request,
 * its instance and its value are allocations of their own, so that whoever goes beyond one, or touches it after the
 * request is over, faults.
 */
#include <stdlib.h>

#include "pc_internal.h"

enum { PENDING_SECONDS = 10, PENDING_MAX = 8 };

static struct pending { /* requests that a handler of the driver's has not finished */
    PCPROPERTY_REQUEST *request;
    bool done;
    NTSTATUS status;
} pendings[PENDING_MAX];

/* ---- sizes and answers ---- */

/* "The client submits an initial request with an output buffer length of zero. The handler responds by returning the
 * required size along with STATUS_BUFFER_OVERFLOW"; too small otherwise: STATUS_BUFFER_TOO_SMALL. */
NTSTATUS pc_give(struct pc_request *r, const void *value, ULONG bytes)
{
    r->information = bytes;
    if (r->out_bytes == 0)
        return STATUS_BUFFER_OVERFLOW;
    if (r->out_bytes < bytes) {
        r->information = 0;
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(r->out, value, bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS give_access(struct pc_request *r, const PCPROPERTY_ITEM *item)
{
    KSPROPERTY_DESCRIPTION d = {.AccessFlags = item->Flags | KSPROPERTY_TYPE_BASICSUPPORT,
                                .DescriptionSize = sizeof(d)};
    return pc_give(r, &d, r->out_bytes >= sizeof(d) ? sizeof(d) : sizeof(d.AccessFlags));
}

/* ---- handlers of the driver's ---- */

static bool is_done(void *context)
{
    return ((struct pending *)context)->done;
}

static NTSTATUS wait_pending(struct pending *p)
{
    if (!thread_wait(is_done, p, PENDING_SECONDS * 1000000ull))
        rule_broken("pc-property",
                    "a property handler returned STATUS_PENDING and did not call "
                    "PcCompletePendingPropertyRequest within %d seconds",
                    PENDING_SECONDS);
    return p->status;
}

static struct pending *pending_new(PCPROPERTY_REQUEST *request)
{
    for (unsigned i = 0; i < PENDING_MAX; i++) {
        if (pendings[i].request == NULL) {
            pendings[i] = (struct pending){request, false, 0};
            return &pendings[i];
        }
    }
    environment_failed("more than %d property requests at once", PENDING_MAX);
}

static void check_result(const struct pc_request *r, const PCPROPERTY_REQUEST *q, NTSTATUS status)
{
    if (NT_SUCCESS(status) && q->ValueSize > r->out_bytes)
        rule_broken("pc-property", "a property handler succeeded with a ValueSize of %u; the buffer has %u bytes",
                    (unsigned)q->ValueSize, (unsigned)r->out_bytes);
    if (status == STATUS_BUFFER_OVERFLOW && q->ValueSize <= r->out_bytes)
        rule_broken("pc-property",
                    "a property handler returned STATUS_BUFFER_OVERFLOW with a ValueSize of %u; the "
                    "buffer has %u bytes: ValueSize is to be what is needed",
                    (unsigned)q->ValueSize, (unsigned)r->out_bytes);
}

static NTSTATUS call_handler(struct pc_request *r, const PCPROPERTY_ITEM *item)
{
    ULONG header = r->node != PCFILTER_NODE ? sizeof(KSP_NODE) : sizeof(KSPROPERTY);
    ULONG instance = r->in_bytes > header ? r->in_bytes - header : 0;
    PCPROPERTY_REQUEST *q = ram_alloc(sizeof(*q), 0, "PCPROPERTY_REQUEST");
    *q = (PCPROPERTY_REQUEST){.MajorTarget = r->file->port->unknown_miniport,
                              .MinorTarget = r->file->stream != NULL ? r->file->stream->stream : NULL,
                              .Node = r->node,
                              .PropertyItem = item,
                              .Verb = r->verb,
                              .InstanceSize = instance,
                              .ValueSize = r->out_bytes,
                              .Irp = r->irp};
    if (instance != 0) {
        q->Instance = ram_alloc(instance, 0, "the instance of a property request");
        memcpy(q->Instance, r->in + header, instance);
    }
    if (r->out_bytes != 0) {
        q->Value = ram_alloc(r->out_bytes, 0, "the value of a property request");
        memcpy(q->Value, r->out, r->out_bytes);
    }
    void *instance_memory = q->Instance, *value_memory = q->Value;
    struct pending *p = pending_new(q);
    r->file->device->counts.properties++;
    NTSTATUS status = (NTSTATUS)driver_call("a property handler", item->Handler, 1, (uintptr_t)q);
    if (status == STATUS_PENDING)
        status = wait_pending(p);
    else if (p->done)
        rule_broken("pc-property",
                    "PcCompletePendingPropertyRequest for a request whose handler returned %#x, not "
                    "STATUS_PENDING",
                    (unsigned)status);
    p->request = NULL;
    check_result(r, q, status);
    if (!NT_SUCCESS(status))
        r->file->device->counts.property_failures++;
    r->information = NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW ? q->ValueSize : 0;
    if (NT_SUCCESS(status) && r->verb != KSPROPERTY_TYPE_SET && r->out_bytes != 0)
        memcpy(r->out, value_memory, r->information);
    if (value_memory != NULL)
        ram_free(value_memory);
    if (instance_memory != NULL)
        ram_free(instance_memory);
    ram_free(q);
    return status;
}

static NTSTATUS NTAPI complete_pending(PCPROPERTY_REQUEST *request, NTSTATUS status)
{
    api_enter("PcCompletePendingPropertyRequest", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (status == STATUS_PENDING)
        rule_broken("pc-property", "PcCompletePendingPropertyRequest with STATUS_PENDING: \"never call this function "
                                   "with an NtStatus value of STATUS_PENDING\"");
    for (unsigned i = 0; i < PENDING_MAX; i++) {
        if (pendings[i].request == request && !pendings[i].done) {
            pendings[i].status = status;
            pendings[i].done = true;
            return STATUS_SUCCESS;
        }
    }
    rule_broken("pc-property", "PcCompletePendingPropertyRequest with %p, which is no pending request (any more)",
                (void *)request);
}

/* ---- sorting ---- */

/* A pin's own table is for its file; a node's is for either. */
static const PCAUTOMATION_TABLE *table_of(const struct pc_request *r)
{
    const PCFILTER_DESCRIPTOR *f = r->file->port->filter;
    if (r->node != PCFILTER_NODE)
        return portcls_node(f, r->node)->AutomationTable;
    return r->file->stream != NULL ? portcls_pin(f, r->file->stream->pin)->AutomationTable : f->AutomationTable;
}

static NTSTATUS to_driver(struct pc_request *r)
{
    bool set_found = false;
    const PCAUTOMATION_TABLE *table = table_of(r);
    const PCPROPERTY_ITEM *item = pc_item(table, false, &r->property.Set, r->property.Id, &set_found);
    if (r->verb == KSPROPERTY_TYPE_SETSUPPORT && set_found)
        return STATUS_SUCCESS;
    if (item == NULL)
        return set_found ? STATUS_NOT_FOUND : STATUS_PROPSET_NOT_FOUND;
    if ((item->Flags & r->verb) != 0)
        return call_handler(r, item);
    if (r->verb == KSPROPERTY_TYPE_BASICSUPPORT)
        return give_access(r, item);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* Overspecified requests, to a pin instead of its filter, are "typically treated as valid" by drivers; the port driver
 * does not send them elsewhere. */
static NTSTATUS answer(struct pc_request *r)
{
    NTSTATUS status;
    if ((r->verb & (r->verb - 1)) != 0 || r->verb == 0)
        return STATUS_INVALID_PARAMETER;
    status = r->file->stream != NULL ? pc_pin_property(r) : pc_filter_property(r);
    if (status == PC_NOT_MINE)
        status = to_driver(r);
    return status;
}

NTSTATUS pc_property(struct pc_file *file, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    struct pc_request r = {.file = file, .irp = irp, .node = PCFILTER_NODE};
    r.in = at->Parameters.DeviceIoControl.Type3InputBuffer;
    r.in_bytes = at->Parameters.DeviceIoControl.InputBufferLength;
    r.out = irp->UserBuffer;
    r.out_bytes = at->Parameters.DeviceIoControl.OutputBufferLength;
    if (r.in_bytes < sizeof(KSPROPERTY) || r.in == NULL)
        return pc_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    memcpy(&r.property, r.in, sizeof(r.property));
    if (r.property.Flags & KSPROPERTY_TYPE_TOPOLOGY) {
        KSP_NODE node;
        if (r.in_bytes < sizeof(node))
            return pc_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
        memcpy(&node, r.in, sizeof(node));
        r.node = node.NodeId;
        if (r.node >= file->port->filter->NodeCount)
            return pc_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    r.verb = r.property.Flags & ~(ULONG)KSPROPERTY_TYPE_TOPOLOGY;
    NTSTATUS status = answer(&r);
    bool bytes = NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW || status == STATUS_MORE_ENTRIES;
    return pc_finish(irp, status, bytes ? r.information : 0);
}

static const struct export_entry entries[] = {
    EXPORT("PcCompletePendingPropertyRequest", complete_pending),
    EXPORT_END,
};
const struct export_table pc_property_exports = {"portcls.sys", entries};
