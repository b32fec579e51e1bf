/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KS events through an automation table, and IPortEvents. Pages PCEVENT_REQUEST, PCPFNEVENT_HANDLER, IPortEvents, "KS
 * Events". A filter's file may name a pin factory behind KSEVENT (KSE_PIN), which GenerateEventList compares.
 */
#include <stdlib.h>

#include "cpu_internal.h"
#include "pc_internal.h"

static struct pc_port *port_of(PVOID self, const char *api)
{
    return pc_port_of(self, api);
}

static struct pc_event *event_of_entry(struct pc_port *p, const KSEVENT_ENTRY *entry)
{
    struct pc_event *e = p->events;
    while (e != NULL && e->entry != entry)
        e = e->next;
    return e;
}

/* ---- IPortEvents ---- */

static void NTAPI add_event_to_event_list(PVOID self, KSEVENT_ENTRY *entry)
{
    api_enter("IPortEvents::AddEventToEventList", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_event *e = event_of_entry(port_of(self, "AddEventToEventList"), entry);
    if (e == NULL)
        rule_broken("pc-event", "AddEventToEventList with %p, which is no event entry of this port", (void *)entry);
    if (e->listed)
        rule_broken("pc-event", "AddEventToEventList a second time for the same event");
    e->listed = true;
}

static bool matches(const struct pc_event *e, const GUID *set, ULONG id, bool pin_event, ULONG pin, bool node_event,
                    ULONG node)
{
    return e->listed && !e->dead && (set == NULL || guid_is(set, &e->set)) && id == e->id &&
           (!pin_event || pin == e->pin) && (!node_event || node == e->node);
}

static void set_program_event(struct pc_event *e)
{
    LONG(NTAPI * set)(PVOID, LONG, BOOLEAN);
    set = (LONG(NTAPI *)(PVOID, LONG, BOOLEAN))(uintptr_t)export_find("ntoskrnl.exe", "KeSetEvent");
    set(e->event, 0, FALSE);
    if (e->oneshot)
        e->dead = true;
}

struct generation { /* of a call above DISPATCH_LEVEL, for the DPC */
    dpc dpc;
    struct pc_port *port;
    GUID set;
    bool any_set, pin_event, node_event;
    ULONG id, pin, node;
};

static void generate(const struct generation *g)
{
    no_yield_begin(); /* the list's lock */
    for (struct pc_event *e = g->port->events, *next; e != NULL; e = next) {
        next = e->next;
        if (!matches(e, g->any_set ? NULL : &g->set, g->id, g->pin_event, g->pin, g->node_event, g->node))
            continue;
        e->file->device->counts.events_signalled++;
        set_program_event(e);
    }
    no_yield_end();
}

static void generate_dpc(dpc *d, void *argument1, void *argument2)
{
    struct generation *g = d->context;
    (void)argument1;
    (void)argument2;
    generate(g);
    com_release(&g->port->com);
    free(g);
}

/* "If called at IRQL > DISPATCH_LEVEL, the method queues a DPC to process the event list." */
static void NTAPI generate_event_list(PVOID self, const GUID *set, ULONG id, LONG pin_event, ULONG pin, LONG node_event,
                                      ULONG node)
{
    api_enter("IPortEvents::GenerateEventList", PASSIVE_LEVEL, HIGH_LEVEL);
    struct pc_port *p = port_of(self, "GenerateEventList");
    struct generation g = {.port = p,
                           .any_set = set == NULL,
                           .pin_event = pin_event != 0,
                           .node_event = node_event != 0,
                           .id = id,
                           .pin = pin,
                           .node = node};
    if (set != NULL)
        g.set = *set;
    if (p->device != NULL)
        p->device->counts.events_generated++;
    if (irql_get() <= DISPATCH_LEVEL) {
        generate(&g);
        return;
    }
    struct generation *later = malloc(sizeof(*later));
    if (later == NULL)
        environment_failed("no memory for an event");
    *later = g;
    com_reference(&p->com);
    dpc_init(&later->dpc, generate_dpc, later);
    dpc_insert(&later->dpc, NULL, NULL);
}

const void *const pc_events_methods[5] = {COM_UNKNOWN, COM_METHOD(add_event_to_event_list),
                                          COM_METHOD(generate_event_list)};

/* ---- requests ---- */

static NTSTATUS call_handler(struct pc_event *e, ULONG verb, IRP *irp)
{
    PCEVENT_REQUEST *q = ram_alloc(sizeof(*q), 0, "PCEVENT_REQUEST");
    *q = (PCEVENT_REQUEST){.MajorTarget = e->port->unknown_miniport,
                           .MinorTarget = e->file->stream != NULL ? e->file->stream->stream : NULL,
                           .Node = e->node,
                           .EventItem = e->item,
                           .EventEntry = e->entry,
                           .Verb = verb,
                           .Irp = irp};
    NTSTATUS status = (NTSTATUS)driver_call("an event handler", e->item->Handler, 1, (uintptr_t)q);
    if (status == STATUS_PENDING)
        rule_broken("pc-event", "an event handler returned STATUS_PENDING");
    ram_free(q);
    return status;
}

static void remove_event(struct pc_event *e, IRP *irp)
{
    call_handler(e, PCEVENT_VERB_REMOVE, irp); /* it may be signalled until the handler has returned */
    for (struct pc_event **link = &e->port->events; *link != NULL; link = &(*link)->next) {
        if (*link == e) {
            *link = e->next;
            break;
        }
    }
    ram_free(e->entry);
    free(e);
}

static struct pc_event *event_of_file(const struct pc_file *file)
{
    struct pc_event *e = file->port->events;
    while (e != NULL && e->file != file)
        e = e->next;
    return e;
}

void pc_file_disable_events(struct pc_file *file)
{
    for (struct pc_event *e = event_of_file(file); e != NULL; e = event_of_file(file))
        remove_event(e, NULL);
}

/* What is asked, from the input buffer. */
static NTSTATUS parse(struct pc_file *file, IRP *irp, struct pc_event *e, ULONG *verb)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    const uint8_t *in = at->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG bytes = at->Parameters.DeviceIoControl.InputBufferLength;
    const PCFILTER_DESCRIPTOR *f = file->port->filter;
    KSP_NODE k = {.NodeId = PCFILTER_NODE};
    bool set_found = false;
    if (bytes < sizeof(KSEVENT) || in == NULL)
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&k, in, bytes < sizeof(k) ? bytes : sizeof(k));
    bool topology = (k.Property.Flags & KSEVENT_TYPE_TOPOLOGY) != 0;
    *verb = k.Property.Flags & ~(ULONG)KSEVENT_TYPE_TOPOLOGY;
    if (topology && bytes < sizeof(k))
        return STATUS_INVALID_BUFFER_SIZE;
    *e = (struct pc_event){.file = file, .port = file->port, .id = k.Property.Id, .node = PCFILTER_NODE};
    e->set = k.Property.Set;
    e->pin = file->stream != NULL ? file->stream->pin : topology ? PCFILTER_NODE : k.NodeId;
    const PCAUTOMATION_TABLE *table =
        file->stream != NULL ? portcls_pin(f, file->stream->pin)->AutomationTable : f->AutomationTable;
    if (topology) {
        e->node = k.NodeId;
        if (e->node >= f->NodeCount)
            return STATUS_INVALID_DEVICE_REQUEST;
        table = portcls_node(f, e->node)->AutomationTable;
    }
    e->item = pc_item(table, true, &e->set, e->id, &set_found);
    return e->item != NULL ? STATUS_SUCCESS : set_found ? STATUS_NOT_FOUND : STATUS_PROPSET_NOT_FOUND;
}

static NTSTATUS enable(struct pc_file *file, IRP *irp, const struct pc_event *parsed, ULONG verb)
{
    KSEVENTDATA data;
    if (irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(data) || irp->UserBuffer == NULL)
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&data, irp->UserBuffer, sizeof(data));
    if (data.NotificationType != KSEVENTF_EVENT_HANDLE)
        return STATUS_INVALID_PARAMETER;
    PVOID event = pc_event_of_handle(data.EventHandle.Event);
    if (event == NULL)
        return STATUS_INVALID_HANDLE;
    ram_show(event);
    struct pc_event *e = malloc(sizeof(*e));
    if (e == NULL)
        environment_failed("no memory for an event");
    *e = *parsed;
    e->event = event;
    e->oneshot = verb == KSEVENT_TYPE_ONESHOT;
    e->data = (KSEVENTDATA *)data.EventHandle.Event;
    e->entry = ram_alloc(sizeof(*e->entry), 0, "KSEVENT_ENTRY");
    memset(e->entry, 0, sizeof(*e->entry));
    e->entry->NotificationType = data.NotificationType;
    e->entry->FileObject = file->object;
    e->next = file->port->events;
    file->port->events = e;
    NTSTATUS status = call_handler(e, PCEVENT_VERB_ADD, irp);
    if (!NT_SUCCESS(status)) {
        if (e->listed)
            rule_broken("pc-event", "an event handler refused PCEVENT_VERB_ADD with %#x after AddEventToEventList",
                        (unsigned)status);
        file->port->events = e->next;
        ram_free(e->entry);
        free(e);
        return status;
    }
    if (!e->listed)
        rule_broken("pc-event", "an event handler accepted PCEVENT_VERB_ADD without AddEventToEventList: the event "
                                "could never be signalled");
    return status;
}

NTSTATUS pc_enable_event(struct pc_file *file, IRP *irp)
{
    struct pc_event e;
    ULONG verb = 0;
    NTSTATUS status = parse(file, irp, &e, &verb);
    if (!NT_SUCCESS(status))
        return pc_finish(irp, status, 0);
    if (verb == KSEVENT_TYPE_BASICSUPPORT)
        return pc_finish(irp, call_handler(&e, PCEVENT_VERB_SUPPORT, irp), 0);
    if ((verb != KSEVENT_TYPE_ENABLE && verb != KSEVENT_TYPE_ONESHOT) || (e.item->Flags & verb) == 0)
        return pc_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return pc_finish(irp, enable(file, irp, &e, verb), 0);
}

/* The input buffer is the KSEVENTDATA of the enabling: here its event handle says which. */
NTSTATUS pc_disable_event(struct pc_file *file, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    KSEVENTDATA data;
    if (at->Parameters.DeviceIoControl.InputBufferLength < sizeof(data) ||
        at->Parameters.DeviceIoControl.Type3InputBuffer == NULL)
        return pc_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    memcpy(&data, at->Parameters.DeviceIoControl.Type3InputBuffer, sizeof(data));
    for (struct pc_event *e = file->port->events; e != NULL; e = e->next) {
        if (e->file == file && (HANDLE)e->data == data.EventHandle.Event) {
            remove_event(e, irp);
            return pc_finish(irp, STATUS_SUCCESS, 0);
        }
    }
    return pc_finish(irp, STATUS_INVALID_PARAMETER, 0);
}
