/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the parts of the model device share: PCI function (model_pci.c), virtio-pci registers (model_virtio.c), split
 * ring (model_ring.c), a device class (model_blk.c) with its disk (model_disk.c), and the bus around them
 * (model_bus.c).
 */
#ifndef NTHOST_MODEL_INTERNAL_H
#define NTHOST_MODEL_INTERNAL_H

#include "model_bus.h"
#include "model_fault.h"
#include "model_rules.h"

#define MODEL_VECTORS_MAX 64u
#define MODEL_FLOWS_MAX 16u
#define MODEL_CONFIG_BYTES 256u
#define NO_VECTOR 0xffffu

enum {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_NEEDS_RESET = 0x40,
    STATUS_FAILED = 0x80
};
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };
enum { F_RING_INDIRECT = 28, F_EVENT_IDX = 29, F_VERSION_1 = 32 };
enum region { REGION_COMMON = 1, REGION_NOTIFY, REGION_ISR, REGION_DEVICE, REGION_COUNT };

struct model_region {
    unsigned bar;
    uint32_t offset, length;
};

struct model_msix_entry {
    uint32_t address_low, address_high, data, control;
};

struct model_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
    uint64_t place; /* where it was read */
};

struct model_queue {
    uint16_t index, max_size;
    /* registers, as the driver writes them */
    uint16_t size, vector, enabled;
    uint64_t desc, avail, used;
    bool vector_read_back;
    /* state */
    uint16_t fetched; /* avail entries taken */
    uint16_t limit;   /* fetch up to here */
    uint16_t seen;    /* avail.idx when looked at last */
    uint16_t used_idx, signalled;
    uint64_t published, doorbells; /* since it was enabled */
    bool kicked, suppressed, interrupt_due;
    bool lied; /* more used entries than buffers: a driver that believes one gives back more than there are */
    unsigned in_flight;
    uint16_t *busy; /* per descriptor: 1 + head of the outstanding chain that it belongs to, or 0 */
};

/* A buffer that the driver made available. */
struct model_chain {
    struct model_queue *queue;
    uint16_t head;
    struct model_desc *desc; /* the buffer's elements as they were when fetched */
    unsigned count, capacity;
    struct model_desc indirect;  /* what points to the indirect table; place 0: none */
    uint64_t readable, writable; /* bytes */
    uint64_t ready_us;           /* completes no earlier */
    uint64_t order;              /* of fetching */
    bool executed, lost, no_status;
    uint32_t used_len;
    /* the class's */
    uint8_t header[16];
    uint32_t type;
    uint64_t sector, sectors, write_id, flush_point;
    uint8_t status;
};

struct model;

/* A field of the device-specific configuration. */
struct model_field {
    uint16_t offset;
    uint8_t width;
    int8_t feature;         /* exists only when that is offered; -1: always */
    bool writable;          /* when that is negotiated */
    bool after_features_ok; /* must not be read earlier */
};

struct model_class {
    const char *name;
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint16_t transitional; /* device ID in the legacy layout; 0: there is none */
    uint8_t revision;
    uint32_t class_code;
    const struct model_field *fields; /* ends with width 0; NULL: config_access answers for them */
    /* Whether an access of that place and width exists. */
    bool (*config_access)(const struct model *m, uint32_t offset, unsigned width, bool write);
    void (*open)(struct model *m); /* features offered, queue sizes, configuration */
    void (*close)(struct model *m);
    void (*reset)(struct model *m);
    void (*config_written)(struct model *m, unsigned offset, uint32_t value);
    void (*fetched)(struct model *m, struct model_chain *chain);           /* checks the request's form */
    bool (*ready)(const struct model *m, const struct model_chain *chain); /* may go on now; NULL: always */
    void (*execute)(struct model *m, struct model_chain *chain);           /* moves the data */
    void (*finish)(struct model *m, struct model_chain *chain);            /* status and used_len */
    void (*completed)(struct model *m, struct model_chain *chain);         /* the used entry is out */
};

struct model {
    pci_bus bus; /* first */
    struct model_options options;
    const struct model_class *class;
    struct model_stats stats;
    uint64_t random;

    /* PCI function */
    uint8_t pci[256], pci_writable[256];
    struct model_region region[REGION_COUNT];
    uint32_t bar_bytes[6];
    unsigned msix_cap, msix_bar, vectors;
    struct model_msix_entry msix[MODEL_VECTORS_MAX];
    uint64_t msix_pending;
    uint64_t message_physical;
    uint32_t *message_page;
    bool gone;

    /* virtio-pci registers */
    uint64_t offered, driver_features, accepted;
    uint32_t device_feature_select, driver_feature_select;
    uint16_t config_vector, queue_select;
    uint8_t status, isr, generation;
    unsigned spurious;       /* looks at the line that find it asserted without a cause */
    bool fresh;              /* never reset since it was plugged in */
    bool reset_unread;       /* the driver has not seen device_status 0 yet */
    bool features_ok_unread; /* ... nor that FEATURES_OK stayed set */
    bool config_vector_read_back;
    bool resetting, reset_hangs, hung;
    uint64_t reset_done_us;
    struct {
        uint64_t flow; /* cpu_flow(); 0: free */
        uint32_t value;
    } selected[3][MODEL_FLOWS_MAX]; /* by selector: what each of those that chose lately chose last */
    unsigned oldest_selected[3];
    uint64_t selector_owner[3];

    struct model_queue queue[MODEL_QUEUES_MAX];
    unsigned queues;
    uint8_t config[MODEL_CONFIG_BYTES];
    struct model_chain **chain;
    unsigned chain_count, chain_capacity;
    uint64_t fetch_count;
    uint16_t lost_at_reset; /* head of a request that a reset ended */
    bool lost_at_reset_valid, late_due;

    /* block device */
    struct model_disk *disk;
    uint64_t capacity, largest_capacity; /* largest: shown since the last reset */
    uint64_t write_count, completion_count;
    uint8_t writeback;
};

/* model_bus.c */
pci_bus *model_open(const struct model_options *options, const struct model_class *class);

static inline struct model *model_of(pci_bus *bus)
{
    return (struct model *)bus;
}

uint64_t model_random(struct model *m);
bool model_chance(struct model *m, uint64_t percent);
static inline bool model_accepted(const struct model *m, unsigned feature)
{
    return (m->accepted >> feature & 1) != 0;
}

/* model_pci.c */
void model_pci_build(struct model *m);
uint32_t model_pci_read(struct model *m, unsigned offset, unsigned width);
void model_pci_write(struct model *m, unsigned offset, unsigned width, uint32_t value);
bool model_pci_bus_master(const struct model *m);
bool model_msix_enabled(const struct model *m);
/* Which BAR and offset an address falls on; false when memory decoding is off or none does. */
bool model_pci_decode(const struct model *m, uint64_t physical, unsigned width, unsigned *bar, uint32_t *offset);
/* The offset in the I/O BAR of the legacy layout; false when I/O decoding is off or the port is none of it. */
bool model_pci_decode_port(const struct model *m, uint16_t port, unsigned width, uint32_t *offset);
uint32_t model_msix_read(struct model *m, uint32_t offset, unsigned width);
void model_msix_write(struct model *m, uint32_t offset, unsigned width, uint32_t value);
void model_msix_send(struct model *m, uint16_t vector);
bool model_intx(struct model *m);

/* model_virtio.c */
uint64_t model_register_read(struct model *m, enum region region, uint32_t offset, unsigned width);
void model_register_write(struct model *m, enum region region, uint32_t offset, unsigned width, uint64_t value);
void model_reset_finish(struct model *m);   /* all state that a reset clears */
void model_config_changed(struct model *m); /* generation, ISR, interrupt */
void model_needs_reset(struct model *m);
void model_interrupt(struct model *m, uint8_t cause, uint16_t vector);

/* model_legacy.c */
uint32_t model_legacy_read(struct model *m, uint32_t offset, unsigned width);
void model_legacy_write(struct model *m, uint32_t offset, unsigned width, uint32_t value);

/* model_ring.c */
void model_queue_enable(struct model *m, struct model_queue *q);
void model_queue_reset(struct model *m, struct model_queue *q);
void model_doorbell(struct model *m, struct model_queue *q);
bool model_queue_has_work(const struct model_queue *q);
void model_queue_work(struct model *m, struct model_queue *q); /* one step of fetching */
void model_complete(struct model *m, struct model_chain *chain);
void model_queue_interrupt(struct model *m, struct model_queue *q);
void model_publish_used(struct model *m, struct model_queue *q, uint32_t id, uint32_t length);
void model_chains_drop(struct model *m);
void model_late_completion(struct model *m);
/* Bytes of the readable or the writable part of a buffer, from `offset` on. */
void model_chain_read(const struct model_chain *chain, uint64_t offset, void *buffer, size_t bytes);
void model_chain_write(const struct model_chain *chain, uint64_t offset, const void *buffer, size_t bytes);

/* model_chain.c */
struct model_chain *model_chain_fetch(struct model *m, struct model_queue *q, uint16_t head);
void model_chain_check_unchanged(struct model *m, const struct model_chain *chain);
void model_chain_free(struct model_chain *chain); /* its descriptors are the driver's again */

extern const struct model_class model_blk_class;

#endif
