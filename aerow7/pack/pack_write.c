/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack_write.h"

#include "base/progress.h"
#include "base/report.h"
#include "base/text.h"
#include "base/zip_file.h"
#include "media/iso_file.h"
#include "pack/manifest.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_NAME "manifest.json"

static void make_manifest(const struct pack *pack, const struct file_tree *tree, struct text *text)
{
    const struct manifest_head head = {
        .pack = PACK_NAME,
        .contract_name = pack->options->contract->name,
        .contract_version = pack->options->contract->version,
        .epoch = pack->options->epoch,
        .drivers = pack->drivers,
        .driver_count = pack->driver_count,
        .details = pack->details,
    };

    manifest_make(&head, tree, text);
}

static void add_details(struct pack *pack)
{
    cJSON *signing = cJSON_AddObjectToObject(pack->details, "signing");

    cJSON_AddItemToObject(pack->details, "opt_in_drivers", manifest_names(pack->opt_in, pack->opt_in_count));
    cJSON_AddBoolToObject(signing, "signed_here", pack->options->signer != NULL);
    if (pack->certificate != NULL) {
        cJSON_AddItemToObject(signing, "certificate", cJSON_Duplicate(pack->certificate, 1));
    }
}

static enum status add_below(struct file_tree *all, const char *folder, const struct file_tree *tree)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < tree->count && status == STATUS_DONE; ++i) {
        char *path = xformat("%s/%s", folder, tree->files[i].path);

        status = file_tree_add_copy(all, path, tree->files[i].content.data, tree->files[i].content.size);
        free(path);
    }
    return status;
}

/* The content of certs/ once more, beside the pack, where whoever sets up a guest looks for it. */
static enum status take_certificates(const struct pack *pack, struct file_tree *certificates)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < pack->content.count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &pack->content.files[i];
        const char *name = path_below(file->path, "certs");

        if (name != NULL) {
            status = file_tree_add_copy(certificates, name, file->content.data, file->content.size);
        }
    }
    return status;
}

/* What an earlier run left under a name that this one does not make would look as if it belonged to the rest. */
static enum status remove_old(const char *out, const char *name)
{
    char *path = xformat("%s/%s", out, name);
    enum status status = STATUS_DONE;

    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR) {
        diag_error(path, "is of an earlier run and cannot be removed: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    free(path);
    return status;
}

static enum status write_folder(const struct pack *pack, const char *name, struct file_tree *tree)
{
    char *folder = xformat("%s/%s", pack->options->out, name);
    enum status status = STATUS_DONE;

    file_tree_sort(tree);
    if (tree->count > 0 || access(folder, F_OK) == 0) {
        status = file_tree_write(tree, folder, pack->options->epoch);
    }
    free(folder);
    return status;
}

static enum status write_archives(const struct pack *pack)
{
    const struct pack_options *options = pack->options;
    char *zip = xformat("%s/%s.zip", options->out, PACK_NAME);
    char *iso = xformat("%s/%s", options->out, PACK_ISO);
    enum status status = options->no_zip ? remove_old(options->out, PACK_NAME ".zip")
                                         : zip_file_write(&pack->content, "", zip, options->epoch);

    if (status == STATUS_DONE) {
        status = options->no_zip ? remove_old(options->out, PACK_ISO)
                                 : iso_file_write(&pack->content, PACK_ISO_LABEL, iso, options->epoch);
    }
    free(iso);
    free(zip);
    return status;
}

static enum status add_written(struct file_tree *all, const char *out, const char *name)
{
    char *path = xformat("%s/%s", out, name);
    struct bytes content;
    enum status status = file_read(path, SIZE_MAX / 2, &content);

    if (status == STATUS_DONE) {
        status = file_tree_add(all, name, content);
    }
    free(path);
    return status;
}

/* The outer manifest is made last and of what is really there: an interrupted run leaves none that lies. */
static enum status write_outer_manifest(const struct pack *pack, const struct file_tree *certificates)
{
    const struct pack_options *options = pack->options;
    char *path = xformat("%s/%s", options->out, MANIFEST_NAME);
    struct file_tree all = {0};
    struct text manifest = {0};
    enum status status = options->no_zip ? STATUS_DONE : add_written(&all, options->out, PACK_NAME ".zip");

    if (status == STATUS_DONE && !options->no_zip) {
        status = add_written(&all, options->out, PACK_ISO);
    }
    if (status == STATUS_DONE) {
        status = add_below(&all, PACK_NAME, &pack->content);
    }
    if (status == STATUS_DONE) {
        status = add_below(&all, "symbols", &pack->symbols);
    }
    if (status == STATUS_DONE) {
        status = add_below(&all, "certs", certificates);
    }
    if (status == STATUS_DONE) {
        file_tree_sort(&all);
        make_manifest(pack, &all, &manifest);
        status = file_write(path, manifest.data, manifest.size);
    }
    text_free(&manifest);
    file_tree_free(&all);
    free(path);
    return status;
}

static enum status add_inner_manifest(struct pack *pack)
{
    struct text manifest = {0};
    enum status status;

    file_tree_sort(&pack->content);
    make_manifest(pack, &pack->content, &manifest);
    status = file_tree_add_copy(&pack->content, MANIFEST_NAME, manifest.data, manifest.size);
    file_tree_sort(&pack->content);
    text_free(&manifest);
    return status;
}

static enum status report(const struct pack *pack)
{
    const char *out = pack->options->out;
    cJSON *object;

    if (!pack->options->json) {
        printf("%s/%s%s: %zu drivers for x86 and amd64, %zu files, %s\n", out, PACK_NAME,
               pack->options->no_zip ? "" : ".zip", pack->driver_count, pack->content.count,
               !pack->built_here           ? "signed as they came"
               : pack->certificate != NULL ? "signed"
                                           : "not signed (no --cert)");
        return STATUS_DONE;
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "out", out);
    cJSON_AddStringToObject(object, "pack", PACK_NAME);
    cJSON_AddItemToObject(object, "drivers", manifest_names(pack->drivers, pack->driver_count));
    cJSON_AddNumberToObject(object, "files", (double)pack->content.count);
    for (const cJSON *detail = pack->details->child; detail != NULL; detail = detail->next) {
        cJSON_AddItemToObject(object, detail->string, cJSON_Duplicate(detail, 1));
    }
    return report_json(object);
}

enum status pack_write(struct pack *pack)
{
    struct file_tree certificates = {0};
    enum status status;

    add_details(pack);
    status = add_inner_manifest(pack);
    if (status == STATUS_DONE) {
        status = take_certificates(pack, &certificates);
    }
    progress_begin("writing", 4);
    if (status == STATUS_DONE) {
        /* Without its manifest, what stands in OUT claims nothing while it is exchanged piece by piece. */
        status = remove_old(pack->options->out, MANIFEST_NAME);
    }
    if (status == STATUS_DONE) {
        status = write_folder(pack, PACK_NAME, &pack->content);
        progress_add(1);
    }
    if (status == STATUS_DONE) {
        status = write_archives(pack);
        progress_add(1);
    }
    if (status == STATUS_DONE) {
        status = write_folder(pack, "symbols", &pack->symbols);
        progress_add(1);
    }
    if (status == STATUS_DONE) {
        status = write_folder(pack, "certs", &certificates);
        progress_add(1);
    }
    if (status == STATUS_DONE) {
        status = write_outer_manifest(pack, &certificates);
    }
    progress_end();
    file_tree_free(&certificates);
    return status == STATUS_DONE ? report(pack) : status;
}
