/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/cmd_cat.h"

#include "base/options.h"
#include "base/text.h"
#include "catalog/catalog_show.h"
#include "catalog/catalog_verify.h"
#include "sign/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "cat verify"
#define INF_SIZE_LIMIT ((size_t)16 << 20)

struct request {
    const char *file;
    const char *files;
    const char *inf;
    const char *architecture;
    struct option_list roots;
    bool may_be_unsigned;
    bool json;
};

struct verification {
    const struct request *request;
    struct catalog catalog;
    struct signatures signatures;
    struct findings findings;
};

/* What --inf wants for the architectures that count: --arch, or those that the catalog names. */
static enum status collect_wishes(struct verification *check, const struct bytes *inf, struct catalog_wishes *wishes)
{
    static const enum inf_architecture all[] = {INF_X86, INF_AMD64};
    const struct request *request = check->request;
    const char *os = catalog_text_of(&check->catalog.attributes, "OS");
    enum inf_architecture only = INF_AMD64;
    enum status status = STATUS_DONE;

    if (request->architecture != NULL) {
        status = cat_architecture(COMMAND, request->architecture, &only);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == STATUS_DONE; ++i) {
        bool named = catalog_list_has(os, catalog_os_name(all[i]));

        if (request->architecture != NULL ? only != all[i] : !named) {
            continue;
        }
        if (!named) {
            findings_add(&check->findings, SEVERITY_ERROR, "catalog-os", request->file, 0,
                         "its OS attribute does not name %s", catalog_os_name(all[i]));
        }
        status = catalog_wishes_of(request->inf, inf, all[i], wishes);
    }
    return status;
}

static enum status check_folder(struct verification *check, struct catalog_folder *folder)
{
    const struct request *request = check->request;
    struct catalog_wishes wishes = {0};
    struct bytes inf = {0};
    enum status status = STATUS_DONE;

    if (request->inf == NULL) {
        catalog_check_files(request->file, &check->catalog, folder, &check->findings);
        return STATUS_DONE;
    }
    status = file_read(request->inf, INF_SIZE_LIMIT, &inf);
    if (status == STATUS_DONE) {
        status = collect_wishes(check, &inf, &wishes);
    }
    if (status == STATUS_DONE) {
        catalog_folder_want(folder, &wishes);
        catalog_check_files(request->file, &check->catalog, folder, &check->findings);
        catalog_check_package(request->file, &check->catalog, request->inf, &inf, &wishes, folder, &check->findings);
    }
    catalog_wishes_free(&wishes);
    bytes_free(&inf);
    return status;
}

static enum status check_files(struct verification *check)
{
    const struct request *request = check->request;
    const char *slash = request->inf != NULL ? strrchr(request->inf, '/') : NULL;
    char *name = request->files != NULL ? xstrdup(request->files)
                 : slash != NULL        ? xformat("%.*s", (int)(slash - request->inf), request->inf)
                                        : xstrdup(".");
    struct catalog_folder *folder = NULL;
    struct file_tree tree = {0};
    enum status status = file_tree_load(&tree, name[0] != 0 ? name : "/");

    if (status == STATUS_DONE) {
        folder = catalog_folder_of(name, &tree);
        status = check_folder(check, folder);
    }
    catalog_folder_free(folder);
    file_tree_free(&tree);
    free(name);
    return status;
}

static enum status verify(struct verification *check)
{
    const struct request *request = check->request;
    X509_STORE *roots = NULL;
    struct bytes file = {0};
    enum status status = roots_load(request->roots.items, request->roots.count, &roots);

    if (status == STATUS_DONE) {
        status = file_read(request->file, CATALOG_SIZE_LIMIT, &file);
    }
    if (status == STATUS_DONE) {
        status = catalog_parse(request->file, &file, &check->catalog);
    }
    if (status == STATUS_DONE) {
        status = authenticode_read_catalog(request->file, &file, roots, &check->signatures);
    }
    if (status == STATUS_DONE) {
        catalog_check_itself(request->file, &check->catalog, &check->findings);
        catalog_check_signatures(request->file, &check->signatures, request->roots.count > 0, request->may_be_unsigned,
                                 &check->findings);
        if (request->files != NULL || request->inf != NULL) {
            status = check_files(check);
        }
    }
    bytes_free(&file);
    X509_STORE_free(roots);
    return status;
}

static enum status report(const struct verification *check, bool good)
{
    const struct request *request = check->request;

    if (request->json) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddBoolToObject(object, "ok", good);
        cJSON_AddBoolToObject(object, "files_checked", request->files != NULL || request->inf != NULL);
        cJSON_AddBoolToObject(object, "chain_checked", request->roots.count > 0);
        cJSON_AddItemToObject(object, "findings", findings_json(&check->findings));
        cJSON_AddItemToObject(object, "catalog", catalog_json(request->file, &check->catalog, &check->signatures));
        return report_json(object);
    }
    findings_print(&check->findings);
    if (good) {
        printf("%s: good: %zu members, %zu signatures%s%s\n", request->file, check->catalog.member_count,
               check->signatures.count,
               request->files != NULL || request->inf != NULL ? "" : "; files were not looked at (--files)",
               request->roots.count > 0 || check->signatures.count == 0
                   ? ""
                   : "; whose root it leads to was not asked (--root)");
    }
    return STATUS_DONE;
}

enum status cmd_cat_verify(const char *help, int argc, char **argv)
{
    struct request request = {.file = NULL};
    const struct option_spec options[] = {
        {.value = &request.file, .required = true, .what = "FILE"},
        {.name = "--files", .value = &request.files},
        {.name = "--inf", .value = &request.inf},
        {.name = "--arch", .value = &request.architecture},
        {.name = "--root", .list = &request.roots},
        {.name = "--allow-unsigned", .flag = &request.may_be_unsigned},
        {.name = "--json", .flag = &request.json},
    };
    struct verification check = {.request = &request};
    enum status status = options_parse(COMMAND, help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status == STATUS_DONE && request.architecture != NULL && request.inf == NULL) {
        status = options_usage(COMMAND, "--arch goes with --inf");
    }
    if (status == STATUS_DONE) {
        status = verify(&check);
    }
    if (status == STATUS_DONE) {
        bool good = findings_count(&check.findings, SEVERITY_ERROR) == 0;

        status = report(&check, good);
        status = status == STATUS_DONE && !good ? STATUS_CHECK_FAILED : status;
    }
    findings_free(&check.findings);
    signatures_free(&check.signatures);
    catalog_free(&check.catalog);
    option_list_free(&request.roots);
    return status;
}
