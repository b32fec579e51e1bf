/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the files of the I/O manager share. One host thread runs everything and is interleaved at yield points only
 * (cpu.h), so lists need no lock; nothing may be relied on across a yield point.
 */
#ifndef NTHOST_WDM_INTERNAL_H
#define NTHOST_WDM_INTERNAL_H

#include "wdm.h"

struct wdm_driver {
    module *image;
    DRIVER_OBJECT *object;
    DRIVER_EXTENSION *extension;
    UNICODE_STRING *registry_path;
    char service[64];
    unsigned devices; /* nodes that it serves */
};

extern PVOID const irp_invalid_device_request; /* wdm_cancel.c: the dispatch routine that every driver starts with */

/* wdm_device.c: what nthost knows of a device object. */
struct device_record {
    DEVICE_OBJECT *object;
    DEVICE_OBJECT *attached_to;
    devnode *node; /* of a physical device object */
    unsigned references;
    bool deleted, by_driver;
    struct device_record *next;
};
struct device_record *device_record(const DEVICE_OBJECT *object); /* NULL: no device object is there */
struct device_record *device_must_be(const DEVICE_OBJECT *object, const char *api);
NTSTATUS device_create(DRIVER_OBJECT *driver, ULONG extension_bytes, ULONG type, ULONG characteristics, bool by_driver,
                       DEVICE_OBJECT **device);
void device_delete(DEVICE_OBJECT *device);
DEVICE_OBJECT *device_attach(DEVICE_OBJECT *source, DEVICE_OBJECT *target);
void device_detach(DEVICE_OBJECT *target);
DEVICE_OBJECT *device_top(DEVICE_OBJECT *device);
void device_reference(DEVICE_OBJECT *device);
void device_dereference(DEVICE_OBJECT *device);
devnode *devnode_of_stack(DEVICE_OBJECT *device); /* any device object of the stack; NULL when it has no node */
void devices_check_none_left(const DRIVER_OBJECT *driver);

/* Lists at the ends of things: each names what a driver has forgotten, rule per kind. */
void interrupts_check_released(const devnode *n, const char *when);
void mappings_check_released(const char *when);
void timer_resolution_check_restored(void); /* nt_ke_time.c */
void work_items_check_none_left(void);
void registry_check_handles(void);
void interfaces_forget(const DEVICE_OBJECT *pdo);
/* wdm_names.c. False: the name is taken, or is no link's. */
bool names_add_device(const UNICODE_STRING *name, DEVICE_OBJECT *device);
bool names_add_link(const UNICODE_STRING *name, const UNICODE_STRING *target);
bool names_remove_link(const UNICODE_STRING *name);
void names_forget_device(const DEVICE_OBJECT *device);

/* wdm_pnp.c: a function that has been pulled reads as all ones; connecting its interrupts succeeds all the same. */
bool devnode_present(const devnode *n);

/* wdm_pdo.c: the bus driver below. */
DEVICE_OBJECT *pdo_create(devnode *n);
CM_RESOURCE_LIST *resources_make(devnode *n, bool translated);
enum { LINE_VECTOR = 0xb2, LINE_LEVEL = 11, FIRST_MESSAGE_VECTOR = 0x81 };

/* wdm_work.c: runs on a system worker thread, at PASSIVE_LEVEL. */
void system_work_queue(void (*run)(void *), void *context);

extern const struct export_table wdm_cancel_exports, wdm_device_exports, wdm_interrupt_exports, wdm_work_exports,
    wdm_remove_lock_exports, wdm_csq_exports, wdm_dma_exports, wdm_registry_exports, wdm_registry_rtl_exports,
    wdm_interface_exports, wdm_log_exports, wdm_power_exports, wdm_mdl_exports, wdm_build_exports,
    wdm_interlocked_exports;

#endif
