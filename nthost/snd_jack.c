/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Jacks as Windows' audio service sees them: KSPROPSETID_Jack of the topology filter's bridge pins, and the event that
 * says that they have changed.
 */
#include <string.h>

#include "snd_topology.h"

enum { JACKS = 2, JACK_DESCRIPTION = 1, JACK_INFO_CHANGE = 1, DESCRIPTION_BYTES = 36, CONNECTED_AT = 32 };

static const ULONG pins[JACKS] = {1, 3};
static struct {
    ks_file *filter;
    ks_event *event;
} watch[JACKS];

bool snd_jack_connected(struct snd_bench *b, unsigned jack, bool *connected)
{
    uint8_t value[DESCRIPTION_BYTES];
    ks_file *filter;
    ULONG returned = 0;
    NTSTATUS status = jack < JACKS ? ks_open_filter(b->node, "Topology", &filter) : STATUS_NOT_FOUND;
    if (!NT_SUCCESS(status))
        return false;
    status = ks_pin_get(filter, &KSPROPSETID_Jack, JACK_DESCRIPTION, pins[jack], value, sizeof(value), &returned);
    ks_close(filter);
    if (!NT_SUCCESS(status) || returned != sizeof(value)) {
        snd_fail(b, "the description of jack %u: %#x, %u bytes", jack, (unsigned)status, (unsigned)returned);
        return false;
    }
    *connected = value[CONNECTED_AT] != 0;
    return true;
}

bool snd_jack_watch(struct snd_bench *b, unsigned jack)
{
    NTSTATUS status;
    if (jack >= JACKS || watch[jack].event != NULL)
        return false;
    status = ks_open_filter(b->node, "Topology", &watch[jack].filter);
    if (NT_SUCCESS(status)) {
        watch[jack].event = ks_event_create();
        status = ks_enable_event(watch[jack].filter, &KSEVENTSETID_PinCapsChange, JACK_INFO_CHANGE, KSEVENT_TYPE_ENABLE,
                                 PCFILTER_NODE, pins[jack], watch[jack].event);
    }
    if (!NT_SUCCESS(status))
        snd_fail(b, "the event of jack %u: %#x", jack, (unsigned)status);
    return NT_SUCCESS(status);
}

bool snd_jack_changed(struct snd_bench *b, unsigned jack, uint64_t timeout_us)
{
    (void)b;
    return jack < JACKS && watch[jack].event != NULL && ks_event_wait(watch[jack].event, timeout_us);
}

void snd_jack_forget(struct snd_bench *b)
{
    (void)b;
    for (unsigned i = 0; i < JACKS; i++) {
        if (watch[i].event == NULL)
            continue;
        ks_disable_event(watch[i].filter, watch[i].event);
        ks_close(watch[i].filter);
        ks_event_free(watch[i].event);
        memset(&watch[i], 0, sizeof(watch[i]));
    }
}
