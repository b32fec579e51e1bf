/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The device side of a split virtqueue (VIRTIO 1.x "Split Virtqueues"): what was made available, what is used, and who
 * wants to be told about it.
 */
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "guest_ram.h"
#include "model_internal.h"
#include "verifier.h"

#define SPURIOUS_LOOKS 3u

static uint16_t read16(uint64_t physical)
{
    uint16_t value;

    dma_read(physical, &value, sizeof value);
    return value;
}

static void write16(uint64_t physical, uint16_t value)
{
    dma_write(physical, &value, sizeof value);
}

static uint64_t avail_event_place(const struct model_queue *q)
{
    return q->used + 4 + 8ull * q->size;
}

/* ---- set-up ---- */

static void check_memory(struct model *m, const struct model_queue *q, uint64_t physical, uint64_t bytes, bool writable,
                         const char *what)
{
    uint8_t part[4096];

    for (uint64_t done = 0; done < bytes; done += sizeof part) {
        size_t now = bytes - done < sizeof part ? (size_t)(bytes - done) : sizeof part;
        if (!dma_try_read(physical + done, part, now) || (writable && !dma_try_write(physical + done, part, now))) {
            model_rule(m, RULE_QUEUE_MEMORY, "the %s of queue %u (0x%llx, %llu bytes) is not all the device's to use",
                       what, q->index, (unsigned long long)physical, (unsigned long long)bytes);
            return;
        }
    }
}

void model_queue_enable(struct model *m, struct model_queue *q)
{
    unsigned event = model_accepted(m, F_EVENT_IDX) ? 2 : 0;

    if (q->desc % 16 != 0 || q->avail % 2 != 0 || q->used % 4 != 0 || q->desc == 0 || q->avail == 0 || q->used == 0) {
        model_rule(m, RULE_QUEUE_ALIGNMENT, "queue %u has its parts at 0x%llx, 0x%llx and 0x%llx", q->index,
                   (unsigned long long)q->desc, (unsigned long long)q->avail, (unsigned long long)q->used);
    }
    check_memory(m, q, q->desc, 16ull * q->size, false, "descriptor table");
    check_memory(m, q, q->avail, 4 + 2ull * q->size + event, false, "available ring");
    check_memory(m, q, q->used, 4 + 8ull * q->size + event, true, "used ring");
    if (read16(q->used) != 0 || read16(q->used + 2) != 0) {
        model_rule(m, RULE_USED_NOT_CLEARED, "the used ring of queue %u starts with flags 0x%x, idx %u", q->index,
                   read16(q->used), read16(q->used + 2));
    }
    q->busy = calloc(q->size, sizeof *q->busy);
    if (q->busy == NULL) {
        environment_failed("out of memory");
    }
    q->enabled = 1;
}

void model_queue_reset(struct model *m, struct model_queue *q)
{
    uint16_t index = q->index, max_size = q->max_size;

    (void)m;
    free(q->busy);
    *q = (struct model_queue){
        .index = index, .max_size = max_size, .size = max_size, .vector = NO_VECTOR, .vector_read_back = true};
}

/* ---- what is available ---- */

/* Looks at avail.idx. False: it cannot be, and the device gives up. */
static bool look(struct model *m, struct model_queue *q)
{
    uint16_t flags = read16(q->avail), idx = read16(q->avail + 2);
    uint16_t waiting = (uint16_t)(idx - q->fetched);

    if (flags > 1 || (flags != 0 && model_accepted(m, F_EVENT_IDX))) {
        model_rule(m, RULE_AVAIL_FLAGS, "the available ring of queue %u has flags 0x%x", q->index, flags);
    }
    if ((uint16_t)(idx - q->seen) > q->size || waiting + q->in_flight > q->size) {
        if (!q->lied) {
            model_rule(m, RULE_AVAIL_INDEX,
                       "avail.idx of queue %u went from %u to %u with %u buffers outstanding, size %u", q->index,
                       q->seen, idx, q->in_flight, q->size);
        }
        model_needs_reset(m);
        return false;
    }
    q->published += (uint16_t)(idx - q->seen);
    q->seen = idx;
    return true;
}

static void count_needless(struct model *m, const struct model_queue *q, uint16_t before)
{
    bool needless;

    if (model_accepted(m, F_EVENT_IDX)) {
        uint16_t event = read16(avail_event_place(q));
        needless = (uint16_t)(q->seen - event - 1) >= (uint16_t)(q->seen - before);
    } else {
        needless = q->suppressed;
    }
    m->stats.needless_doorbells += needless;
}

void model_doorbell(struct model *m, struct model_queue *q)
{
    uint16_t before = q->seen;

    m->stats.doorbells++;
    q->doorbells++;
    if (m->hung || !model_pci_bus_master(m) || !look(m, q)) {
        return;
    }
    if (q->doorbells > q->published) {
        model_rule(m, RULE_DOORBELL_EMPTY, "doorbell %llu of queue %u, where %llu buffers were made available so far",
                   (unsigned long long)q->doorbells, q->index, (unsigned long long)q->published);
    }
    count_needless(m, q, before);
    q->kicked = true;
    q->limit = q->seen;
    if (!q->suppressed && model_chance(m, m->options.suppress)) {
        q->suppressed = true;
        if (!model_accepted(m, F_EVENT_IDX)) {
            write16(q->used, 1);
        }
    }
}

bool model_queue_has_work(const struct model_queue *q)
{
    return q->enabled != 0 && q->kicked;
}

/* The device has taken all it was told of. With EVENT_IDX, and while it has asked for no doorbells, it must look once
 * more after asking for them again, or a buffer published meanwhile would wait for ever. Without either it may trust
 * the doorbell: contract 23, the driver always notifies after publishing. */
static void run_dry(struct model *m, struct model_queue *q)
{
    bool event_idx = model_accepted(m, F_EVENT_IDX);

    if (!event_idx && !q->suppressed) {
        q->kicked = false;
        return;
    }
    if (!look(m, q)) {
        return;
    }
    if (q->seen == q->fetched) {
        write16(event_idx ? avail_event_place(q) : q->used, event_idx ? q->fetched : 0);
        q->suppressed = false;
        if (!look(m, q)) {
            return;
        }
    }
    q->limit = q->seen;
    q->kicked = q->limit != q->fetched;
}

static void add_chain(struct model *m, struct model_chain *chain)
{
    if (m->chain_count == m->chain_capacity) {
        m->chain_capacity = m->chain_capacity != 0 ? 2 * m->chain_capacity : 64;
        m->chain = realloc(m->chain, m->chain_capacity * sizeof *m->chain);
        if (m->chain == NULL) {
            environment_failed("out of memory");
        }
    }
    chain->ready_us = clock_us() + (m->options.delay_us != 0 ? model_random(m) % (m->options.delay_us + 1) : 0);
    chain->order = m->fetch_count++;
    m->chain[m->chain_count++] = chain;
    chain->queue->in_flight++;
    m->stats.fetched++;
}

static void fetch_faults(struct model *m, struct model_chain *chain)
{
    chain->lost = model_fault(m, FAULT_LOST_REQUEST);
    if (model_fault(m, FAULT_SPURIOUS_INTERRUPT)) {
        if (model_msix_enabled(m) && chain->queue->vector < m->vectors) {
            model_msix_send(m, chain->queue->vector);
        } else {
            m->spurious = SPURIOUS_LOOKS;
        }
    }
    if (model_fault(m, FAULT_HANG)) {
        m->hung = true;
    }
    if (model_fault(m, FAULT_NEEDS_RESET)) {
        model_needs_reset(m);
    }
    if (model_fault(m, FAULT_GONE)) {
        m->gone = true;
    }
}

void model_queue_work(struct model *m, struct model_queue *q)
{
    struct model_chain *chain;
    uint16_t head;

    if (q->fetched == q->limit) {
        run_dry(m, q);
        return;
    }
    head = read16(q->avail + 4 + 2ull * (q->fetched % q->size));
    q->fetched++;
    if (model_accepted(m, F_EVENT_IDX) && !q->suppressed) {
        write16(avail_event_place(q), q->fetched);
    }
    chain = model_chain_fetch(m, q, head);
    if (chain == NULL) {
        model_needs_reset(m);
        return;
    }
    m->class->fetched(m, chain);
    add_chain(m, chain);
    fetch_faults(m, chain);
}

/* ---- what is used ---- */

void model_publish_used(struct model *m, struct model_queue *q, uint32_t id, uint32_t length)
{
    uint32_t element[2] = {id, length};

    (void)m;
    dma_write(q->used + 4 + 8ull * (q->used_idx % q->size), element, sizeof element);
    q->used_idx++;
    write16(q->used + 2, q->used_idx);
}

void model_queue_interrupt(struct model *m, struct model_queue *q)
{
    uint16_t before = q->signalled;
    bool wanted;

    q->interrupt_due = false;
    q->signalled = q->used_idx;
    if (model_accepted(m, F_EVENT_IDX)) {
        uint16_t event = read16(q->avail + 4 + 2ull * q->size);
        wanted = (uint16_t)(q->used_idx - event - 1) < (uint16_t)(q->used_idx - before);
    } else {
        wanted = (read16(q->avail) & 1) == 0;
    }
    if (wanted || m->options.ignore_no_interrupt) {
        model_interrupt(m, ISR_QUEUE, q->vector);
    }
}

/* The first that is no outstanding request's, or the queue's size: all are. */
static uint32_t free_descriptor(const struct model_queue *q)
{
    uint32_t index = 0;

    while (index < q->size && q->busy[index] != 0) {
        index++;
    }
    return index;
}

/* Publishes the used entry, or what a fault makes of it. */
static void publish(struct model *m, struct model_queue *q, uint16_t head, uint32_t length)
{
    if (model_fault(m, FAULT_USED_LEN_TOO_LONG)) {
        length = UINT32_MAX;
    }
    if (model_fault(m, FAULT_BAD_USED_ID)) {
        model_publish_used(m, q, model_chance(m, 50) ? q->size : UINT32_MAX, length);
    } else if (model_fault(m, FAULT_USED_INDEX_JUMP)) {
        q->used_idx = (uint16_t)(q->used_idx + q->size);
        model_publish_used(m, q, head, length);
    } else if (model_fault(m, FAULT_USED_INDEX_BACK)) {
        write16(q->used + 2, (uint16_t)(q->used_idx - 1));
        q->signalled--; /* so that the interrupt comes with EVENT_IDX, too */
    } else {
        model_publish_used(m, q, head, length);
    }
    if (model_fault(m, FAULT_DUPLICATE_USED_ID)) {
        q->lied = true;
        model_publish_used(m, q, head, length);
    }
    /* Where every descriptor is outstanding, as in an event queue, there is none to name. */
    if (free_descriptor(q) != q->size && model_fault(m, FAULT_UNUSED_USED_ID)) {
        q->lied = true;
        model_publish_used(m, q, free_descriptor(q), length);
    }
}

static void remove_chain(struct model *m, struct model_chain *chain)
{
    unsigned i = 0;

    while (m->chain[i] != chain) {
        i++;
    }
    m->chain_count--;
    memmove(&m->chain[i], &m->chain[i + 1], (m->chain_count - i) * sizeof *m->chain);
    chain->queue->in_flight--;
}

/* In two steps: the data first, then status, used entry and interrupt. */
void model_complete(struct model *m, struct model_chain *chain)
{
    struct model_queue *q = chain->queue;

    if (!chain->executed) {
        m->class->execute(m, chain);
        chain->executed = true;
        return;
    }
    m->class->finish(m, chain);
    model_chain_check_unchanged(m, chain);
    publish(m, q, chain->head, chain->used_len);
    m->stats.completed++;
    m->class->completed(m, chain);
    remove_chain(m, chain);
    model_chain_free(chain);
    if (model_fault(m, FAULT_CONFIG_CHANGES)) {
        model_set_capacity(&m->bus, m->options.new_capacity != 0 ? m->options.new_capacity : 2 * m->capacity);
    }
    if (model_chance(m, m->options.coalesce)) {
        q->interrupt_due = true;
    } else {
        model_queue_interrupt(m, q);
    }
}

void model_late_completion(struct model *m)
{
    m->late_due = false;
    m->lost_at_reset_valid = false;
    if (m->queue[0].enabled != 0 && m->lost_at_reset < m->queue[0].size) {
        model_publish_used(m, &m->queue[0], m->lost_at_reset, 0);
        model_queue_interrupt(m, &m->queue[0]);
    }
}

void model_chains_drop(struct model *m)
{
    while (m->chain_count != 0) {
        struct model_chain *chain = m->chain[m->chain_count - 1];
        remove_chain(m, chain);
        model_chain_free(chain);
    }
}
