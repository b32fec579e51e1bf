/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/iso_compare.h"

#include "base/progress.h"
#include "base/report.h"
#include "base/text.h"
#include "media/disk_folder.h"
#include "media/media_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    struct media_info info;
    cJSON *files;
    struct text lines;
};

static bool list_entry(void *context, const struct media_entry *entry)
{
    struct listing *listing = context;
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "path", entry->path);
    cJSON_AddNumberToObject(object, "size", (double)entry->size);
    cJSON_AddItemToArray(listing->files, object);
    text_format(&listing->lines, "%12" PRIu64 "  %s\n", entry->size, entry->path);
    return false;
}

enum status iso_list(const char *path, bool json)
{
    struct listing listing = {.files = cJSON_CreateArray()};
    const struct media_visitor visitor = {.context = &listing, .wants = list_entry};
    enum status status = media_read(path, &visitor, &listing.info);

    if (status == STATUS_DONE && json) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "path", path);
        cJSON_AddStringToObject(object, "volume_label", listing.info.volume_label);
        cJSON_AddStringToObject(object, "names", listing.info.names);
        cJSON_AddItemToObject(object, "files", listing.files);
        listing.files = NULL;
        status = report_json(object);
    } else if (status == STATUS_DONE) {
        printf("%s: label \"%s\", names: %s\n%s", path, listing.info.volume_label, listing.info.names,
               listing.lines.data == NULL ? "" : listing.lines.data);
        if (fflush(stdout) != 0) {
            diag_error("standard output", "the list could not be written");
            status = STATUS_NOT_WRITTEN;
        }
    }
    cJSON_Delete(listing.files);
    text_free(&listing.lines);
    return status;
}

struct comparison {
    struct disk_folder folder;
    bool *seen; /* the folder's files that are on the medium */
    const char *medium;
    struct findings findings;
    size_t index; /* of the file that is compared */
    uint64_t offset;
    bool differs;
    char *piece;
    size_t piece_size;
};

static bool find_input(const struct comparison *comparison, const char *path, size_t *index)
{
    const struct iso_input *input = disk_folder_find(&comparison->folder, path);

    if (input == NULL || input->folder) {
        return false;
    }
    *index = (size_t)(input - comparison->folder.inputs);
    return true;
}

static bool compare_entry(void *context, const struct media_entry *entry)
{
    struct comparison *comparison = context;
    size_t index;

    if (!find_input(comparison, entry->path, &index)) {
        findings_add(&comparison->findings, SEVERITY_ERROR, "iso-extra-file", comparison->medium, 0,
                     "has \"%s\", which the folder does not have", entry->path);
        return false;
    }
    comparison->seen[index] = true;
    if (comparison->folder.inputs[index].size != entry->size) {
        findings_add(&comparison->findings, SEVERITY_ERROR, "iso-size", comparison->medium, 0,
                     "\"%s\" has %" PRIu64 " bytes, in the folder %" PRIu64, entry->path, entry->size,
                     comparison->folder.inputs[index].size);
        return false;
    }
    return true;
}

static enum status compare_data(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct comparison *comparison = context;
    enum status status = STATUS_DONE;

    if (comparison->offset == 0) {
        comparison->differs = !find_input(comparison, entry->path, &comparison->index);
    }
    if (size == 0) {
        if (comparison->differs) {
            findings_add(&comparison->findings, SEVERITY_ERROR, "iso-content", comparison->medium, 0,
                         "\"%s\" has another content than in the folder", entry->path);
        }
        comparison->offset = 0;
        return STATUS_DONE;
    }
    if (size > comparison->piece_size) {
        comparison->piece = xrealloc(comparison->piece, size);
        comparison->piece_size = size;
    }
    if (!comparison->differs) {
        status = disk_folder_read(&comparison->folder, comparison->index, comparison->offset, comparison->piece, size);
        comparison->differs = status == STATUS_DONE && memcmp(comparison->piece, bytes, size) != 0;
    }
    comparison->offset += size;
    progress_add(size);
    return status;
}

static enum status report(const struct comparison *comparison, const struct media_info *info, size_t files, bool json)
{
    enum status status = comparison->findings.count == 0 ? STATUS_DONE : STATUS_CHECK_FAILED;
    enum status reported = STATUS_DONE;

    if (json) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "path", comparison->medium);
        cJSON_AddStringToObject(object, "volume_label", info->volume_label);
        cJSON_AddStringToObject(object, "names", info->names);
        cJSON_AddNumberToObject(object, "files", (double)files);
        cJSON_AddItemToObject(object, "findings", findings_json(&comparison->findings));
        reported = report_json(object);
    } else {
        findings_print(&comparison->findings);
    }
    return reported != STATUS_DONE ? reported : status;
}

enum status iso_compare(const char *path, const char *folder, bool json)
{
    struct comparison comparison = {.medium = path};
    const struct media_visitor visitor = {.context = &comparison, .wants = compare_entry, .data = compare_data};
    struct media_info info = {.names = ""};
    enum status status = disk_folder_open(&comparison.folder, folder);
    uint64_t total = 0;
    size_t files = 0;

    if (status != STATUS_DONE) {
        goto close_folder;
    }
    comparison.seen = xcalloc(comparison.folder.count + 1, sizeof(*comparison.seen));
    for (size_t i = 0; i < comparison.folder.count; ++i) {
        total += comparison.folder.inputs[i].size;
    }
    progress_begin("comparing", total);
    status = media_read(path, &visitor, &info);
    progress_end();
    if (status != STATUS_DONE) {
        goto free_seen;
    }
    for (size_t i = 0; i < comparison.folder.count; ++i) {
        files += comparison.folder.inputs[i].folder ? 0U : 1U;
        if (!comparison.folder.inputs[i].folder && !comparison.seen[i]) {
            findings_add(&comparison.findings, SEVERITY_ERROR, "iso-missing-file", path, 0,
                         "does not have \"%s\", which the folder has", comparison.folder.inputs[i].path);
        }
    }
    status = report(&comparison, &info, files, json);
free_seen:
    free(comparison.seen);
    free(comparison.piece);
    findings_free(&comparison.findings);
close_folder:
    disk_folder_close(&comparison.folder);
    return status;
}
