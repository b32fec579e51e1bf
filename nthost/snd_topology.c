/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every property of every filter, pin and node that the descriptors name, asked for in every way and with every size
 * that can be wrong. What must hold: an answer is never longer than its buffer; without a buffer the length is told
 * (STATUS_BUFFER_OVERFLOW) or the request refused; with one that is too small it is refused; BASICSUPPORT says what the
 * descriptor says; what was set is what one gets.
 */
#include <stdlib.h>
#include <string.h>

#include "snd.h"
#include "snd_topology.h"

#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
enum { VALUE_BYTES = 65536, AUDIO_CHANNEL_CONFIG = 3, AUDIO_VOLUMELEVEL = 4, AUDIO_MUTE = 13, JACK_PINS = 6 };

static const GUID node_volume = {0x3a5acc00, 0xc557, 0x11d0, {0x8a, 0x2b, 0x00, 0xa0, 0xc9, 0x25, 0x5a, 0xc1}};
static const GUID node_mute = {0x02b223c0, 0xc557, 0x11d0, {0x8a, 0x2b, 0x00, 0xa0, 0xc9, 0x25, 0x5a, 0xc1}};

struct place {
    struct snd_bench *bench;
    ks_file *filter;
    const char *subdevice;
    const PCPROPERTY_ITEM *item;
    enum { ON_FILTER, ON_PIN, ON_NODE } kind;
    ULONG index;
    LONG channel;
};

static bool same_guid(const GUID *a, const GUID *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void wrong(const struct place *p, const char *what, ULONG bytes, NTSTATUS status, ULONG returned)
{
    static const char *const kinds[] = {"filter", "pin", "node"};
    snd_fail(p->bench, "%s, %s %u, property %08x... %u, channel %d, %u bytes: %s: %#x, Information %u", p->subdevice,
             kinds[p->kind], (unsigned)p->index, (unsigned)p->item->Set->Data1, (unsigned)p->item->Id, (int)p->channel,
             (unsigned)bytes, what, (unsigned)status, (unsigned)returned);
}

static NTSTATUS ask(const struct place *p, ULONG flags, void *value, ULONG bytes, ULONG *returned)
{
    NTSTATUS status;
    *returned = 0;
    p->bench->requests++;
    if (p->kind == ON_NODE) {
        status = ks_node(p->filter, p->item->Set, p->item->Id, flags, p->index, p->channel, value, bytes, returned);
    } else {
        KSP_PIN request = {.PinId = p->index};
        request.Property = (KSPROPERTY){*p->item->Set, p->item->Id, flags};
        status = ks_property(p->filter, &request, p->kind == ON_PIN ? sizeof(request) : sizeof(request.Property), value,
                             bytes, returned);
    }
    if (NT_SUCCESS(status) && *returned > bytes)
        wrong(p, "the answer is longer than its buffer", bytes, status, *returned);
    return status;
}

static void check_support(const struct place *p)
{
    uint8_t value[VALUE_BYTES];
    ULONG access, returned, full, wanted = 0;
    NTSTATUS status = ask(p, KSPROPERTY_TYPE_BASICSUPPORT, &access, sizeof(access), &returned);
    if ((p->item->Flags & KSPROPERTY_TYPE_GET) != 0)
        wanted |= KSPROPERTY_TYPE_GET;
    if ((p->item->Flags & KSPROPERTY_TYPE_SET) != 0)
        wanted |= KSPROPERTY_TYPE_SET;
    if ((p->item->Flags & KSPROPERTY_TYPE_BASICSUPPORT) == 0)
        return;
    if (!NT_SUCCESS(status) || returned != sizeof(access) || (access & 3) != wanted)
        wrong(p, "BASICSUPPORT in a ULONG", sizeof(access), status, returned);
    status = ask(p, KSPROPERTY_TYPE_BASICSUPPORT, value, sizeof(value), &full);
    if (!NT_SUCCESS(status) || full < sizeof(access))
        wrong(p, "BASICSUPPORT in a large buffer", sizeof(value), status, full);
    /* "Basic Support Queries for Audio Properties": a ULONG, a KSPROPERTY_DESCRIPTION, or all of it; "a value size that
     * does not match one of these three cases" is refused. */
    for (ULONG bytes = 0; bytes < full; bytes += bytes < 8 ? 1 : 4) {
        bool one_of_three = bytes == 0 || bytes == sizeof(access) || bytes == sizeof(KSPROPERTY_DESCRIPTION);
        status = ask(p, KSPROPERTY_TYPE_BASICSUPPORT, value, bytes, &returned);
        if (bytes == sizeof(KSPROPERTY_DESCRIPTION) && full >= bytes && !NT_SUCCESS(status))
            wrong(p, "BASICSUPPORT in a KSPROPERTY_DESCRIPTION", bytes, status, returned);
        if (!one_of_three && NT_SUCCESS(status) && returned != sizeof(access) &&
            returned != sizeof(KSPROPERTY_DESCRIPTION))
            wrong(p, "BASICSUPPORT in a buffer of no right size", bytes, status, returned);
        if (bytes < sizeof(access) && bytes != 0 && NT_SUCCESS(status))
            wrong(p, "BASICSUPPORT in less than a ULONG", bytes, status, returned);
    }
}

static void check_get(const struct place *p)
{
    uint8_t value[VALUE_BYTES], again[VALUE_BYTES];
    ULONG exact, returned;
    NTSTATUS status = ask(p, KSPROPERTY_TYPE_GET, value, sizeof(value), &exact);
    if ((p->item->Flags & KSPROPERTY_TYPE_GET) == 0) {
        if (NT_SUCCESS(status))
            wrong(p, "GET of what cannot be got", sizeof(value), status, exact);
        return;
    }
    if (!NT_SUCCESS(status))
        return; /* not of this pin or channel */
    status = ask(p, KSPROPERTY_TYPE_GET, NULL, 0, &returned);
    if (NT_SUCCESS(status) || (status == STATUS_BUFFER_OVERFLOW && returned != exact))
        wrong(p, "GET without a buffer", 0, status, returned);
    for (ULONG bytes = 1; bytes < exact; bytes += bytes < 8 ? 1 : 5) {
        status = ask(p, KSPROPERTY_TYPE_GET, again, bytes, &returned);
        if (NT_SUCCESS(status))
            wrong(p, "GET in too small a buffer", bytes, status, returned);
    }
    status = ask(p, KSPROPERTY_TYPE_GET, again, exact, &returned);
    if (!NT_SUCCESS(status) || returned != exact || memcmp(value, again, exact) != 0)
        wrong(p, "GET in a buffer of just its size", exact, status, returned);
    if ((p->item->Flags & KSPROPERTY_TYPE_SET) == 0)
        return;
    for (ULONG bytes = 0; bytes < exact; bytes++) {
        status = ask(p, KSPROPERTY_TYPE_SET, value, bytes, &returned);
        if (NT_SUCCESS(status))
            wrong(p, "SET of too little", bytes, status, returned);
    }
    status = ask(p, KSPROPERTY_TYPE_SET, value, exact, &returned);
    if (!NT_SUCCESS(status))
        wrong(p, "SET of what it is", exact, status, returned);
}

/* Minimum, maximum and step by BASICSUPPORT; each can be set, and comes back to within a step. */
static void check_range(const struct place *p)
{
    struct {
        KSPROPERTY_DESCRIPTION description;
        KSPROPERTY_MEMBERSHEADER header;
        KSPROPERTY_STEPPING_LONG step[8];
    } range;
    ULONG returned;
    LONG before, value, steps[3];
    NTSTATUS status = ask(p, KSPROPERTY_TYPE_BASICSUPPORT, &range, sizeof(range), &returned);
    if (!NT_SUCCESS(status) || returned < sizeof(range.description) + sizeof(range.header) + sizeof(range.step[0]) ||
        range.description.MembersListCount == 0 || range.header.MembersFlags != KSPROPERTY_MEMBER_STEPPEDRANGES ||
        range.header.MembersCount == 0 || range.step[0].SteppingDelta == 0 ||
        range.step[0].SignedMinimum >= range.step[0].SignedMaximum) {
        wrong(p, "the range of a volume", sizeof(range), status, returned);
        return;
    }
    steps[0] = range.step[0].SignedMinimum;
    steps[1] = range.step[0].SignedMaximum;
    steps[2] = steps[0] + (steps[1] - steps[0]) / 3;
    if (!NT_SUCCESS(ask(p, KSPROPERTY_TYPE_GET, &before, sizeof(before), &returned)))
        return;
    for (unsigned i = 0; i < 3; i++) {
        status = ask(p, KSPROPERTY_TYPE_SET, &steps[i], sizeof(steps[i]), &returned);
        if (!NT_SUCCESS(status))
            wrong(p, "SET of a volume in its range", sizeof(value), status, returned);
        status = ask(p, KSPROPERTY_TYPE_GET, &value, sizeof(value), &returned);
        if (!NT_SUCCESS(status) || labs((long)value - (long)steps[i]) > (long)range.step[0].SteppingDelta)
            wrong(p, "a volume that was set", sizeof(value), status, (ULONG)value);
    }
    ask(p, KSPROPERTY_TYPE_SET, &before, sizeof(before), &returned);
}

static void check_item(struct place *p)
{
    static const LONG channels[] = {KS_NO_CHANNEL, KS_ALL_CHANNELS, 0, 1, 7, 99};
    bool per_channel = p->kind == ON_NODE && same_guid(p->item->Set, &KSPROPSETID_Audio) &&
                       (p->item->Id == AUDIO_VOLUMELEVEL || p->item->Id == AUDIO_MUTE);
    for (unsigned i = 0; i < (per_channel ? sizeof(channels) / sizeof(channels[0]) : 1); i++) {
        p->channel = channels[i];
        if (p->channel <= 1)
            check_support(p);
        check_get(p);
        if (per_channel && p->item->Id == AUDIO_VOLUMELEVEL && p->channel == 0)
            check_range(p);
    }
}

static void check_table(struct place *p, const PCAUTOMATION_TABLE *table)
{
    const uint8_t *at = table != NULL ? (const uint8_t *)table->Properties : NULL;
    for (ULONG i = 0; table != NULL && i < table->PropertyCount; i++, at += table->PropertyItemSize) {
        p->item = (const PCPROPERTY_ITEM *)at;
        if (p->kind != ON_FILTER || !same_guid(p->item->Set, &KSPROPSETID_Jack)) {
            check_item(p);
            continue;
        }
        p->kind = ON_PIN; /* a filter's property about a pin (KSP_PIN) */
        for (p->index = 0; p->index < JACK_PINS; p->index++)
            check_item(p);
        p->kind = ON_FILTER;
        p->index = 0;
    }
}

/* ---- KS' own properties of pins ---- */

static void check_pin(struct place *p, const PCPIN_DESCRIPTOR *pin)
{
    static const ULONG ids[] = {KSPROPERTY_PIN_CINSTANCES,        KSPROPERTY_PIN_DATAFLOW,
                                KSPROPERTY_PIN_DATARANGES,        KSPROPERTY_PIN_INTERFACES,
                                KSPROPERTY_PIN_MEDIUMS,           KSPROPERTY_PIN_COMMUNICATION,
                                KSPROPERTY_PIN_GLOBALCINSTANCES,  KSPROPERTY_PIN_NECESSARYINSTANCES,
                                KSPROPERTY_PIN_CATEGORY,          KSPROPERTY_PIN_NAME,
                                KSPROPERTY_PIN_PHYSICALCONNECTION};
    uint8_t value[VALUE_BYTES];
    ULONG returned;
    LONG flow = 0;
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        NTSTATUS status = ks_pin_get(p->filter, &KSPROPSETID_Pin, ids[i], p->index, value, sizeof(value), &returned);
        p->bench->requests++;
        if (!NT_SUCCESS(status) && ids[i] < KSPROPERTY_PIN_PHYSICALCONNECTION)
            snd_fail(p->bench, "%s: property %u of pin %u: %#x", p->subdevice, (unsigned)ids[i], (unsigned)p->index,
                     (unsigned)status);
        if (NT_SUCCESS(status) && ids[i] == KSPROPERTY_PIN_DATAFLOW)
            memcpy(&flow, value, sizeof(flow));
    }
    if (flow != pin->KsPinDescriptor.DataFlow)
        snd_fail(p->bench, "%s: the data of pin %u flow %d", p->subdevice, (unsigned)p->index, (int)flow);
    check_table(p, pin->AutomationTable);
}

static void walk_subdevice(struct snd_bench *b, struct pc_device *d, const char *name)
{
    const PCFILTER_DESCRIPTOR *f = portcls_descriptor(d, name);
    struct place p = {.bench = b, .subdevice = name, .channel = KS_NO_CHANNEL};
    NTSTATUS status = ks_open_filter(b->node, name, &p.filter);
    if (!NT_SUCCESS(status) || f == NULL) {
        snd_fail(b, "filter %s: %#x", name, (unsigned)status);
        return;
    }
    check_table(&p, f->AutomationTable);
    p.kind = ON_PIN;
    for (p.index = 0; p.index < f->PinCount; p.index++)
        check_pin(&p, portcls_pin(f, p.index));
    p.kind = ON_NODE;
    for (p.index = 0; p.index < f->NodeCount; p.index++)
        check_table(&p, portcls_node(f, p.index)->AutomationTable);
    ks_close(p.filter);
}

void snd_topology_walk(struct snd_bench *b)
{
    struct pc_device *d = portcls_device_of(b->node);
    if (d == NULL || portcls_subdevices(d) == 0) {
        snd_fail(b, "there are no subdevices");
        return;
    }
    for (unsigned i = 0; i < portcls_subdevices(d); i++)
        walk_subdevice(b, d, portcls_subdevice_name(d, i));
}

/* ---- volume and mute ---- */

/* Playback's node of a kind comes first. */
static bool find_node(struct snd_bench *b, unsigned direction, const GUID *type, ULONG *node)
{
    struct pc_device *d = portcls_device_of(b->node);
    const PCFILTER_DESCRIPTOR *f = d != NULL ? portcls_descriptor(d, "Topology") : NULL;
    unsigned found = 0;
    for (ULONG i = 0; f != NULL && i < f->NodeCount; i++) {
        if (same_guid(portcls_node(f, i)->Type, type) && found++ == direction) {
            *node = i;
            return true;
        }
    }
    return false;
}

NTSTATUS snd_set_node(struct snd_bench *b, unsigned direction, bool mute, LONG channel, LONG value)
{
    ks_file *filter;
    ULONG node, returned;
    NTSTATUS status = STATUS_NOT_FOUND;
    if (!find_node(b, direction, mute ? &node_mute : &node_volume, &node))
        return status;
    status = ks_open_filter(b->node, "Topology", &filter);
    if (!NT_SUCCESS(status))
        return status;
    status = ks_node(filter, &KSPROPSETID_Audio, mute ? AUDIO_MUTE : AUDIO_VOLUMELEVEL, KSPROPERTY_TYPE_SET, node,
                     channel, &value, sizeof(value), &returned);
    ks_close(filter);
    return status;
}
