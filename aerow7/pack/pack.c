/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack.h"

#include "base/file_tree.h"
#include "pack/manifest.h"
#include "pe/pe_image.h"
#include "base/text.h"
#include "base/zip_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACK_NAME "aero-win7-driver-pack"

struct architecture {
    const char *name;
    uint16_t machine; /* IMAGE_FILE_HEADER.Machine */
};
static const struct architecture architectures[] = {{"x86", PE_MACHINE_X86}, {"amd64", PE_MACHINE_AMD64}};
enum { ARCHITECTURES = 2 };

struct pack {
    const char *build;
    const char *out;
    const struct contract *contract;
    time_t epoch;
    char **drivers; /* names, sorted and unique */
    size_t driver_count;
    struct file_tree input;
    struct file_tree content; /* of the pack */
    struct file_tree symbols;
};

static enum status fault(const struct pack *pack, const char *path, const char *reason)
{
    char *place = xformat("%s/%s", pack->build, path);

    diag_error(place, "%s", reason);
    free(place);
    return STATUS_CHECK_FAILED;
}

static bool contract_has_service(const struct contract *contract, const char *service)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        if (strcmp(contract->devices[i].service, service) == 0) {
            return true;
        }
    }
    return false;
}

static bool contract_has_inf(const struct contract *contract, const char *service, const char *inf)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        if (strcmp(contract->devices[i].service, service) == 0 && strcmp(contract->devices[i].inf, inf) == 0) {
            return true;
        }
    }
    return false;
}

static void note_driver(struct pack *pack, const char *name, size_t length)
{
    for (size_t i = 0; i < pack->driver_count; ++i) {
        if (strlen(pack->drivers[i]) == length && strncmp(pack->drivers[i], name, length) == 0) {
            return;
        }
    }
    pack->drivers = xrealloc(pack->drivers, (pack->driver_count + 1) * sizeof(*pack->drivers));
    pack->drivers[pack->driver_count++] = xformat("%.*s", (int)length, name);
}

static bool has_machine(const struct bytes *content, uint16_t machine)
{
    struct pe_image image;
    bool good = pe_parse(content->data, content->size, &image) == NULL && image.machine == machine;

    pe_free(&image);
    return good;
}

/* `name` is the path below ARCH/DRIVER/. */
static enum status take_file(struct pack *pack, const struct architecture *architecture, const char *driver,
                             const char *name, const struct tree_file *file)
{
    struct file_tree *target = &pack->content;
    enum status status;
    char *path;

    if (ends_with(name, ".sys")) {
        if (!has_machine(&file->content, architecture->machine)) {
            return fault(pack, file->path, "is not a driver for this architecture");
        }
    } else if (ends_with(name, ".inf")) {
        if (!contract_has_inf(pack->contract, driver, name)) {
            return fault(pack, file->path, "the contract names no such INF for this driver");
        }
    } else if (ends_with(name, ".pdb")) {
        target = &pack->symbols;
    } else {
        return fault(pack, file->path, "is neither .sys nor .inf nor .pdb");
    }
    path = target == &pack->symbols ? xformat("%s/%s", architecture->name, name)
                                    : xformat("win7/%s/%s/%s", architecture->name, driver, name);
    status = file_tree_add_copy(target, path, file->content.data, file->content.size);
    free(path);
    return status;
}

static enum status sort_input(struct pack *pack)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < pack->input.count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &pack->input.files[i];
        const struct architecture *architecture = NULL;
        const char *driver = strchr(file->path, '/');
        const char *name = driver != NULL ? strchr(driver + 1, '/') : NULL;
        char *driver_name;

        for (size_t a = 0; a < ARCHITECTURES && driver != NULL; ++a) {
            size_t length = strlen(architectures[a].name);

            if ((size_t)(driver - file->path) == length && strncmp(file->path, architectures[a].name, length) == 0) {
                architecture = &architectures[a];
            }
        }
        if (architecture == NULL || name == NULL || strchr(name + 1, '/') != NULL) {
            return fault(pack, file->path, "is not at ARCH/DRIVER/FILE with ARCH x86 or amd64");
        }
        note_driver(pack, driver + 1, (size_t)(name - driver - 1));
        driver_name = xformat("%.*s", (int)(name - driver - 1), driver + 1);
        status = take_file(pack, architecture, driver_name, name + 1, file);
        free(driver_name);
    }
    return status;
}

static enum status require(const struct pack *pack, const char *architecture, const char *driver, const char *suffix)
{
    char *path = xformat("%s/%s/%s%s", architecture, driver, driver, suffix);
    enum status status = STATUS_DONE;

    if (file_tree_find(&pack->input, path) == NULL) {
        status =
            fault(pack, path, "is missing: a driver is packed for both architectures, with its symbols, or not at all");
    }
    free(path);
    return status;
}

static bool same_inf_everywhere(const struct pack *pack, const char *inf_path, const char *other_architecture)
{
    char *other = xformat("%s%s", other_architecture, strchr(inf_path, '/'));
    bool found = file_tree_find(&pack->input, other) != NULL;

    free(other);
    return found;
}

static enum status check_complete(const struct pack *pack)
{
    enum status status = pack->driver_count > 0 ? STATUS_DONE : fault(pack, ".", "has no driver in it");

    for (size_t i = 0; i < pack->driver_count; ++i) {
        const char *driver = pack->drivers[i];

        if (!contract_has_service(pack->contract, driver)) {
            status = fault(pack, driver, "is the service of no device in the contract");
        }
        for (size_t a = 0; a < ARCHITECTURES; ++a) {
            if (require(pack, architectures[a].name, driver, ".sys") != STATUS_DONE ||
                require(pack, architectures[a].name, driver, ".pdb") != STATUS_DONE ||
                require(pack, architectures[a].name, driver, ".inf") != STATUS_DONE) {
                status = STATUS_CHECK_FAILED;
            }
        }
    }
    for (size_t i = 0; i < pack->input.count; ++i) {
        const char *path = pack->input.files[i].path;
        const char *other = starts_with(path, "x86/") ? "amd64" : "x86";

        if (ends_with(path, ".inf") && !same_inf_everywhere(pack, path, other)) {
            status = fault(pack, path, "the other architecture does not have this INF");
        }
    }
    return status;
}

static void make_manifest(const struct pack *pack, const char *name, const struct file_tree *tree, struct text *text)
{
    const struct manifest_head head = {
        .pack = name,
        .contract_name = pack->contract->name,
        .contract_version = pack->contract->version,
        .epoch = pack->epoch,
        .drivers = pack->drivers,
        .driver_count = pack->driver_count,
    };

    manifest_make(&head, tree, text);
}

static enum status write_pack(struct pack *pack)
{
    char *folder = xformat("%s/%s", pack->out, PACK_NAME);
    char *zip = xformat("%s/%s.zip", pack->out, PACK_NAME);
    char *symbols = xformat("%s/symbols", pack->out);
    struct text manifest = {0};
    enum status status;

    file_tree_sort(&pack->content);
    make_manifest(pack, PACK_NAME, &pack->content, &manifest);
    status = file_tree_add_copy(&pack->content, "manifest.json", manifest.data, manifest.size);
    file_tree_sort(&pack->content);
    file_tree_sort(&pack->symbols);
    if (status == STATUS_DONE) {
        status = file_tree_write(&pack->content, folder, pack->epoch);
    }
    if (status == STATUS_DONE) {
        status = zip_file_write(&pack->content, "", zip, pack->epoch);
    }
    if (status == STATUS_DONE) {
        status = file_tree_write(&pack->symbols, symbols, pack->epoch);
    }
    text_free(&manifest);
    free(symbols);
    free(zip);
    free(folder);
    return status;
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

/* The manifest of dist/ is made last and of what is really there: an interrupted run leaves none that lies. */
static enum status write_outer_manifest(const struct pack *pack)
{
    char *zip = xformat("%s/%s.zip", pack->out, PACK_NAME);
    char *path = xformat("%s/manifest.json", pack->out);
    struct file_tree all = {0};
    struct text manifest = {0};
    struct bytes content;
    enum status status = file_read(zip, SIZE_MAX / 2, &content);

    if (status == STATUS_DONE) {
        status = file_tree_add(&all, PACK_NAME ".zip", content);
    }
    if (status == STATUS_DONE) {
        status = add_below(&all, PACK_NAME, &pack->content);
    }
    if (status == STATUS_DONE) {
        status = add_below(&all, "symbols", &pack->symbols);
    }
    if (status == STATUS_DONE) {
        file_tree_sort(&all);
        make_manifest(pack, PACK_NAME, &all, &manifest);
        status = file_write(path, manifest.data, manifest.size);
    }
    text_free(&manifest);
    file_tree_free(&all);
    free(path);
    free(zip);
    return status;
}

enum status pack_make(const char *build, const char *out, const struct contract *contract, time_t epoch)
{
    struct pack pack = {.build = build, .out = out, .contract = contract, .epoch = epoch};
    enum status status = file_tree_load(&pack.input, build);

    if (status == STATUS_DONE) {
        status = sort_input(&pack);
    }
    if (status == STATUS_DONE) {
        status = check_complete(&pack);
    }
    if (status == STATUS_DONE) {
        status = write_pack(&pack);
    }
    if (status == STATUS_DONE) {
        status = write_outer_manifest(&pack);
    }
    if (status == STATUS_DONE) {
        printf("%s/%s.zip: %zu drivers for x86 and amd64, %zu files\n", out, PACK_NAME, pack.driver_count,
               pack.content.count);
    }
    for (size_t i = 0; i < pack.driver_count; ++i) {
        free(pack.drivers[i]);
    }
    free(pack.drivers);
    file_tree_free(&pack.input);
    file_tree_free(&pack.content);
    file_tree_free(&pack.symbols);
    return status;
}
