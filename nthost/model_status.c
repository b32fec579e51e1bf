/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * device_status of a model device: reset, the order of initialization, feature negotiation's end.
 */
#include <string.h>

#include "cpu.h"
#include "model_common.h"
#include "model_internal.h"

#define RESERVED_BITS 0x30u
#define DRIVER_BITS (STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK | STATUS_FEATURES_OK | STATUS_FAILED)

void model_reset_finish(struct model *m)
{
    m->resetting = false;
    m->lost_at_reset_valid = m->chain_count != 0;
    if (m->chain_count != 0) {
        m->lost_at_reset = m->chain[0]->head;
    }
    model_chains_drop(m);
    for (unsigned i = 0; i < m->queues; i++) {
        model_queue_reset(m, &m->queue[i]);
    }
    m->status = 0;
    m->isr = 0;
    m->spurious = 0;
    m->hung = false;
    m->late_due = false;
    m->driver_features = m->accepted = 0;
    m->device_feature_select = m->driver_feature_select = 0;
    m->queue_select = 0;
    m->config_vector = NO_VECTOR;
    m->config_vector_read_back = true;
    m->features_ok_unread = false;
    memset(m->selected, 0, sizeof m->selected);
    m->class->reset(m);
}

static void reset_begin(struct model *m)
{
    m->stats.resets++;
    m->fresh = false;
    m->reset_unread = true;
    if (m->reset_hangs || model_fault(m, FAULT_RESET_HANGS)) {
        m->reset_hangs = true;
    } else if (m->options.reset_us != 0 && m->status != 0) {
        m->resetting = true;
        m->reset_done_us = clock_us() + 1 + model_random(m) % m->options.reset_us;
    } else {
        model_reset_finish(m);
    }
}

uint8_t model_status_read(struct model *m)
{
    if (m->resetting && clock_us() >= m->reset_done_us) {
        model_reset_finish(m);
    }
    if (m->reset_hangs) {
        return m->status != 0 ? m->status : STATUS_ACKNOWLEDGE;
    }
    if (m->status == 0) {
        m->reset_unread = false;
    }
    m->features_ok_unread = false;
    return m->status;
}

static void accept_features(struct model *m)
{
    uint64_t beyond = m->driver_features & ~m->offered;

    if (beyond != 0) {
        model_rule(m, RULE_FEATURE_NOT_OFFERED, "features 0x%llx were accepted but only 0x%llx offered",
                   (unsigned long long)m->driver_features, (unsigned long long)m->offered);
    }
    if ((m->offered & ~m->driver_features & 1ull << F_VERSION_1) != 0) {
        model_rule(m, RULE_VERSION_1_REFUSED, "features 0x%llx were accepted of 0x%llx offered",
                   (unsigned long long)m->driver_features, (unsigned long long)m->offered);
    }
    m->features_ok_unread = true;
    /* Contract 12: FEATURES_OK does not stay set when something was accepted that is not offered. */
    if (beyond == 0 && !model_fault(m, FAULT_FEATURES_REFUSED)) {
        m->accepted = m->driver_features;
        m->status |= STATUS_FEATURES_OK;
    }
}

static void check_vectors_read_back(struct model *m)
{
    bool all = m->config_vector_read_back;

    for (unsigned i = 0; i < m->queues; i++) {
        all = all && (m->queue[i].enabled == 0 || m->queue[i].vector_read_back);
    }
    if (!all) {
        model_rule(m, RULE_VECTOR_NOT_READ_BACK, "DRIVER_OK was set without reading an MSI-X vector field back");
    }
}

static void become_live(struct model *m)
{
    if ((m->status & STATUS_FEATURES_OK) == 0) {
        model_rule(m, RULE_STATUS_SEQUENCE, "DRIVER_OK was set without FEATURES_OK (status 0x%02x)", m->status);
    } else if (m->features_ok_unread) {
        model_rule(m, RULE_FEATURES_OK_NOT_REREAD, "DRIVER_OK was set without reading device_status after FEATURES_OK");
    }
    check_vectors_read_back(m);
    m->status |= STATUS_DRIVER_OK;
    m->late_due = m->lost_at_reset_valid && model_fault(m, FAULT_LATE_COMPLETION);
}

void model_status_write(struct model *m, uint8_t value)
{
    /* DEVICE_NEEDS_RESET is the device's: a driver that sets bits by read-modify-write may write it back. */
    uint8_t wanted = value & DRIVER_BITS, before = m->status & DRIVER_BITS, added = wanted & (uint8_t)~before;

    if (value == 0) {
        reset_begin(m);
        return;
    }
    if (m->fresh) {
        model_rule(m, RULE_NOT_RESET, "device_status 0x%02x was written before any reset", value);
        m->fresh = false;
    }
    if (m->reset_unread) {
        model_rule(m, RULE_RESET_NOT_READ_BACK, "device_status 0x%02x was written before 0 was read", value);
        return;
    }
    if ((value & RESERVED_BITS) != 0 || (value & STATUS_NEEDS_RESET & ~m->status) != 0) {
        model_rule(m, RULE_STATUS_SEQUENCE, "device_status 0x%02x has bits that a driver does not set", value);
    }
    if ((before & ~wanted) != 0) {
        model_rule(m, RULE_STATUS_BIT_CLEARED, "device_status went from 0x%02x to 0x%02x", m->status, value);
    }
    if ((before & STATUS_FAILED) != 0 && added != 0) {
        model_rule(m, RULE_ACCESS_AFTER_FAILED, "device_status 0x%02x was written after FAILED", value);
    }
    if (((added & STATUS_DRIVER) != 0 && (wanted & STATUS_ACKNOWLEDGE) == 0) ||
        ((added & STATUS_FEATURES_OK) != 0 && (before & STATUS_DRIVER) == 0)) {
        model_rule(m, RULE_STATUS_SEQUENCE, "device_status went from 0x%02x to 0x%02x", m->status, value);
    }
    m->status |= added & (uint8_t)~(STATUS_FEATURES_OK | STATUS_DRIVER_OK);
    if ((added & STATUS_FEATURES_OK) != 0) {
        accept_features(m);
    }
    if ((added & STATUS_DRIVER_OK) != 0) {
        become_live(m);
    }
}

void model_needs_reset(struct model *m)
{
    m->hung = true;
    m->status |= STATUS_NEEDS_RESET;
    if ((m->status & STATUS_DRIVER_OK) != 0) {
        m->stats.config_interrupts++;
        model_interrupt(m, ISR_CONFIG, m->config_vector);
    }
}
