/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/cmd_iso.h"

#include "base/options.h"
#include "base/report.h"
#include "media/disk_folder.h"
#include "media/file_digest.h"
#include "media/iso_compare.h"
#include "media/iso_file.h"
#include "base/epoch.h"

#include <stdio.h>

static const char help[] =
    "usage: aerow7 iso --out FILE [--label LABEL] [--source-date-epoch SECONDS] [--json] FOLDER\n"
    "       aerow7 iso --list FILE [--json]\n"
    "       aerow7 iso --verify FILE [--json] FOLDER\n"
    "\n"
    "Makes an ISO image of what is in FOLDER, the same bytes each time: ISO 9660 level 1 (8.3 names) and Joliet (the\n"
    "names as they are, up to 110 characters). It is not bootable and has no Rock Ridge. With --list and --verify, "
    "shows\n"
    "what is on an image (ISO 9660, Joliet, Rock Ridge, UDF, or a ZIP archive) or compares it with FOLDER, file by "
    "file.\n"
    "\n"
    "  --out FILE                   the image; it appears when it is complete. No default.\n"
    "  --label LABEL                the volume label: 1 to 16 of A-Z, 0-9, _. Default: AERO_VIRTIO.\n"
    "  --source-date-epoch SECONDS  the date of everything on the image, in seconds since 1970. Default: the\n"
    "                               environment's SOURCE_DATE_EPOCH, else 0.\n"
    "  --list FILE                  show label, kind of names, and every file with its size.\n"
    "  --verify FILE                compare with FOLDER: names, sizes, contents.\n"
    "  --json                       report as one JSON object on standard output. Default: off.\n"
    "\n"
    "Refused: symbolic links, names that Windows does not allow or that differ in case only, folders more than 7 "
    "deep,\n"
    "paths of more than 256 characters, files larger than 4 GiB - 1, an image in FOLDER itself.\n"
    "\n"
    "Exit status: 0 done; 1 --verify found a difference; 2 usage; 3 input unreadable, or not fit for an image; 4 the\n"
    "image could not be written.\n"
    "\n"
    "Example: aerow7 iso --label AERO_VIRTIO --out drivers.iso dist/aero-win7-driver-pack\n";

struct iso_options {
    const char *label;
    const char *out;
    const char *epoch;
    const char *list;
    const char *verify;
    const char *folder;
    bool json;
};

static enum status report_made(const struct iso_options *options, time_t when, const struct disk_folder *folder)
{
    char digest[SHA256_TEXT_SIZE] = "";
    cJSON *object = cJSON_CreateObject();
    size_t files = 0;
    uint64_t size = 0;
    enum status status = file_sha256(options->out, digest, &size);

    for (size_t i = 0; i < folder->count; ++i) {
        files += folder->inputs[i].folder ? 0U : 1U;
    }
    cJSON_AddStringToObject(object, "path", options->out);
    cJSON_AddStringToObject(object, "volume_label", options->label);
    cJSON_AddNumberToObject(object, "source_date_epoch", (double)when);
    cJSON_AddNumberToObject(object, "files", (double)files);
    cJSON_AddNumberToObject(object, "size", (double)size);
    cJSON_AddStringToObject(object, "sha256", digest);
    if (status != STATUS_DONE) {
        cJSON_Delete(object);
        return status;
    }
    return report_json(object);
}

static enum status make(const struct iso_options *options)
{
    struct disk_folder folder;
    struct iso_content content;
    time_t when = 0;
    enum status status = epoch_parse(options->epoch, NULL, &when);

    if (status != STATUS_DONE) {
        return status;
    }
    status = disk_folder_open(&folder, options->folder);
    content = (struct iso_content){
        .context = &folder, .inputs = folder.inputs, .count = folder.count, .read = disk_folder_read};
    if (status == STATUS_DONE && disk_folder_holds(&folder, options->out)) {
        /* The next run would put this image into its own. */
        diag_error(options->out, "is in the folder that the image is made of");
        status = STATUS_USAGE;
    }
    if (status == STATUS_DONE) {
        status = iso_write(&content, options->label, options->out, when);
    }
    if (status == STATUS_DONE && options->json) {
        status = report_made(options, when, &folder);
    }
    disk_folder_close(&folder);
    return status;
}

enum status cmd_iso(int argc, char **argv)
{
    struct iso_options options = {.label = "AERO_VIRTIO"};
    const struct option_spec specs[] = {
        {.name = "--label", .value = &options.label},
        {.name = "--out", .value = &options.out},
        {.name = "--source-date-epoch", .value = &options.epoch},
        {.name = "--list", .value = &options.list},
        {.name = "--verify", .value = &options.verify},
        {.name = "--json", .flag = &options.json},
        {.value = &options.folder, .what = "FOLDER"},
    };
    enum status status = options_parse("iso", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);
    int tasks = (options.out != NULL) + (options.list != NULL) + (options.verify != NULL);

    if (status != STATUS_DONE) {
        return status;
    }
    if (tasks != 1) {
        return options_usage("iso", tasks == 0 ? "--out, --list or --verify is missing"
                                               : "--out, --list and --verify exclude each other");
    }
    if ((options.list != NULL) != (options.folder == NULL)) {
        return options_usage("iso", options.folder == NULL ? "FOLDER is missing" : "--list takes no FOLDER");
    }
    if (options.list != NULL) {
        return iso_list(options.list, options.json);
    }
    return options.verify != NULL ? iso_compare(options.verify, options.folder, options.json) : make(&options);
}
