/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/media_build.h"

#include "base/progress.h"
#include "base/room.h"
#include "base/stale_part.h"
#include "base/text.h"
#include "media/media_compare.h"
#include "media/setup_files.h"
#include "media/wim_split.h"
#include "offline/bcd.h"
#include "offline/identify.h"
#include "pack/driver_folder.h"
#include "wim/wim_inject.h"
#include "wim/wim_source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_WIM "sources/boot.wim"
#define INSTALL_WIM "sources/install.wim"
#define LABEL_LIMIT 32U
#define PIECE ((size_t)1 << 20)

struct build {
    const struct media_request *request;
    struct findings *findings;
    cJSON *report;
    struct install_source source;
    struct media_content content;
    enum inf_architecture architecture;
    char *work; /* a folder beside the output, for what is too large for memory */
    int work_lock;
};

static enum status refuse(const struct build *build, const char *reason)
{
    diag_error(build->source.name, "%s", reason);
    return STATUS_CHECK_FAILED;
}

/* What another program made of these media, or for another Windows. */
static enum status check_layout(const struct build *build)
{
    if (install_source_find(&build->source, "sources/install.esd") != SIZE_MAX) {
        return refuse(build, "has sources/install.esd, as later versions of Windows do: nothing can be put into that");
    }
    if (install_source_find(&build->source, "sources/install.swm") != SIZE_MAX) {
        return refuse(build, "has a split sources/install.swm: join its parts first, with wimlib-imagex join");
    }
    if (install_source_find(&build->source, BOOT_WIM) == SIZE_MAX ||
        install_source_find(&build->source, INSTALL_WIM) == SIZE_MAX) {
        return refuse(build, "is no Windows install media: " BOOT_WIM " or " INSTALL_WIM " is missing");
    }
    return STATUS_DONE;
}

/* The next run would put this image into its own; or the old media would be gone. */
static enum status check_output(const struct build *build)
{
    const struct media_request *request = build->request;
    struct stat in;
    struct stat out;

    if (request->root != NULL && disk_folder_holds(&build->source.folder, request->out)) {
        diag_error(request->out, "is in the folder that the image is made of");
        return STATUS_USAGE;
    }
    if (request->iso != NULL && stat(request->iso, &in) == 0 && stat(request->out, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
        diag_error(request->out, "is the image that the new one is made of");
        return STATUS_USAGE;
    }
    return STATUS_DONE;
}

static enum status check_room(const struct build *build)
{
    const struct install_source *source = &build->source;
    uint64_t all = 0;
    uint64_t wims = source->inputs[install_source_find(source, BOOT_WIM)].size +
                    source->inputs[install_source_find(source, INSTALL_WIM)].size;

    for (size_t i = 0; i < source->count; ++i) {
        all += source->inputs[i].size;
    }
    return room_check(build->request->out, 0, wims + (build->request->dry_run ? 0 : all));
}

static enum status make_work_folder(struct build *build)
{
    enum status status = file_make_parents(build->request->out);

    if (status != STATUS_DONE) {
        return status;
    }
    stale_parts_remove(build->request->out);
    build->work = xformat("%s" PART_SUFFIX, build->request->out);
    if (mkdtemp(build->work) == NULL) {
        diag_error(build->request->out, "cannot be written: %s", strerror(errno));
        free(build->work);
        build->work = NULL;
        return STATUS_NOT_WRITTEN;
    }
    build->work_lock = open(build->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    part_lock(build->work_lock);
    return STATUS_DONE;
}

static enum status write_all(int descriptor, const char *name, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = write(descriptor, bytes + done, size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(name, "cannot be written: %s", strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

/* libraries and wim/ work on files. */
static enum status extract(struct build *build, const char *path, const char *target)
{
    size_t index = install_source_find(&build->source, path);
    uint64_t size = build->source.inputs[index].size;
    int descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status = STATUS_DONE;
    char *piece = xmalloc(PIECE);

    if (descriptor < 0) {
        diag_error(target, "cannot be written: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    progress_begin(path, size);
    for (uint64_t done = 0; done < size && status == STATUS_DONE; done += PIECE) {
        size_t wanted = size - done < PIECE ? (size_t)(size - done) : PIECE;

        status = install_source_read(&build->source, index, done, piece, wanted);
        if (status == STATUS_DONE) {
            status = write_all(descriptor, target, piece, wanted);
        }
        progress_add(wanted);
    }
    progress_end();
    if (descriptor >= 0) {
        close(descriptor);
    }
    free(piece);
    return status;
}

/* The last image that is Windows PE is Setup; all of a medium are for one architecture. */
static enum status find_architecture(struct build *build, const char *boot_wim)
{
    const struct source *source = NULL;
    struct identity identity = {0};
    struct wim_file *wim = NULL;
    enum status status = wim_open(boot_wim, &wim);

    if (status == STATUS_DONE) {
        status = wim_source_open(wim, wim->image_count, &source);
    }
    if (status == STATUS_DONE) {
        status = offline_identify(source, &identity);
        if (status == STATUS_DONE && !identity.architecture_known) {
            diag_error(source->name, "%s", identity.architecture_fault);
            status = STATUS_CHECK_FAILED;
        }
        build->architecture = identity.architecture;
        identity_free(&identity);
        wim_source_close(source);
    }
    wim_close(wim);
    return status;
}

static enum status inject(struct build *build, const char *path, const char *name, cJSON *reports, char **result)
{
    const struct offline_request *request = build->request->request;
    struct wim_injection injection = {.indexes = "all",
                                      .request = request,
                                      .when = build->request->when,
                                      .in_place = true,
                                      .dry_run = build->request->dry_run};
    cJSON *report = cJSON_CreateObject();
    bool changed = false;
    enum status status;

    *result = xformat("%s/%s", build->work, name);
    status = extract(build, path, *result);
    injection.wim = *result;
    if (status == STATUS_DONE && strcmp(path, BOOT_WIM) == 0) {
        status = find_architecture(build, *result);
    }
    if (status == STATUS_DONE) {
        status = wim_inject(&injection, build->findings, report, &changed);
    }
    /* The names of the moment say nothing to anybody. */
    cJSON_DeleteItemFromObjectCaseSensitive(report, "out");
    cJSON_DeleteItemFromObjectCaseSensitive(report, "wim");
    cJSON_DeleteItemFromObjectCaseSensitive(report, "changed");
    cJSON_AddStringToObject(report, "wim", path);
    cJSON_AddBoolToObject(report, "changed", changed);
    cJSON_AddItemToArray(reports, report);
    return status;
}

static enum status put_install_wim(struct build *build, const char *file)
{
    size_t parts = 0;
    enum status status = wim_split_if_larger(file, build->request->wim_limit, build->work, &parts);

    cJSON_AddNumberToObject(build->report, "split", (double)parts);
    if (status != STATUS_DONE || parts == 0) {
        return status == STATUS_DONE ? media_content_put_file(&build->content, INSTALL_WIM, file) : status;
    }
    media_content_remove(&build->content, INSTALL_WIM);
    for (size_t i = 1; i <= parts && status == STATUS_DONE; ++i) {
        char *part = wim_split_name(build->work, i);
        char *path = xformat("sources/%s", strrchr(part, '/') + 1);

        status = media_content_put_file(&build->content, path, part);
        free(path);
        free(part);
    }
    return status;
}

static enum status inject_wims(struct build *build)
{
    cJSON *reports = cJSON_AddArrayToObject(build->report, "wims");
    char *boot = NULL;
    char *install = NULL;
    enum status status = inject(build, BOOT_WIM, "boot.wim", reports, &boot);

    if (status == STATUS_DONE) {
        status = inject(build, INSTALL_WIM, "install.wim", reports, &install);
    }
    if (status == STATUS_DONE && !build->request->dry_run) {
        status = media_content_put_file(&build->content, BOOT_WIM, boot);
    }
    if (status == STATUS_DONE && !build->request->dry_run) {
        status = put_install_wim(build, install);
    }
    free(boot);
    free(install);
    return status;
}

static enum status turn_on_test_signing(struct build *build)
{
    static const char *const stores[] = {"boot/bcd", "efi/microsoft/boot/bcd"};
    cJSON *reports = cJSON_AddArrayToObject(build->report, "boot_stores");
    enum status status = STATUS_DONE;
    size_t found = 0;

    for (size_t i = 0; i < 2 && status == STATUS_DONE && build->request->request->test_signing; ++i) {
        size_t index = install_source_find(&build->source, stores[i]);
        struct bytes content = {0};
        struct bytes changed = {0};
        cJSON *report;
        char *place;

        if (index == SIZE_MAX) {
            continue;
        }
        ++found;
        place = xformat("%s: %s", build->source.name, stores[i]);
        status = install_source_load(&build->source, index, BCD_SIZE_LIMIT, &content);
        if (status == STATUS_DONE) {
            status = bcd_turn_on_test_signing(place, &content, &changed);
        }
        report = cJSON_CreateObject();
        cJSON_AddStringToObject(report, "path", stores[i]);
        cJSON_AddBoolToObject(report, "changed", changed.data != NULL);
        cJSON_AddItemToArray(reports, report);
        if (changed.data != NULL) {
            media_content_put(&build->content, stores[i], changed);
        }
        bytes_free(&content);
        free(place);
    }
    if (status == STATUS_DONE && found == 0 && build->request->request->test_signing) {
        return refuse(build, "has no boot configuration, neither boot/bcd nor efi/microsoft/boot/bcd");
    }
    return status;
}

static enum status add_setup_files(struct build *build)
{
    struct setup_packages put;
    enum status status = setup_files_put_drivers(&build->content, build->request->request, build->architecture, &put);

    cJSON_AddStringToObject(build->report, "architecture", architecture_name(build->architecture));
    cJSON_AddNumberToObject(build->report, "packages", (double)put.packages);
    if (status == STATUS_DONE && build->request->autounattend) {
        status = setup_files_put_unattend(&build->content, build->architecture);
    }
    cJSON_AddBoolToObject(build->report, "autounattend", build->request->autounattend);
    return status;
}

static void report_source(struct build *build)
{
    cJSON *boot = cJSON_AddArrayToObject(build->report, "boot");

    cJSON_AddStringToObject(build->report, "source", build->source.name);
    cJSON_AddStringToObject(build->report, "out", build->request->out);
    for (size_t i = 0; i < build->source.boot.count; ++i) {
        const char *name = build->source.boot.images[i].platform == 0xEF ? "uefi"
                           : build->source.boot.images[i].platform == 0  ? "bios"
                                                                         : "other";

        cJSON_AddItemToArray(boot, cJSON_CreateString(name));
    }
}

/* Windows' own labels are all of these characters; others' may not be. */
static char *choose_label(const struct build *build)
{
    const char *text = build->request->label != NULL ? build->request->label : build->source.label;
    char *label = xstrdup(*text == 0 ? "WINDOWS7" : text);

    if (build->request->label == NULL) {
        if (strlen(label) > LABEL_LIMIT) {
            label[LABEL_LIMIT] = 0;
        }
        for (char *at = label; *at != 0; ++at) {
            *at = (char)(isalnum((unsigned char)*at) ? toupper((unsigned char)*at) : '_');
        }
    }
    return label;
}

static enum status write_image(struct build *build)
{
    const struct iso_content content = {.context = &build->content,
                                        .inputs = build->content.inputs,
                                        .count = build->content.count,
                                        .read = media_content_read};
    char *image = xformat("%s/new.iso", build->work);
    char *label = choose_label(build);
    enum status status = iso_write_bootable(&content, &build->source.boot, label, image, build->request->when);

    cJSON_AddStringToObject(build->report, "label", label);
    if (status == STATUS_DONE) {
        status = media_compare(image, build->request->out, &build->content, &build->source.boot, build->report);
    }
    if (status == STATUS_DONE && rename(image, build->request->out) != 0) {
        diag_error(build->request->out, "cannot be written: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    free(label);
    free(image);
    return status;
}

static enum status run(struct build *build)
{
    enum status status = check_output(build);

    if (status == STATUS_DONE) {
        status = check_layout(build);
    }
    if (status == STATUS_DONE) {
        status = check_room(build);
    }
    if (status == STATUS_DONE) {
        status = make_work_folder(build);
    }
    if (status == STATUS_DONE) {
        media_content_begin(&build->content, &build->source);
        report_source(build);
        /* First, because it is quick to refuse. */
        status = turn_on_test_signing(build);
    }
    if (status == STATUS_DONE) {
        status = inject_wims(build);
    }
    if (status == STATUS_DONE) {
        status = add_setup_files(build);
    }
    return status == STATUS_DONE && !build->request->dry_run ? write_image(build) : status;
}

enum status media_build(const struct media_request *request, struct findings *findings, cJSON *report)
{
    struct build build = {.request = request, .findings = findings, .report = report, .work_lock = -1};
    enum status status = request->iso != NULL ? install_source_open_iso(request->iso, &build.source)
                                              : install_source_open_folder(request->root, &build.source);

    if (status == STATUS_DONE) {
        status = run(&build);
    }
    media_content_free(&build.content);
    install_source_close(&build.source);
    if (build.work != NULL) {
        folder_remove(build.work);
        close(build.work_lock);
        free(build.work);
    }
    return status;
}
