/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The port driver's own properties of a filter: KSPROPSETID_Pin and KSPROPSETID_Topology ("Filter, Pin, and Node
 * Properties" lists them). KSPROPERTY_PIN_PROPOSEDATAFORMAT goes to the miniport's handler if it has one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pc_internal.h"

/* ---- KSMULTIPLE_ITEM ---- */

struct multiple {
    uint8_t *data;
    ULONG bytes, count;
};

static void multiple_add(struct multiple *m, const void *item, ULONG bytes)
{
    if (m->data == NULL) {
        m->bytes = sizeof(KSMULTIPLE_ITEM);
        m->data = calloc(1, m->bytes);
    }
    if (bytes != 0) {
        ULONG padded = (bytes + 7) & ~7u; /* "each data range is aligned on an 8-byte boundary" */
        m->data = realloc(m->data, m->bytes + padded);
        if (m->data != NULL) {
            memset(m->data + m->bytes, 0, padded);
            memcpy(m->data + m->bytes, item, bytes);
            m->bytes += padded;
            m->count++;
        }
    }
    if (m->data == NULL)
        environment_failed("no memory for a list of items");
    *(KSMULTIPLE_ITEM *)(void *)m->data = (KSMULTIPLE_ITEM){m->bytes, m->count};
}

/* A list may be asked for its header alone. */
static NTSTATUS multiple_give(struct pc_request *r, struct multiple *m)
{
    multiple_add(m, NULL, 0);
    NTSTATUS status = r->out_bytes == sizeof(KSMULTIPLE_ITEM) && m->bytes > sizeof(KSMULTIPLE_ITEM)
                          ? pc_give(r, m->data, sizeof(KSMULTIPLE_ITEM))
                          : pc_give(r, m->data, m->bytes);
    free(m->data);
    return status;
}

/* ---- KSPROPSETID_Pin ---- */

static NTSTATUS give_ranges(struct pc_request *r, const KSPIN_DESCRIPTOR *k)
{
    struct multiple m = {0};
    for (ULONG i = 0; i < k->DataRangesCount; i++)
        multiple_add(&m, k->DataRanges[i], k->DataRanges[i]->FormatSize);
    return multiple_give(r, &m);
}

static NTSTATUS give_standard(struct pc_request *r, const GUID *set, ULONG id)
{
    struct multiple m = {0};
    KSIDENTIFIER one = {.Set = *set, .Id = id};
    multiple_add(&m, &one, sizeof(one));
    return multiple_give(r, &m);
}

static NTSTATUS give_instances(struct pc_request *r, ULONG possible, ULONG current)
{
    KSPIN_CINSTANCES c = {possible, current};
    return pc_give(r, &c, sizeof(c));
}

static NTSTATUS give_connection(struct pc_request *r, ULONG pin)
{
    const struct pc_device *d = r->file->device;
    for (unsigned i = 0; i < PC_CONNECTIONS; i++) {
        const struct pc_connection *c = &d->connection[i];
        bool from = d->from_port[i] == r->file->port && c->from_pin == pin;
        if (c->from == NULL || (!from && (d->to_port[i] != r->file->port || c->to_pin != pin)))
            continue;
        const char *name = from ? c->to : c->from;
        ULONG characters = (ULONG)strlen(name) + 2, bytes = sizeof(KSPIN_PHYSICALCONNECTION) + characters * 2;
        KSPIN_PHYSICALCONNECTION *p = calloc(1, bytes);
        if (p == NULL)
            environment_failed("no memory for a physical connection");
        p->Size = bytes;
        p->Pin = from ? c->to_pin : c->from_pin;
        p->SymbolicLinkName[0] = '\\';
        for (ULONG k = 0; name[k] != '\0'; k++)
            p->SymbolicLinkName[k + 1] = (UCHAR)name[k];
        NTSTATUS status = pc_give(r, p, bytes);
        free(p);
        return status;
    }
    return STATUS_NOT_FOUND;
}

/* The registry's name of the GUID; there is none here, so the GUID itself. */
static NTSTATUS give_name(struct pc_request *r, const GUID *g)
{
    char text[40];
    WCHAR wide[40];
    if (g == NULL)
        return STATUS_NOT_FOUND;
    snprintf(text, sizeof(text), "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", (unsigned)g->Data1, g->Data2,
             g->Data3, g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6],
             g->Data4[7]);
    for (unsigned i = 0; i < sizeof(text); i++)
        wide[i] = (UCHAR)text[i];
    return pc_give(r, wide, (ULONG)(strlen(text) + 1) * 2);
}

static NTSTATUS pin_get(struct pc_request *r, ULONG pin_id)
{
    const PCPIN_DESCRIPTOR *pin = portcls_pin(r->file->port->filter, pin_id);
    const KSPIN_DESCRIPTOR *k = &pin->KsPinDescriptor;
    switch (r->property.Id) {
    case KSPROPERTY_PIN_CINSTANCES:
        return give_instances(r, pin->MaxFilterInstanceCount, r->file->pin_instances[pin_id]);
    case KSPROPERTY_PIN_GLOBALCINSTANCES:
        return give_instances(r, pin->MaxGlobalInstanceCount, r->file->port->pin_instances[pin_id]);
    case KSPROPERTY_PIN_NECESSARYINSTANCES:
        return pc_give(r, &pin->MinFilterInstanceCount, sizeof(ULONG));
    case KSPROPERTY_PIN_DATAFLOW:
        return pc_give(r, &k->DataFlow, sizeof(k->DataFlow));
    case KSPROPERTY_PIN_COMMUNICATION:
        return pc_give(r, &k->Communication, sizeof(k->Communication));
    case KSPROPERTY_PIN_DATARANGES:
    case KSPROPERTY_PIN_CONSTRAINEDDATARANGES:
        return give_ranges(r, k);
    case KSPROPERTY_PIN_DATAINTERSECTION:
        return pc_intersect(r, pin_id);
    case KSPROPERTY_PIN_INTERFACES:
        return give_standard(r, &KSINTERFACESETID_Standard, KSINTERFACE_STANDARD_LOOPED_STREAMING);
    case KSPROPERTY_PIN_MEDIUMS:
        return give_standard(r, &KSMEDIUMSETID_Standard, 0);
    case KSPROPERTY_PIN_PHYSICALCONNECTION:
        return give_connection(r, pin_id);
    case KSPROPERTY_PIN_CATEGORY:
        return k->Category != NULL ? pc_give(r, k->Category, sizeof(GUID)) : STATUS_NOT_FOUND;
    case KSPROPERTY_PIN_NAME:
        return give_name(r, k->Name != NULL ? k->Name : k->Category);
    default:
        return PC_NOT_MINE;
    }
}

/* Of a miniport without a handler: the GUIDs of the format decide. */
static NTSTATUS propose(struct pc_request *r, ULONG pin_id)
{
    const KSPIN_DESCRIPTOR *k = &portcls_pin(r->file->port->filter, pin_id)->KsPinDescriptor;
    NTSTATUS status = pc_check_wave_format(r->out, r->out_bytes);
    for (ULONG i = 0; NT_SUCCESS(status) && i < k->DataRangesCount; i++) {
        if (pc_format_fits((const KSDATAFORMAT *)(void *)r->out, k->DataRanges[i]))
            return STATUS_SUCCESS;
    }
    return NT_SUCCESS(status) ? STATUS_NO_MATCH : status;
}

static NTSTATUS pin_property(struct pc_request *r)
{
    KSP_PIN p;
    bool get = r->verb == KSPROPERTY_TYPE_GET, proposes = r->property.Id == KSPROPERTY_PIN_PROPOSEDATAFORMAT;
    ULONG types = r->file->port->filter->PinCount, access = KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_BASICSUPPORT;
    if (proposes && pc_item(r->file->port->filter->AutomationTable, false, &KSPROPSETID_Pin, r->property.Id, NULL))
        return PC_NOT_MINE; /* the driver's */
    if (r->property.Id > KSPROPERTY_PIN_PROPOSEDATAFORMAT)
        return PC_NOT_MINE;
    if (r->verb == KSPROPERTY_TYPE_BASICSUPPORT) {
        access = proposes ? KSPROPERTY_TYPE_SET | KSPROPERTY_TYPE_BASICSUPPORT : access;
        return pc_give(r, &access, sizeof(access));
    }
    if (proposes ? r->verb != KSPROPERTY_TYPE_SET : !get)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (r->property.Id == KSPROPERTY_PIN_CTYPES)
        return pc_give(r, &types, sizeof(types));
    if (r->in_bytes < sizeof(p))
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&p, r->in, sizeof(p));
    if (p.PinId >= types)
        return STATUS_INVALID_PARAMETER;
    return proposes ? propose(r, p.PinId) : pin_get(r, p.PinId);
}

/* ---- KSPROPSETID_Topology ---- */

static NTSTATUS topology_get(struct pc_request *r)
{
    const PCFILTER_DESCRIPTOR *f = r->file->port->filter;
    struct multiple m = {0};
    if (r->verb != KSPROPERTY_TYPE_GET)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (r->property.Id) {
    case KSPROPERTY_TOPOLOGY_CATEGORIES:
        for (ULONG i = 0; i < f->CategoryCount; i++)
            multiple_add(&m, &f->Categories[i], sizeof(GUID));
        return multiple_give(r, &m);
    case KSPROPERTY_TOPOLOGY_NODES:
        for (ULONG i = 0; i < f->NodeCount; i++)
            multiple_add(&m, portcls_node(f, i)->Type, sizeof(GUID));
        return multiple_give(r, &m);
    case KSPROPERTY_TOPOLOGY_CONNECTIONS:
        for (ULONG i = 0; i < f->ConnectionCount; i++)
            multiple_add(&m, &f->Connections[i], sizeof(f->Connections[i]));
        return multiple_give(r, &m);
    default:
        return PC_NOT_MINE;
    }
}

NTSTATUS pc_filter_property(struct pc_request *r)
{
    if (r->node != PCFILTER_NODE) {
        const PCNODE_DESCRIPTOR *n = portcls_node(r->file->port->filter, r->node);
        if (guid_is(&r->property.Set, &KSPROPSETID_Topology) && r->property.Id == KSPROPERTY_TOPOLOGY_NAME &&
            r->verb == KSPROPERTY_TYPE_GET)
            return give_name(r, n->Name != NULL ? n->Name : n->Type);
        return PC_NOT_MINE;
    }
    if (guid_is(&r->property.Set, &KSPROPSETID_Pin))
        return pin_property(r);
    if (guid_is(&r->property.Set, &KSPROPSETID_Topology))
        return topology_get(r);
    return PC_NOT_MINE;
}
