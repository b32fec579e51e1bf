/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Keys and values. Pages IoOpenDeviceRegistryKey, ZwOpenKey, ZwCreateKey, ZwQueryValueKey, ZwSetValueKey, ZwClose.
 */
#include "wdm_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wdm_internal.h"

enum { MAX_HANDLES = 64, FIRST_HANDLE = 0x1010 };
enum { PLUGPLAY_DEVICE = 1, PLUGPLAY_DRIVER = 2 };
enum { VALUE_BASIC, VALUE_FULL, VALUE_PARTIAL };

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor, SecurityQualityOfService;
} OBJECT_ATTRIBUTES;
enum { OBJ_KERNEL_HANDLE = 0x200 };

static struct registry_value *values;
static char *handles[MAX_HANDLES]; /* paths of open keys */

const struct registry_value *registry_find(const char *path, const char *name)
{
    for (const struct registry_value *v = values; v != NULL; v = v->next) {
        if (v->name != NULL && strcasecmp(v->path, path) == 0 && strcasecmp(v->name, name) == 0)
            return v;
    }
    return NULL;
}

const struct registry_value *registry_value_at(const char *path, unsigned index)
{
    for (const struct registry_value *v = values; v != NULL; v = v->next) {
        if (v->name != NULL && strcasecmp(v->path, path) == 0 && index-- == 0)
            return v;
    }
    return NULL;
}

bool registry_delete(const char *path, const char *name)
{
    for (struct registry_value **link = &values; *link != NULL; link = &(*link)->next) {
        struct registry_value *v = *link;
        if (v->name == NULL || strcasecmp(v->path, path) != 0 || strcasecmp(v->name, name) != 0)
            continue;
        *link = v->next;
        free(v->path);
        free(v->name);
        free(v->data);
        free(v);
        return true;
    }
    return false;
}

static void add(const char *path, const char *name, ULONG type, const void *data, ULONG bytes)
{
    struct registry_value *v = calloc(1, sizeof(*v)), **link = &values;
    if (v == NULL || (v->path = strdup(path)) == NULL || (name != NULL && (v->name = strdup(name)) == NULL) ||
        (bytes != 0 && (v->data = malloc(bytes)) == NULL))
        environment_failed("no memory for the registry");
    v->type = type;
    v->bytes = bytes;
    if (bytes != 0)
        memcpy(v->data, data, bytes);
    while (*link != NULL)
        link = &(*link)->next;
    *link = v;
}

void registry_store(const char *path, const char *name, ULONG type, const void *data, ULONG bytes)
{
    registry_delete(path, name);
    add(path, name, type, data, bytes);
}

/* A key exists when a value lies in it or below it, or when it was made: a record without a name. */
bool registry_key_exists(const char *path)
{
    size_t length = strlen(path);
    for (const struct registry_value *v = values; v != NULL; v = v->next) {
        if (strncasecmp(v->path, path, length) == 0 && (v->path[length] == '\0' || v->path[length] == '\\'))
            return true;
    }
    return false;
}

void registry_make_key(const char *path)
{
    if (!registry_key_exists(path))
        add(path, NULL, 0, NULL, 0);
}

void registry_set_dword(const char *path, const char *name, uint32_t value)
{
    registry_store(path, name, REG_DWORD, &value, sizeof(value));
}

void registry_set_string(const char *path, const char *name, const char *value)
{
    WCHAR wide[256];
    unsigned length = 0;
    for (; value[length] != '\0' && length < 255; length++)
        wide[length] = (UCHAR)value[length];
    wide[length] = 0;
    registry_store(path, name, REG_SZ, wide, (length + 1) * 2);
}

bool registry_get_dword(const char *path, const char *name, uint32_t *value)
{
    const struct registry_value *v = registry_find(path, name);
    if (v == NULL || v->type != REG_DWORD || v->bytes != sizeof(*value))
        return false;
    memcpy(value, v->data, sizeof(*value));
    return true;
}

void registry_text(char *text, size_t size, const UNICODE_STRING *string)
{
    size_t length = string->Length / 2u < size - 1 ? string->Length / 2u : size - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)string->Buffer[i];
    text[length] = '\0';
}

void registry_wide_text(char *text, size_t size, PCWSTR string)
{
    size_t length = 0;
    for (; string[length] != 0 && length < size - 1; length++)
        text[length] = (char)string[length];
    text[length] = '\0';
}

/* ---- handles ---- */

static HANDLE handle_open(const char *path)
{
    for (unsigned i = 0; i < MAX_HANDLES; i++) {
        if (handles[i] == NULL) {
            handles[i] = strdup(path);
            return (HANDLE)(uintptr_t)(FIRST_HANDLE + 4 * i);
        }
    }
    environment_failed("more than %d registry keys are open", MAX_HANDLES);
}

static char **slot_of(HANDLE handle)
{
    uintptr_t index = ((uintptr_t)handle - FIRST_HANDLE) / 4;
    return (uintptr_t)handle >= FIRST_HANDLE && (uintptr_t)handle % 4 == 0 && index < MAX_HANDLES &&
                   handles[index] != NULL
               ? &handles[index]
               : NULL;
}

HANDLE registry_open(const char *path)
{
    return handle_open(path);
}

void registry_close(HANDLE handle)
{
    char **slot = slot_of(handle);
    free(*slot);
    *slot = NULL;
}

const char *registry_handle_path(HANDLE handle, const char *api)
{
    char **slot = slot_of(handle);
    if (slot == NULL)
        rule_broken("registry-handle", "%s with handle %p, which is not open", api, handle);
    return *slot;
}

void registry_check_handles(void)
{
    for (unsigned i = 0; i < MAX_HANDLES; i++) {
        if (handles[i] != NULL)
            rule_broken("registry-handle", "the driver is unloaded, but its handle to %s is open", handles[i]);
    }
}

static NTSTATUS NTAPI zw_close(HANDLE handle)
{
    api_enter("ZwClose", PASSIVE_LEVEL, PASSIVE_LEVEL);
    char **slot = slot_of(handle);
    if (slot == NULL)
        rule_broken("registry-handle", "ZwClose of handle %p, which is not open", handle);
    free(*slot);
    *slot = NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS open_attributes(const char *api, HANDLE *handle, const OBJECT_ATTRIBUTES *attributes, bool create)
{
    char path[2 * REGISTRY_PATH] = "", name[REGISTRY_PATH];
    api_enter(api, PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (!(attributes->Attributes & OBJ_KERNEL_HANDLE))
        rule_broken("registry-handle",
                    "%s without OBJ_KERNEL_HANDLE: the handle would be one of whatever process is current", api);
    if (fail_point("registry"))
        return STATUS_INSUFFICIENT_RESOURCES;
    registry_text(name, sizeof(name), attributes->ObjectName);
    if (attributes->RootDirectory != NULL)
        snprintf(path, sizeof(path), "%s%s%s", registry_handle_path(attributes->RootDirectory, api),
                 name[0] != '\0' ? "\\" : "", name);
    else
        snprintf(path, sizeof(path), "%s", name);
    if (create)
        registry_make_key(path);
    else if (!registry_key_exists(path))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *handle = handle_open(path);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI zw_open_key(HANDLE *handle, ULONG access, const OBJECT_ATTRIBUTES *attributes)
{
    (void)access;
    return open_attributes("ZwOpenKey", handle, attributes, false);
}

static NTSTATUS NTAPI zw_create_key(HANDLE *handle, ULONG access, const OBJECT_ATTRIBUTES *attributes, ULONG index,
                                    const UNICODE_STRING *class_name, ULONG options, PULONG disposition)
{
    (void)access;
    (void)index;
    (void)class_name;
    (void)options;
    if (disposition != NULL)
        *disposition = 2; /* REG_OPENED_EXISTING_KEY */
    return open_attributes("ZwCreateKey", handle, attributes, true);
}

/* Hardware and software keys of the device; both always exist for an installed device. */
static NTSTATUS NTAPI io_open_device_registry_key(PDEVICE_OBJECT pdo, ULONG type, ULONG access, HANDLE *handle)
{
    char path[REGISTRY_PATH];
    (void)access;
    api_enter("IoOpenDeviceRegistryKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (devnode_of_pdo(pdo) == NULL)
        rule_broken("device-object", "IoOpenDeviceRegistryKey with %p, which is no physical device object",
                    (void *)pdo);
    if (type != PLUGPLAY_DEVICE && type != PLUGPLAY_DRIVER)
        return STATUS_INVALID_PARAMETER;
    if (fail_point("registry"))
        return STATUS_INSUFFICIENT_RESOURCES;
    snprintf(path, sizeof(path), "\\Device\\%s", type == PLUGPLAY_DEVICE ? "Device Parameters" : "Driver");
    registry_make_key(path);
    *handle = handle_open(path);
    return STATUS_SUCCESS;
}

/* ---- values ---- */

static void put32(uint8_t *at, ULONG value)
{
    memcpy(at, &value, sizeof(value));
}

/* "STATUS_BUFFER_TOO_SMALL: not even the fixed part fits; STATUS_BUFFER_OVERFLOW: the data does not" */
static NTSTATUS give_value(const struct registry_value *v, ULONG kind, uint8_t *out, ULONG length, PULONG needed)
{
    ULONG header = kind == VALUE_PARTIAL ? 12 : 20, name_bytes = (ULONG)strlen(v->name) * 2;
    ULONG data_at = kind == VALUE_PARTIAL ? header : (header + name_bytes + 3) & ~3u;
    *needed = data_at + v->bytes;
    if (length < header)
        return STATUS_BUFFER_TOO_SMALL;
    put32(out, 0);
    put32(out + 4, v->type);
    if (kind == VALUE_PARTIAL) {
        put32(out + 8, v->bytes);
    } else {
        put32(out + 8, data_at);
        put32(out + 12, v->bytes);
        put32(out + 16, name_bytes);
        for (ULONG i = 0; i < name_bytes / 2 && header + 2 * i + 1 < length; i++) {
            out[header + 2 * i] = (uint8_t)v->name[i];
            out[header + 2 * i + 1] = 0;
        }
    }
    if (data_at < length)
        memcpy(out + data_at, v->data, v->bytes < length - data_at ? v->bytes : length - data_at);
    return length < *needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS NTAPI zw_query_value_key(HANDLE handle, const UNICODE_STRING *name, ULONG kind, PVOID out, ULONG length,
                                         PULONG needed)
{
    char text[REGISTRY_PATH];
    api_enter("ZwQueryValueKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    const char *path = registry_handle_path(handle, "ZwQueryValueKey");
    registry_text(text, sizeof(text), name);
    const struct registry_value *v = registry_find(path, text);
    if (v == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (kind != VALUE_FULL && kind != VALUE_PARTIAL)
        rule_broken("not-provided", "ZwQueryValueKey of information class %u", (unsigned)kind);
    return give_value(v, kind, out, length, needed);
}

static NTSTATUS NTAPI zw_set_value_key(HANDLE handle, const UNICODE_STRING *name, ULONG title, ULONG type,
                                       const VOID *data, ULONG bytes)
{
    char text[REGISTRY_PATH];
    (void)title;
    api_enter("ZwSetValueKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    const char *path = registry_handle_path(handle, "ZwSetValueKey");
    if (fail_point("registry"))
        return STATUS_INSUFFICIENT_RESOURCES;
    registry_text(text, sizeof(text), name);
    registry_store(path, text, type, data, bytes);
    return STATUS_SUCCESS;
}

static const struct export_entry entries[] = {
    EXPORT("IoOpenDeviceRegistryKey", io_open_device_registry_key),
    EXPORT("ZwOpenKey", zw_open_key),
    EXPORT("ZwCreateKey", zw_create_key),
    EXPORT("ZwQueryValueKey", zw_query_value_key),
    EXPORT("ZwSetValueKey", zw_set_value_key),
    EXPORT("ZwClose", zw_close),
    EXPORT_END,
};
const struct export_table wdm_registry_exports = {"ntoskrnl.exe", entries};
