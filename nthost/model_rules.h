/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The rules that a model device holds its driver to. Each is a requirement of VIRTIO 1.x (section in quotes) or of
 * contract v1; the name is what a broken rule prints and what tests of deliberately broken drivers look for.
 */
#ifndef NTHOST_MODEL_RULES_H
#define NTHOST_MODEL_RULES_H

struct model;

/* With strict=on does not return; otherwise counts, reports the first few, and returns so that the device can be
 * lenient. */
void model_rule(struct model *m, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "Device Initialization": the driver MUST follow this sequence; 1: reset the device. */
#define RULE_NOT_RESET "virtio-not-reset"
/* "Common configuration structure layout": the driver MUST wait for a read of device_status to return 0 before
 * reinitializing. */
#define RULE_RESET_NOT_READ_BACK "virtio-reset-not-read-back"
/* "Device Initialization": ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK in this order; reserved bits stay 0. */
#define RULE_STATUS_SEQUENCE "virtio-status-sequence"
/* "Device Status Field": the driver MUST NOT clear a device status bit. */
#define RULE_STATUS_BIT_CLEARED "virtio-status-bit-cleared"
/* "Device Initialization": re-read device status to ensure the FEATURES_OK bit is still set. */
#define RULE_FEATURES_OK_NOT_REREAD "virtio-features-ok-not-reread"
/* "Feature Bits": the driver MUST NOT accept a feature which the device did not offer. */
#define RULE_FEATURE_NOT_OFFERED "virtio-feature-not-offered"
/* "Reserved Feature Bits": a driver MUST accept VIRTIO_F_VERSION_1 if it is offered. */
#define RULE_VERSION_1_REFUSED "virtio-version-1-refused"
/* "Device Initialization": the driver MUST NOT accept new feature bits after FEATURES_OK. */
#define RULE_FEATURES_TOO_LATE "virtio-features-too-late"
/* "Device Status Field": if the driver sets the FAILED bit, it MUST later reset the device before attempting to
 * re-initialize. */
#define RULE_ACCESS_AFTER_FAILED "virtio-access-after-failed"
/* "PCI Device Layout": accesses as wide as the field, 32 bits for each half of a 64-bit one, and aligned. */
#define RULE_ACCESS_WIDTH "virtio-access-width"
/* Nothing is there: between fields and regions, behind their ends. */
#define RULE_ACCESS_UNDEFINED "virtio-access-undefined"
/* "Common configuration structure layout": the driver MUST NOT write to device_feature, num_queues, config_generation,
 * queue_notify_off. */
#define RULE_READ_ONLY_REGISTER "virtio-read-only-register"
/* Contract 9: selectors are device-global, the driver serialises every select and access. */
#define RULE_SELECTOR_RACE "virtio-selector-race"
/* "Device Initialization": virtqueues are set up after FEATURES_OK and before DRIVER_OK. */
#define RULE_QUEUE_TOO_EARLY "virtio-queue-too-early"
#define RULE_QUEUE_TOO_LATE "virtio-queue-too-late"
/* Contract 13: there is no such queue. */
#define RULE_QUEUE_ABSENT "virtio-queue-absent"
/* "Common configuration structure layout": the driver MUST NOT write a 0 to queue_enable; once is enough. */
#define RULE_QUEUE_DISABLED "virtio-queue-disabled"
#define RULE_QUEUE_ENABLED_TWICE "virtio-queue-enabled-twice"
/* ...: the driver MUST configure the other virtqueue fields before enabling the virtqueue. */
#define RULE_QUEUE_CHANGED "virtio-queue-changed"
/* ...: MUST NOT write a value which is not a power of 2 to queue_size; it may only reduce it. */
#define RULE_QUEUE_SIZE "virtio-queue-size"
/* "Virtqueues": the physical address of each part is a multiple of its alignment (16, 2, 4). */
#define RULE_QUEUE_ALIGNMENT "virtio-queue-alignment"
/* The whole of each part is memory that the device may use. */
#define RULE_QUEUE_MEMORY "virtio-queue-memory"
/* "Available Buffer Notification Suppression": the driver MUST initialize flags in the used ring to 0; its idx starts
 * at 0. */
#define RULE_USED_NOT_CLEARED "virtio-used-not-cleared"
/* "MSI-X Vector Configuration": no vector outside the table; the driver MUST verify success by reading the vector
 * field.
 */
#define RULE_VECTOR_RANGE "virtio-vector-range"
#define RULE_VECTOR_NOT_READ_BACK "virtio-vector-not-read-back"
/* "Device Initialization": the driver MUST NOT write device configuration before FEATURES_OK. */
#define RULE_CONFIG_TOO_EARLY "virtio-config-too-early"
/* "Device Configuration Space": MUST check that the feature is offered before accessing that part. */
#define RULE_CONFIG_NOT_OFFERED "virtio-config-not-offered"
#define RULE_CONFIG_READ_ONLY "virtio-config-read-only"
/* "Virtio Structure PCI Capabilities": the driver MUST NOT write into any field of the capability structure. */
#define RULE_CAPABILITY_WRITTEN "virtio-capability-written"

/* "Available Buffer Notifications": a 16-bit notification with the virtqueue index, at the queue's own address. */
#define RULE_DOORBELL_WIDTH "virtio-doorbell-width"
#define RULE_DOORBELL_VALUE "virtio-doorbell-value"
#define RULE_DOORBELL_ADDRESS "virtio-doorbell-address"
/* "Device Initialization": MUST NOT send any buffer available notifications before setting DRIVER_OK; the queue is
 * enabled. */
#define RULE_DOORBELL_TOO_EARLY "virtio-doorbell-too-early"
#define RULE_DOORBELL_QUEUE "virtio-doorbell-queue"
/* More doorbells than buffers ever made available: one of them announced nothing. */
#define RULE_DOORBELL_EMPTY "virtio-doorbell-empty"

/* "Used Buffer Notification Suppression": flags 0 or 1; 0 with EVENT_IDX. */
#define RULE_AVAIL_FLAGS "virtio-avail-flags"
/* "The Virtqueue Available Ring": idx never moves back, nor further than the queue is large. */
#define RULE_AVAIL_INDEX "virtio-avail-index"
/* An index that is no descriptor's. */
#define RULE_DESC_INDEX "virtio-desc-index"
/* "The Virtqueue Descriptor Table": loops in the descriptor chain are forbidden; at most 2^32 bytes. */
#define RULE_DESC_LOOP "virtio-desc-loop"
#define RULE_CHAIN_BYTES "virtio-chain-bytes"
/* "Indirect Descriptors": MUST NOT create a descriptor chain longer than the Queue Size of the device. */
#define RULE_CHAIN_LENGTH "virtio-chain-length"
/* "Message Framing": device-writable elements come after device-readable ones. */
#define RULE_DESC_ORDER "virtio-desc-order"
#define RULE_DESC_FLAGS "virtio-desc-flags"
#define RULE_DESC_EMPTY "virtio-desc-empty"
/* A descriptor that belongs to an outstanding chain is used again. */
#define RULE_DESC_SHARED "virtio-desc-shared"
/* "Device Cleanup": a driver MUST NOT alter virtqueue entries for exposed buffers. */
#define RULE_DESC_CHANGED "virtio-desc-changed"
/* "Indirect Descriptors": only when negotiated, not inside an indirect table, not together with NEXT, length a multiple
 * of 16. */
#define RULE_INDIRECT_UNNEGOTIATED "virtio-indirect-unnegotiated"
#define RULE_INDIRECT_NESTED "virtio-indirect-nested"
#define RULE_INDIRECT_NEXT "virtio-indirect-next"
#define RULE_INDIRECT_LENGTH "virtio-indirect-length"

/* "Block Device / Device Operation" and contract 1.6. */
#define RULE_BLK_HEADER "blk-header"             /* 16 readable bytes, in a descriptor of their own */
#define RULE_BLK_RESERVED "blk-reserved"         /* the second word is 0 */
#define RULE_BLK_STATUS "blk-status"             /* one writable byte, in a descriptor of its own */
#define RULE_BLK_SECTOR "blk-sector"             /* 0 for requests that have none */
#define RULE_BLK_DIRECTION "blk-direction"       /* IN data is writable, OUT data is not */
#define RULE_BLK_LENGTH "blk-length"             /* a positive multiple of 512 */
#define RULE_BLK_SEG_MAX "blk-seg-max"           /* at most seg_max data descriptors */
#define RULE_BLK_SIZE_MAX "blk-size-max"         /* none longer than size_max */
#define RULE_BLK_CAPACITY "blk-capacity"         /* MUST NOT submit a request beyond capacity */
#define RULE_BLK_FLUSH_DATA "blk-flush-data"     /* SHOULD NOT include any data */
#define RULE_BLK_UNNEGOTIATED "blk-unnegotiated" /* FLUSH, DISCARD, WRITE_ZEROES without their feature */
#define RULE_BLK_ID_LENGTH "blk-id-length"       /* MUST be 20 bytes */
#define RULE_BLK_SEGMENTS "blk-segments"         /* discard and write zeroes: form and limits of the segments */

#endif
