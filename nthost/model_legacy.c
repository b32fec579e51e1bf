/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The registers of a virtio 0.9.5 device in an I/O BAR: VIRTIO 1.x "Legacy Interfaces: A Note on PCI Device Layout".
 * The device behind them is the same as ever: what a legacy driver does is carried out as a modern one would have said
 * it, so that the same rules hold for it.
 */
#include <linux/virtio_pci.h>

#include "model_common.h"
#include "model_internal.h"

#define NEXT_PAGE 4096u /* "Queue Align" */

static uint32_t common_read(struct model *m, uint32_t offset, unsigned width)
{
    return (uint32_t)model_register_read(m, REGION_COMMON, offset, width);
}

static void common_write(struct model *m, uint32_t offset, unsigned width, uint32_t value)
{
    model_register_write(m, REGION_COMMON, offset, width, value);
}

/* "When MSI-X capability is enabled, device specific configuration starts at byte offset 24": else at 20. */
static uint32_t config_start(const struct model *m)
{
    return model_msix_enabled(m) ? 24 : 20;
}

static bool check_width(struct model *m, uint32_t offset, unsigned width)
{
    static const unsigned widths[] = {[VIRTIO_PCI_HOST_FEATURES] = 4, [VIRTIO_PCI_GUEST_FEATURES] = 4,
                                      [VIRTIO_PCI_QUEUE_PFN] = 4,     [VIRTIO_PCI_QUEUE_NUM] = 2,
                                      [VIRTIO_PCI_QUEUE_SEL] = 2,     [VIRTIO_PCI_QUEUE_NOTIFY] = 2,
                                      [VIRTIO_PCI_STATUS] = 1,        [VIRTIO_PCI_ISR] = 1,
                                      [VIRTIO_MSI_CONFIG_VECTOR] = 2, [VIRTIO_MSI_QUEUE_VECTOR] = 2};

    if (offset >= sizeof widths / sizeof widths[0] || widths[offset] != width) {
        model_rule(m, RULE_ACCESS_WIDTH, "%u bytes at port %u of the legacy registers", width, offset);
        return false;
    }
    return true;
}

uint32_t model_legacy_read(struct model *m, uint32_t offset, unsigned width)
{
    if (offset >= config_start(m)) {
        return (uint32_t)model_register_read(m, REGION_DEVICE, offset - config_start(m), width);
    }
    if (!check_width(m, offset, width)) {
        return 0;
    }
    switch (offset) {
    case VIRTIO_PCI_HOST_FEATURES:
        return (uint32_t)m->offered;
    case VIRTIO_PCI_GUEST_FEATURES:
        return (uint32_t)m->driver_features;
    case VIRTIO_PCI_QUEUE_PFN:
        return common_read(m, VIRTIO_PCI_COMMON_Q_ENABLE, 2) == 0
                   ? 0
                   : (uint32_t)(m->queue[m->queue_select].desc >> VIRTIO_PCI_QUEUE_ADDR_SHIFT);
    case VIRTIO_PCI_QUEUE_NUM:
        return common_read(m, VIRTIO_PCI_COMMON_Q_SIZE, 2);
    case VIRTIO_PCI_QUEUE_SEL:
        return m->queue_select;
    case VIRTIO_PCI_STATUS:
        return common_read(m, VIRTIO_PCI_COMMON_STATUS, 1) & ~(uint32_t)STATUS_FEATURES_OK;
    case VIRTIO_PCI_ISR:
        return (uint32_t)model_register_read(m, REGION_ISR, 0, 1);
    case VIRTIO_MSI_CONFIG_VECTOR:
        return common_read(m, VIRTIO_PCI_COMMON_MSIX, 2);
    case VIRTIO_MSI_QUEUE_VECTOR:
        return common_read(m, VIRTIO_PCI_COMMON_Q_MSIX, 2);
    default:
        model_rule(m, RULE_ACCESS_UNDEFINED, "port %u of the legacy registers was read", offset);
        return 0;
    }
}

/* A legacy driver knows 32 features and has no FEATURES_OK: what it writes is what it accepts. */
static void write_features(struct model *m, uint32_t value)
{
    common_write(m, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
    common_write(m, VIRTIO_PCI_COMMON_GF, 4, value);
    common_write(m, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
    common_write(m, VIRTIO_PCI_COMMON_GF, 4, 1u << (F_VERSION_1 - 32));
    common_write(m, VIRTIO_PCI_COMMON_STATUS, 1, m->status | STATUS_FEATURES_OK);
    (void)common_read(m, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void write_address(struct model *m, uint32_t offset, uint64_t value)
{
    common_write(m, offset, 4, (uint32_t)value);
    common_write(m, offset + 4, 4, (uint32_t)(value >> 32));
}

/* "Legacy Interfaces: A Note on Virtqueue Layout": one block, the used ring on the next page. */
static void write_page(struct model *m, uint32_t page)
{
    uint64_t desc = (uint64_t)page << VIRTIO_PCI_QUEUE_ADDR_SHIFT;
    uint32_t size = common_read(m, VIRTIO_PCI_COMMON_Q_SIZE, 2);
    uint64_t avail = desc + 16ull * size;
    uint64_t used = (avail + 6 + 2ull * size + NEXT_PAGE - 1) & ~(uint64_t)(NEXT_PAGE - 1);

    if (page == 0) {
        model_rule(m, RULE_QUEUE_DISABLED, "queue %u was taken back without a reset", m->queue_select);
        return;
    }
    write_address(m, VIRTIO_PCI_COMMON_Q_DESCLO, desc);
    write_address(m, VIRTIO_PCI_COMMON_Q_AVAILLO, avail);
    write_address(m, VIRTIO_PCI_COMMON_Q_USEDLO, used);
    common_write(m, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static void write_status(struct model *m, uint32_t value)
{
    common_write(m, VIRTIO_PCI_COMMON_STATUS, 1, value == 0 ? 0 : value | (m->status & STATUS_FEATURES_OK));
}

void model_legacy_write(struct model *m, uint32_t offset, unsigned width, uint32_t value)
{
    if (offset >= config_start(m)) {
        model_register_write(m, REGION_DEVICE, offset - config_start(m), width, value);
        return;
    }
    if (!check_width(m, offset, width)) {
        return;
    }
    switch (offset) {
    case VIRTIO_PCI_GUEST_FEATURES:
        write_features(m, value);
        break;
    case VIRTIO_PCI_QUEUE_PFN:
        write_page(m, value);
        break;
    case VIRTIO_PCI_QUEUE_SEL:
        common_write(m, VIRTIO_PCI_COMMON_Q_SELECT, 2, value);
        break;
    case VIRTIO_PCI_QUEUE_NOTIFY:
        model_register_write(m, REGION_NOTIFY, value * (uint32_t)m->options.multiplier, 2, value);
        break;
    case VIRTIO_PCI_STATUS:
        write_status(m, value);
        break;
    case VIRTIO_MSI_CONFIG_VECTOR:
        common_write(m, VIRTIO_PCI_COMMON_MSIX, 2, value);
        break;
    case VIRTIO_MSI_QUEUE_VECTOR:
        common_write(m, VIRTIO_PCI_COMMON_Q_MSIX, 2, value);
        break;
    default:
        model_rule(m, RULE_READ_ONLY_REGISTER, "port %u of the legacy registers was written", offset);
        break;
    }
}
