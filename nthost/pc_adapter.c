/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Adapter drivers: PcInitializeAdapterDriver, PcAddAdapterDevice, PcDispatchIrp and what sorts requests to the device.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_internal.h"
#include "wdm_irp_record.h"

enum { FILE_DEVICE_KS = 0x2f, IRP_MJ_FLUSH_BUFFERS = 9, IRP_MJ_QUERY_SECURITY = 0x14, IRP_MJ_SET_SECURITY = 0x15 };

static struct pc_device *devices;
static char failure[256];

extern const struct export_table pc_adapter_exports, pc_resource_exports, pc_registry_exports, pc_subdevice_exports,
    pc_power_exports, pc_service_exports, pc_property_exports;

void pc_fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(failure, sizeof(failure), format, list);
    va_end(list);
}

const char *portcls_failure(void)
{
    return failure[0] != '\0' ? failure : NULL;
}

struct pc_device *pc_device_of(const DEVICE_OBJECT *fdo)
{
    struct pc_device *d = devices;
    while (d != NULL && d->fdo != fdo)
        d = d->next;
    return d;
}

struct pc_device *pc_device_must_be(const DEVICE_OBJECT *fdo, const char *api)
{
    struct pc_device *d = pc_device_of(fdo);
    if (d == NULL)
        rule_broken("device-object", "%s with %p, which is no device object of PcAddAdapterDevice", api,
                    (const void *)fdo);
    return d;
}

struct pc_device *portcls_device_of(const devnode *node)
{
    struct pc_device *d = devices;
    while (d != NULL && d->pdo != node->pdo)
        d = d->next;
    return d;
}

const struct portcls_counts *portcls_counts(const struct pc_device *d)
{
    return &d->counts;
}

NTSTATUS pc_finish(IRP *irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    irp_complete(irp);
    return status;
}

static bool is_unlocked(void *device)
{
    return !((const struct pc_device *)device)->locked;
}

void pc_lock(struct pc_device *d)
{
    while (d->locked)
        thread_wait(is_unlocked, d, UINT64_MAX);
    d->locked = true;
}

void pc_unlock(struct pc_device *d)
{
    d->locked = false;
}

/* ---- the extension ---- */

/* "array elements four through seven are available for use by the adapter driver", the other 60 are PortCls's. */
enum { EXTENSION_WORDS = 64, FREE_FIRST = 4, FREE_LAST = 7 };
#define EXTENSION_WORD(i) ((ULONG_PTR)0x50434c5350434c53ull + (i))

static void extension_fill(const struct pc_device *d)
{
    ULONG_PTR *word = d->fdo->DeviceExtension;
    for (unsigned i = 0; i < EXTENSION_WORDS; i++)
        word[i] = i < FREE_FIRST || i > FREE_LAST ? EXTENSION_WORD(i) : 0;
}

static void extension_check(const struct pc_device *d)
{
    const ULONG_PTR *word = d->fdo->DeviceExtension;
    for (unsigned i = 0; i < EXTENSION_WORDS; i++) {
        if ((i < FREE_FIRST || i > FREE_LAST) && word[i] != EXTENSION_WORD(i))
            rule_broken("pc-extension",
                        "the driver wrote to word %u of the device extension: the first "
                        "PORT_CLASS_DEVICE_EXTENSION_SIZE bytes are PortCls's, but for words 4 to 7",
                        i);
    }
}

void pc_device_free(struct pc_device *d)
{
    extension_check(d);
    for (struct pc_device **link = &devices; *link != NULL; link = &(*link)->next) {
        if (*link == d) {
            *link = d->next;
            break;
        }
    }
    device_detach(d->lower);
    device_delete(d->fdo);
    free(d);
}

/* ---- exports ---- */

static NTSTATUS NTAPI add_adapter_device(DRIVER_OBJECT *driver, DEVICE_OBJECT *pdo, PVOID start_device,
                                         ULONG max_objects, ULONG extension_bytes)
{
    api_enter("PcAddAdapterDevice", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (driver_call_current() == NULL || strcmp(driver_call_current(), "AddDevice") != 0)
        rule_broken("pc-adapter", "PcAddAdapterDevice must be called by the AddDevice routine");
    if (extension_bytes != 0 && extension_bytes < PORT_CLASS_DEVICE_EXTENSION_SIZE)
        rule_broken("pc-adapter",
                    "PcAddAdapterDevice with a DeviceExtensionSize of %u: \"any value greater than zero and less than "
                    "PORT_CLASS_DEVICE_EXTENSION_SIZE is illegal\"",
                    (unsigned)extension_bytes);
    if (max_objects == 0 || !address_in_driver(start_device))
        rule_broken("pc-adapter", "PcAddAdapterDevice with MaxObjects %u and StartDevice %p", (unsigned)max_objects,
                    start_device);
    if (fail_point("adapter-device"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pc_device *d = calloc(1, sizeof(*d));
    if (d == NULL)
        environment_failed("no memory for an audio device");
    device_create(driver, extension_bytes != 0 ? extension_bytes : (ULONG)PORT_CLASS_DEVICE_EXTENSION_SIZE,
                  FILE_DEVICE_KS, 0, false, &d->fdo);
    d->driver = driver;
    d->pdo = pdo;
    d->start_device = start_device;
    d->max_objects = max_objects;
    d->power = DEVICE_D0;
    d->lower = device_attach(d->fdo, pdo);
    d->fdo->Flags |= DO_POWER_PAGABLE | DO_DIRECT_IO;
    d->fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    extension_fill(d);
    d->next = devices;
    devices = d;
    return STATUS_SUCCESS;
}

static void pass_on(IRP *irp)
{
    irp->CurrentLocation++;
    irp->Tail.Overlay.CurrentStackLocation++;
}

static NTSTATUS dispatch(struct pc_device *d, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    struct pc_file *file;
    switch (at->MajorFunction) {
    case IRP_MJ_PNP:
        return pc_pnp(d, irp);
    case IRP_MJ_POWER:
        return pc_power(d, irp);
    case IRP_MJ_SYSTEM_CONTROL:
        pass_on(irp);
        return irp_call(d->lower, irp);
    case IRP_MJ_CREATE:
        return pc_create(d, irp);
    case IRP_MJ_CLOSE:
        return pc_close(d, irp);
    case IRP_MJ_CLEANUP:
        return pc_finish(irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL:
        file = pc_file_of(at->FileObject);
        if (file == NULL)
            return pc_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
        switch (at->Parameters.DeviceIoControl.IoControlCode) {
        case IOCTL_KS_PROPERTY:
            return pc_property(file, irp);
        case IOCTL_KS_ENABLE_EVENT:
            return pc_enable_event(file, irp);
        case IOCTL_KS_DISABLE_EVENT:
            return pc_disable_event(file, irp);
        case IOCTL_KS_METHOD:
            return pc_finish(irp, STATUS_PROPSET_NOT_FOUND, 0);
        default:
            return pc_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
        }
    default:
        return pc_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI dispatch_irp(DEVICE_OBJECT *device, IRP *irp)
{
    api_enter("PcDispatchIrp", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcDispatchIrp");
    if (irp_record(irp) == NULL)
        rule_broken("irp-unknown", "PcDispatchIrp with %p, which is no IRP, or one that was completed", (void *)irp);
    return dispatch(d, irp);
}

static void NTAPI null_unload(DRIVER_OBJECT *driver)
{
    (void)driver;
}

/* "binds an adapter driver to PortCls: IRP handlers and handlers for device addition and removal are installed" */
static NTSTATUS NTAPI initialize_adapter_driver(DRIVER_OBJECT *driver, UNICODE_STRING *path, PVOID add_device)
{
    static const UCHAR handled[] = {
        IRP_MJ_CLOSE,          IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_FLUSH_BUFFERS,  IRP_MJ_PNP,  IRP_MJ_POWER,
        IRP_MJ_QUERY_SECURITY, IRP_MJ_READ,   IRP_MJ_SET_SECURITY,   IRP_MJ_SYSTEM_CONTROL, IRP_MJ_WRITE};
    (void)path;
    api_enter("PcInitializeAdapterDriver", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (driver_call_current() == NULL || strcmp(driver_call_current(), "DriverEntry") != 0)
        rule_broken("pc-adapter", "PcInitializeAdapterDriver must be called by DriverEntry");
    if (!address_in_driver(add_device))
        rule_broken("pc-adapter", "PcInitializeAdapterDriver with AddDevice %p, which is no code of the driver",
                    add_device);
    if (fail_point("adapter-driver"))
        return STATUS_INSUFFICIENT_RESOURCES;
    for (unsigned i = 0; i < sizeof(handled); i++)
        driver->MajorFunction[handled[i]] = HOST_DISPATCH(dispatch_irp);
    driver->DriverExtension->AddDevice = add_device;
    if (driver->DriverUnload == NULL)
        driver->DriverUnload = HOST_DISPATCH(null_unload);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI complete_irp(DEVICE_OBJECT *device, IRP *irp, NTSTATUS status)
{
    api_enter("PcCompleteIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    pc_device_must_be(device, "PcCompleteIrp");
    if (status == STATUS_PENDING)
        rule_broken("irp-status", "PcCompleteIrp with STATUS_PENDING");
    return pc_finish(irp, status, irp->IoStatus.Information);
}

static NTSTATUS NTAPI forward_irp_synchronous(DEVICE_OBJECT *device, IRP *irp)
{
    api_enter("PcForwardIrpSynchronous", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return pc_forward_and_wait(pc_device_must_be(device, "PcForwardIrpSynchronous"), irp);
}

/* Since: what an earlier call with 0 returned; in 100 ns. */
static ULONGLONG NTAPI get_time_interval(uint64_t since)
{
    api_enter("PcGetTimeInterval", PASSIVE_LEVEL, HIGH_LEVEL);
    return clock_us() * 10 - since;
}

static const struct export_entry entries[] = {
    EXPORT("PcInitializeAdapterDriver", initialize_adapter_driver),
    EXPORT("PcAddAdapterDevice", add_adapter_device),
    EXPORT("PcDispatchIrp", dispatch_irp),
    EXPORT("PcCompleteIrp", complete_irp),
    EXPORT("PcForwardIrpSynchronous", forward_irp_synchronous),
    EXPORT("PcGetTimeInterval", get_time_interval),
    EXPORT_END,
};
const struct export_table pc_adapter_exports = {"portcls.sys", entries};

static void at_unload(void)
{
    com_check_none_left();
}

void portcls_register(void)
{
    static const struct export_table *const tables[] = {
        &pc_adapter_exports, &pc_resource_exports, &pc_registry_exports, &pc_subdevice_exports,
        &pc_power_exports,   &pc_service_exports,  &pc_property_exports};
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        exports_register(tables[i]);
    wdm_at_unload = at_unload;
    failure[0] = '\0';
}
