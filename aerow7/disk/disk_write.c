/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/disk_write.h"

#include "base/text.h"
#include "disk/disk_undo.h"
#include "disk/target.h"
#include "disk/volume.h"
#include "offline/bcd.h"
#include "offline/identify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk_plan {
    struct identity identity;
    struct changes windows;
    struct changes boot;
};

static void plan_free(struct disk_plan *plan)
{
    identity_free(&plan->identity);
    changes_free(&plan->windows);
    changes_free(&plan->boot);
}

/* The volume that is booted from has nothing of ours but the setting that lets Windows load a test-signed driver. */
static enum status plan_boot(const struct disk *disk, struct changes *changes, struct findings *findings)
{
    struct bytes content = {0};
    struct bytes changed = {0};
    char *place;
    enum status status;

    if (disk->boot_kind == DISK_BOOT_NONE) {
        findings_add(findings, SEVERITY_WARNING, "disk-boot-store", disk->path, 0,
                     "no volume of this disk has a boot configuration, \\Boot\\BCD or \\EFI\\Microsoft\\Boot\\BCD, so "
                     "test signing was not turned on for the Windows that is installed; run in it: bcdedit /set "
                     "testsigning on");
        return STATUS_DONE;
    }
    if (disk->boot_kind == DISK_BOOT_WINDOWS) {
        return STATUS_DONE; /* offline_plan's */
    }
    status = source_read(&disk->boot, disk->bcd_path, BCD_SIZE_LIMIT, &content);
    if (status == STATUS_DONE) {
        place = xformat("%s: %s", disk->boot.name, disk->bcd_path);
        status = bcd_turn_on_test_signing(place, &content, &changed);
        free(place);
    }
    bytes_free(&content);
    if (status == STATUS_DONE && changed.data != NULL) {
        changes_add(changes, CHANGE_REPLACE, disk->bcd_path, changed, "test signing in the boot configuration");
    }
    return status;
}

static enum status make_plan(const struct disk *disk, const struct offline_request *request, struct disk_plan *plan,
                             struct findings *findings)
{
    enum status status = offline_identify(&disk->windows, &plan->identity);

    if (status == STATUS_DONE && plan->identity.kind != OFFLINE_OS) {
        diag_error(disk->windows.name, "holds Windows PE or Setup, not an installed Windows");
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        status = offline_plan(&disk->windows, plan->identity.kind, request, &plan->windows, findings);
    }
    if (status == STATUS_DONE && request->test_signing) {
        status = plan_boot(disk, &plan->boot, findings);
    }
    return status;
}

static const char *action_name(enum change_kind kind)
{
    switch (kind) {
    case CHANGE_FOLDER:
        return "folder";
    case CHANGE_ADD:
        return "add";
    case CHANGE_REPLACE:
        return "replace";
    case CHANGE_REMOVE:
        return "remove";
    }
    return "";
}

static void report_changes(cJSON *list, const char *volume, const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; ++i) {
        const struct change *change = &changes->list[i];
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "volume", volume);
        cJSON_AddStringToObject(object, "action", action_name(change->kind));
        cJSON_AddStringToObject(object, "path", change->path);
        cJSON_AddNumberToObject(object, "size", (double)change->content.size);
        cJSON_AddStringToObject(object, "why", change->why == NULL ? "" : change->why);
        cJSON_AddItemToArray(list, object);
    }
}

static void report_plan(cJSON *report, const struct disk *disk, const struct disk_plan *plan)
{
    cJSON *list;

    cJSON_AddStringToObject(report, "disk", disk->path);
    cJSON_AddStringToObject(report, "format", disk_image_format(disk->image) == DISK_QCOW2 ? "qcow2" : "raw");
    cJSON_AddStringToObject(report, "partition_table", disk->partitions.scheme);
    cJSON_AddNumberToObject(report, "partition", disk->windows_number);
    if (disk->boot_kind == DISK_BOOT_NONE) {
        cJSON_AddNullToObject(report, "boot_partition");
    } else {
        cJSON_AddNumberToObject(report, "boot_partition", disk->boot_number);
    }
    list = cJSON_AddArrayToObject(report, "changes");
    report_changes(list, "windows", &plan->windows);
    report_changes(list, "boot", &plan->boot);
}

/* Into the overlay, and then read back from it as from a disk that was just connected. */
static enum status apply(struct disk *disk, const struct disk_plan *plan, const struct disk_injection *injection,
                         struct findings *findings)
{
    struct changes left = {0};
    enum status status = disk_volume_apply(disk->windows_volume, &plan->windows);

    if (status == STATUS_DONE && plan->boot.count != 0) {
        status = disk->boot_kind == DISK_BOOT_EFI ? fat_apply(&disk->efi, &plan->boot)
                                                  : disk_volume_apply(disk->boot_volume, &plan->boot);
    }
    if (status == STATUS_DONE) {
        status = disk_reopen(disk);
    }
    if (status == STATUS_DONE) {
        status = offline_verify(&disk->windows, plan->identity.kind, injection->request, findings);
    }
    if (status == STATUS_DONE && injection->request->test_signing && disk->boot_kind != DISK_BOOT_NONE) {
        status = plan_boot(disk, &left, findings);
    }
    if (status == STATUS_DONE && left.count != 0) {
        diag_error(disk->boot.name, "does not have test signing on although it was turned on");
        status = STATUS_CHECK_FAILED;
    }
    changes_free(&left);
    return status == STATUS_DONE ? disk_flush(disk) : status;
}

static enum status fill(const struct pending_file *pending, const struct bytes *content)
{
    for (size_t done = 0; done < content->size;) {
        ssize_t count = write(pending->descriptor, content->data + done, content->size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(pending->target, "cannot be written: %s", strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

/*
 * The undo file is complete before the disk takes its name, and takes its own right after that: an interrupted run
 * leaves the old ones of both, which belong together.
 */
static enum status write_both(struct disk_image *image, const char *target, const char *undo)
{
    struct pending_file pending;
    struct bytes content;
    enum status status = disk_undo_make(image, undo, &content);

    if (status != STATUS_DONE) {
        return status;
    }
    status = pending_open(&pending, undo);
    if (status == STATUS_DONE) {
        status = fill(&pending, &content);
        if (status == STATUS_DONE) {
            status = target_write(image, target);
        }
        if (status == STATUS_DONE) {
            status = pending_commit(&pending);
        } else {
            pending_discard(&pending);
        }
    }
    bytes_free(&content);
    return status;
}

/* A link stays a link: what it leads to is replaced. */
static enum status write_out(struct disk *disk, const struct disk_injection *injection, bool changed)
{
    char *target = injection->out == NULL ? realpath(injection->path, NULL) : xstrdup(injection->out);
    enum status status;

    if (target == NULL) {
        diag_error(injection->path, "was removed while it was read");
        return STATUS_BAD_INPUT;
    }
    status = injection->undo != NULL && changed ? write_both(disk->image, target, injection->undo)
                                                : target_write(disk->image, target);
    free(target);
    return status;
}

enum status disk_inject(const struct disk_injection *injection, struct findings *findings, cJSON *report, bool *changed)
{
    struct disk_plan plan = {0};
    struct disk disk;
    enum status status = disk_open(injection->path, injection->partition, &disk);

    *changed = false;
    if (status == STATUS_DONE) {
        status = make_plan(&disk, injection->request, &plan, findings);
    }
    if (status == STATUS_DONE) {
        *changed = plan.windows.count + plan.boot.count != 0;
        report_plan(report, &disk, &plan);
        if (*changed) {
            status = apply(&disk, &plan, injection, findings);
        }
        /* Under another name it is wanted also when there is nothing to change. */
        if (status == STATUS_DONE && !injection->dry_run && (*changed || injection->out != NULL)) {
            status = write_out(&disk, injection, *changed);
        }
        cJSON_AddBoolToObject(report, "changed", *changed);
        if (*changed && injection->undo != NULL && !injection->dry_run) {
            cJSON_AddStringToObject(report, "undo", injection->undo);
        }
    }
    plan_free(&plan);
    disk_close(&disk);
    return status;
}

enum status disk_verify(const char *path, unsigned partition, const struct offline_request *request,
                        struct findings *findings)
{
    struct changes left = {0};
    struct identity identity = {0};
    struct disk disk;
    enum status status = disk_open(path, partition, &disk);

    if (status == STATUS_DONE) {
        status = offline_identify(&disk.windows, &identity);
    }
    if (status == STATUS_DONE) {
        status = offline_verify(&disk.windows, identity.kind, request, findings);
    }
    if (status == STATUS_DONE && request->test_signing) {
        status = plan_boot(&disk, &left, findings);
    }
    if (status == STATUS_DONE && left.count != 0) {
        findings_add(findings, SEVERITY_ERROR, "disk-test-signing", disk.boot.name, 0,
                     "%s does not have test signing on", disk.bcd_path);
        status = STATUS_CHECK_FAILED;
    }
    changes_free(&left);
    identity_free(&identity);
    disk_close(&disk);
    return status;
}
