/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Device objects and their stacks. Pages IoCreateDevice, IoDeleteDevice, IoAttachDeviceToDeviceStack, IoDetachDevice,
 * IoGetAttachedDeviceReference, ObDereferenceObject.
 */
#include <stdlib.h>
#include <string.h>

#include "nt_object.h"
#include "wdm_internal.h"

enum { IO_TYPE_DEVICE = 3, IO_TYPE_DEVOBJ_EXTENSION = 13 };

static struct device_record *devices;

struct device_record *device_record(const DEVICE_OBJECT *object)
{
    for (struct device_record *r = devices; r != NULL; r = r->next) {
        if (r->object == object)
            return r;
    }
    return NULL;
}

struct device_record *device_must_be(const DEVICE_OBJECT *object, const char *api)
{
    struct device_record *r = device_record(object);
    if (r == NULL)
        rule_broken("device-object", "%s with %p, where there is no device object", api, (const void *)object);
    return r;
}

static size_t extension_offset(void)
{
    return (sizeof(DEVICE_OBJECT) + 15) & ~(size_t)15;
}

NTSTATUS device_create(DRIVER_OBJECT *driver, ULONG extension_bytes, ULONG type, ULONG characteristics, bool by_driver,
                       DEVICE_OBJECT **device)
{
    size_t tail = extension_offset() + ((extension_bytes + 15) & ~(size_t)15);
    struct device_record *r = calloc(1, sizeof(*r));
    if (r == NULL)
        environment_failed("no memory for a device object's record");
    DEVICE_OBJECT *d = ram_alloc(tail + sizeof(DEVOBJ_EXTENSION), by_driver ? RAM_DRIVER : 0, "device object");
    memset(d, 0, tail + sizeof(DEVOBJ_EXTENSION));
    d->Type = IO_TYPE_DEVICE;
    d->Size = (USHORT)(sizeof(*d) + extension_bytes);
    d->DriverObject = driver;
    d->Flags = DO_DEVICE_INITIALIZING;
    d->Characteristics = characteristics;
    d->DeviceType = type;
    d->StackSize = 1;
    d->DeviceExtension = extension_bytes != 0 ? (uint8_t *)d + extension_offset() : NULL;
    d->DeviceObjectExtension = (DEVOBJ_EXTENSION *)((uint8_t *)d + tail);
    *d->DeviceObjectExtension = (DEVOBJ_EXTENSION){IO_TYPE_DEVOBJ_EXTENSION, sizeof(DEVOBJ_EXTENSION), d};
    d->NextDevice = driver->DeviceObject;
    driver->DeviceObject = d;
    *r = (struct device_record){.object = d, .by_driver = by_driver, .next = devices};
    devices = r;
    *device = d;
    return STATUS_SUCCESS;
}

static void unlink_from_driver(DEVICE_OBJECT *device)
{
    for (DEVICE_OBJECT **link = &device->DriverObject->DeviceObject; *link != NULL; link = &(*link)->NextDevice) {
        if (*link == device) {
            *link = device->NextDevice;
            return;
        }
    }
}

static void release(struct device_record *r)
{
    if (!r->deleted || r->references > 0)
        return;
    for (struct device_record **link = &devices; *link != NULL; link = &(*link)->next) {
        if (*link == r) {
            *link = r->next;
            break;
        }
    }
    object_check_free(r->object, ram_size(r->object));
    ram_free(r->object);
    free(r);
}

/* "... the device object is deleted when its reference count is zero" (IoDeleteDevice): handles keep it alive. */
void device_delete(DEVICE_OBJECT *device)
{
    struct device_record *r = device_must_be(device, "IoDeleteDevice");
    if (r->deleted)
        rule_broken("device-deleted", "IoDeleteDevice of the device object at %p, which was deleted", (void *)device);
    if (r->attached_to != NULL)
        rule_broken("device-attached",
                    "IoDeleteDevice of the device object at %p, which is attached to the one at %p: IoDetachDevice "
                    "comes first",
                    (void *)device, (void *)r->attached_to);
    if (device->AttachedDevice != NULL)
        rule_broken("device-attached", "IoDeleteDevice of the device object at %p, while another is attached to it",
                    (void *)device);
    interfaces_forget(device);
    names_forget_device(device);
    unlink_from_driver(device);
    r->deleted = true;
    release(r);
}

DEVICE_OBJECT *device_top(DEVICE_OBJECT *device)
{
    while (device->AttachedDevice != NULL)
        device = device->AttachedDevice;
    return device;
}

DEVICE_OBJECT *device_attach(DEVICE_OBJECT *source, DEVICE_OBJECT *target)
{
    struct device_record *r = device_must_be(source, "IoAttachDeviceToDeviceStack");
    device_must_be(target, "IoAttachDeviceToDeviceStack");
    DEVICE_OBJECT *top = device_top(target);
    if (r->attached_to != NULL)
        rule_broken("device-attached", "the device object at %p is attached a second time", (void *)source);
    if (device_record(top)->deleted)
        return NULL;
    top->AttachedDevice = source;
    source->StackSize = (CHAR)(top->StackSize + 1);
    source->AlignmentRequirement = top->AlignmentRequirement;
    source->SectorSize = top->SectorSize;
    r->attached_to = top;
    return top;
}

void device_detach(DEVICE_OBJECT *target)
{
    device_must_be(target, "IoDetachDevice");
    if (target->AttachedDevice == NULL)
        rule_broken("device-attached", "IoDetachDevice of %p, to which no device object is attached", (void *)target);
    device_record(target->AttachedDevice)->attached_to = NULL;
    target->AttachedDevice = NULL;
}

void device_reference(DEVICE_OBJECT *device)
{
    device_record(device)->references++;
}

void device_dereference(DEVICE_OBJECT *device)
{
    struct device_record *r = device_record(device);
    if (r->references == 0)
        rule_broken("object-reference", "the device object at %p is dereferenced more often than it was referenced",
                    (void *)device);
    r->references--;
    release(r);
}

devnode *devnode_of_stack(DEVICE_OBJECT *device)
{
    struct device_record *r = device_record(device);
    while (r != NULL && r->attached_to != NULL)
        r = device_record(r->attached_to);
    return r != NULL ? r->node : NULL;
}

void devices_check_none_left(const DRIVER_OBJECT *driver)
{
    if (driver->DeviceObject != NULL)
        rule_broken("device-left", "the driver is unloaded, but its device object at %p was never deleted",
                    (void *)driver->DeviceObject);
}

/* MmMapIoSpace is the core's; which device a mapping belongs to is not known, and drivers under test have one. */
void mappings_check_released(const char *when)
{
    uint64_t physical;
    if (mmio_any_mapped(&physical))
        rule_broken("mapping-left", "%s device memory at %#llx is still mapped", when, (unsigned long long)physical);
}

static NTSTATUS NTAPI io_create_device(PDRIVER_OBJECT driver, ULONG extension_bytes, const UNICODE_STRING *name,
                                       ULONG type, ULONG characteristics, BOOLEAN exclusive, PDEVICE_OBJECT *device)
{
    NTSTATUS status;

    (void)exclusive;
    api_enter("IoCreateDevice", PASSIVE_LEVEL, APC_LEVEL);
    *device = NULL;
    if (fail_point("device"))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = device_create(driver, extension_bytes, type, characteristics, true, device);
    if (NT_SUCCESS(status) && name != NULL && name->Length != 0 && !names_add_device(name, *device)) {
        device_delete(*device);
        *device = NULL;
        status = STATUS_OBJECT_NAME_COLLISION;
    }
    return status;
}

static void NTAPI io_delete_device(PDEVICE_OBJECT device)
{
    api_enter("IoDeleteDevice", PASSIVE_LEVEL, APC_LEVEL);
    device_delete(device);
}

static PDEVICE_OBJECT NTAPI io_attach_device_to_device_stack(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
    api_enter("IoAttachDeviceToDeviceStack", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (fail_point("attach"))
        return NULL;
    return device_attach(source, target);
}

static void NTAPI io_detach_device(PDEVICE_OBJECT target)
{
    api_enter("IoDetachDevice", PASSIVE_LEVEL, PASSIVE_LEVEL);
    device_detach(target);
}

static PDEVICE_OBJECT NTAPI io_get_attached_device_reference(PDEVICE_OBJECT device)
{
    api_enter("IoGetAttachedDeviceReference", PASSIVE_LEVEL, DISPATCH_LEVEL);
    device_must_be(device, "IoGetAttachedDeviceReference");
    DEVICE_OBJECT *top = device_top(device);
    device_reference(top);
    return top;
}

static LONG_PTR NTFASTCALL obf_reference_object(PVOID object)
{
    struct device_record *r = device_record(object);
    api_enter("ObReferenceObject", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return r != NULL ? (LONG_PTR)++r->references : 1;
}

static LONG_PTR NTFASTCALL obf_dereference_object(PVOID object)
{
    api_enter("ObDereferenceObject", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (device_record(object) != NULL)
        device_dereference(object);
    return 1;
}

static const struct export_entry entries[] = {
    EXPORT("IoCreateDevice", io_create_device),
    EXPORT("IoDeleteDevice", io_delete_device),
    EXPORT("IoAttachDeviceToDeviceStack", io_attach_device_to_device_stack),
    EXPORT("IoDetachDevice", io_detach_device),
    EXPORT("IoGetAttachedDeviceReference", io_get_attached_device_reference),
    EXPORT("ObfReferenceObject", obf_reference_object),
    EXPORT("ObfDereferenceObject", obf_dereference_object),
    EXPORT_END,
};
const struct export_table wdm_device_exports = {"ntoskrnl.exe", entries};
