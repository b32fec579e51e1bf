/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Filter descriptors: read by their own element sizes and checked. Pages PCFILTER_DESCRIPTOR, PCPIN_DESCRIPTOR,
 * PCNODE_DESCRIPTOR, PCCONNECTION_DESCRIPTOR, PCAUTOMATION_TABLE, KSPIN_DESCRIPTOR, KSDATARANGE.
 */
#include "pc_internal.h"

enum { ELEMENTS_MAX = 1024, DATA_RANGE_MAX = 65536 };

const PCPIN_DESCRIPTOR *portcls_pin(const PCFILTER_DESCRIPTOR *f, unsigned index)
{
    return index < f->PinCount ? (const PCPIN_DESCRIPTOR *)((const uint8_t *)f->Pins + (size_t)index * f->PinSize)
                               : NULL;
}

const PCNODE_DESCRIPTOR *portcls_node(const PCFILTER_DESCRIPTOR *f, unsigned index)
{
    return index < f->NodeCount ? (const PCNODE_DESCRIPTOR *)((const uint8_t *)f->Nodes + (size_t)index * f->NodeSize)
                                : NULL;
}

/* "should be a multiple of eight and at least sizeof" */
static void check_array(const char *what, ULONG size, ULONG least, ULONG count, const void *elements)
{
    if (count == 0)
        return;
    if (elements == NULL || count > ELEMENTS_MAX)
        rule_broken("pc-descriptor", "%u %s at %p", (unsigned)count, what, elements);
    if (size < least || size % 8 != 0)
        rule_broken("pc-descriptor", "%s of %u bytes each: must be a multiple of eight and at least %u", what,
                    (unsigned)size, (unsigned)least);
}

const PCPROPERTY_ITEM *pc_item(const PCAUTOMATION_TABLE *table, bool event, const GUID *set, ULONG id, bool *set_found)
{
    if (table == NULL)
        return NULL;
    const uint8_t *items = (const uint8_t *)(event ? table->Events : table->Properties);
    ULONG count = event ? table->EventCount : table->PropertyCount;
    ULONG size = event ? table->EventItemSize : table->PropertyItemSize;
    for (ULONG i = 0; i < count; i++) {
        const PCPROPERTY_ITEM *item = (const PCPROPERTY_ITEM *)(items + (size_t)i * size);
        if (!guid_is(item->Set, set))
            continue;
        if (set_found != NULL)
            *set_found = true;
        if (item->Id == id)
            return item;
    }
    return NULL;
}

static void check_items(const char *where, const char *what, const void *items, ULONG size, ULONG count)
{
    check_array(what, size, sizeof(PCPROPERTY_ITEM), count, items);
    for (ULONG i = 0; i < count; i++) {
        const PCPROPERTY_ITEM *item = (const PCPROPERTY_ITEM *)((const uint8_t *)items + (size_t)i * size);
        if (item->Set == NULL || item->Flags == 0 || !address_in_driver(item->Handler))
            rule_broken("pc-descriptor", "%s: item %u of the %s has set %p, flags %#x and handler %p", where,
                        (unsigned)i, what, (const void *)item->Set, (unsigned)item->Flags, item->Handler);
        for (ULONG k = 0; k < i; k++) {
            const PCPROPERTY_ITEM *other = (const PCPROPERTY_ITEM *)((const uint8_t *)items + (size_t)k * size);
            if (guid_is(other->Set, item->Set) && other->Id == item->Id)
                rule_broken("pc-descriptor", "%s: item %u of the %s is of the same set and ID as item %u", where,
                            (unsigned)i, what, (unsigned)k);
        }
    }
}

static void check_table(const char *where, const PCAUTOMATION_TABLE *t)
{
    if (t == NULL)
        return;
    check_items(where, "properties", t->Properties, t->PropertyItemSize, t->PropertyCount);
    check_items(where, "events", t->Events, t->EventItemSize, t->EventCount);
    if (t->Reserved != 0)
        rule_broken("pc-descriptor", "%s: PCAUTOMATION_TABLE.Reserved is %u, not 0", where, (unsigned)t->Reserved);
}

static void check_range(unsigned pin, ULONG index, const KSDATARANGE *range)
{
    if (range == NULL || range->FormatSize < sizeof(KSDATARANGE) || range->FormatSize > DATA_RANGE_MAX)
        rule_broken("pc-descriptor", "pin %u: data range %u at %p has a FormatSize of %u bytes", pin, (unsigned)index,
                    (const void *)range, range != NULL ? (unsigned)range->FormatSize : 0);
    if (range->Reserved != 0)
        rule_broken("pc-descriptor", "pin %u: data range %u has Reserved %u, not 0", pin, (unsigned)index,
                    (unsigned)range->Reserved);
    if (!guid_is(&range->MajorFormat, &KSDATAFORMAT_TYPE_AUDIO) ||
        !guid_is(&range->Specifier, &KSDATAFORMAT_SPECIFIER_WAVEFORMATEX))
        return;
    const KSDATARANGE_AUDIO *a = (const KSDATARANGE_AUDIO *)range;
    if (range->FormatSize < sizeof(*a))
        rule_broken("pc-descriptor",
                    "pin %u: data range %u is one of wave audio and has %u bytes, not the %zu of "
                    "KSDATARANGE_AUDIO",
                    pin, (unsigned)index, (unsigned)range->FormatSize, sizeof(*a));
    if (a->MaximumChannels == 0 || a->MinimumBitsPerSample > a->MaximumBitsPerSample ||
        a->MinimumSampleFrequency > a->MaximumSampleFrequency || a->MinimumBitsPerSample == 0 ||
        a->MinimumSampleFrequency == 0)
        rule_broken("pc-descriptor", "pin %u: data range %u is empty: %u channels, %u to %u bits, %u to %u Hz", pin,
                    (unsigned)index, (unsigned)a->MaximumChannels, (unsigned)a->MinimumBitsPerSample,
                    (unsigned)a->MaximumBitsPerSample, (unsigned)a->MinimumSampleFrequency,
                    (unsigned)a->MaximumSampleFrequency);
}

/* "When describing a bridge pin, set the three instance counts to zero and AutomationTable to NULL" */
static void check_bridge(unsigned index, const PCPIN_DESCRIPTOR *p)
{
    if (p->MaxGlobalInstanceCount != 0 || p->MaxFilterInstanceCount != 0 || p->MinFilterInstanceCount != 0 ||
        p->AutomationTable != NULL)
        rule_broken("pc-descriptor",
                    "pin %u is a bridge pin: its instance counts (%u, %u, %u) must be 0 and its "
                    "AutomationTable NULL",
                    index, (unsigned)p->MaxGlobalInstanceCount, (unsigned)p->MaxFilterInstanceCount,
                    (unsigned)p->MinFilterInstanceCount);
}

static void check_pin(unsigned index, const PCPIN_DESCRIPTOR *p)
{
    const KSPIN_DESCRIPTOR *k = &p->KsPinDescriptor;
    bool bridge = k->Communication == KSPIN_COMMUNICATION_NONE || k->Communication == KSPIN_COMMUNICATION_BRIDGE;
    if (k->DataFlow != KSPIN_DATAFLOW_IN && k->DataFlow != KSPIN_DATAFLOW_OUT)
        rule_broken("pc-descriptor", "pin %u: data flow %d", index, (int)k->DataFlow);
    if (k->Communication < KSPIN_COMMUNICATION_NONE || k->Communication > KSPIN_COMMUNICATION_BRIDGE)
        rule_broken("pc-descriptor", "pin %u: communication %d", index, (int)k->Communication);
    if (k->DataRangesCount > ELEMENTS_MAX || (k->DataRangesCount != 0 && k->DataRanges == NULL))
        rule_broken("pc-descriptor", "pin %u: %u data ranges at %p", index, (unsigned)k->DataRangesCount,
                    (const void *)k->DataRanges);
    if (p->MaxFilterInstanceCount < p->MinFilterInstanceCount || p->MaxGlobalInstanceCount < p->MaxFilterInstanceCount)
        rule_broken("pc-descriptor", "pin %u: instance counts %u (global), %u (filter), %u (necessary)", index,
                    (unsigned)p->MaxGlobalInstanceCount, (unsigned)p->MaxFilterInstanceCount,
                    (unsigned)p->MinFilterInstanceCount);
    for (ULONG i = 0; i < k->DataRangesCount; i++)
        check_range(index, i, k->DataRanges[i]);
    if (bridge)
        check_bridge(index, p);
    check_table("a pin's automation table", p->AutomationTable);
}

static void check_end(const PCFILTER_DESCRIPTOR *f, ULONG index, ULONG node, ULONG pin)
{
    if (node == PCFILTER_NODE ? pin >= f->PinCount : node >= f->NodeCount)
        rule_broken("pc-descriptor", "connection %u names %s %u; there are %u pins and %u nodes", (unsigned)index,
                    node == PCFILTER_NODE ? "the filter's pin" : "node", (unsigned)(node == PCFILTER_NODE ? pin : node),
                    (unsigned)f->PinCount, (unsigned)f->NodeCount);
}

static void check_connections(const PCFILTER_DESCRIPTOR *f)
{
    if (f->ConnectionCount > ELEMENTS_MAX || (f->ConnectionCount != 0 && f->Connections == NULL))
        rule_broken("pc-descriptor", "%u connections at %p", (unsigned)f->ConnectionCount,
                    (const void *)f->Connections);
    for (ULONG i = 0; i < f->ConnectionCount; i++) {
        const PCCONNECTION_DESCRIPTOR *c = &f->Connections[i];
        check_end(f, i, c->FromNode, c->FromNodePin);
        check_end(f, i, c->ToNode, c->ToNodePin);
        /* Data enters a filter at an IN pin, which is where a connection from the filter begins. */
        if ((c->FromNode == PCFILTER_NODE &&
             portcls_pin(f, c->FromNodePin)->KsPinDescriptor.DataFlow != KSPIN_DATAFLOW_IN) ||
            (c->ToNode == PCFILTER_NODE &&
             portcls_pin(f, c->ToNodePin)->KsPinDescriptor.DataFlow != KSPIN_DATAFLOW_OUT))
            rule_broken("pc-descriptor", "connection %u goes against the data flow of its pin", (unsigned)i);
    }
}

/* "If the filter contains two or more nodes of the same type, the Name members for those nodes must be non-NULL." */
static void check_nodes(const PCFILTER_DESCRIPTOR *f)
{
    for (ULONG i = 0; i < f->NodeCount; i++) {
        const PCNODE_DESCRIPTOR *n = portcls_node(f, i);
        if (n->Type == NULL || n->Flags != 0)
            rule_broken("pc-descriptor", "node %u: type %p, flags %#x", (unsigned)i, (const void *)n->Type,
                        (unsigned)n->Flags);
        for (ULONG k = 0; k < f->NodeCount; k++) {
            if (k != i && n->Name == NULL && guid_is(portcls_node(f, k)->Type, n->Type))
                rule_broken("pc-descriptor", "nodes %u and %u are of the same type, so node %u must have a Name",
                            (unsigned)k, (unsigned)i, (unsigned)i);
        }
        check_table("a node's automation table", n->AutomationTable);
    }
}

void pc_check_descriptor(const PCFILTER_DESCRIPTOR *f)
{
    if (f->Version != 0)
        rule_broken("pc-descriptor", "PCFILTER_DESCRIPTOR.Version is %u, not 0", (unsigned)f->Version);
    check_array("pins", f->PinSize, sizeof(PCPIN_DESCRIPTOR), f->PinCount, f->Pins);
    check_array("nodes", f->NodeSize, sizeof(PCNODE_DESCRIPTOR), f->NodeCount, f->Nodes);
    if (f->CategoryCount > ELEMENTS_MAX || (f->CategoryCount != 0 && f->Categories == NULL))
        rule_broken("pc-descriptor", "%u categories at %p", (unsigned)f->CategoryCount, (const void *)f->Categories);
    check_table("the filter's automation table", f->AutomationTable);
    for (unsigned i = 0; i < f->PinCount; i++)
        check_pin(i, portcls_pin(f, i));
    check_nodes(f);
    check_connections(f);
}
