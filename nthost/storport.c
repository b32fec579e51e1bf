/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Loading a miniport: DriverEntry, StorPortInitialize, the export tables of storport.sys, unloading.
 */
#include "storport_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storport_exports.h"

/* Sizes of DRIVER_OBJECT, which belongs to the system: a miniport only passes its address on. */
#define DRIVER_OBJECT_BYTES (sizeof(void *) == 8 ? 336u : 168u)
#define IO_TYPE_DRIVER 4

static adapter *loading; /* whose DriverEntry is running */

adapter *adapter_create(const struct adapter_options *options, struct pci_device *device, bool dump)
{
    adapter *a = calloc(1, sizeof(*a));

    if (a == NULL)
        environment_failed("out of memory");
    a->options = *options;
    a->device = device;
    a->dump = dump;
    a->state = ADAPTER_LOADED;
    a->free_slots_end = &a->free_slots;
    a->completed_end = &a->completed;
    spin_lock_init(&a->start_io_lock, "StartIo", 1);
    spin_lock_init(&a->interrupt_lock, "Interrupt", 2);
    for (unsigned i = 0; i < PORT_MAX_MESSAGES; i++)
        spin_lock_init(&a->message_lock[i], "Interrupt (message)", 2);
    return a;
}

void adapter_destroy(adapter *a)
{
    if (a->driver_object != NULL)
        ram_free(a->driver_object);
    if (a->registry_path != NULL)
        ram_free(a->registry_path);
    if (a->extension != NULL) {
        dma_revoke(a->extension);
        ram_free(a->extension);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (port_adapters[i] == a)
            port_adapters[i] = NULL;
    }
    free(a);
}

void adapter_fail(adapter *a, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(a->failure_text, sizeof(a->failure_text), format, arguments);
    va_end(arguments);
    a->failure = a->failure_text;
}

const char *adapter_failure(const adapter *a)
{
    return a->failure != NULL ? a->failure : "none";
}

static void *make_driver_object(void)
{
    unsigned char *object = ram_alloc(DRIVER_OBJECT_BYTES, 0, "DRIVER_OBJECT");
    int16_t header[2] = {IO_TYPE_DRIVER, (int16_t)DRIVER_OBJECT_BYTES};

    memset(object, 0, DRIVER_OBJECT_BYTES);
    memcpy(object, header, sizeof(header));
    return object;
}

static void *make_registry_path(void)
{
    static const char path[] = "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\miniport";
    UNICODE_STRING *string = ram_alloc(sizeof(*string) + sizeof(path) * sizeof(WCHAR), 0, "registry path");
    WCHAR *characters = (WCHAR *)(string + 1);

    for (unsigned i = 0; i < sizeof(path); i++)
        characters[i] = (WCHAR)path[i];
    string->Buffer = characters;
    string->Length = (USHORT)((sizeof(path) - 1) * sizeof(WCHAR));
    string->MaximumLength = (USHORT)(sizeof(path) * sizeof(WCHAR));
    return string;
}

bool adapter_driver_entry(adapter *a, uint32_t *status)
{
    uint8_t old = irql_get();

    a->image = module_load(a->options.driver, a->options.modules);
    if (!a->dump) {
        a->driver_object = make_driver_object();
        a->registry_path = make_registry_path();
    }
    loading = a;
    port_adapters[a->dump ? 1 : 0] = a;
    if (a->dump)
        old = irql_raise(HIGH_LEVEL);
    /* "The operating system passes NULL arguments to the miniport driver's DriverEntry routine" in dump mode. */
    *status = (uint32_t)callback_call(CALLBACK_DRIVER_ENTRY, module_entry(a->image), 2, (uintptr_t)a->driver_object,
                                      (uintptr_t)a->registry_path);
    if (a->dump)
        irql_lower(old);
    loading = NULL;
    if (*status == STATUS_SUCCESS && !a->initialized)
        port_rule(a, "init-data", "DriverEntry succeeded without StorPortInitialize having succeeded");
    return *status == STATUS_SUCCESS;
}

adapter *adapter_load(const struct adapter_options *options, struct pci_device *device, uint32_t *status)
{
    adapter *a;

    storport_exports_register();
    a = adapter_create(options, device, false);
    if (!adapter_driver_entry(a, status)) {
        adapter_unload(a);
        return NULL;
    }
    return a;
}

void adapter_unload(adapter *a)
{
    module *image = a->image;

    if (a->state == ADAPTER_RUNNING || a->state == ADAPTER_POWERED_DOWN || a->state == ADAPTER_STOPPED)
        adapter_remove(a);
    adapter_destroy(a);
    module_unload(image);
    ram_check_leaks();
}

static ULONG NTAPI initialize(PVOID argument1, PVOID argument2, PHW_INITIALIZATION_DATA data, PVOID context)
{
    adapter *a = loading;

    (void)context; /* "the Storport driver does not use the HwContext parameter" */
    port_enter_without_extension("StorPortInitialize", PASSIVE_LEVEL);
    if (a == NULL || callback_current() != CALLBACK_DRIVER_ENTRY)
        rule_broken("callback-context", "StorPortInitialize must be called from DriverEntry, not from %s",
                    callback_name(callback_current()));
    if (data == NULL || (!a->dump && (argument1 == NULL || argument2 == NULL)))
        return STATUS_INVALID_PARAMETER;
    if (argument1 != a->driver_object || argument2 != a->registry_path)
        port_rule(a, "init-data", "StorPortInitialize wants the two pointers with which DriverEntry was called");
    if (a->initialized)
        port_rule(a, "init-data", "StorPortInitialize called a second time for the same adapter type");
    if (!config_init_data_valid(a, data))
        return STATUS_REVISION_MISMATCH;
    a->init = *data;
    a->initialized = true;
    return STATUS_SUCCESS;
}

static const struct export_entry entries[] = {
    {"StorPortInitialize", (void *)initialize},
    {NULL, NULL},
};

void storport_exports_register(void)
{
    static const struct export_table table = {"storport.sys", entries};
    static bool registered;

    if (registered)
        return;
    registered = true;
    exports_register(&table);
    exports_register(&storport_notify_exports);
    exports_register(&storport_resource_exports);
    exports_register(&storport_register_exports);
    exports_register(&storport_queue_exports);
}

enum adapter_state adapter_state(const adapter *a)
{
    return a->state;
}

bool adapter_in_transition(const adapter *a)
{
    return a->in_transition;
}

const PORT_CONFIGURATION_INFORMATION *adapter_config(const adapter *a)
{
    return &a->agreed;
}

const struct adapter_counts *adapter_counts(const adapter *a)
{
    return &a->counts;
}

unsigned adapter_messages(const adapter *a)
{
    return a->messages;
}

const struct logged_error *adapter_log(const adapter *a, unsigned *count)
{
    *count = a->log_count;
    return a->log;
}

struct pci_device *adapter_device(const adapter *a)
{
    return a->device;
}

bool adapter_bus_changed(adapter *a)
{
    bool changed = a->bus_changed;

    a->bus_changed = false;
    return changed;
}
