/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRegistryKey, PcNewRegistryKey, PcGetDeviceProperty: the kernel's own routines, as an object. A driver that reads a
 * value this way sees what it would by ZwQueryValueKey.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_registry.h"

enum { GENERAL_KEY, DEVICE_KEY, DRIVER_KEY, PROFILE_KEY, INTERFACE_KEY };

struct registry_key {
    struct com_object com;
    HANDLE handle;
};

static const struct com_interface key_interface;

static struct registry_key *key_of(PVOID self, const char *api)
{
    struct com_object *o = com_find(self, &key_interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no IRegistryKey", api, self);
    return (struct registry_key *)o;
}

static void *kernel(const char *name)
{
    void *function = export_find("ntoskrnl.exe", name);
    if (function == NULL)
        rule_broken("not-provided", "IRegistryKey needs %s", name);
    return function;
}

static NTSTATUS NTAPI query_value_key(PVOID self, const UNICODE_STRING *name, ULONG kind, PVOID out, ULONG length,
                                      PULONG needed)
{
    NTSTATUS(NTAPI * query)(HANDLE, const UNICODE_STRING *, ULONG, PVOID, ULONG, PULONG);
    query = (NTSTATUS(NTAPI *)(HANDLE, const UNICODE_STRING *, ULONG, PVOID, ULONG, PULONG))(uintptr_t)kernel(
        "ZwQueryValueKey");
    return query(key_of(self, "IRegistryKey::QueryValueKey")->handle, name, kind, out, length, needed);
}

static NTSTATUS NTAPI set_value_key(PVOID self, const UNICODE_STRING *name, ULONG type, PVOID data, ULONG bytes)
{
    NTSTATUS(NTAPI * set)(HANDLE, const UNICODE_STRING *, ULONG, ULONG, PVOID, ULONG);
    set = (NTSTATUS(NTAPI *)(HANDLE, const UNICODE_STRING *, ULONG, ULONG, PVOID, ULONG))(uintptr_t)kernel(
        "ZwSetValueKey");
    return set(key_of(self, "IRegistryKey::SetValueKey")->handle, name, 0, type, data, bytes);
}

static NTSTATUS NTAPI not_provided(void)
{
    rule_broken("not-provided", "a method of IRegistryKey other than QueryValueKey, SetValueKey and NewSubKey");
}

static NTSTATUS open_path(PVOID *result, const char *path);

static NTSTATUS NTAPI new_sub_key(PVOID self, PVOID *result, PVOID outer, ULONG access, const UNICODE_STRING *name,
                                  ULONG options, PULONG disposition)
{
    char path[2 * REGISTRY_PATH], text[REGISTRY_PATH];
    (void)outer;
    (void)access;
    (void)options;
    api_enter("IRegistryKey::NewSubKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    registry_text(text, sizeof(text), name);
    snprintf(path, sizeof(path), "%s\\%s", registry_handle_path(key_of(self, "NewSubKey")->handle, "NewSubKey"), text);
    if (disposition != NULL)
        *disposition = registry_key_exists(path) ? 2 : 1;
    return open_path(result, path);
}

static const void *const methods[] = {COM_UNKNOWN,
                                      COM_METHOD(not_provided),
                                      COM_METHOD(not_provided),
                                      COM_METHOD(query_value_key),
                                      COM_METHOD(not_provided),
                                      COM_METHOD(set_value_key),
                                      COM_METHOD(not_provided),
                                      COM_METHOD(new_sub_key),
                                      COM_METHOD(not_provided)};
static const struct com_interface key_interface = {&IID_IRegistryKey, NULL, methods};
static const struct com_interface *const interfaces[] = {&key_interface, NULL};

static void destroy(struct com_object *o)
{
    registry_close(((struct registry_key *)o)->handle);
    free(o);
}

static NTSTATUS open_path(PVOID *result, const char *path)
{
    struct registry_key *k = calloc(1, sizeof(*k));
    if (k == NULL)
        environment_failed("no memory for a registry key");
    registry_make_key(path);
    k->handle = registry_open(path);
    com_create(&k->com, "IRegistryKey", interfaces, destroy);
    com_give(&k->com);
    *result = com_pointer(&k->com, 0);
    com_release(&k->com);
    return STATUS_SUCCESS;
}

NTSTATUS pc_new_registry_key(const char *api, PVOID *key, ULONG type, PVOID attributes, PULONG disposition)
{
    (void)disposition;
    (void)attributes;
    *key = NULL;
    if (fail_point("registry"))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (type == DEVICE_KEY)
        return open_path(key, "\\Device\\Device Parameters");
    if (type == DRIVER_KEY)
        return open_path(key, "\\Device\\Driver");
    if (type > INTERFACE_KEY)
        return STATUS_INVALID_PARAMETER;
    rule_broken("not-provided", "%s of a key other than DeviceRegistryKey and DriverRegistryKey", api);
}

static NTSTATUS NTAPI pc_new_registry_key_export(PVOID *key, PVOID outer, ULONG type, ULONG access,
                                                 DEVICE_OBJECT *device, PVOID subdevice, PVOID attributes,
                                                 ULONG options, PULONG disposition)
{
    (void)outer;
    (void)access;
    (void)subdevice;
    (void)options;
    api_enter("PcNewRegistryKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (type != GENERAL_KEY)
        pc_device_must_be(device, "PcNewRegistryKey");
    return pc_new_registry_key("PcNewRegistryKey", key, type, attributes, disposition);
}

NTSTATUS pc_device_property(struct pc_device *d, ULONG property, ULONG length, PVOID buffer, PULONG result_length)
{
    NTSTATUS(NTAPI * get)(DEVICE_OBJECT *, ULONG, ULONG, PVOID, PULONG);
    get = (NTSTATUS(NTAPI *)(DEVICE_OBJECT *, ULONG, ULONG, PVOID, PULONG))(uintptr_t)kernel("IoGetDeviceProperty");
    return get(d->pdo, property, length, buffer, result_length);
}

static NTSTATUS NTAPI pc_get_device_property(DEVICE_OBJECT *device, ULONG property, ULONG length, PVOID buffer,
                                             PULONG result_length)
{
    api_enter("PcGetDeviceProperty", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return pc_device_property(pc_device_must_be(device, "PcGetDeviceProperty"), property, length, buffer,
                              result_length);
}

static const struct export_entry entries[] = {
    EXPORT("PcNewRegistryKey", pc_new_registry_key_export),
    EXPORT("PcGetDeviceProperty", pc_get_device_property),
    EXPORT_END,
};
const struct export_table pc_registry_exports = {"portcls.sys", entries};
