/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's input device, driven by registers and rings without a driver: what it says of itself, the order of
 * events, status events, its faults, and each of its rules broken once.
 */
#include <linux/input-event-codes.h>

#include "core_test.h"
#include "model_input.h"

enum { QUEUE_SIZE = 64, DESC_WRITE = 2, ENTRIES = 8 };
enum { COMMON_SELECT = 0x16, COMMON_SIZE = 0x18, COMMON_ENABLE = 0x1c, COMMON_DESC = 0x20, COMMON_STATUS = 0x14 };

struct queue {
    uint8_t *memory; /* descriptors, available ring, used ring, 8-byte buffers */
    uint64_t physical;
    uint16_t avail_idx, used_seen;
};
enum { AVAIL_AT = 16 * QUEUE_SIZE, USED_AT = 2048, BUFFERS_AT = 3072 };

static pci_bus *model;
static struct pci_device device;
static struct virtio_regions regions;
static struct queue queue[2];

static void write_common(unsigned offset, unsigned width, uint64_t value)
{
    model->ops->mmio_write(model, regions.common + offset, width, value);
}

static void set_status(uint8_t status)
{
    write_common(COMMON_STATUS, 1, status);
    model->ops->mmio_read(model, regions.common + COMMON_STATUS, 1);
}

static void make_queue(unsigned index)
{
    struct queue *q = &queue[index];
    q->memory = ram_alloc(PAGE_BYTES, RAM_PAGE_ALIGNED, "queue");
    memset(q->memory, 0, PAGE_BYTES);
    q->physical = ram_physical(q->memory);
    dma_grant(q, q->physical, PAGE_BYTES, DMA_DEVICE_READS | DMA_DEVICE_WRITES, "queue");
    const uint64_t places[3] = {q->physical, q->physical + AVAIL_AT, q->physical + USED_AT};
    write_common(COMMON_SELECT, 2, index);
    write_common(COMMON_SIZE, 2, QUEUE_SIZE);
    for (unsigned i = 0; i < 3; i++) {
        write_common(COMMON_DESC + 8 * i, 4, (uint32_t)places[i]);
        write_common(COMMON_DESC + 8 * i + 4, 4, places[i] >> 32);
    }
    write_common(COMMON_ENABLE, 2, 1);
}

static void open_device(enum model_input_kind kind, const char *fault, const char *option)
{
    struct model_options options;
    struct model_input_options input;
    ram_init(64 << 20, 64 << 20, 1);
    trap_init();
    model_options_default(&options);
    options.queue_size = QUEUE_SIZE;
    options.seed = 1;
    options.delay_us = 0; /* what can be done is done when it is asked to */
    model_input_options_default(&input, kind);
    CHECK(fault == NULL || model_fault_option(&options, fault));
    CHECK(option == NULL || model_input_option(&input, option));
    model = model_input_open(&options, &input);
    cpu_init(1, 1, model);
    pci_device_setup(&device, model);
    pci_find_virtio_regions(&device, &regions);
    set_status(0);
    set_status(1);
    set_status(3);
    write_common(0x08, 4, 1);
    write_common(0x0c, 4, 1); /* VERSION_1 */
    set_status(11);
    make_queue(0);
    make_queue(1);
    set_status(15);
}

static unsigned answer(uint8_t select, uint8_t subsel, uint8_t *payload)
{
    model->ops->mmio_write(model, regions.device, 1, select);
    model->ops->mmio_write(model, regions.device + 1, 1, subsel);
    unsigned size = (unsigned)model->ops->mmio_read(model, regions.device + 2, 1);
    for (unsigned i = 0; i < size && i < 128; i++)
        payload[i] = (uint8_t)model->ops->mmio_read(model, regions.device + 8 + i, 1);
    return size;
}

static uint8_t *give(unsigned index, uint16_t slot, uint32_t bytes, uint16_t flags)
{
    struct queue *q = &queue[index];
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } desc = {q->physical + BUFFERS_AT + 16u * slot, bytes, flags, 0};
    memcpy(q->memory + 16 * slot, &desc, sizeof(desc));
    memcpy(q->memory + AVAIL_AT + 4 + 2 * (q->avail_idx % QUEUE_SIZE), &slot, 2);
    q->avail_idx++;
    memcpy(q->memory + AVAIL_AT + 2, &q->avail_idx, 2);
    return q->memory + BUFFERS_AT + 16 * slot;
}

static void work(unsigned index)
{
    if (index < 2)
        model->ops->mmio_write(model, regions.notify + 4 * index, 2, index);
    for (unsigned i = 0; i < 1000 && model->ops->progress(model, 0); i++)
        ;
}

static uint16_t used(unsigned index)
{
    uint16_t idx;
    memcpy(&idx, queue[index].memory + USED_AT + 2, 2);
    return idx;
}

static void used_entry(unsigned index, unsigned n, uint32_t entry[2])
{
    memcpy(entry, queue[index].memory + USED_AT + 4 + 8 * n, 8);
}

TEST(model_input_says_what_contract_v1_says, EXIT_OK, NULL)
{
    uint8_t payload[128];
    open_device(MODEL_TABLET, NULL, NULL);
    CHECK(answer(1, 0, payload) == 18 && memcmp(payload, "Aero Virtio Tablet", 18) == 0);
    CHECK(answer(3, 0, payload) == 8 && memcmp(payload, "\x06\0\xf4\x1a\x03\0\x01\0", 8) == 0);
    CHECK(answer(0x11, EV_ABS, payload) == 1 && payload[0] == 3);
    CHECK(answer(0x12, ABS_Y, payload) == 20 && memcmp(payload, "\0\0\0\0\xff\x7f\0\0", 8) == 0);
    CHECK(answer(0x12, ABS_Z, payload) == 0 && answer(2, 0, payload) == 0 && answer(0x77, 0, payload) == 0);
    CHECK(model->ops->config_read(model, model->bdf, 0x2e, 2) == 0x12);
}

TEST(model_input_selectors_can_be_missing, EXIT_OK, NULL)
{
    uint8_t payload[128];
    open_device(MODEL_TABLET, NULL, "without=abs_info");
    CHECK(answer(0x12, ABS_X, payload) == 0 && answer(0x11, EV_ABS, payload) == 1);
}

TEST(model_input_events_come_in_order_one_to_a_buffer, EXIT_OK, NULL)
{
    open_device(MODEL_KEYBOARD, NULL, NULL);
    uint8_t *buffer[ENTRIES];
    for (uint16_t i = 0; i < ENTRIES; i++)
        buffer[i] = give(0, i, 8, DESC_WRITE);
    work(0);
    CHECK(used(0) == 0);
    for (uint16_t i = 0; i < ENTRIES - 1; i++)
        model_input_event(model, EV_KEY, (uint16_t)(KEY_A + i), 1);
    model_input_event(model, EV_SYN, SYN_REPORT, 0);
    model_input_event(model, EV_KEY, KEY_Z, 1); /* waits for a buffer */
    work(2);
    CHECK(used(0) == ENTRIES && model_input_waiting(model) == 1);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint32_t entry[2];
        uint16_t code;
        used_entry(0, i, entry);
        memcpy(&code, buffer[entry[0]] + 2, 2);
        CHECK(entry[1] == 8 && code == (i < ENTRIES - 1 ? KEY_A + i : SYN_REPORT));
    }
}

TEST(model_input_packet_beyond_the_queue_is_lost_whole, EXIT_OK, NULL)
{
    open_device(MODEL_KEYBOARD, NULL, NULL);
    for (unsigned i = 0; i < 4095; i++)
        model_input_event(model, EV_SYN, SYN_REPORT, 0);
    model_input_event(model, EV_KEY, KEY_A, 1);
    model_input_event(model, EV_KEY, KEY_B, 1);
    model_input_event(model, EV_SYN, SYN_REPORT, 0);
    CHECK(model_input_waiting(model) == 4095 && model_input_stats(model)->dropped_packets == 1);
}

static void give_status(uint16_t slot, uint16_t type, uint16_t code, uint32_t value)
{
    uint8_t *at = give(1, slot, 8, 0);
    memcpy(at, &type, 2);
    memcpy(at + 2, &code, 2);
    memcpy(at + 4, &value, 4);
}

TEST(model_input_takes_leds, EXIT_OK, NULL)
{
    open_device(MODEL_KEYBOARD, NULL, NULL);
    give_status(0, EV_LED, LED_CAPSL, 1);
    give_status(1, EV_LED, LED_NUML, 0);
    give_status(2, EV_SYN, 0, 0);
    work(1);
    CHECK(used(1) == 3 && model_input_stats(model)->leds == 1u << LED_CAPSL);
}

TEST(model_input_faults_show, EXIT_OK, NULL)
{
    uint8_t payload[128];
    uint32_t entry[2];
    open_device(MODEL_KEYBOARD, NULL, "fault=event-short");
    give(0, 0, 8, DESC_WRITE);
    model_input_event(model, EV_KEY, KEY_A, 1);
    work(0);
    used_entry(0, 0, entry);
    CHECK(used(0) == 1 && entry[1] == 4);
    CHECK(answer(1, 0, payload) == 20);
}

TEST(model_input_config_size_lies, EXIT_OK, NULL)
{
    uint8_t payload[128];
    open_device(MODEL_KEYBOARD, NULL, "fault=config-size-lies+");
    CHECK(answer(1, 0, payload) == 255);
}

TEST(model_input_event_twice, EXIT_OK, NULL)
{
    const uint16_t key = KEY_A;
    open_device(MODEL_KEYBOARD, NULL, "fault=event-twice");
    uint8_t *first = give(0, 0, 8, DESC_WRITE), *second = give(0, 1, 8, DESC_WRITE);
    model_input_event(model, EV_KEY, KEY_A, 1);
    work(0);
    CHECK(used(0) == 2 && memcmp(first, second, 8) == 0 && memcmp(first + 2, &key, 2) == 0);
}

TEST(model_input_event_unknown, EXIT_OK, NULL)
{
    const uint8_t plain[8] = {EV_KEY, 0, KEY_A, 0, 1, 0, 0, 0};
    open_device(MODEL_KEYBOARD, NULL, "fault=event-unknown");
    uint8_t *first = give(0, 0, 8, DESC_WRITE), *second = give(0, 1, 8, DESC_WRITE);
    model_input_event(model, EV_KEY, KEY_A, 1);
    model_input_event(model, EV_KEY, KEY_A, 1);
    work(0);
    /* Whichever of the two buffers it took first. */
    CHECK(used(0) == 2 && (memcmp(first, plain, 8) == 0) + (memcmp(second, plain, 8) == 0) == 1);
}

TEST(model_input_config_all_ones, EXIT_OK, NULL)
{
    uint8_t payload[128];
    open_device(MODEL_KEYBOARD, NULL, "fault=config-all-ones+");
    CHECK(answer(0x11, EV_KEY, payload) == 128 && payload[127] == 0xff);
}

TEST(rule_input_event_buffer, EXIT_RULE, "rule broken: input-event-buffer")
{
    open_device(MODEL_KEYBOARD, NULL, NULL);
    give(0, 0, 4, DESC_WRITE);
    work(0);
}

TEST(rule_input_status_buffer, EXIT_RULE, "rule broken: input-status-buffer")
{
    open_device(MODEL_KEYBOARD, NULL, NULL);
    give(1, 0, 48, 0);
    work(1);
}

TEST(rule_input_status_event, EXIT_RULE, "rule broken: input-status-event")
{
    open_device(MODEL_MOUSE, NULL, NULL);
    give_status(0, EV_LED, LED_CAPSL, 1);
    work(1);
}
