/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Drivers: loading, DRIVER_OBJECT, unloading. Pages DRIVER_INITIALIZE, DRIVER_UNLOAD, DRIVER_OBJECT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

enum { IO_TYPE_DRIVER = 4, NAME_CHARACTERS = 128 };

void (*wdm_before_entry)(module *image);
void (*wdm_at_unload)(void);

uintptr_t nt_call(const char *what, PVOID function, unsigned count, const uintptr_t *a)
{
    if (address_in_driver(function))
        return driver_call(what, function, count, a[0], count > 1 ? a[1] : 0, count > 2 ? a[2] : 0,
                           count > 3 ? a[3] : 0, count > 4 ? a[4] : 0, count > 5 ? a[5] : 0);
    switch (count) {
    case 1:
        return ((uintptr_t(NTAPI *)(uintptr_t))(uintptr_t)function)(a[0]);
    case 2:
        return ((uintptr_t(NTAPI *)(uintptr_t, uintptr_t))(uintptr_t)function)(a[0], a[1]);
    case 3:
        return ((uintptr_t(NTAPI *)(uintptr_t, uintptr_t, uintptr_t))(uintptr_t)function)(a[0], a[1], a[2]);
    case 4:
        return ((uintptr_t(NTAPI *)(uintptr_t, uintptr_t, uintptr_t, uintptr_t))(uintptr_t)function)(a[0], a[1], a[2],
                                                                                                     a[3]);
    default:
        return ((uintptr_t(NTAPI *)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t))(uintptr_t)function)(
            a[0], a[1], a[2], a[3], a[4]);
    }
}

static void set_string(UNICODE_STRING *string, WCHAR *buffer, const char *text)
{
    unsigned length = 0;
    for (; text[length] != '\0' && length + 1 < NAME_CHARACTERS; length++)
        buffer[length] = (UCHAR)text[length];
    buffer[length] = 0;
    *string = (UNICODE_STRING){(USHORT)(length * 2), (USHORT)(length * 2 + 2), buffer};
}

/* The object and its strings live in guest RAM like every memory that a driver sees. */
static DRIVER_OBJECT *make_object(const char *service, DRIVER_EXTENSION **extension)
{
    char name[NAME_CHARACTERS];
    DRIVER_OBJECT *o = ram_alloc(sizeof(*o), 0, "DRIVER_OBJECT");
    DRIVER_EXTENSION *e = ram_alloc(sizeof(*e), 0, "DRIVER_EXTENSION");
    WCHAR *text = ram_alloc(2 * NAME_CHARACTERS * sizeof(WCHAR), 0, "driver name");
    memset(o, 0, sizeof(*o));
    memset(e, 0, sizeof(*e));
    o->Type = IO_TYPE_DRIVER;
    o->Size = sizeof(*o);
    o->DriverExtension = e;
    e->DriverObject = o;
    snprintf(name, sizeof(name), "\\Driver\\%s", service);
    set_string(&o->DriverName, text, name);
    set_string(&e->ServiceKeyName, text + NAME_CHARACTERS, service);
    /* "the I/O manager fills in MajorFunction with a routine that completes with STATUS_INVALID_DEVICE_REQUEST" */
    for (unsigned i = 0; i < IRP_MJ_COUNT; i++)
        o->MajorFunction[i] = irp_invalid_device_request;
    *extension = e;
    return o;
}

static void free_object(DRIVER_OBJECT *o)
{
    ram_free(o->DriverName.Buffer);
    ram_free(o->DriverExtension);
    ram_free(o);
}

DRIVER_OBJECT *wdm_host_driver(const char *name)
{
    DRIVER_EXTENSION *extension;
    return make_object(name, &extension);
}

static UNICODE_STRING *make_path(const char *service)
{
    char text[NAME_CHARACTERS];
    UNICODE_STRING *path = ram_alloc(sizeof(*path) + NAME_CHARACTERS * sizeof(WCHAR), 0, "registry path");
    snprintf(text, sizeof(text), "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", service);
    set_string(path, (WCHAR *)(path + 1), text);
    return path;
}

static void destroy(wdm_driver *d)
{
    module_unload(d->image);
    free_object(d->object);
    ram_free(d->registry_path);
    free(d);
}

static void check_nothing_left(const wdm_driver *d)
{
    if (wdm_at_unload != NULL)
        wdm_at_unload();
    devices_check_none_left(d->object);
    work_items_check_none_left();
    mappings_check_released("at unload");
    registry_check_handles();
    timer_resolution_check_restored();
}

wdm_driver *wdm_driver_load(const char *path, const char *modules, const char *service, NTSTATUS *status)
{
    wdm_driver *d = calloc(1, sizeof(*d));
    if (d == NULL)
        environment_failed("no memory for a driver");
    wdm_exports_register();
    d->image = module_load(path, modules);
    snprintf(d->service, sizeof(d->service), "%s", service);
    d->object = make_object(d->service, &d->extension);
    d->registry_path = make_path(d->service);
    d->object->DriverStart = module_base(d->image);
    d->object->DriverInit = module_entry(d->image);
    if (wdm_before_entry != NULL)
        wdm_before_entry(d->image);
    *status = (NTSTATUS)driver_call("DriverEntry", module_entry(d->image), 2, (uintptr_t)d->object,
                                    (uintptr_t)d->registry_path);
    if (!NT_SUCCESS(*status)) {
        /* "If DriverEntry fails, DriverUnload is not called": it has undone everything itself. */
        check_nothing_left(d);
        destroy(d);
        ram_check_leaks();
        return NULL;
    }
    if (d->extension->AddDevice == NULL)
        rule_broken("add-device", "DriverEntry succeeded without having set AddDevice, and without a class driver that "
                                  "did");
    if (d->object->DriverUnload == NULL)
        rule_broken("driver-unload", "DriverEntry succeeded without having set DriverUnload: the driver can never be "
                                     "unloaded");
    module_discard_init(d->image);
    return d;
}

void wdm_driver_unload(wdm_driver *d)
{
    if (d->devices != 0)
        verifier_own_fault("a driver with devices is unloaded");
    driver_call("DriverUnload", d->object->DriverUnload, 1, (uintptr_t)d->object);
    check_nothing_left(d);
    destroy(d);
    ram_check_leaks();
}

DRIVER_OBJECT *wdm_driver_object(const wdm_driver *d)
{
    return d->object;
}

module *wdm_driver_image(const wdm_driver *d)
{
    return d->image;
}

void wdm_exports_register(void)
{
    static const struct export_table *const tables[] = {
        &wdm_cancel_exports,   &wdm_build_exports,        &wdm_device_exports,      &wdm_interrupt_exports,
        &wdm_work_exports,     &wdm_remove_lock_exports,  &wdm_csq_exports,         &wdm_dma_exports,
        &wdm_registry_exports, &wdm_registry_rtl_exports, &wdm_interface_exports,   &wdm_log_exports,
        &wdm_power_exports,    &wdm_mdl_exports,          &wdm_interlocked_exports,
    };
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        exports_register(tables[i]);
}
