/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Device interfaces, properties, relations. Pages IoRegisterDeviceInterface, IoSetDeviceInterfaceState,
 * IoGetDeviceProperty, IoInvalidateDeviceRelations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

struct device_interface {
    GUID class_guid;
    DEVICE_OBJECT *pdo;
    bool enabled;
    char name[160], reference[64];
    struct device_interface *next;
};

static struct device_interface *interfaces;

DEVICE_OBJECT *interface_device(const GUID *class_guid, unsigned index)
{
    for (struct device_interface *i = interfaces; i != NULL; i = i->next) {
        if (i->enabled && memcmp(&i->class_guid, class_guid, sizeof(GUID)) == 0 && index-- == 0)
            return i->pdo;
    }
    return NULL;
}

void interfaces_forget(const DEVICE_OBJECT *pdo)
{
    for (struct device_interface **link = &interfaces; *link != NULL;) {
        struct device_interface *i = *link;
        if (i->pdo != pdo) {
            link = &i->next;
            continue;
        }
        if (i->enabled)
            rule_broken("interface-left", "the device object at %p is deleted while its interface %s is enabled",
                        (const void *)pdo, i->name);
        *link = i->next;
        free(i);
    }
}

static struct device_interface *find(const char *name)
{
    struct device_interface *i = interfaces;
    while (i != NULL && strcmp(i->name, name) != 0)
        i = i->next;
    return i;
}

static struct device_interface *add(const GUID *g, DEVICE_OBJECT *pdo, const char *name)
{
    struct device_interface *i = calloc(1, sizeof(*i)), **link = &interfaces;
    if (i == NULL)
        environment_failed("no memory for a device interface");
    i->class_guid = *g;
    i->pdo = pdo;
    snprintf(i->name, sizeof(i->name), "%s", name);
    while (*link != NULL)
        link = &(*link)->next;
    *link = i;
    return i;
}

static void make_name(char name[160], const GUID *g, const DEVICE_OBJECT *pdo)
{
    snprintf(name, 160, "\\??\\%p#{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", (const void *)pdo,
             (unsigned)g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4],
             g->Data4[5], g->Data4[6], g->Data4[7]);
}

void interface_enable(const GUID *class_guid, DEVICE_OBJECT *pdo)
{
    char name[160];
    make_name(name, class_guid, pdo);
    struct device_interface *i = find(name);
    if (i == NULL)
        i = add(class_guid, pdo, name);
    i->enabled = true;
}

void interface_disable(const DEVICE_OBJECT *pdo)
{
    for (struct device_interface *i = interfaces; i != NULL; i = i->next) {
        if (i->pdo == pdo)
            i->enabled = false;
    }
}

void interface_set_reference(const GUID *class_guid, DEVICE_OBJECT *pdo, const char *reference, bool enable)
{
    char name[160], full[240];
    make_name(name, class_guid, pdo);
    snprintf(full, sizeof(full), "%s\\%s", name, reference);
    full[sizeof(name) - 1] = '\0';
    struct device_interface *i = find(full);
    if (i == NULL)
        i = add(class_guid, pdo, full);
    snprintf(i->reference, sizeof(i->reference), "%s", reference);
    i->enabled = enable;
}

const char *interface_reference_string(const GUID *class_guid, unsigned index)
{
    for (const struct device_interface *i = interfaces; i != NULL; i = i->next) {
        if (i->enabled && memcmp(&i->class_guid, class_guid, sizeof(GUID)) == 0 && index-- == 0)
            return i->reference;
    }
    return NULL;
}

/* "... RtlFreeUnicodeString to free the buffer when it is no longer needed". */
static NTSTATUS NTAPI io_register_device_interface(PDEVICE_OBJECT pdo, const GUID *g, const UNICODE_STRING *reference,
                                                   PUNICODE_STRING link)
{
    char name[160];
    (void)reference;
    api_enter("IoRegisterDeviceInterface", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (pdo == NULL || devnode_of_pdo(pdo) == NULL)
        rule_broken("device-object", "IoRegisterDeviceInterface with %p, which is no physical device object",
                    (void *)pdo);
    if (fail_point("interface"))
        return STATUS_INSUFFICIENT_RESOURCES;
    make_name(name, g, pdo);
    if (find(name) == NULL)
        add(g, pdo, name);
    size_t length = strlen(name);
    link->Buffer =
        ram_alloc((length + 1) * sizeof(WCHAR), module_is_foreign(__builtin_return_address(0)) ? 0 : RAM_DRIVER,
                  "the name of a device interface");
    link->Length = (USHORT)(length * 2);
    link->MaximumLength = (USHORT)(length * 2 + 2);
    for (size_t i = 0; i <= length; i++)
        link->Buffer[i] = (UCHAR)name[i];
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_set_device_interface_state(const UNICODE_STRING *link, BOOLEAN enable)
{
    char name[160];
    unsigned length = link->Length / 2u;
    api_enter("IoSetDeviceInterfaceState", PASSIVE_LEVEL, PASSIVE_LEVEL);
    for (unsigned i = 0; i < length && i < sizeof(name) - 1; i++)
        name[i] = (char)link->Buffer[i];
    name[length < sizeof(name) - 1 ? length : sizeof(name) - 1] = '\0';
    struct device_interface *i = find(name);
    if (i == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (i->enabled == (enable != 0)) /* "already enabled: STATUS_OBJECT_NAME_EXISTS; not enabled: NOT_FOUND" */
        return enable ? (NTSTATUS)0x40000000 : STATUS_OBJECT_NAME_NOT_FOUND;
    i->enabled = enable != 0;
    return STATUS_SUCCESS;
}

static void invalidate(void *context)
{
    DEVICE_OBJECT *pdo = context;
    devnode *n = devnode_of_pdo(pdo);
    if (n != NULL && n->state == NODE_STARTED && n->relations_dirty)
        devnode_update_children(n);
    device_dereference(pdo);
}

/* During IRP_MN_START_DEVICE the PnP manager asks for relations anyway, when the request is over. */
static void NTAPI io_invalidate_device_relations(PDEVICE_OBJECT pdo, ULONG type)
{
    api_enter("IoInvalidateDeviceRelations", PASSIVE_LEVEL, DISPATCH_LEVEL);
    device_must_be(pdo, "IoInvalidateDeviceRelations");
    devnode *n = devnode_of_pdo(pdo);
    if (n == NULL)
        rule_broken("device-object", "IoInvalidateDeviceRelations with %p, which is no physical device object",
                    (void *)pdo);
    if (type != 0)
        return;
    n->relations_dirty = true;
    if (n->state == NODE_STARTED) {
        device_reference(pdo);
        system_work_queue(invalidate, pdo);
    }
}

static void NTAPI io_invalidate_device_state(PDEVICE_OBJECT pdo)
{
    api_enter("IoInvalidateDeviceState", PASSIVE_LEVEL, DISPATCH_LEVEL);
    devnode *n = devnode_of_pdo(pdo);
    if (n == NULL)
        rule_broken("device-object", "IoInvalidateDeviceState with %p, which is no physical device object",
                    (void *)pdo);
    n->state_invalidated++;
}

/* DEVICE_REGISTRY_PROPERTY */
enum {
    PROPERTY_HARDWARE_ID = 1,
    PROPERTY_BUS_TYPE_GUID = 0xd,
    PROPERTY_LEGACY_BUS_TYPE = 0xe,
    PROPERTY_BUS_NUMBER = 0xf,
    PROPERTY_ADDRESS = 0x11,
    PROPERTY_UI_NUMBER = 0x12
};

static NTSTATUS NTAPI io_get_device_property(PDEVICE_OBJECT pdo, ULONG property, ULONG length, PVOID buffer,
                                             PULONG result_length)
{
    WCHAR text[66] = {0};
    const void *value = text;
    ULONG number, bytes = sizeof(number);
    api_enter("IoGetDeviceProperty", PASSIVE_LEVEL, PASSIVE_LEVEL);
    devnode *n = devnode_of_pdo(pdo);
    if (n == NULL)
        rule_broken("device-object", "IoGetDeviceProperty with %p, which is no physical device object", (void *)pdo);
    unsigned bdf = n->pci != NULL ? n->pci->bus->bdf : 0;
    switch (property) {
    case PROPERTY_HARDWARE_ID:
        for (unsigned i = 0; n->id[i] != '\0'; i++)
            text[i] = (UCHAR)n->id[i];
        bytes = (ULONG)(strlen(n->id) + 2) * 2;
        break;
    case PROPERTY_BUS_NUMBER:
        number = bdf >> 8;
        value = &number;
        break;
    case PROPERTY_ADDRESS: /* PCI: device number in the high word, function in the low one */
        number = ((bdf >> 3 & 0x1f) << 16) | (bdf & 7);
        value = &number;
        break;
    case PROPERTY_LEGACY_BUS_TYPE:
        number = 5;
        value = &number;
        break;
    default:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *result_length = bytes;
    if (length < bytes)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, value, bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_create_symbolic_link(const UNICODE_STRING *name, const UNICODE_STRING *device)
{
    api_enter("IoCreateSymbolicLink", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (fail_point("symbolic-link"))
        return STATUS_INSUFFICIENT_RESOURCES;
    return names_add_link(name, device) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_COLLISION;
}

static NTSTATUS NTAPI io_delete_symbolic_link(const UNICODE_STRING *name)
{
    api_enter("IoDeleteSymbolicLink", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return names_remove_link(name) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static const struct export_entry entries[] = {
    EXPORT("IoRegisterDeviceInterface", io_register_device_interface),
    EXPORT("IoSetDeviceInterfaceState", io_set_device_interface_state),
    EXPORT("IoInvalidateDeviceRelations", io_invalidate_device_relations),
    EXPORT("IoInvalidateDeviceState", io_invalidate_device_state),
    EXPORT("IoGetDeviceProperty", io_get_device_property),
    EXPORT("IoCreateSymbolicLink", io_create_symbolic_link),
    EXPORT("IoDeleteSymbolicLink", io_delete_symbolic_link),
    EXPORT_END,
};
const struct export_table wdm_interface_exports = {"ntoskrnl.exe", entries};
