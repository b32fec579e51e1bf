/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_common.h"

#include "cpu.h"
#include "model_internal.h"

enum common_register {
    DEVICE_FEATURE_SELECT = 0x00,
    DEVICE_FEATURE = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE = 0x0c,
    CONFIG_MSIX_VECTOR = 0x10,
    NUM_QUEUES = 0x12,
    DEVICE_STATUS = 0x14,
    CONFIG_GENERATION = 0x15,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_MSIX_VECTOR = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY_OFF = 0x1e,
    QUEUE_DESC = 0x20,
    QUEUE_DRIVER = 0x28,
    QUEUE_DEVICE = 0x30,
    COMMON_END = 0x38,
};

enum { SELECT_DEVICE_FEATURE, SELECT_DRIVER_FEATURE, SELECT_QUEUE };

/* 0: nothing begins there. */
static unsigned register_width(uint32_t offset)
{
    switch (offset) {
    case DEVICE_STATUS:
    case CONFIG_GENERATION:
        return 1;
    case CONFIG_MSIX_VECTOR:
    case NUM_QUEUES:
    case QUEUE_SELECT:
    case QUEUE_SIZE:
    case QUEUE_MSIX_VECTOR:
    case QUEUE_ENABLE:
    case QUEUE_NOTIFY_OFF:
        return 2;
    default:
        return offset % 4 == 0 && offset < COMMON_END ? 4 : 0;
    }
}

static bool check_width(struct model *m, uint32_t offset, unsigned width, const char *what)
{
    unsigned right = register_width(offset);

    if (offset >= COMMON_END) {
        model_rule(m, RULE_ACCESS_UNDEFINED, "%s of %u bytes at 0x%x of the common configuration", what, width, offset);
        return false;
    }
    if (width != right) {
        model_rule(m, RULE_ACCESS_WIDTH, "%s of %u bytes at 0x%x of the common configuration", what, width, offset);
        return false;
    }
    return true;
}

/* ---- selectors ---- */

/* Of the flow's last choice, or MODEL_FLOWS_MAX. */
static unsigned find_flow(const struct model *m, unsigned selector, uint64_t flow)
{
    unsigned i = 0;

    while (i < MODEL_FLOWS_MAX && m->selected[selector][i].flow != flow) {
        i++;
    }
    return i;
}

static void select_value(struct model *m, unsigned selector, uint32_t value)
{
    uint64_t flow = cpu_flow();
    unsigned at = find_flow(m, selector, flow);

    if (at == MODEL_FLOWS_MAX) {
        at = m->oldest_selected[selector]++ % MODEL_FLOWS_MAX;
    }
    m->selected[selector][at].flow = flow;
    m->selected[selector][at].value = value;
    m->selector_owner[selector] = flow;
}

/* Who chose one value and now works under somebody else's choice was interrupted between the two. Not the processor
 * decides who that is: a thread may go on on another one. */
static void use_selector(struct model *m, unsigned selector, uint32_t current)
{
    static const char *const names[] = {"device_feature_select", "driver_feature_select", "queue_select"};
    uint64_t flow = cpu_flow();
    unsigned at = find_flow(m, selector, flow);

    if (m->selector_owner[selector] != flow && at != MODEL_FLOWS_MAX && m->selected[selector][at].value != current) {
        model_rule(m, RULE_SELECTOR_RACE,
                   "%s: a thread or callback wrote %u, another one then %u, and the first goes on, on processor %u",
                   names[selector], m->selected[selector][at].value, current, cpu_current());
    }
}

static struct model_queue *selected_queue(struct model *m)
{
    use_selector(m, SELECT_QUEUE, m->queue_select);
    return m->queue_select < m->queues ? &m->queue[m->queue_select] : NULL;
}

/* ---- reads ---- */

static uint32_t queue_read(struct model *m, uint32_t offset)
{
    struct model_queue *q = selected_queue(m);

    /* Contract 13: queue_size and notify_off of a queue that does not exist are 0. */
    if (q == NULL) {
        return 0;
    }
    switch (offset) {
    case QUEUE_SIZE:
        return model_fault_armed(m, FAULT_QUEUE_SIZE_ZERO, NULL)  ? 0
               : model_fault_armed(m, FAULT_QUEUE_SIZE_ODD, NULL) ? q->size - 1u
                                                                  : q->size;
    case QUEUE_MSIX_VECTOR:
        q->vector_read_back = true;
        return q->vector;
    case QUEUE_ENABLE:
        return q->enabled;
    case QUEUE_NOTIFY_OFF:
        return model_fault_armed(m, FAULT_NOTIFY_OFF_HUGE, NULL) ? 0xfff0 : q->index;
    case QUEUE_DESC:
        return (uint32_t)q->desc;
    case QUEUE_DESC + 4:
        return (uint32_t)(q->desc >> 32);
    case QUEUE_DRIVER:
        return (uint32_t)q->avail;
    case QUEUE_DRIVER + 4:
        return (uint32_t)(q->avail >> 32);
    case QUEUE_DEVICE:
        return (uint32_t)q->used;
    default:
        return (uint32_t)(q->used >> 32);
    }
}

/* Contract 10: a select other than 0 and 1 reads 0. */
static uint32_t half(uint64_t features, uint32_t select)
{
    return select < 2 ? (uint32_t)(features >> 32 * select) : 0;
}

uint32_t model_common_read(struct model *m, uint32_t offset, unsigned width)
{
    if (!check_width(m, offset, width, "read")) {
        return 0;
    }
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        return m->device_feature_select;
    case DEVICE_FEATURE:
        use_selector(m, SELECT_DEVICE_FEATURE, m->device_feature_select);
        return half(m->offered, m->device_feature_select);
    case DRIVER_FEATURE_SELECT:
        return m->driver_feature_select;
    case DRIVER_FEATURE:
        use_selector(m, SELECT_DRIVER_FEATURE, m->driver_feature_select);
        return half(m->driver_features, m->driver_feature_select);
    case CONFIG_MSIX_VECTOR:
        m->config_vector_read_back = true;
        return m->config_vector;
    case NUM_QUEUES:
        return model_fault_armed(m, FAULT_NO_QUEUES, NULL) ? 0 : m->queues;
    case DEVICE_STATUS:
        return model_status_read(m);
    case CONFIG_GENERATION:
        return m->generation;
    case QUEUE_SELECT:
        return m->queue_select;
    default:
        return queue_read(m, offset);
    }
}

/* ---- writes ---- */

static void write_driver_feature(struct model *m, uint32_t value)
{
    uint32_t select = m->driver_feature_select;

    use_selector(m, SELECT_DRIVER_FEATURE, select);
    if ((m->status & STATUS_FEATURES_OK) != 0) {
        model_rule(m, RULE_FEATURES_TOO_LATE, "driver_feature 0x%x was written after FEATURES_OK", value);
        return;
    }
    if ((m->status & STATUS_DRIVER) == 0) {
        model_rule(m, RULE_STATUS_SEQUENCE, "driver_feature was written with device_status 0x%02x", m->status);
    }
    if (select > 1) {
        if (value != 0) {
            model_rule(m, RULE_FEATURE_NOT_OFFERED, "driver_feature 0x%x under select %u", value, select);
        }
        return;
    }
    m->driver_features = (m->driver_features & ~(0xffffffffull << 32 * select)) | (uint64_t)value << 32 * select;
}

/* The vector that an event ends up with. */
static uint16_t map_vector(struct model *m, uint32_t value)
{
    if (value == NO_VECTOR) {
        return NO_VECTOR;
    }
    if (value >= m->vectors) {
        model_rule(m, RULE_VECTOR_RANGE, "vector %u of %u", value, m->vectors);
        return NO_VECTOR;
    }
    return model_fault(m, FAULT_VECTOR_REFUSED) ? NO_VECTOR : (uint16_t)value;
}

static void write_enable(struct model *m, struct model_queue *q, uint32_t value)
{
    if (value != 1) {
        model_rule(m, RULE_QUEUE_DISABLED, "queue_enable of queue %u was written as %u", q->index, value);
    } else if (q->enabled != 0) {
        model_rule(m, RULE_QUEUE_ENABLED_TWICE, "queue %u", q->index);
    } else {
        model_queue_enable(m, q);
    }
}

static void write_queue_size(struct model *m, struct model_queue *q, uint32_t value)
{
    if (value == 0 || (value & (value - 1)) != 0 || value > q->max_size) {
        model_rule(m, RULE_QUEUE_SIZE, "queue_size %u was written to queue %u of at most %u", value, q->index,
                   q->max_size);
        return;
    }
    q->size = (uint16_t)value;
}

static void write_half(uint64_t *address, bool high, uint32_t value)
{
    *address = high ? (*address & 0xffffffff) | (uint64_t)value << 32 : (*address & ~0xffffffffull) | value;
}

static void queue_write(struct model *m, uint32_t offset, uint32_t value)
{
    struct model_queue *q = selected_queue(m);

    if (q == NULL) {
        model_rule(m, RULE_QUEUE_ABSENT, "register 0x%x of queue %u of %u was written", offset, m->queue_select,
                   m->queues);
        return;
    }
    if ((m->status & STATUS_FEATURES_OK) == 0) {
        model_rule(m, RULE_QUEUE_TOO_EARLY, "queue register 0x%x was written with device_status 0x%02x", offset,
                   m->status);
    } else if ((m->status & STATUS_DRIVER_OK) != 0) {
        model_rule(m, RULE_QUEUE_TOO_LATE, "queue register 0x%x was written after DRIVER_OK", offset);
    }
    if (offset == QUEUE_ENABLE) {
        write_enable(m, q, value);
        return;
    }
    if (q->enabled != 0) {
        model_rule(m, RULE_QUEUE_CHANGED, "register 0x%x of queue %u was written after it was enabled", offset,
                   q->index);
        return;
    }
    if (offset == QUEUE_SIZE) {
        write_queue_size(m, q, value);
    } else if (offset == QUEUE_MSIX_VECTOR) {
        q->vector = map_vector(m, value);
        q->vector_read_back = value == NO_VECTOR;
    } else {
        uint64_t *const parts[] = {&q->desc, &q->avail, &q->used};
        write_half(parts[(offset - QUEUE_DESC) / 8], offset % 8 == 4, value);
    }
}

static bool check_write(struct model *m, uint32_t offset, unsigned width)
{
    if (!check_width(m, offset, width, "write")) {
        return false;
    }
    if (offset == DEVICE_STATUS) {
        return true; /* it has rules of its own */
    }
    if (offset == DEVICE_FEATURE || offset == NUM_QUEUES || offset == CONFIG_GENERATION || offset == QUEUE_NOTIFY_OFF) {
        model_rule(m, RULE_READ_ONLY_REGISTER, "write at 0x%x of the common configuration", offset);
        return false;
    }
    if (m->reset_unread) {
        model_rule(m, RULE_RESET_NOT_READ_BACK, "write at 0x%x of the common configuration before device_status read 0",
                   offset);
        return false;
    }
    if ((m->status & STATUS_FAILED) != 0) {
        model_rule(m, RULE_ACCESS_AFTER_FAILED, "write at 0x%x of the common configuration", offset);
    }
    return true;
}

void model_common_write(struct model *m, uint32_t offset, unsigned width, uint32_t value)
{
    if (!check_write(m, offset, width)) {
        return;
    }
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        m->device_feature_select = value;
        select_value(m, SELECT_DEVICE_FEATURE, value);
        break;
    case DRIVER_FEATURE_SELECT:
        m->driver_feature_select = value;
        select_value(m, SELECT_DRIVER_FEATURE, value);
        break;
    case DRIVER_FEATURE:
        write_driver_feature(m, value);
        break;
    case CONFIG_MSIX_VECTOR:
        m->config_vector = map_vector(m, value);
        m->config_vector_read_back = value == NO_VECTOR;
        break;
    case DEVICE_STATUS:
        model_status_write(m, (uint8_t)value);
        break;
    case QUEUE_SELECT:
        m->queue_select = (uint16_t)value;
        select_value(m, SELECT_QUEUE, value);
        break;
    default:
        queue_write(m, offset, value);
        break;
    }
}
