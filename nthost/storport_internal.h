/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the files of the built-in storport.sys share. Everything runs on one host thread and is interleaved at yield
 * points only (cpu.h), so the port driver's own lists need no lock; nothing here may be relied on across a yield point.
 */
#ifndef NTHOST_STORPORT_INTERNAL_H
#define NTHOST_STORPORT_INTERNAL_H

#include "cpu.h"
#include "module.h"
#include "storport_adapter.h"
#include "trap.h"
#include "verifier.h"

#define STATUS_SUCCESS 0x00000000u
#define STATUS_INVALID_PARAMETER 0xC000000Du
#define STATUS_REVISION_MISMATCH 0xC0000059u
#define SP_UNINITIALIZED 0xFFFFFFFFu
#define DUMP_MEMORY_LIMIT 32768u /* "Restrictions on Miniport Drivers that Manage the Boot Drive", Memory usage */

/* ---- callbacks (storport_callback.c) ---- */

enum callback {
    CALLBACK_NONE,
    CALLBACK_DRIVER_ENTRY,
    CALLBACK_FIND_ADAPTER,
    CALLBACK_INITIALIZE,
    CALLBACK_PASSIVE_INITIALIZE,
    CALLBACK_BUILD_IO,
    CALLBACK_START_IO,
    CALLBACK_INTERRUPT,
    CALLBACK_MESSAGE_INTERRUPT,
    CALLBACK_DPC,
    CALLBACK_TIMER,
    CALLBACK_RESET_BUS,
    CALLBACK_CONTROL,         /* HwStorAdapterControl, PASSIVE_LEVEL */
    CALLBACK_CONTROL_LOCKED,  /* HwStorAdapterControl, stop and restart: DIRQL, Interrupt lock */
    CALLBACK_CONTROL_RUNNING, /* HwStorAdapterControl, ScsiSetRunningConfig */
    CALLBACK_SYNCHRONIZED,
    CALLBACK_COUNT
};
#define IN(callback) (1u << (callback))
#define IN_ANY 0xFFFFFFFFu

enum callback callback_current(void);
const char *callback_name(enum callback callback);
/* Calls the miniport; arguments are pointer-sized. */
#define callback_call(callback, function, count, ...) \
    driver_call(callback_name(callback), (void *)(uintptr_t)(function), count, __VA_ARGS__)

/* Head of every exported routine: IRQL limits, yield point, step count; and that the caller passed its device extension
 * and is in one of `callbacks` (rule callback-context). In dump mode everything runs at HIGH_LEVEL ("Interrupt request
 * level") and only the context counts. */
adapter *port_enter(void *extension, const char *api, uint8_t max_irql, uint32_t callbacks);
void port_enter_without_extension(const char *api, uint8_t max_irql);
/* rule_broken, unless the rule is one of --tolerate: then it is printed once and the caller carries on. */
void port_rule(const adapter *a, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- state ---- */

struct device_mapping {
    void *address;
    uint64_t physical;
    uint32_t bytes;
    struct device_mapping *next;
};

struct port_dpc { /* what the opaque STOR_DPC at `address` stands for */
    STOR_DPC *address;
    PHW_DPC_ROUTINE routine;
    struct spin_lock lock;
    dpc queue_entry;
    adapter *owner;
    struct port_dpc *next;
};

struct pool_block {
    void *address;
    bool granted;
    struct pool_block *next;
};

struct unit {
    uint8_t path, target, lun;
    bool inquired;   /* the miniport has received an INQUIRY for it */
    bool exists;     /* ... and answered it */
    void *extension; /* SpecificLuExtensionSize */
    unsigned depth, outstanding;
    uint64_t busy_until;   /* count of completions that ends StorPortDeviceBusy; 0: ready */
    uint64_t paused_until; /* clock; 0: not paused */
    uint64_t completed;
    struct request *queue, **queue_end;
    struct unit *next;
};

enum slot_state { SLOT_FREE, SLOT_BUILDING, SLOT_STARTED, SLOT_COMPLETED };

/* The memory of one request in flight. Slots are reused in turn, hidden in between, so that a driver's late access
 * faults. */
struct request_slot {
    SCSI_REQUEST_BLOCK *srb;
    void *extension;
    uint32_t extension_bytes;
    uint8_t *sense;
    void *list_memory;
    uint32_t list_capacity;
    STOR_SCATTER_GATHER_LIST *list; /* at the end of list_memory: reading past NumberOfElements faults */
    uint8_t *tagged;                /* DataBuffer where the buffer is not mapped for the miniport */
    bool mapped, hidden, list_fetched;
    bool before_reset; /* started before the reset that is going on */
    enum slot_state state;
    struct request *request;
    struct unit *unit;
    SCSI_REQUEST_BLOCK given, result;
    struct request_slot *next; /* free list or outstanding list */
    struct request_slot *next_in_hash;
    struct request_slot *next_completed;
};
#define SLOT_HASH 256u

struct adapter {
    struct adapter_options options;
    struct pci_device *device;
    module *image;
    bool dump;
    const char *failure;
    char failure_text[128];
    enum adapter_state state;
    struct adapter_counts counts;

    /* DriverEntry and HwStorFindAdapter */
    bool initialized; /* StorPortInitialize has succeeded */
    HW_INITIALIZATION_DATA init;
    void *driver_object, *registry_path;
    uint8_t *extension;
    PORT_CONFIGURATION_INFORMATION *config; /* the miniport's view: `Length` bytes up to a guard page */
    uint32_t config_length;
    PORT_CONFIGURATION_INFORMATION given;       /* as it was handed out */
    PORT_CONFIGURATION_INFORMATION agreed;      /* as it came back */
    PORT_CONFIGURATION_INFORMATION at_uncached; /* as it was when the uncached extension was asked for */
    ACCESS_RANGE *ranges;
    unsigned range_count;
    bool full_duplex;

    /* resources */
    uint8_t *uncached;
    uint32_t uncached_bytes;
    struct device_mapping *mappings;
    struct pool_block *pool;
    struct port_dpc *dpcs;
    bool extension_granted;
    uint8_t pci_config[256];

    /* interrupts and locks */
    struct spin_lock start_io_lock, interrupt_lock, message_lock[PORT_MAX_MESSAGES];
    interrupt *line, *message[PORT_MAX_MESSAGES];
    unsigned messages;
    bool connected;
    PHW_PASSIVE_INITIALIZE_ROUTINE passive_initialize;
    uint32_t supported_controls; /* bit per SCSI_ADAPTER_CONTROL_TYPE */
    unsigned performance_flags;
    const char *check_due; /* the reset whose result is still to be looked at */
    unsigned active;       /* callbacks of the miniport that are running, on any processor */

    /* queues */
    struct unit *units;
    struct request_slot *free_slots, **free_slots_end;
    unsigned free_slot_count;
    struct request_slot *outstanding;
    unsigned outstanding_count;
    struct request_slot *slot_hash[SLOT_HASH];
    struct request_slot *completed, **completed_end;
    dpc completion_dpc;
    bool held; /* by stop, power and reset */
    bool busy;
    uint64_t busy_until;   /* count of completions */
    uint64_t paused_until; /* clock */
    bool link_down;
    timer retry_timer, tick, miniport_timer;
    PHW_TIMER miniport_timer_routine;
    bool removed;
    bool in_transition; /* plug and play and power requests come one at a time */
    bool bus_changed;
    enum { RESET_NONE, RESET_UNIT, RESET_TARGET } reset_level; /* what the reset SRB in flight resets */
    struct request reset_request;
    uint8_t *tagged_region; /* inaccessible addresses that stand for buffers which are not mapped */
    uint32_t tagged_next;
    struct request *dump_request;

    struct logged_error log[64];
    unsigned log_count;
};

/* The adapter whose miniport is running now: of the runtime port driver or of the dump port driver. */
extern adapter *port_adapters[2];
adapter *adapter_of(const void *extension);
adapter *adapter_create(const struct adapter_options *options, struct pci_device *device, bool dump);
void adapter_destroy(adapter *a);
bool adapter_driver_entry(adapter *a, uint32_t *status);
void adapter_fail(adapter *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- storport_config.c ---- */
void config_prepare(adapter *a);
bool config_accept(
    adapter *a); /* after HwStorFindAdapter: rule port-configuration, or false when the adapter cannot be used */
bool config_init_data_valid(const adapter *a, const HW_INITIALIZATION_DATA *data);
void config_release(adapter *a);
bool config_maps_buffers(const adapter *a, const struct request *r);

/* ---- storport_resource.c ---- */
void resources_release(adapter *a); /* mappings, uncached extension */
void resources_check_pool(adapter *a);
bool resource_grant(adapter *a, const void *address); /* DMA to memory whose physical address the miniport asked for */

/* ---- storport_lock.c ---- */
void port_acquire_spin_lock(adapter *a, STOR_SPINLOCK lock, void *context, STOR_LOCK_HANDLE *handle);
void port_release_spin_lock(adapter *a, STOR_LOCK_HANDLE *handle);
ULONG port_acquire_message_lock(adapter *a, ULONG message, PULONG old_irql);
ULONG port_release_message_lock(adapter *a, ULONG message, ULONG old_irql);
/* The locks that StorPort itself takes around a callback; returns the IRQL to give back. */
uint8_t port_lock_start_io(adapter *a);
void port_unlock_start_io(adapter *a, uint8_t old_irql);
uint8_t port_lock_interrupt(adapter *a);
void port_unlock_interrupt(adapter *a, uint8_t old_irql);

/* ---- storport_interrupt.c ---- */
void interrupts_connect(adapter *a);
void interrupts_disconnect(adapter *a);
void port_initialize_dpc(adapter *a, STOR_DPC *dpc_memory, PHW_DPC_ROUTINE routine);
bool port_issue_dpc(adapter *a, STOR_DPC *dpc_memory, void *argument1, void *argument2);
struct port_dpc *port_find_dpc(const adapter *a, const void *address);
void port_dpcs_check_idle(adapter *a);
void port_request_timer(adapter *a, PHW_TIMER routine, uint32_t microseconds);

/* ---- storport_request.c, storport_queue.c ---- */
struct request_slot *slot_acquire(adapter *a, struct request *r);
void slot_release(adapter *a, struct request_slot *slot);
void slots_destroy(adapter *a);
struct request_slot *slot_find(const adapter *a, const void *srb);
void port_complete(adapter *a, SCSI_REQUEST_BLOCK *srb); /* RequestComplete */
void port_dispatch(adapter *a);                          /* at DISPATCH_LEVEL: starts what may be started */
void port_finish_slot(adapter *a, struct request_slot *slot);
void queue_init(adapter *a);
void request_fail(struct request *r, uint8_t srb_status); /* never given to the miniport; at DISPATCH_LEVEL */
struct unit *unit_get(adapter *a, uint8_t path, uint8_t target, uint8_t lun);
void units_destroy(adapter *a);
void queue_append(struct unit *unit, struct request *r);
void queue_prepend(struct unit *unit, struct request *r);
void queues_fail(adapter *a, uint8_t srb_status); /* what was never given to the miniport */
bool adapter_wait_idle(adapter *a, uint64_t timeout_us);
void adapter_wait_quiet(adapter *a); /* until no callback of the miniport runs or is queued any more */
void adapter_hold(adapter *a);
void adapter_release(adapter *a);
void request_start(adapter *a, struct request *r);
void slot_show(struct request_slot *slot);
void slot_hide(struct request_slot *slot, const char *why);

/* ---- storport_start.c ---- */
bool start_find_adapter(adapter *a, const char *argument_string);
bool start_initialize(adapter *a);
/* An adapter-wide PnP SRB; its outcome is the miniport's business. */
uint8_t send_pnp(adapter *a, STOR_PNP_ACTION action, uint32_t flags, struct io_buffer *buffer);

/* ---- storport_reset.c ---- */
void reset_mark(adapter *a); /* remembers which requests the miniport has now */
/* ... and that none of them is left: rule reset-left-requests. What another processor is completing at this moment, or
 * a queued DPC has in its hands, is looked at when that is over: callback_over, at the end of each callback. */
void reset_check(adapter *a, const char *what);
void callback_over(adapter *a);
bool callbacks_quiet(const adapter *a); /* no callback runs, no DPC is queued */
void port_tick_arm(adapter *a);         /* the one-second tick that looks for requests past their time */

#endif
