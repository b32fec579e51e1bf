/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in storport.sys, seen from a command: one adapter with its miniport, and the requests sent to it.
 *
 * A command loads a miniport (adapter_load runs DriverEntry), starts it on a PCI function, sends requests, drives plug
 * and play and power, and unloads it, which ends with the leak check. Everything here is called from a simulated thread
 * at PASSIVE_LEVEL unless said otherwise, and may be interleaved with the driver's callbacks at every yield point. A
 * failure that Windows would report (a start that fails, a request that fails) is a return value; a broken rule ends
 * the process (verifier.h). The rules are those of the StorPort pages of the Windows driver documentation; each check
 * names its page.
 */
#ifndef NTHOST_STORPORT_ADAPTER_H
#define NTHOST_STORPORT_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>

#include "../ddk/storport.h"
#include "guest_ram.h"
#include "pci_bus.h"

#define PORT_DEFAULT_QUEUE_DEPTH 20u /* "Before the first call ... the default value": physical miniports */
#define PORT_SENSE_BYTES 18u         /* SENSE_BUFFER_SIZE of Windows 7's class drivers */
#define PORT_MAX_MESSAGES 16u

struct adapter_options {
    const char *driver;       /* path of the .sys */
    const char *modules;      /* --modules DIR, or NULL */
    bool msix;                /* grant messages when the miniport and the device can */
    unsigned messages;        /* MessageNumberLimit of the INF */
    const char *argument;     /* DriverParameter: the ArgumentString of HwStorFindAdapter; NULL: empty */
    unsigned config_length;   /* of PORT_CONFIGURATION_INFORMATION; 0: Windows 7's */
    unsigned reset_hold_ms;   /* how long the queues rest after a bus reset */
    bool reset_bus_only;      /* a timeout goes straight to HwStorResetBus instead of resetting the unit first */
    unsigned timeout_seconds; /* TimeOutValue of requests */
    const char *tolerate;     /* comma-separated rules that are reported but do not end the run, or NULL */
};

typedef struct adapter adapter;

enum adapter_state {
    ADAPTER_LOADED,
    ADAPTER_RUNNING,
    ADAPTER_STOPPED, /* PnP stop: resources given back */
    ADAPTER_POWERED_DOWN,
    ADAPTER_FAILED,
    ADAPTER_REMOVED,
};

/* What the miniport wrote to the event log. */
struct logged_error {
    uint32_t code, unique_id;
};

struct adapter_counts {
    uint64_t completed, busy_retries, timeouts, unit_resets, target_resets, bus_resets, reset_detected, bus_changes;
    uint64_t pool_allocations, timer_calls, dpcs;
};

/* ---- life cycle ---- */

/* DriverEntry. NULL when it fails, with the status in *status. */
adapter *adapter_load(const struct adapter_options *options, struct pci_device *device, uint32_t *status);
/* HwStorFindAdapter ... ScsiQuerySupportedControlTypes. False when the miniport refuses; adapter_failure says where. */
bool adapter_start(adapter *a);
const char *adapter_failure(const adapter *a);
/* IRP_MN_STOP_DEVICE / IRP_MN_START_DEVICE of a running system: waits for outstanding requests first. */
void adapter_stop(adapter *a);
/* Adapter power down to D3 and up to D0. False when the miniport could not restart. */
void adapter_power_down(adapter *a, bool hibernate);
bool adapter_power_up(adapter *a);
void adapter_lose_power(adapter *a); /* of a hibernated system: the device forgets everything */
/* IRP_MN_SURPRISE_REMOVAL, then removal without touching the device; IRP_MN_REMOVE_DEVICE of a present one. */
void adapter_surprise_removed(adapter *a);
void adapter_remove(adapter *a);
/* DriverUnload, unmapping, leak check. */
void adapter_unload(adapter *a);

enum adapter_state adapter_state(const adapter *a);
bool adapter_in_transition(const adapter *a); /* a start, stop, power or removal request is being worked on */
const PORT_CONFIGURATION_INFORMATION *adapter_config(const adapter *a);
const struct adapter_counts *adapter_counts(const adapter *a);
unsigned adapter_messages(const adapter *a); /* 0: INTx */
const struct logged_error *adapter_log(const adapter *a, unsigned *count);
unsigned adapter_outstanding(const adapter *a); /* requests the miniport owns now */
unsigned adapter_queue_depth(const adapter *a); /* of path 0, target 0, LUN 0 */
bool adapter_bus_changed(adapter *a);           /* BusChangeDetected since the last call */
struct pci_device *adapter_device(const adapter *a);

/* Calls HwStorResetBus as StorPort does: queues paused, StartIo lock held. False when the miniport says it failed. */
bool adapter_reset_bus(adapter *a);
/* The same for a reset that comes as an SRB (RESET_LOGICAL_UNIT, RESET_DEVICE, RESET_BUS); the SRB status. */
uint8_t adapter_reset_by_srb(adapter *a, uint8_t function);

/* ---- buffers ---- */

/* A data buffer in guest RAM: shuffled pages, an inaccessible page after or a checked margin around the bytes. */
struct io_buffer {
    uint8_t *bytes;
    uint32_t size;
    void *allocation;
    uint32_t before, after; /* margins inside the allocation, filled with a pattern */
};
/* `offset` bytes (multiple of alignment) stay free behind the data, so that it starts at an odd place of its page. */
struct io_buffer *io_buffer_create(adapter *a, uint32_t bytes, uint32_t offset);
void io_buffer_destroy(struct io_buffer *buffer); /* checks the margins: rule buffer-overrun */
uint64_t io_buffer_checksum(const struct io_buffer *buffer, uint32_t bytes);

/* ---- requests ---- */

struct request {
    /* filled in by the submitter */
    uint8_t function, path, target, lun, cdb_length;
    uint8_t cdb[16];
    uint32_t flags;                     /* SRB_FLAGS_DATA_IN / DATA_OUT / DISABLE_AUTOSENSE */
    uint32_t transfer;                  /* DataTransferLength */
    uint32_t timeout_seconds;           /* 0: the option's */
    struct io_buffer *buffer;           /* NULL: no data */
    uint8_t sense_capacity;             /* SenseInfoBufferLength; 0: none */
    bool bypass;                        /* not held by a paused or full queue (resets, PnP, power) */
    uint32_t pnp_action, pnp_flags;     /* SRB_FUNCTION_PNP: PnPAction, SrbPnPFlags */
    uint32_t power_state, power_action; /* SRB_FUNCTION_POWER */
    struct request *target_request;     /* SRB_FUNCTION_ABORT_COMMAND: NextSrb */
    void (*done)(
        struct request *r); /* at DISPATCH_LEVEL, when everything below is final; may submit again. NULL: none */
    void *context;

    /* results */
    bool finished;
    uint8_t srb_status; /* without AUTOSENSE_VALID */
    bool sense_valid;
    uint8_t scsi_status, sense[PORT_SENSE_BYTES], sense_length;
    uint32_t transferred;
    uint64_t submitted_us, finished_us;

    /* the port driver's own */
    adapter *owner;
    struct request_slot *slot;
    struct request *next;
    bool *starting; /* set to true by a completion that comes before HwStorStartIo has returned */
    uint64_t due_us, checksum;
    uint32_t checksum_bytes;
    unsigned retries;
    bool has_started; /* HwStorStartIo has been called with it */
    bool timed_out;
};

/* IRQL <= DISPATCH_LEVEL. The request and its buffer stay the submitter's to free, after `finished`. */
void request_submit(adapter *a, struct request *r);
/* Submits, waits at PASSIVE_LEVEL, and returns the SRB status. */
uint8_t request_execute(adapter *a, struct request *r);
/* After the completion the buffer must stay as it is, whoever may still hold it: rule buffer-changed-after-completion.
 */
void request_check_buffer(const struct request *r);
/* The largest transfer that a class driver sends in one request, by MaximumTransferLength and NumberOfPhysicalBreaks.
 */
uint32_t adapter_transfer_limit(const adapter *a);

#endif
