/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * WDM drivers, seen from a command or a port driver: loading a driver, a device node with its stack of device objects,
 * plug and play, power, and requests.
 *
 * Everything here is called from a simulated thread at PASSIVE_LEVEL unless said otherwise. A failure that Windows
 * would report is a return value; a broken rule ends the process (verifier.h). Rules are those of the pages of the
 * Windows driver documentation on the routine that the report names.
 */
#ifndef NTHOST_WDM_H
#define NTHOST_WDM_H

#include <stdbool.h>

#include "cpu.h"
#include "guest_ram.h"
#include "module.h"
#include "nt_exports.h"
#include "pci_bus.h"
#include "trap.h"
#include "verifier.h"
#include "wdm_types.h"

#define STATUS_PENDING ((NTSTATUS)0x103)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_INVALID_HANDLE ((NTSTATUS)0xC0000008)
#define STATUS_NO_SUCH_DEVICE ((NTSTATUS)0xC000000E)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_MORE_PROCESSING_REQUIRED ((NTSTATUS)0xC0000016)
#define STATUS_OBJECT_TYPE_MISMATCH ((NTSTATUS)0xC0000024)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034)
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xC0000035)
#define STATUS_DELETE_PENDING ((NTSTATUS)0xC0000056)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_DEVICE_NOT_READY ((NTSTATUS)0xC00000A3)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
#define STATUS_INVALID_PARAMETER_1 ((NTSTATUS)0xC00000EF)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120)
#define STATUS_DEVICE_NOT_CONNECTED ((NTSTATUS)0xC000009D)
#define STATUS_NO_MORE_ENTRIES ((NTSTATUS)0x8000001A)
#define STATUS_NOT_FOUND ((NTSTATUS)0xC0000225)
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

void wdm_exports_register(void); /* all tables of wdm_*.c; the first wdm_driver_load does it */

/* ---- drivers (wdm_driver.c) ---- */

typedef struct wdm_driver wdm_driver;
/* DriverEntry. NULL when it fails, with the status; the image is gone then. `service`: name of the service key. */
wdm_driver *wdm_driver_load(const char *path, const char *modules, const char *service, NTSTATUS *status);
/* Called between loading and DriverEntry, when not NULL: a test sets what the driver exports. */
extern void (*wdm_before_entry)(module *image);
/* Called when a driver has been unloaded and its image is still there, when not NULL: a class driver's own checks. */
extern void (*wdm_at_unload)(void);
void wdm_driver_unload(wdm_driver *d); /* DriverUnload, unmapping, checks of what is left */
DRIVER_OBJECT *wdm_driver_object(const wdm_driver *d);
module *wdm_driver_image(const wdm_driver *d);
/* A driver of the host's own (bus driver, built-in class driver). Never unloaded. */
DRIVER_OBJECT *wdm_host_driver(const char *name);
#define HOST_DISPATCH(function) ((PVOID)(uintptr_t)(function))

/* Calls a routine of the driver or of the host's own, by the kernel's convention. */
uintptr_t nt_call(const char *what, PVOID function, unsigned count, const uintptr_t *arguments);

/* ---- device nodes (wdm_pnp.c) ---- */

enum devnode_state {
    NODE_ADDED,
    NODE_STARTED,
    NODE_STOP_PENDING,
    NODE_STOPPED,
    NODE_REMOVE_PENDING,
    NODE_SURPRISED,
    NODE_REMOVED
};

struct devnode_options {
    bool msix;         /* grant messages when the device has them */
    unsigned messages; /* MessageNumberLimit of the INF */
};

typedef struct devnode devnode;
struct devnode {
    struct pci_device *pci;
    struct devnode_options options;
    wdm_driver *driver;
    DEVICE_OBJECT *pdo;
    enum devnode_state state;
    unsigned messages;  /* granted; 0: INTx */
    bool has_resources; /* between IRP_MN_START_DEVICE and stop, removal or surprise removal */
    bool started_once, relations_dirty, gone;
    LONG device_power, announced_power; /* as the bus driver saw it last; as PoSetPowerState said */
    /* requests that reached the bottom of the stack */
    unsigned pdo_starts, pdo_stops, pdo_removes, pdo_surprises, pdo_queries, pdo_powers;
    unsigned bus_interfaces;    /* references to the bus interface */
    unsigned state_invalidated; /* calls of IoInvalidateDeviceState */
    char id[64];
    devnode *parent, *children, *next, *every;
};

devnode *devnode_create(struct pci_device *pci, const struct devnode_options *options);
NTSTATUS devnode_add(devnode *n, wdm_driver *d); /* AddDevice */
NTSTATUS devnode_start(devnode *n);              /* IRP_MN_START_DEVICE, relations; after a failure: removed */
NTSTATUS devnode_query_stop(devnode *n);
void devnode_cancel_stop(devnode *n);
void devnode_stop(devnode *n);
NTSTATUS devnode_query_remove(devnode *n);
void devnode_cancel_remove(devnode *n);
void devnode_surprise(devnode *n); /* IRP_MN_SURPRISE_REMOVAL; the device itself is pulled by the caller */
void devnode_remove(devnode *n);
/* IRP_MN_SET_POWER of a system state, from the top, as the power manager sends it. */
NTSTATUS devnode_system_power(devnode *n, LONG state);
DEVICE_OBJECT *devnode_top(const devnode *n);
NTSTATUS devnode_pnp(devnode *n, UCHAR minor, IO_STACK_LOCATION *parameters, ULONG_PTR *information);
devnode *devnode_of_pdo(const DEVICE_OBJECT *pdo);
void devnode_update_children(devnode *n); /* what IoInvalidateDeviceRelations asked for */
void devnode_free(devnode *n);            /* after removal */

/* ---- requests (wdm_irp.c) ---- */

IRP *irp_allocate(int stack_size, bool by_driver);
void irp_free(IRP *irp);
IO_STACK_LOCATION *irp_current(const IRP *irp);
IO_STACK_LOCATION *irp_next(const IRP *irp);
/* IoCallDriver and IoCompleteRequest for the host's own drivers; ANY level up to DISPATCH_LEVEL. */
NTSTATUS irp_call(DEVICE_OBJECT *device, IRP *irp);
/* The same, to a routine of the caller's choice: a class driver calls its minidriver so. */
NTSTATUS irp_call_routine(DEVICE_OBJECT *device, IRP *irp, PVOID routine, const char *what);
void irp_complete(IRP *irp);
bool irp_cancel(IRP *irp);
/* What Windows does when a thread ends: its requests, which IoBuildDeviceIoControlRequest and
 * IoBuildSynchronousFsdRequest put in its list, are cancelled. */
void irps_cancel_threaded(void);
void irp_cancel_unlock(IRP *irp); /* first thing in a cancel routine of the host's own */
void irp_mark_pending(IRP *irp);
void irp_set_completion(IRP *irp, PVOID routine, PVOID context); /* on success, error and cancel */

/* A request that the host waits for, or looks at later. */
struct host_request {
    IRP *irp; /* NULL when it is over */
    IO_STATUS_BLOCK result;
    bool done;
    void (*finished)(struct host_request *r); /* in the completion routine, before the IRP is freed */
    void *context;
};
void host_request_prepare(struct host_request *r, DEVICE_OBJECT *device, UCHAR major, UCHAR minor);
PVOID host_request_completion(void); /* the routine that ends one, for those who send it themselves */
NTSTATUS host_request_send(struct host_request *r, DEVICE_OBJECT *device); /* what the dispatch routine returned */
NTSTATUS host_request_wait(struct host_request *r, uint64_t timeout_us);   /* STATUS_TIMEOUT, or the final status */
NTSTATUS host_request_run(struct host_request *r, DEVICE_OBJECT *device);  /* send and wait */

/* ---- handles of user-mode programs (wdm_file.c) ---- */

typedef struct user_file user_file;
/* wdm_names.c: by its own name or a symbolic link's, "\\DosDevices\\X"; NULL when there is none. */
DEVICE_OBJECT *named_device(const char *name);
NTSTATUS user_open(DEVICE_OBJECT *device, user_file **file);
void user_close(user_file *file); /* cleanup, close; requests that are left are cancelled */
struct user_request {
    struct host_request host;
    user_file *file;
    uint8_t *data; /* result, `bytes` of it */
    uint32_t bytes, capacity;
    void *system, *first; /* as the driver sees them */
    MDL *mdl;
    uint64_t sent_us, done_us;
};
/* Start a request; user_wait collects it (and frees what it holds). Data is copied in both directions. */
void user_read(user_file *file, struct user_request *r, uint32_t bytes);
void user_write(user_file *file, struct user_request *r, const void *data, uint32_t bytes);
void user_ioctl(user_file *file, struct user_request *r, uint32_t code, const void *in, uint32_t in_bytes,
                uint32_t out_bytes);
NTSTATUS user_wait(struct user_request *r, uint64_t timeout_us); /* at the time-out the request stays */
void user_cancel(struct user_request *r);
void user_release(struct user_request *r);

/* ---- what drivers registered or wrote ---- */

/* wdm_interface.c: the PDO behind an enabled interface of that class, by number; NULL when there is none. */
DEVICE_OBJECT *interface_device(const GUID *class_guid, unsigned index);
void interface_enable(const GUID *class_guid, DEVICE_OBJECT *pdo); /* for the host's own drivers */
void interface_disable(const DEVICE_OBJECT *pdo);
/* The same with a reference string, which names one of several devices behind the same PDO. */
void interface_set_reference(const GUID *class_guid, DEVICE_OBJECT *pdo, const char *reference, bool enable);
/* The reference string of an enabled interface, "" without one; NULL when there is none of that number. */
const char *interface_reference_string(const GUID *class_guid, unsigned index);
/* wdm_power.c: PoRequestPowerIrp for IRP_MN_SET_POWER of a device state. */
void power_request_device_state(DEVICE_OBJECT *device, LONG state, PVOID completion, PVOID context);
struct wdm_logged {
    uint32_t code, unique, final_status;
    uint32_t dump[8];
    unsigned dump_count;
};
const struct wdm_logged *wdm_event_log(unsigned *count);
/* wdm_registry.c */
void registry_set_dword(const char *path, const char *name, uint32_t value);
void registry_set_string(const char *path, const char *name, const char *value);
bool registry_get_dword(const char *path, const char *name, uint32_t *value);

#endif
