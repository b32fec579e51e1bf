/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_tools.h"

#include "base/json_file.h"
#include "base/progress.h"
#include "base/report.h"
#include "base/text.h"
#include "base/zip_file.h"
#include "contract/contract.h"
#include "media/iso_file.h"
#include "pack/guest_drivers.h"
#include "pack/guest_media.h"
#include "pack/manifest.h"
#include "pack/private_key.h"
#include "sign/chain.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MANIFEST_SCHEMA_VERSION 4
#define TOOL_VERSION "1.0.0"
#define MANIFEST_NAME "manifest.json"

static const char *const policy_names[] = {
    [POLICY_TEST] = "test", [POLICY_PRODUCTION] = "production", [POLICY_NONE] = "none"};

struct work {
    const struct guest_tools_options *options;
    struct guest_spec spec;
    struct contract contract;
    char contract_sha256[SHA256_TEXT_SIZE];
    struct file_tree drivers;
    struct file_tree guest;
    struct file_tree medium;
    struct guest_drivers taken;
    cJSON *provenance;
};

bool signing_policy_parse(const char *text, enum signing_policy *policy)
{
    static const struct {
        const char *name;
        enum signing_policy policy;
    } names[] = {
        {"test", POLICY_TEST},
        {"testsigning", POLICY_TEST},
        {"production", POLICY_PRODUCTION},
        {"prod", POLICY_PRODUCTION},
        {"whql", POLICY_PRODUCTION},
        {"none", POLICY_NONE},
        {"nointegritychecks", POLICY_NONE},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (strcasecmp(text, names[i].name) == 0) {
            *policy = names[i].policy;
            return true;
        }
    }
    return false;
}

const char *signing_policy_name(enum signing_policy policy)
{
    return policy_names[policy];
}

static enum status load(struct work *work)
{
    const struct guest_tools_options *options = work->options;
    struct bytes bytes = {0};
    enum status status = guest_spec_load(options->spec, &work->spec);

    if (status == STATUS_DONE) {
        status = contract_load(options->contract, options->contract_schema, &work->contract);
    }
    if (status == STATUS_DONE) {
        status = file_read(options->contract, JSON_BY_HAND_LIMIT, &bytes);
    }
    if (status == STATUS_DONE) {
        sha256_text(bytes.data, bytes.size, work->contract_sha256);
        status = file_tree_load(&work->drivers, options->drivers_dir);
    }
    bytes_free(&bytes);
    return status == STATUS_DONE ? file_tree_load(&work->guest, options->guest_tools_dir) : status;
}

/* A driver pack brings its licences along, and virtio-win's pack says where it came from. */
static enum status take_pack_documents(struct work *work)
{
    const struct tree_file *manifest = file_tree_find(&work->drivers, MANIFEST_NAME);
    enum status status = STATUS_DONE;
    char digest[SHA256_TEXT_SIZE];
    cJSON *document;
    cJSON *source;
    cJSON *pack;

    if (manifest == NULL || work->taken.below[0] == 0) {
        return STATUS_DONE;
    }
    for (size_t i = 0; i < work->drivers.count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &work->drivers.files[i];

        if (path_below(file->path, "licenses") != NULL && tree_find_any_case(&work->medium, file->path) == NULL) {
            status = file_tree_add_copy(&work->medium, file->path, file->content.data, file->content.size);
        }
    }
    document = cJSON_ParseWithLength(manifest->content.data, manifest->content.size);
    source = cJSON_GetObjectItemCaseSensitive(document, "source");
    sha256_text(manifest->content.data, manifest->content.size, digest);
    work->provenance = cJSON_CreateObject();
    pack = cJSON_AddObjectToObject(work->provenance, "driver_pack");
    cJSON_AddStringToObject(pack, "manifest_sha256", digest);
    if (source != NULL) {
        cJSON_AddItemToObject(pack, "source", cJSON_Duplicate(source, 1));
        if (status == STATUS_DONE) {
            status = file_tree_add_copy(&work->medium, "licenses/virtio-win/driver-pack-manifest.json",
                                        manifest->content.data, manifest->content.size);
        }
    }
    cJSON_Delete(document);
    return status;
}

/* What setup.cmd will make Windows trust is what the drivers' signatures have to lead to. */
static enum status load_roots(struct work *work)
{
    const char **paths = xcalloc(work->guest.count + 1, sizeof(*paths));
    enum status status = STATUS_DONE;
    size_t count = 0;

    for (size_t i = 0; i < work->guest.count && work->options->policy == POLICY_TEST; ++i) {
        const char *path = work->guest.files[i].path;

        if (path_below(path, "certs") != NULL && (ends_with(path, ".cer") || ends_with(path, ".crt"))) {
            paths[count++] = xformat("%s/%s", work->options->guest_tools_dir, path);
        }
    }
    status = roots_load(paths, count, &work->taken.roots);
    for (size_t i = 0; i < count; ++i) {
        free((char *)(uintptr_t)paths[i]);
    }
    free(paths);
    return status;
}

static enum status assemble(struct work *work)
{
    const struct guest_tools_options *options = work->options;
    enum status media;
    enum status keys = private_key_check(options->drivers_dir, &work->drivers);
    enum status status = private_key_check(options->guest_tools_dir, &work->guest);

    if (keys != STATUS_DONE || status != STATUS_DONE) {
        return STATUS_CHECK_FAILED;
    }
    media = guest_media_take(options->guest_tools_dir, &work->guest, &work->contract, options, &work->medium);
    if (media == STATUS_DONE) {
        media = load_roots(work);
    }
    work->taken.root = options->drivers_dir;
    /* Without good certificates there is nothing to judge signatures by, and that was reported. */
    work->taken.policy = media == STATUS_DONE ? options->policy : POLICY_NONE;
    work->taken.input = &work->drivers;
    work->taken.spec = &work->spec;
    work->taken.contract = &work->contract;
    work->taken.medium = &work->medium;
    status = guest_drivers_take(&work->taken);
    if (status == STATUS_DONE) {
        status = media;
    }
    return status == STATUS_DONE ? take_pack_documents(work) : status;
}

/* A path of this machine would change the bytes: of an absolute one only the name is kept. */
static const char *portable_path(const char *path)
{
    return path[0] == '/' ? strrchr(path, '/') + 1 : path;
}

static void add_inputs(const struct work *work, cJSON *root)
{
    cJSON *inputs = cJSON_AddObjectToObject(root, "inputs");
    cJSON *spec = cJSON_AddObjectToObject(inputs, "packaging_spec");
    cJSON *contract = cJSON_AddObjectToObject(inputs, "windows_device_contract");

    cJSON_AddStringToObject(spec, "path", portable_path(work->options->spec));
    cJSON_AddStringToObject(spec, "sha256", work->spec.sha256);
    cJSON_AddStringToObject(contract, "path", portable_path(work->options->contract));
    cJSON_AddStringToObject(contract, "sha256", work->contract_sha256);
    cJSON_AddStringToObject(contract, "contract_name", work->contract.name);
    cJSON_AddStringToObject(contract, "contract_version", work->contract.version);
    cJSON_AddNumberToObject(contract, "schema_version",
                            cJSON_GetObjectItemCaseSensitive(work->contract.document, "schema_version")->valuedouble);
    cJSON_AddStringToObject(inputs, "aero_packager_version", TOOL_VERSION);
}

/*
 * setup.cmd reads this file with nothing but "for /f": one name and value a line, "files" last, and the names version,
 * build_id, signing_policy and certs_required nowhere else.
 */
static void make_manifest(const struct work *work, struct text *out)
{
    const struct guest_tools_options *options = work->options;
    cJSON *root = cJSON_CreateObject();
    cJSON *package;
    char *printed;

    cJSON_AddNumberToObject(root, "schema_version", MANIFEST_SCHEMA_VERSION);
    package = cJSON_AddObjectToObject(root, "package");
    cJSON_AddStringToObject(package, "name", GUEST_TOOLS_NAME);
    cJSON_AddStringToObject(package, "version", options->version);
    cJSON_AddStringToObject(package, "build_id", options->build_id);
    cJSON_AddNumberToObject(package, "source_date_epoch", (double)options->epoch);
    add_inputs(work, root);
    cJSON_AddStringToObject(root, "signing_policy", signing_policy_name(options->policy));
    cJSON_AddBoolToObject(root, "certs_required", options->policy == POLICY_TEST);
    if (work->provenance != NULL) {
        cJSON_AddItemToObject(root, "provenance", cJSON_Duplicate(work->provenance, 1));
    } else {
        cJSON_AddNullToObject(root, "provenance");
    }
    manifest_add_files(root, &work->medium);
    printed = cJSON_Print(root);
    text_format(out, "%s\n", printed != NULL ? printed : "");
    cJSON_free(printed);
    cJSON_Delete(root);
}

static enum status write_files(struct work *work, const struct text *manifest)
{
    const struct guest_tools_options *options = work->options;
    char *zip = xformat("%s/%s.zip", options->out, GUEST_TOOLS_NAME);
    char *iso = xformat("%s/%s.iso", options->out, GUEST_TOOLS_NAME);
    char *path = options->manifest != NULL ? xstrdup(options->manifest) : xformat("%s/" MANIFEST_NAME, options->out);
    enum status status;

    progress_begin("writing", 3);
    status = iso_file_write(&work->medium, options->volume_id, iso, options->epoch);
    progress_add(1);
    if (status == STATUS_DONE) {
        status = zip_file_write(&work->medium, "", zip, options->epoch);
        progress_add(1);
    }
    if (status == STATUS_DONE) {
        status = file_write(path, manifest->data, manifest->size);
    }
    progress_end();
    if (status == STATUS_DONE && !options->json) {
        printf("%s: %d driver packages, %zu files, signing policy %s\n", iso, cJSON_GetArraySize(work->taken.packed),
               work->medium.count, signing_policy_name(options->policy));
    }
    free(path);
    free(iso);
    free(zip);
    return status;
}

static void print_notes(const cJSON *array, const char *prefix)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array)
    {
        printf("%s%s\n", prefix, item->valuestring);
    }
}

static enum status report(struct work *work)
{
    cJSON *object;

    if (!work->options->json) {
        print_notes(work->taken.dropped, "left out: ");
        print_notes(work->taken.absent, "not there, and optional: ");
        print_notes(work->taken.warnings, "warning: ");
        return STATUS_DONE;
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "out", work->options->out);
    cJSON_AddStringToObject(object, "signing_policy", signing_policy_name(work->options->policy));
    cJSON_AddNumberToObject(object, "files", (double)work->medium.count);
    cJSON_AddItemToObject(object, "packed", cJSON_Duplicate(work->taken.packed, 1));
    cJSON_AddItemToObject(object, "left_out", cJSON_Duplicate(work->taken.dropped, 1));
    cJSON_AddItemToObject(object, "absent", cJSON_Duplicate(work->taken.absent, 1));
    cJSON_AddItemToObject(object, "warnings", cJSON_Duplicate(work->taken.warnings, 1));
    return report_json(object);
}

enum status guest_tools_make(const struct guest_tools_options *options)
{
    struct work work = {.options = options};
    struct text manifest = {0};
    enum status status = load(&work);

    work.taken.packed = cJSON_CreateArray();
    work.taken.dropped = cJSON_CreateArray();
    work.taken.absent = cJSON_CreateArray();
    work.taken.warnings = cJSON_CreateArray();
    if (status == STATUS_DONE) {
        status = assemble(&work);
    }
    if (status == STATUS_DONE) {
        file_tree_sort(&work.medium);
        make_manifest(&work, &manifest);
        status = file_tree_add_copy(&work.medium, MANIFEST_NAME, manifest.data, manifest.size);
        file_tree_sort(&work.medium);
    }
    if (status == STATUS_DONE) {
        status = write_files(&work, &manifest);
    }
    if (status == STATUS_DONE) {
        status = report(&work);
    }
    text_free(&manifest);
    cJSON_Delete(work.taken.packed);
    cJSON_Delete(work.taken.dropped);
    cJSON_Delete(work.taken.absent);
    cJSON_Delete(work.taken.warnings);
    cJSON_Delete(work.provenance);
    X509_STORE_free(work.taken.roots);
    file_tree_free(&work.drivers);
    file_tree_free(&work.guest);
    file_tree_free(&work.medium);
    contract_free(&work.contract);
    guest_spec_free(&work.spec);
    return status;
}
