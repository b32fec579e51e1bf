/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_snd.h"

#include <linux/virtio_snd.h>
#include <stdlib.h>
#include <string.h>

#include "contract_ids.h"
#include "cpu.h"
#include "model_snd_internal.h"
#include "verifier.h"

#define MASK(feature) (1ull << (feature))
#define QEMU_SUBSYSTEM 0x1100 /* what stock QEMU has for every device without an ID of its own */
#define CONTRACT_TX_ENTRIES 256u
#define STANDARD_TX_ENTRIES 64u
#define EVENT_BYTES 8u
#define FLOOD_EVENTS 32u

struct model_snd model_snd;

static const struct model_field snd_fields[] = {
    {0, 4, -1, false, false}, /* jacks, streams, chmaps */
    {4, 4, -1, false, false},
    {8, 4, -1, false, false},
    {0, 0, -1, false, false},
};

bool model_snd_fault(enum model_snd_fault kind)
{
    const struct model_snd_fault_setting *f = &model_snd.options.fault[kind];
    uint64_t now = ++model_snd.occasions[kind];

    return f->from != 0 && (now == f->from || (f->onwards && now > f->from));
}

uint32_t model_snd_status_word(enum snd_status status)
{
    return status == SND_NONSENSE ? SND_NONSENSE : (model_snd.options.standard ? VIRTIO_SND_S_OK : 0u) + status;
}

void model_snd_add_event(uint32_t code, uint32_t data)
{
    unsigned at = (model_snd.first_event + model_snd.events) % SND_EVENTS_MAX;

    if (model_snd.events < SND_EVENTS_MAX) {
        model_snd.event[at].code = code;
        model_snd.event[at].data = data;
        model_snd.events++;
    }
}

/* ---- the class ---- */

static void put32(struct model *m, unsigned offset, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        m->config[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

static void snd_open(struct model *m)
{
    uint64_t tx = model_snd.options.tx_size != 0 ? model_snd.options.tx_size
                  : model_snd.options.standard   ? STANDARD_TX_ENTRIES
                                                 : CONTRACT_TX_ENTRIES;

    m->offered =
        ((MASK(F_VERSION_1) | MASK(F_RING_INDIRECT)) | m->options.features_added) & ~m->options.features_removed;
    m->queues = SND_QUEUES;
    for (unsigned i = 0; i < m->queues; i++) {
        m->queue[i].index = (uint16_t)i;
        m->queue[i].max_size = (uint16_t)(i == SND_TX_QUEUE ? tx : m->options.queue_size);
    }
}

static void snd_close(struct model *m)
{
    (void)m;
    for (unsigned i = 0; i < model_snd.streams; i++) {
        free(model_snd.stream[i].record);
        free(model_snd.stream[i].begun);
        model_snd.stream[i].record = model_snd.stream[i].begun = NULL;
    }
}

static void snd_reset(struct model *m)
{
    const struct model_snd_options *o = &model_snd.options;

    memset(m->config, 0, sizeof m->config);
    put32(m, 0, model_snd_fault(SND_CONFIG_JACKS_HUGE) ? UINT32_MAX : o->jacks);
    put32(m, 4,
          model_snd_fault(SND_CONFIG_STREAMS_HUGE)   ? UINT32_MAX
          : model_snd_fault(SND_CONFIG_STREAMS_ZERO) ? 0
                                                     : model_snd.streams);
    for (unsigned i = 0; i < model_snd.streams; i++) {
        model_snd_stream_reset(&model_snd.stream[i]);
    }
    model_snd.first_event = model_snd.events = 0;
}

static void snd_config_written(struct model *m, unsigned offset, uint32_t value)
{
    (void)m;
    (void)offset;
    (void)value;
}

static void snd_fetched(struct model *m, struct model_chain *chain)
{
    switch (chain->queue->index) {
    case SND_CONTROL_QUEUE:
        model_snd_control_fetched(m, chain);
        break;
    case SND_EVENT_QUEUE:
        if (chain->readable != 0 || chain->writable < EVENT_BYTES) {
            model_rule(m, RULE_SND_EVENT_BUFFER, "head %u: %llu readable and %llu writable bytes for an event of 8",
                       chain->head, (unsigned long long)chain->readable, (unsigned long long)chain->writable);
        }
        break;
    default:
        model_snd_transfer_fetched(m, chain);
        break;
    }
}

/* Requests of a queue are taken in their order, and are over in their order. */
static bool in_turn(const struct model *m, const struct model_chain *chain)
{
    for (unsigned i = 0; i < m->chain_count && m->chain[i] != chain; i++) {
        if (m->chain[i]->queue == chain->queue && (chain->executed || !m->chain[i]->executed) && !m->chain[i]->lost) {
            return false;
        }
    }
    return true;
}

static bool snd_ready(const struct model *m, const struct model_chain *chain)
{
    if (chain->queue->index == SND_EVENT_QUEUE) {
        return !chain->executed || model_snd.events != 0;
    }
    if (chain->queue->index == SND_CONTROL_QUEUE) {
        return in_turn(m, chain) && model_snd_control_ready(m, chain);
    }
    return model_snd_transfer_ready(m, chain);
}

static void snd_execute(struct model *m, struct model_chain *chain)
{
    if (chain->queue->index == SND_CONTROL_QUEUE) {
        model_snd_control_execute(m, chain);
    } else if (chain->queue->index != SND_EVENT_QUEUE) {
        model_snd_transfer_execute(m, chain);
    }
}

static void finish_event(struct model *m, struct model_chain *chain)
{
    uint32_t event[2];

    chain->used_len = 0;
    if (model_snd.events == 0 || chain->writable < EVENT_BYTES) {
        return;
    }
    event[0] = model_snd.event[model_snd.first_event].code;
    event[1] = model_snd.event[model_snd.first_event].data;
    model_snd.first_event = (model_snd.first_event + 1) % SND_EVENTS_MAX;
    model_snd.events--;
    model_snd.stats.events++;
    if (model_snd_fault(SND_EVENT_UNKNOWN)) {
        event[0] = (uint32_t)model_random(m);
        event[1] = (uint32_t)model_random(m);
    }
    chain->used_len = model_snd_fault(SND_EVENT_SHORT)  ? EVENT_BYTES / 2
                      : model_snd_fault(SND_EVENT_LONG) ? 4096
                                                        : EVENT_BYTES;
    model_chain_write(chain, 0, event, sizeof event);
}

static void snd_finish(struct model *m, struct model_chain *chain)
{
    switch (chain->queue->index) {
    case SND_CONTROL_QUEUE:
        model_snd_control_finish(m, chain);
        break;
    case SND_EVENT_QUEUE:
        finish_event(m, chain);
        break;
    default:
        model_snd_transfer_finish(m, chain);
        break;
    }
}

static void snd_completed(struct model *m, struct model_chain *chain)
{
    const struct snd_stream *s = model_snd_stream_of(chain);
    uint32_t id;

    (void)m;
    if (chain->queue->index < SND_TX_QUEUE || s == NULL) {
        return;
    }
    id = (uint32_t)(s - model_snd.stream);
    if (model_snd.options.period_events) {
        model_snd_add_event(VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED, id);
    }
    if (model_snd_fault(SND_EVENT_XRUN)) {
        model_snd_add_event(VIRTIO_SND_EVT_PCM_XRUN, id);
    }
    for (unsigned i = 0, flood = model_snd_fault(SND_EVENT_FLOOD) ? FLOOD_EVENTS : 0; i < flood; i++) {
        model_snd_add_event(VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED, id);
    }
}

static struct model_class model_snd_class = {
    .name = "virtio-snd",
    .vendor = AERO_VIRTIO_SND_VENDOR_ID,
    .device = AERO_VIRTIO_SND_DEVICE_ID,
    .transitional = AERO_VIRTIO_SND_TRANSITIONAL_DEVICE_ID,
    .subsystem_vendor = AERO_VIRTIO_SND_SUBSYSTEM_VENDOR_ID,
    .revision = AERO_VIRTIO_SND_REVISION,
    .class_code = 0x040100,
    .fields = snd_fields,
    .open = snd_open,
    .close = snd_close,
    .reset = snd_reset,
    .config_written = snd_config_written,
    .fetched = snd_fetched,
    .ready = snd_ready,
    .execute = snd_execute,
    .finish = snd_finish,
    .completed = snd_completed,
};

static void add_streams(enum model_snd_direction direction)
{
    uint64_t count = direction == MODEL_SND_OUT ? model_snd.options.outputs : model_snd.options.inputs;

    for (unsigned i = 0; i < count && model_snd.streams < MODEL_SND_STREAMS_MAX; i++) {
        model_snd_stream_init(&model_snd.stream[model_snd.streams++], direction, i);
    }
}

pci_bus *model_snd_open(const struct model_options *options, const struct model_snd_options *snd)
{
    struct model_options device = *options;

    memset(&model_snd, 0, sizeof model_snd);
    model_snd.options = *snd;
    add_streams(snd->input_first ? MODEL_SND_IN : MODEL_SND_OUT);
    add_streams(snd->input_first ? MODEL_SND_OUT : MODEL_SND_IN);
    for (unsigned i = 0; i < MODEL_SND_JACKS_MAX; i++) {
        model_snd.jack[i] = true;
    }
    device.reorder = 1; /* snd_ready keeps the order of each queue */
    model_snd_class.subsystem = snd->standard ? QEMU_SUBSYSTEM : AERO_VIRTIO_SND_SUBSYSTEM_ID;
    return model_open(&device, &model_snd_class);
}

/* ---- for the host ---- */

void model_snd_source(pci_bus *bus, const uint8_t *bytes, size_t count)
{
    (void)bus;
    model_snd.source = bytes;
    model_snd.source_bytes = count;
}

const uint8_t *model_snd_recorded(const pci_bus *bus, unsigned n, size_t *count)
{
    const struct snd_stream *s = model_snd_find(MODEL_SND_OUT, n);

    (void)bus;
    *count = s != NULL ? s->recorded : 0;
    return s != NULL ? s->record : NULL;
}

uint64_t model_snd_position(const pci_bus *bus, enum model_snd_direction direction, unsigned n)
{
    const struct snd_stream *s = model_snd_find(direction, n);
    double line;

    (void)bus;
    if (s == NULL || s->state < SND_PREPARED) {
        return 0;
    }
    line = model_snd_stream_line(s);
    return direction == MODEL_SND_OUT && line > (double)s->tail ? s->tail : (uint64_t)line;
}

uint64_t model_snd_queued(const pci_bus *bus, enum model_snd_direction direction, unsigned n)
{
    const struct snd_stream *s = model_snd_find(direction, n);
    uint64_t position = model_snd_position(bus, direction, n);

    return s != NULL && s->tail > position ? s->tail - position : 0;
}

bool model_snd_running(const pci_bus *bus, enum model_snd_direction direction, unsigned n)
{
    const struct snd_stream *s = model_snd_find(direction, n);

    (void)bus;
    return s != NULL && s->state == SND_RUNNING;
}

void model_snd_jack(pci_bus *bus, unsigned jack, bool connected)
{
    (void)bus;
    if (jack < MODEL_SND_JACKS_MAX) {
        model_snd.jack[jack] = connected;
    }
    model_snd_add_event(connected ? VIRTIO_SND_EVT_JACK_CONNECTED : VIRTIO_SND_EVT_JACK_DISCONNECTED, jack);
}

void model_snd_event(pci_bus *bus, uint32_t code, uint32_t data)
{
    (void)bus;
    model_snd_add_event(code, data);
}

bool model_snd_arm(pci_bus *bus, const char *fault)
{
    (void)bus;
    memset(model_snd.occasions, 0, sizeof model_snd.occasions);
    return model_snd_arm_option(&model_snd.options, fault);
}

const struct model_snd_stats *model_snd_stats(const pci_bus *bus)
{
    (void)bus;
    return &model_snd.stats;
}
