/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_input.h"

#include <stdlib.h>
#include <string.h>

#include "contract_ids.h"
#include "model_input_config.h"
#include "model_internal.h"
#include "verifier.h"

#define MASK(feature) (1ull << (feature))
#define EVENTS_MAX 4096u
#define EVENT_BYTES 8u
enum { EVENT_QUEUE, STATUS_QUEUE };
enum { EV_SYN = 0, EV_LED = 0x11 };

struct event {
    uint16_t type, code;
    uint32_t value;
};

/* Of the one input device of a process. */
static struct {
    struct model_input_options options;
    struct model_input_stats stats;
    struct event events[EVENTS_MAX];
    unsigned first, count, packet; /* packet: events since the last SYN_REPORT */
    bool dropping;
    uint8_t select, subsel;
    uint64_t occasions[MODEL_INPUT_FAULTS];
} input;

/* Counts an occasion; true when the fault is armed for it. */
static bool fault(enum model_input_fault kind)
{
    const struct model_input_fault_setting *f = &input.options.fault[kind];
    uint64_t now = ++input.occasions[kind];

    return f->from != 0 && (now == f->from || (f->onwards && now > f->from));
}

/* ---- configuration ---- */

static void show_selected(struct model *m)
{
    memset(m->config, 0, sizeof m->config);
    m->config[0] = input.select;
    m->config[1] = input.subsel;
    m->config[2] = model_input_answer(&input.options, input.select, input.subsel, &m->config[8]);
    if (fault(INPUT_CONFIG_SIZE_LIES)) {
        m->config[2] = 255;
    }
    if (fault(INPUT_CONFIG_ALL_ONES)) {
        m->config[2] = 128;
        memset(&m->config[8], 0xff, 128);
    }
}

static void input_config_written(struct model *m, unsigned offset, uint32_t value)
{
    if (offset == 0) {
        input.select = (uint8_t)value;
    } else {
        input.subsel = (uint8_t)value;
    }
    show_selected(m);
}

/* The payload is bytes; what they mean, and so how wide an access may be, depends on the selector. */
static bool input_config_access(const struct model *m, uint32_t offset, unsigned width, bool write)
{
    (void)m;
    if (offset < 8) {
        return width == 1 && (write ? offset < 2 : offset < 3);
    }
    return !write && offset + width <= 136 && offset % width == 0;
}

/* ---- requests ---- */

static void input_open(struct model *m)
{
    m->offered =
        ((MASK(F_VERSION_1) | MASK(F_RING_INDIRECT)) | m->options.features_added) & ~m->options.features_removed;
    m->queues = 2;
    for (unsigned i = 0; i < m->queues; i++) {
        m->queue[i].index = (uint16_t)i;
        m->queue[i].max_size = (uint16_t)m->options.queue_size;
    }
}

static void input_close(struct model *m)
{
    (void)m;
}

static void input_reset(struct model *m)
{
    input.select = input.subsel = 0;
    input.first = input.count = input.packet = 0;
    input.dropping = false;
    show_selected(m);
}

static void input_fetched(struct model *m, struct model_chain *chain)
{
    if (chain->queue->index == EVENT_QUEUE) {
        if (chain->readable != 0 || chain->writable < EVENT_BYTES) {
            model_rule(m, RULE_INPUT_EVENT_BUFFER, "head %u: %llu readable and %llu writable bytes for an event of 8",
                       chain->head, (unsigned long long)chain->readable, (unsigned long long)chain->writable);
        }
        return;
    }
    if (chain->writable != 0 || chain->readable != EVENT_BYTES) {
        model_rule(m, RULE_INPUT_STATUS_BUFFER, "head %u: %llu readable and %llu writable bytes for one event of 8",
                   chain->head, (unsigned long long)chain->readable, (unsigned long long)chain->writable);
    }
}

static bool input_ready(const struct model *m, const struct model_chain *chain)
{
    (void)m;
    return chain->queue->index != EVENT_QUEUE || !chain->executed || input.count != 0;
}

static void take_status(struct model *m, const struct model_chain *chain)
{
    struct event event;
    uint8_t leds[16];

    if (chain->readable < EVENT_BYTES) {
        return;
    }
    model_chain_read(chain, 0, &event, sizeof event);
    input.stats.status_events++;
    if (event.type == EV_LED && model_input_answer(&input.options, 0x11, EV_LED, leds) * 8u > event.code &&
        (leds[event.code / 8] >> event.code % 8 & 1) != 0) {
        input.stats.leds = (input.stats.leds & ~(1u << event.code)) | (event.value != 0 ? 1u : 0u) << event.code;
    } else if (event.type != EV_SYN) {
        model_rule(m, RULE_INPUT_STATUS_EVENT, "a status event of type %u, code %u, value %u", event.type, event.code,
                   event.value);
    }
}

static void input_execute(struct model *m, struct model_chain *chain)
{
    if (chain->queue->index == STATUS_QUEUE) {
        take_status(m, chain);
    }
}

/* Events leave the device's queue in the order of the used ring. */
static void input_finish(struct model *m, struct model_chain *chain)
{
    struct event event;

    chain->used_len = 0;
    if (chain->queue->index == STATUS_QUEUE || input.count == 0) {
        return;
    }
    event = input.events[input.first];
    if (!fault(INPUT_EVENT_TWICE)) {
        input.first = (input.first + 1) % EVENTS_MAX;
        input.count--;
    }
    input.stats.delivered++;
    if (fault(INPUT_EVENT_UNKNOWN)) {
        event = (struct event){(uint16_t)model_random(m), (uint16_t)model_random(m), (uint32_t)model_random(m)};
    }
    chain->used_len = fault(INPUT_EVENT_SHORT) ? EVENT_BYTES / 2 : EVENT_BYTES;
    if (chain->writable >= EVENT_BYTES) {
        model_chain_write(chain, 0, &event, sizeof event);
    }
}

static void input_completed(struct model *m, struct model_chain *chain)
{
    (void)m;
    (void)chain;
}

static struct model_class model_input_class = {
    .name = "virtio-input",
    .revision = AERO_VIRTIO_INPUT_REVISION,
    .config_access = input_config_access,
    .open = input_open,
    .close = input_close,
    .reset = input_reset,
    .config_written = input_config_written,
    .fetched = input_fetched,
    .ready = input_ready,
    .execute = input_execute,
    .finish = input_finish,
    .completed = input_completed,
};

/* ---- for the host ---- */

static uint16_t subsystem_of(enum model_input_kind kind)
{
    switch (kind) {
    case MODEL_KEYBOARD:
        return AERO_VIRTIO_INPUT_SUBSYSTEM_ID_1;
    case MODEL_MOUSE:
        return AERO_VIRTIO_INPUT_SUBSYSTEM_ID_2;
    default:
        return AERO_VIRTIO_INPUT_TABLET_SUBSYSTEM_ID;
    }
}

/* What stock QEMU has for every device without an ID of its own. */
#define QEMU_SUBSYSTEM 0x1100

pci_bus *model_input_open(const struct model_options *options, const struct model_input_options *kind)
{
    bool foreign = kind->qemu_identity || kind->kind == MODEL_MULTITOUCH; /* contract v1 has no touch screen */

    input.options = *kind;
    memset(&input.stats, 0, sizeof input.stats);
    memset(input.occasions, 0, sizeof input.occasions);
    model_input_class.vendor = AERO_VIRTIO_INPUT_VENDOR_ID;
    model_input_class.device = AERO_VIRTIO_INPUT_DEVICE_ID;
    model_input_class.subsystem_vendor = AERO_VIRTIO_INPUT_SUBSYSTEM_VENDOR_ID;
    model_input_class.subsystem = foreign ? QEMU_SUBSYSTEM : subsystem_of(kind->kind);
    model_input_class.class_code = 0x098000;
    return model_open(options, &model_input_class);
}

/* QEMU's virtio_input_send: when the guest has not given enough buffers for a packet, all of it is lost. */
void model_input_event(pci_bus *bus, uint16_t type, uint16_t code, uint32_t value)
{
    struct model *m = model_of(bus);
    bool syn = type == EV_SYN && code == 0;

    input.stats.events++;
    if ((m->status & STATUS_DRIVER_OK) == 0) {
        return;
    }
    if (!input.dropping && input.count == EVENTS_MAX) {
        input.count -= input.packet;
        input.packet = 0;
        input.dropping = true;
        input.stats.dropped_packets++;
    }
    if (!input.dropping) {
        input.events[(input.first + input.count++) % EVENTS_MAX] = (struct event){type, code, value};
        input.packet++;
    }
    if (syn) {
        input.dropping = false;
        input.packet = 0;
    }
}

uint64_t model_input_waiting(const pci_bus *bus)
{
    (void)bus;
    return input.count;
}

const struct model_input_stats *model_input_stats(const pci_bus *bus)
{
    (void)bus;
    return &input.stats;
}
