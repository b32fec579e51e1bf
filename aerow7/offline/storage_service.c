/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/storage_service.h"

#include "inf/inf_evaluate.h"
#include "offline/control_sets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SERVICE_BOOT_START 0U
#define FUNCTION_DRIVER 0x2U /* SPSVCINST_ASSOCSERVICE */
#define BARE_ID 21           /* the length of an ID of vendor and device alone, four digits each */
#define DRIVERS_FOLDER "12\\"

/* "INF AddReg Directive": the type is in these bits, and this one makes a key without a value. */
#define ADDREG_TYPE_MASK 0xFFFF0001U
#define ADDREG_KEY_ONLY 0x10U
#define ADDREG_SZ 0x0U
#define ADDREG_EXPAND_SZ 0x20000U
#define ADDREG_DWORD 0x10001U

const struct inf_service *storage_service_of(const struct inf_package *package)
{
    for (size_t i = 0; i < package->service_count; ++i) {
        const struct inf_service *service = &package->services[i];

        if (service->start == SERVICE_BOOT_START && (service->flags & FUNCTION_DRIVER) != 0) {
            return service;
        }
    }
    return NULL;
}

const char *storage_service_file(const struct inf_service *service)
{
    const char *name = service->binary;

    if (name == NULL || strncmp(name, DRIVERS_FOLDER, strlen(DRIVERS_FOLDER)) != 0) {
        return NULL;
    }
    name += strlen(DRIVERS_FOLDER);
    return *name != 0 && strpbrk(name, "\\/:*?\"<>|") == NULL ? name : NULL;
}

static enum status put_value(struct hive *system, hive_key service, const char *place,
                             const struct inf_registry_value *value)
{
    const char *text = value->data_count > 0 ? value->data[0] : "";
    uint32_t number;
    hive_key key;
    enum status status;

    if (strcasecmp(value->root, "HKR") != 0) {
        diag_error(place, "line %u: a value of the boot driver's service is in %s, not in the service's key",
                   value->line, value->root);
        return STATUS_CHECK_FAILED;
    }
    status = hive_make(system, service, value->key, &key);
    if (status != STATUS_DONE || (value->flags & ADDREG_KEY_ONLY) != 0) {
        return status;
    }
    switch (value->flags & ADDREG_TYPE_MASK) {
    case ADDREG_SZ:
        return hive_set_text(system, key, value->name, HIVE_STRING, text);
    case ADDREG_EXPAND_SZ:
        return hive_set_text(system, key, value->name, HIVE_EXPAND_STRING, text);
    case ADDREG_DWORD:
        if (inf_number(text, &number)) {
            return hive_set_dword(system, key, value->name, number);
        }
        break;
    default:
        break;
    }
    diag_error(place,
               "line %u: the value %s of the boot driver's service is of a type that cannot be put into a hive here",
               value->line, value->name);
    return STATUS_CHECK_FAILED;
}

static enum status put_service(struct hive *system, hive_key set, const char *place, const struct inf_service *service)
{
    char *path = xformat("Services\\%s", service->name);
    char *image = xformat("system32\\drivers\\%s", storage_service_file(service));
    hive_key key = 0;
    enum status status = hive_make(system, set, path, &key);

    if (status == STATUS_DONE) {
        status = hive_set_dword(system, key, "Type", service->type);
    }
    if (status == STATUS_DONE) {
        status = hive_set_dword(system, key, "Start", service->start);
    }
    if (status == STATUS_DONE) {
        status = hive_set_dword(system, key, "ErrorControl", service->error_control);
    }
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "ImagePath", HIVE_EXPAND_STRING, image);
    }
    if (status == STATUS_DONE && service->load_order_group != NULL) {
        status = hive_set_text(system, key, "Group", HIVE_STRING, service->load_order_group);
    }
    if (status == STATUS_DONE && service->display_name != NULL) {
        status = hive_set_text(system, key, "DisplayName", HIVE_STRING, service->display_name);
    }
    for (size_t i = 0; i < service->value_count && status == STATUS_DONE; ++i) {
        status = put_value(system, key, place, &service->values[i]);
    }
    free(image);
    free(path);
    return status;
}

/* The keys are named like hardware IDs, with '#' for '\'. DriverPackageId is the driver store's, which has none yet. */
static enum status put_device(struct hive *system, hive_key set, const char *id, const struct inf_package *package,
                              const struct inf_service *service)
{
    char *path = xformat("Control\\CriticalDeviceDatabase\\%s", id);
    hive_key key = 0;
    enum status status;

    *strchr(path + strlen("Control\\CriticalDeviceDatabase\\"), '\\') = '#';
    status = hive_make(system, set, path, &key);
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "Service", HIVE_STRING, service->name);
    }
    if (status == STATUS_DONE) {
        status = hive_set_text(system, key, "ClassGUID", HIVE_STRING, package->class_guid);
    }
    if (status == STATUS_DONE && package->class_name[0] != 0) {
        status = hive_set_text(system, key, "Class", HIVE_STRING, package->class_name);
    }
    free(path);
    return status;
}

/* The ID as the INF has it, and the one of vendor and device alone, which the device reports too. */
static enum status put_devices(struct hive *system, hive_key set, const struct inf_package *package,
                               const struct inf_service *service)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < package->model_count; ++i) {
        for (size_t j = 0; j < package->models[i].id_count && status == STATUS_DONE; ++j) {
            const char *id = package->models[i].ids[j];
            char *shorter;

            if (strncasecmp(id, "PCI\\VEN_", 8) != 0 || strchr(id + 4, '\\') != NULL) {
                continue;
            }
            status = put_device(system, set, id, package, service);
            if (status == STATUS_DONE && strlen(id) > BARE_ID && id[BARE_ID] == '&' &&
                strncasecmp(id + 12, "&DEV_", 5) == 0) {
                shorter = xformat("%.*s", BARE_ID, id);
                status = put_device(system, set, shorter, package, service);
                free(shorter);
            }
        }
    }
    return status;
}

enum status storage_service_put(struct hive *system, const char *place, const struct inf_package *package,
                                const struct inf_service *service)
{
    struct control_sets sets;
    const char *fault = control_sets_of(system, &sets);
    enum status status = STATUS_DONE;

    if (fault != NULL) {
        diag_error(place, "cannot be put into the SYSTEM hive: %s", fault);
        return STATUS_BAD_INPUT;
    }
    if (service->name[0] == 0 || strpbrk(service->name, "\\/") != NULL) {
        diag_error(place, "the boot driver's service has no name that a key could have");
        return STATUS_CHECK_FAILED;
    }
    if (storage_service_file(service) == NULL) {
        diag_error(place, "the boot driver of service %s is not in system32\\drivers", service->name);
        return STATUS_CHECK_FAILED;
    }
    for (size_t i = 0; i < sets.count && status == STATUS_DONE; ++i) {
        status = put_service(system, sets.list[i], place, service);
        if (status == STATUS_DONE) {
            status = put_devices(system, sets.list[i], package, service);
        }
    }
    return status;
}
