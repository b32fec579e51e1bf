/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The register regions of a model device besides the common configuration: notify, ISR, device configuration; and its
 * interrupts.
 */
#include <stdarg.h>
#include <stdio.h>

#include "model_common.h"
#include "model_internal.h"
#include "verifier.h"

#define REPORTED_MAX 10u

void model_rule(struct model *m, const char *rule, const char *format, ...)
{
    char what[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (m->options.strict) {
        rule_broken(rule, "%s", what);
    }
    if (m->stats.rules_broken++ < REPORTED_MAX) {
        fprintf(stderr, "nthost: tolerated: %s: %s\n", rule, what);
    }
}

/* ---- interrupts ---- */

void model_interrupt(struct model *m, uint8_t cause, uint16_t vector)
{
    if (m->gone || model_fault(m, FAULT_INTERRUPT_LOST)) {
        return;
    }
    m->stats.interrupts++;
    /* Contract 18: ISR bits are set always; VIRTIO 1.x only while MSI-X is off. */
    if (!model_msix_enabled(m) || !m->options.isr_spec) {
        m->isr |= cause;
    }
    if (model_msix_enabled(m) && vector < m->vectors) {
        model_msix_send(m, vector);
    }
}

void model_config_changed(struct model *m)
{
    m->generation++;
    if ((m->status & STATUS_DRIVER_OK) != 0) {
        m->stats.config_interrupts++;
        model_interrupt(m, ISR_CONFIG, m->config_vector);
    }
}

/* ---- device configuration ---- */

/* Of a class that answers for its fields itself. */
static const struct model_field *find_unlisted(struct model *m, uint32_t offset, unsigned width, bool write)
{
    static const struct model_field readable = {.feature = -1}, writable = {.feature = -1, .writable = true};

    if (!m->class->config_access(m, offset, width, write)) {
        model_rule(m, RULE_ACCESS_WIDTH, "%s of %u bytes at 0x%x of the device configuration", write ? "write" : "read",
                   width, offset);
        return NULL;
    }
    return write ? &writable : &readable;
}

static const struct model_field *find_field(struct model *m, uint32_t offset, unsigned width, bool write)
{
    const struct model_field *field = m->class->fields;
    const char *what = write ? "write" : "read";

    if (field == NULL) {
        return find_unlisted(m, offset, width, write);
    }

    while (field->width != 0 && (offset < field->offset || offset >= field->offset + (uint32_t)field->width)) {
        field++;
    }
    if (field->width == 0) {
        model_rule(m, RULE_ACCESS_UNDEFINED, "%s at 0x%x of the device configuration", what, offset);
        return NULL;
    }
    if (width != (field->width == 8 ? 4u : field->width) || offset % width != 0) {
        model_rule(m, RULE_ACCESS_WIDTH, "%s of %u bytes at 0x%x of the device configuration", what, width, offset);
    }
    if (field->feature >= 0 && (m->offered >> field->feature & 1) == 0) {
        model_rule(m, RULE_CONFIG_NOT_OFFERED, "%s at 0x%x of the device configuration: feature %d is not offered",
                   what, offset, field->feature);
    }
    return field;
}

static uint64_t config_read(struct model *m, uint32_t offset, unsigned width)
{
    const struct model_field *field = find_field(m, offset, width, false);
    uint64_t value = 0;

    if (field != NULL && field->after_features_ok && (m->status & STATUS_FEATURES_OK) == 0) {
        model_rule(m, RULE_CONFIG_TOO_EARLY, "read at 0x%x of the device configuration before FEATURES_OK", offset);
    }
    for (unsigned i = 0; i < width && offset + i < MODEL_CONFIG_BYTES; i++) {
        value |= (uint64_t)m->config[offset + i] << 8 * i;
    }
    if (model_fault(m, FAULT_GENERATION_RACES)) {
        m->generation++;
    }
    if (offset == 0 && model_fault(m, FAULT_CONFIG_TEAR)) {
        model_set_capacity(&m->bus, m->options.new_capacity != 0 ? m->options.new_capacity : m->capacity << 33);
    }
    return value;
}

static void config_write(struct model *m, uint32_t offset, unsigned width, uint32_t value)
{
    const struct model_field *field = find_field(m, offset, width, true);

    if (field == NULL) {
        return;
    }
    if ((m->status & STATUS_FEATURES_OK) == 0) {
        model_rule(m, RULE_CONFIG_TOO_EARLY, "write at 0x%x of the device configuration before FEATURES_OK", offset);
    }
    if (!field->writable || (field->feature >= 0 && !model_accepted(m, (unsigned)field->feature))) {
        model_rule(m, RULE_CONFIG_READ_ONLY, "write at 0x%x of the device configuration", offset);
        return;
    }
    m->class->config_written(m, offset, value);
}

/* ---- notify ---- */

static void notify_write(struct model *m, uint32_t offset, unsigned width, uint64_t value)
{
    uint32_t multiplier = (uint32_t)m->options.multiplier;
    uint32_t place = multiplier != 0 ? offset / multiplier : (uint32_t)value;

    if (width != 2) {
        model_rule(m, RULE_DOORBELL_WIDTH, "a doorbell of %u bytes", width);
    }
    if ((m->status & STATUS_DRIVER_OK) == 0 || m->resetting) {
        model_rule(m, RULE_DOORBELL_TOO_EARLY, "a doorbell for queue %llu with device_status 0x%02x",
                   (unsigned long long)value, m->status);
        return;
    }
    if ((m->status & STATUS_FAILED) != 0) {
        model_rule(m, RULE_ACCESS_AFTER_FAILED, "a doorbell for queue %llu", (unsigned long long)value);
        return;
    }
    if (place >= m->queues || (multiplier != 0 ? offset % multiplier : offset) != 0) {
        model_rule(m, RULE_DOORBELL_ADDRESS, "a doorbell at 0x%x, which is no queue's", offset);
        return;
    }
    if (value != place) {
        model_rule(m, RULE_DOORBELL_VALUE, "%llu was written to the doorbell of queue %u", (unsigned long long)value,
                   place);
    }
    if (m->queue[place].enabled == 0) {
        model_rule(m, RULE_DOORBELL_QUEUE, "queue %u is not enabled", place);
        return;
    }
    model_doorbell(m, &m->queue[place]);
}

/* ---- regions ---- */

static uint8_t isr_read(struct model *m)
{
    uint8_t isr = m->isr;

    m->stats.isr_reads++;
    m->isr = 0;
    m->spurious = 0;
    return isr;
}

uint64_t model_register_read(struct model *m, enum region region, uint32_t offset, unsigned width)
{
    switch (region) {
    case REGION_COMMON:
        return model_common_read(m, offset, width);
    case REGION_ISR:
        if (offset == 0 && width == 1) {
            return isr_read(m);
        }
        model_rule(m, offset == 0 ? RULE_ACCESS_WIDTH : RULE_ACCESS_UNDEFINED, "read of %u bytes at 0x%x of ISR", width,
                   offset);
        return offset == 0 ? isr_read(m) : 0;
    case REGION_DEVICE:
        return config_read(m, offset, width);
    default:
        model_rule(m, RULE_ACCESS_UNDEFINED, "read of %u bytes at 0x%x of the notify region", width, offset);
        return 0;
    }
}

void model_register_write(struct model *m, enum region region, uint32_t offset, unsigned width, uint64_t value)
{
    switch (region) {
    case REGION_COMMON:
        model_common_write(m, offset, width, (uint32_t)value);
        break;
    case REGION_NOTIFY:
        notify_write(m, offset, width, value);
        break;
    case REGION_DEVICE:
        config_write(m, offset, width, (uint32_t)value);
        break;
    default:
        model_rule(m, RULE_READ_ONLY_REGISTER, "write of %u bytes at 0x%x of ISR", width, offset);
        break;
    }
}
