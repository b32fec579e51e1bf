/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_show.h"

#include "inf/inf_decoration.h"

#include <stdio.h>

static const char *encoding_name(enum inf_encoding encoding)
{
    static const char *const names[] = {"ascii", "utf-8-bom", "utf-16-le", "code-page"};

    return names[encoding];
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL) {
        cJSON_AddStringToObject(object, name, text);
    }
}

static cJSON *add_item(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddItemToArray(array, object);
    return object;
}

static void add_models(cJSON *array, const struct inf_package *package)
{
    for (size_t i = 0; i < package->model_count; ++i) {
        const struct inf_model *model = &package->models[i];
        cJSON *object = add_item(array);
        cJSON *ids;

        add_text(object, "description", model->description);
        add_text(object, "install_section", model->install_section);
        ids = cJSON_AddArrayToObject(object, "ids");
        for (size_t j = 0; j < model->id_count; ++j) {
            cJSON_AddItemToArray(ids, cJSON_CreateString(model->ids[j]));
        }
        cJSON_AddNumberToObject(object, "line", model->line);
    }
}

static void add_files(cJSON *array, const struct inf_package *package)
{
    for (size_t i = 0; i < package->file_count; ++i) {
        const struct inf_copied_file *file = &package->files[i];
        cJSON *object = add_item(array);

        add_text(object, "source", file->source);
        add_text(object, "source_folder", file->source_folder);
        add_text(object, "target", file->target);
        cJSON_AddNumberToObject(object, "directory_id", file->directory_id);
        add_text(object, "target_folder", file->target_folder);
        cJSON_AddNumberToObject(object, "line", file->line);
    }
}

static void add_values(cJSON *array, const struct inf_registry_value *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        cJSON *object = add_item(array);
        cJSON *data;

        add_text(object, "root", values[i].root);
        add_text(object, "key", values[i].key);
        add_text(object, "name", values[i].name);
        cJSON_AddNumberToObject(object, "flags", values[i].flags);
        data = cJSON_AddArrayToObject(object, "data");
        for (size_t j = 0; j < values[i].data_count; ++j) {
            cJSON_AddItemToArray(data, cJSON_CreateString(values[i].data[j]));
        }
        cJSON_AddNumberToObject(object, "line", values[i].line);
    }
}

static void add_number(cJSON *object, const char *name, uint32_t number)
{
    if (number != UINT32_MAX) {
        cJSON_AddNumberToObject(object, name, number);
    }
}

static void add_services(cJSON *array, const struct inf_package *package)
{
    for (size_t i = 0; i < package->service_count; ++i) {
        const struct inf_service *service = &package->services[i];
        cJSON *object = add_item(array);

        add_text(object, "name", service->name);
        cJSON_AddNumberToObject(object, "flags", service->flags);
        add_number(object, "type", service->type);
        add_number(object, "start", service->start);
        add_number(object, "error_control", service->error_control);
        add_text(object, "display_name", service->display_name);
        add_text(object, "binary", service->binary);
        add_text(object, "load_order_group", service->load_order_group);
        add_values(cJSON_AddArrayToObject(object, "values"), service->values, service->value_count);
        cJSON_AddNumberToObject(object, "line", service->line);
    }
}

cJSON *inf_package_json(const struct inf *inf, struct inf_target target, const struct inf_package *package)
{
    cJSON *object = cJSON_CreateObject();

    add_text(object, "file", inf->place);
    add_text(object, "encoding", encoding_name(inf->encoding));
    add_text(object, "architecture", inf_architecture_name(target.architecture));
    add_text(object, "provider", package->provider);
    add_text(object, "class", package->class_name);
    add_text(object, "class_guid", package->class_guid);
    add_text(object, "driver_date", package->driver_date);
    add_text(object, "driver_version", package->driver_version);
    add_text(object, "catalog", package->catalog);
    add_models(cJSON_AddArrayToObject(object, "models"), package);
    add_files(cJSON_AddArrayToObject(object, "files"), package);
    add_services(cJSON_AddArrayToObject(object, "services"), package);
    add_values(cJSON_AddArrayToObject(object, "hardware_values"), package->hardware_values,
               package->hardware_value_count);
    add_values(cJSON_AddArrayToObject(object, "software_values"), package->software_values,
               package->software_value_count);
    return object;
}

static void print_values(const char *what, const struct inf_registry_value *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        printf("%s %s\\%s \"%s\" 0x%08X", what, values[i].root, values[i].key, values[i].name, values[i].flags);
        for (size_t j = 0; j < values[i].data_count; ++j) {
            printf("%s %s", j > 0 ? "," : "", values[i].data[j]);
        }
        putchar('\n');
    }
}

void inf_package_print(const struct inf *inf, struct inf_target target, const struct inf_package *package)
{
    printf("%s for Windows %u.%u %s: %s %s, %s %s, catalog %s\n", inf->place, target.major, target.minor,
           inf_architecture_name(target.architecture), package->class_name, package->class_guid, package->driver_date,
           package->driver_version, package->catalog != NULL ? package->catalog : "none");
    for (size_t i = 0; i < package->model_count; ++i) {
        const struct inf_model *model = &package->models[i];

        printf("model \"%s\" [%s]", model->description, model->install_section);
        for (size_t j = 0; j < model->id_count; ++j) {
            printf(" %s", model->ids[j]);
        }
        putchar('\n');
    }
    for (size_t i = 0; i < package->file_count; ++i) {
        const struct inf_copied_file *file = &package->files[i];

        printf("file %s%s%s -> %d\\%s%s%s\n", file->source_folder, file->source_folder[0] != 0 ? "/" : "", file->source,
               file->directory_id, file->target_folder, file->target_folder[0] != 0 ? "\\" : "", file->target);
    }
    for (size_t i = 0; i < package->service_count; ++i) {
        const struct inf_service *service = &package->services[i];

        printf("service %s flags 0x%X type %d start %d error control %d %s\n", service->name, service->flags,
               (int)service->type, (int)service->start, (int)service->error_control, service->binary);
        print_values("  value", service->values, service->value_count);
    }
    print_values("hardware value", package->hardware_values, package->hardware_value_count);
    print_values("software value", package->software_values, package->software_value_count);
}
