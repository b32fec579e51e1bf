/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_signatures.h"

#include "base/text.h"
#include "catalog/catalog_read.h"
#include "catalog/catalog_verify.h"
#include "pack/fault.h"
#include "sign/authenticode_verify.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE_BOOT_START 0

static enum status report(const struct findings *findings)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < findings->count; ++i) {
        if (findings->list[i].severity == SEVERITY_ERROR) {
            diag_error(findings->list[i].file, "%s", findings->list[i].message);
            status = STATUS_CHECK_FAILED;
        }
    }
    return status;
}

/* The folder's files below itself; a disabled INF under the name that its catalog knows. */
static enum status files_of_folder(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                   struct file_tree *tree)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < drivers->input->count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &drivers->input->files[i];
        const char *name = path_below(file->path, folder->path);
        char *path;

        if (name == NULL) {
            continue;
        }
        path = xstrdup(name);
        if (ends_with_any_case(path, ".inf" DISABLED_SUFFIX)) {
            path[strlen(path) - strlen(DISABLED_SUFFIX)] = 0;
        }
        status = file_tree_add_copy(tree, path, file->content.data, file->content.size);
        free(path);
    }
    return status;
}

static enum status check_package(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                 const struct folder_inf *inf, const struct file_tree *files,
                                 const struct catalog *catalog, const char *place, struct findings *findings)
{
    char *name = xformat("%s/%s", drivers->root, folder->path);
    const struct tree_file *content = tree_find_any_case(files, inf->name);
    struct catalog_folder *hashes = catalog_folder_of(name, files);
    struct catalog_wishes wishes = {0};
    enum status status = catalog_wishes_of(inf->inf.place, &content->content, folder->architecture, &wishes);

    if (!catalog_list_has(catalog_text_of(&catalog->attributes, "OS"), catalog_os_name(folder->architecture))) {
        findings_add(findings, SEVERITY_ERROR, "catalog-os", place, 0, "its OS attribute does not name %s",
                     catalog_os_name(folder->architecture));
    }
    if (status == STATUS_DONE) {
        catalog_folder_want(hashes, &wishes);
        catalog_check_files(place, catalog, hashes, findings);
        catalog_check_package(place, catalog, inf->inf.place, &content->content, &wishes, hashes, findings);
    }
    catalog_wishes_free(&wishes);
    catalog_folder_free(hashes);
    free(name);
    return status;
}

static enum status check_catalog(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                 const struct folder_inf *inf, const struct file_tree *files)
{
    const struct tree_file *file = tree_find_any_case(files, inf->package.catalog);
    char *place = xformat("%s/%s/%s", drivers->root, folder->path, inf->package.catalog);
    struct signatures signatures = {0};
    struct findings findings = {0};
    struct catalog catalog;
    enum status status = file != NULL ? catalog_parse(place, &file->content, &catalog) : STATUS_DONE;

    if (file == NULL || status != STATUS_DONE) {
        goto free_place;
    }
    status = authenticode_read_catalog(place, &file->content, drivers->roots, &signatures);
    if (status == STATUS_DONE) {
        catalog_check_itself(place, &catalog, &findings);
        catalog_check_signatures(place, &signatures, drivers->policy == POLICY_TEST, false, &findings);
        status = check_package(drivers, folder, inf, files, &catalog, place, &findings);
    }
    if (report(&findings) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    findings_free(&findings);
    signatures_free(&signatures);
    catalog_free(&catalog);
free_place:
    free(place);
    return status;
}

/* "12\name.sys" is name.sys, which is looked for beside the INF. */
static const struct tree_file *binary_of(const struct inf_service *service, const struct file_tree *files)
{
    const char *name = service->binary != NULL ? strrchr(service->binary, '\\') : NULL;

    return name != NULL ? tree_find_any_case(files, name + 1) : NULL;
}

static enum status check_boot_driver(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                     const struct tree_file *file)
{
    char *path = xformat("%s/%s", folder->path, file->path);
    char *place = xformat("%s/%s", drivers->root, path);
    struct signatures signatures = {0};
    enum status status = authenticode_read_pe(place, &file->content, drivers->roots, &signatures);

    if (status == STATUS_DONE && signatures.count == 0) {
        status = fault(drivers->root, path, "is a boot-start driver without an embedded signature");
    }
    for (size_t i = 0; i < signatures.count && status == STATUS_DONE; ++i) {
        const struct signature *signature = &signatures.list[i];

        if (!signature_good(signature)) {
            status = fault(drivers->root, path, "its embedded signature is broken: %s",
                           signature->fault != NULL ? signature->fault : "it is not good");
        } else if (drivers->policy == POLICY_TEST && !signature->chain_trusted) {
            status = fault(drivers->root, path, "its embedded signature is not of a certificate in certs/: %s",
                           signature->chain_fault);
        }
    }
    signatures_free(&signatures);
    free(place);
    free(path);
    return status;
}

static enum status check_boot_drivers(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                      const struct folder_inf *inf, const struct file_tree *files)
{
    enum status result = STATUS_DONE;

    for (size_t i = 0; i < inf->package.service_count; ++i) {
        const struct inf_service *service = &inf->package.services[i];
        const struct tree_file *file = binary_of(service, files);

        if (service->start == SERVICE_BOOT_START && file != NULL) {
            enum status status = check_boot_driver(drivers, folder, file);

            result = status != STATUS_DONE ? status : result;
        }
    }
    return result;
}

enum status guest_signatures_check(const struct guest_drivers *drivers, const struct driver_folder *folder)
{
    struct file_tree files = {0};
    enum status result = STATUS_DONE;

    if (drivers->policy == POLICY_NONE) {
        return STATUS_DONE;
    }
    result = files_of_folder(drivers, folder, &files);
    for (size_t i = 0; i < folder->inf_count && result == STATUS_DONE; ++i) {
        enum status status = check_catalog(drivers, folder, &folder->infs[i], &files);
        enum status boot = check_boot_drivers(drivers, folder, &folder->infs[i], &files);

        result = status != STATUS_DONE ? status : boot;
    }
    file_tree_free(&files);
    return result;
}
