/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/cmd_inject.h"

#include "base/epoch.h"
#include "base/text.h"
#include "disk/disk_write.h"
#include "media/media_name.h"
#include "offline/folder_inject.h"
#include "wim/inject_manifest.h"
#include "wim/inject_request.h"
#include "wim/wim_inject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: aerow7 inject --wim FILE [--index N|all] --driver-pack DIR|ZIP [--cert FILE] [options]\n"
    "       aerow7 inject --disk FILE [--partition N] --driver-pack DIR|ZIP [--cert FILE] [options]\n"
    "       aerow7 inject --folder DIR --driver-pack DIR|ZIP [--cert FILE] [options]\n"
    "\n"
    "Puts the drivers of a pack into a Windows 7 that does not run: into images of boot.wim and install.wim, or into\n"
    "the disk image (raw, qcow2) of an installed one, so that it boots from a virtio disk and has the other drivers\n"
    "installed at its next start. What is going to be done is worked out first, and refused as a whole when one image\n"
    "is not fit: no Windows 7, another architecture, hives that were not closed, signatures that it will not accept.\n"
    "Then all of it is written beside the target, read again, compared, and takes the target's name: an interrupted\n"
    "run leaves the target as it was. What is there already is not written again. Needs no root rights, no mount.\n"
    "\n"
    "  --wim FILE                boot.wim, install.wim, or another WIM that is neither solid nor split\n"
    "  --index LIST              its images, from 1, with commas, or all (default: all)\n"
    "  --disk FILE               a disk image that no virtual machine runs\n"
    "  --partition N             its partition with Windows, from 1 (default: it is found)\n"
    "  --folder DIR              a folder with a Windows: an unpacked image. Written in place; there is no "
    "undo\n" INJECT_OPTION_HELP
    "  --out FILE                write this and leave the target as it is (default: the target is replaced)\n"
    "  --in-place                append to the WIM itself instead of a copy: sooner done and needs no room for one. "
    "An\n"
    "                            interrupted run leaves a WIM that works as before and is longer; undo cuts that off\n"
    "                            (default: off)\n"
    "  --manifest FILE           what was done, for aerow7 undo (default: the result's name with .aerow7.json)\n"
    "  --no-manifest             none: what was done cannot be undone\n"
    "  --dry-run                 say what would be done, key for key, and write nothing\n"
    "  --source-date-epoch N     date of new files, in seconds since 1970 (default: the environment's\n"
    "                            SOURCE_DATE_EPOCH, else now)\n"
    "  --json                    one JSON object: {\"wim\", \"disk\" or \"folder\", \"out\", \"images\" or "
    "\"changes\", "
    "\"changed\",\n"
    "                            \"manifest\", \"findings\", \"ok\"}\n"
    "  --help                    this text\n"
    "\n"
    "Exit status: 0 done, or there was nothing to do; 1 refused, nothing was written; 2 usage; 3 input unreadable or\n"
    "malformed; 4 not written.\n"
    "\n"
    "Examples: aerow7 inject --wim boot.wim --driver-pack aero-win7-driver-pack --cert aero-test.cer\n"
    "          aerow7 inject --disk win7.qcow2 --driver-pack pack.zip --cert aero-test.cer --out win7-virtio.qcow2\n";

struct arguments {
    const char *wim;
    const char *disk;
    const char *folder;
    const char *index;
    const char *partition;
    const char *out;
    const char *manifest;
    const char *epoch;
    struct inject_options request;
    bool in_place;
    bool no_manifest;
    bool dry_run;
    bool json;
};

static enum status check_usage(const struct arguments *arguments)
{
    if ((arguments->wim != NULL) + (arguments->disk != NULL) + (arguments->folder != NULL) != 1) {
        return options_usage("inject", "exactly one of --wim, --disk and --folder is expected");
    }
    if (arguments->folder != NULL && (arguments->out != NULL || arguments->manifest != NULL)) {
        return options_usage("inject", "--folder takes neither --out nor --manifest");
    }
    if (arguments->index != NULL && arguments->wim == NULL) {
        return options_usage("inject", "--index needs --wim");
    }
    if (arguments->partition != NULL && arguments->disk == NULL) {
        return options_usage("inject", "--partition needs --disk");
    }
    if (arguments->in_place && (arguments->wim == NULL || arguments->out != NULL || arguments->no_manifest)) {
        return options_usage("inject", "--in-place needs --wim, a manifest, and no --out");
    }
    if (arguments->no_manifest && arguments->manifest != NULL) {
        return options_usage("inject", "--manifest and --no-manifest exclude each other");
    }
    return STATUS_DONE;
}

static const char *target_of(const struct arguments *arguments)
{
    const char *target = arguments->wim != NULL ? arguments->wim : arguments->disk;

    target = target != NULL ? target : arguments->folder;
    return arguments->out != NULL ? arguments->out : target;
}

static void print_changes(const cJSON *changes)
{
    const cJSON *change;

    cJSON_ArrayForEach(change, changes)
    {
        const char *why = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(change, "why"));
        const char *volume = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(change, "volume"));
        const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(change, "path"));
        const char *action = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(change, "action"));
        char *shown = media_printable(path != NULL ? path : "");

        printf("  %-8s %s%s%s%s%s\n", action != NULL ? action : "", volume != NULL ? volume : "",
               volume != NULL ? ": " : "", shown, why != NULL ? "  " : "", why != NULL ? why : "");
        free(shown);
    }
}

static void print_image(const struct arguments *arguments, const cJSON *image)
{
    const cJSON *changes = cJSON_GetObjectItemCaseSensitive(image, "changes");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(image, "name"));
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(image, "kind"));
    bool refused = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(image, "refused"));
    char *shown = media_printable(name != NULL ? name : "without a name");

    printf("%s, image %d, %s: %s, ", arguments->wim, cJSON_GetObjectItemCaseSensitive(image, "index")->valueint, shown,
           kind != NULL ? kind : "");
    if (refused) {
        puts("refused");
    } else {
        printf("%d changes\n", cJSON_GetArraySize(changes));
        print_changes(changes);
    }
    free(shown);
}

static void print_report(const struct arguments *arguments, const cJSON *report, bool changed, enum status status)
{
    const char *target = target_of(arguments);
    const char *manifest = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "manifest"));
    const cJSON *image;

    cJSON_ArrayForEach(image, cJSON_GetObjectItemCaseSensitive(report, "images"))
    {
        print_image(arguments, image);
    }
    print_changes(cJSON_GetObjectItemCaseSensitive(report, "changes"));
    if (status != STATUS_DONE) {
        printf("%s: nothing was written\n", target);
    } else if (arguments->dry_run) {
        printf("%s: nothing was written, as asked\n", target);
    } else if (!changed) {
        printf("%s: has everything already\n", target);
    } else {
        printf("%s: written, read again and compared\n", target);
        if (manifest != NULL) {
            printf("to take it back: aerow7 undo --manifest %s\n", manifest);
        }
    }
}

/* What disk_undo needs is a file of its own beside the manifest; the WIM's manifest has it all. */
static enum status write_disk_manifest(const char *path, const char *undo, const char *target, const cJSON *report)
{
    cJSON *manifest = cJSON_CreateObject();
    char *name = inject_manifest_name_of(path, target);
    char *undo_name = inject_manifest_name_of(path, undo);
    enum status status;
    char *text;

    cJSON_AddStringToObject(manifest, "manifest", INJECT_MANIFEST_NAME);
    cJSON_AddNumberToObject(manifest, "version", 1);
    cJSON_AddStringToObject(manifest, "kind", "disk");
    cJSON_AddStringToObject(manifest, "file", name);
    cJSON_AddStringToObject(manifest, "undo", undo_name);
    cJSON_AddItemToObject(manifest, "changes",
                          cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(report, "changes"), true));
    text = cJSON_Print(manifest);
    status = file_write(path, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(manifest);
    free(undo_name);
    free(name);
    return status;
}

static enum status inject_disk(const struct arguments *arguments, const struct offline_request *request,
                               const char *manifest, struct findings *findings, cJSON *report, bool *changed)
{
    const char *target = arguments->out != NULL ? arguments->out : arguments->disk;
    struct disk_injection injection = {
        .path = arguments->disk, .out = arguments->out, .dry_run = arguments->dry_run, .request = request};
    enum status status = STATUS_DONE;
    char *undo = manifest == NULL ? NULL : xformat("%s.undo", manifest);
    char *end = NULL;

    if (arguments->partition != NULL) {
        injection.partition = (unsigned)strtoul(arguments->partition, &end, 10);
        if (*end != 0 || injection.partition == 0 || injection.partition > 128) {
            status = options_usage("inject", "--partition takes a number from 1 to 128");
        }
    }
    injection.undo = undo;
    if (status == STATUS_DONE) {
        status = disk_inject(&injection, findings, report, changed);
    }
    if (status == STATUS_DONE && *changed && manifest != NULL && !arguments->dry_run) {
        status = write_disk_manifest(manifest, undo, target, report);
    }
    free(undo);
    return status;
}

static enum status inject(const struct arguments *arguments, const struct offline_request *request, time_t when,
                          struct findings *findings, cJSON *report, bool *changed)
{
    const char *target = target_of(arguments);
    char *manifest = NULL;
    enum status status;

    if (!arguments->no_manifest && arguments->folder == NULL) {
        manifest = arguments->manifest != NULL ? xstrdup(arguments->manifest) : xformat("%s.aerow7.json", target);
    }
    if (arguments->wim != NULL) {
        const struct wim_injection injection = {
            .wim = arguments->wim,
            .out = arguments->out,
            .manifest = manifest,
            .indexes = arguments->index,
            .request = request,
            .when = when,
            .in_place = arguments->in_place,
            .dry_run = arguments->dry_run,
        };

        status = wim_inject(&injection, findings, report, changed);
    } else if (arguments->folder != NULL) {
        const struct folder_injection injection = {
            .folder = arguments->folder, .request = request, .dry_run = arguments->dry_run};

        status = folder_inject(&injection, findings, report, changed);
    } else {
        status = inject_disk(arguments, request, manifest, findings, report, changed);
    }
    if (manifest != NULL && status == STATUS_DONE && access(manifest, F_OK) == 0) {
        cJSON_AddStringToObject(report, "manifest", manifest);
    }
    free(manifest);
    return status;
}

static enum status report_all(const struct arguments *arguments, cJSON *report, struct findings *findings, bool changed,
                              enum status status)
{
    enum status reported = STATUS_DONE;

    if (arguments->json) {
        cJSON_DeleteItemFromObjectCaseSensitive(report, "changed");
        cJSON_AddBoolToObject(report, "changed", changed && !arguments->dry_run);
        cJSON_AddItemToObject(report, "findings", findings_json(findings));
        cJSON_AddBoolToObject(report, "ok", status == STATUS_DONE);
        reported = report_json(report);
    } else {
        print_report(arguments, report, changed, status);
        /* Notes say which keys and values: that is for who asks what would be done. */
        findings_print_down_to(findings, arguments->dry_run ? SEVERITY_NOTE : SEVERITY_WARNING);
        cJSON_Delete(report);
    }
    findings_free(findings);
    return status == STATUS_DONE ? reported : status;
}

enum status cmd_inject(int argc, char **argv)
{
    struct arguments arguments = {0};
    const struct option_spec specs[] = {
        {.name = "--wim", .value = &arguments.wim},
        {.name = "--disk", .value = &arguments.disk},
        {.name = "--folder", .value = &arguments.folder},
        {.name = "--index", .value = &arguments.index},
        {.name = "--partition", .value = &arguments.partition},
        {.name = "--out", .value = &arguments.out},
        {.name = "--manifest", .value = &arguments.manifest},
        {.name = "--in-place", .flag = &arguments.in_place},
        {.name = "--no-manifest", .flag = &arguments.no_manifest},
        {.name = "--dry-run", .flag = &arguments.dry_run},
        {.name = "--source-date-epoch", .value = &arguments.epoch},
        {.name = "--json", .flag = &arguments.json},
        INJECT_OPTION_SPECS(&arguments.request),
    };
    enum status status = options_parse("inject", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);
    struct inject_request request = {0};
    struct findings findings = {0};
    time_t when = 0;
    bool given = false;
    bool changed = false;
    cJSON *report;

    if (status == STATUS_DONE) {
        status = check_usage(&arguments);
    }
    if (status == STATUS_DONE) {
        status = epoch_parse(arguments.epoch, &given, &when);
    }
    if (status == STATUS_DONE) {
        status = inject_request_read("inject", &arguments.request, &request);
    }
    if (status == STATUS_DONE) {
        report = cJSON_CreateObject();
        status = inject(&arguments, &request.request, given ? when : time(NULL), &findings, report, &changed);
        status = report_all(&arguments, report, &findings, changed, status);
    }
    inject_request_free(&request);
    return status;
}
