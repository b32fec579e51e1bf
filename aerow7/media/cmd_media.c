/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/cmd_media.h"

#include "base/epoch.h"
#include "base/text.h"
#include "media/media_build.h"
#include "wim/inject_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEBIBYTE ((uint64_t)1 << 20)
#define ISO_FILE_LIMIT 0xFFFFFFFFULL

static const char help[] =
    "usage: aerow7 media --iso FILE|--media-root DIR --driver-pack DIR|ZIP [--cert FILE] --out FILE [options]\n"
    "\n"
    "Makes Windows 7 install media with the drivers in them, out of the media that one has: Setup sees the virtio "
    "disk,\n"
    "keyboard, mouse and network at once, and what it installs has every driver. Drivers and certificate go into "
    "every\n"
    "image of sources/boot.wim and sources/install.wim, the packages into $WinPEDriver$, test signing into the boot\n"
    "configuration of BIOS and UEFI, and a new ISO image is written that starts as the old media did. It is read "
    "again\n"
    "and compared before it takes its name. The old media stay as they are. Needs no root rights, no mount.\n"
    "\n"
    "  --iso FILE                the ISO image of Windows 7: ISO 9660, Joliet, UDF\n"
    "  --media-root DIR          a folder with its files, boot/etfsboot.com or efi/microsoft/boot/efisys.bin among "
    "them\n" INJECT_OPTION_HELP
    "  --autounattend            put an Autounattend.xml beside that names the drivers; refused where one is already\n"
    "                            (default: none, $WinPEDriver$ is enough)\n"
    "  --out FILE                the new ISO image. Required.\n"
    "  --label LABEL             its volume label: 1 to 32 of A-Z, 0-9, _ (default: the old one's)\n"
    "  --wim-limit MIB           split an install.wim that is larger, into install.swm and so on (default: 4095, what\n"
    "                            ISO 9660 can hold)\n"
    "  --dry-run                 say what would be done, key for key, and write nothing\n"
    "  --source-date-epoch N     date of what is new, in seconds since 1970 (default: the environment's\n"
    "                            SOURCE_DATE_EPOCH, else now)\n"
    "  --json                    one JSON object: {\"source\", \"out\", \"boot\", \"wims\", \"boot_stores\", "
    "\"packages\",\n"
    "                            \"label\", \"files\", \"size\", ..., \"findings\", \"ok\"}\n"
    "  --help                    this text\n"
    "\n"
    "While it works, room for the WIMs once more is needed beside the new image.\n"
    "\n"
    "Exit status: 0 done; 1 refused, nothing was written; 2 usage; 3 input unreadable or malformed; 4 not written.\n"
    "\n"
    "Example: aerow7 media --iso win7.iso --driver-pack aero-win7-driver-pack --cert aero-test.cer --out "
    "win7-aero.iso\n";

struct arguments {
    const char *epoch;
    const char *wim_limit;
    struct inject_options options;
    struct media_request request;
    bool json;
};

static enum status check_usage(struct arguments *arguments)
{
    struct media_request *request = &arguments->request;
    unsigned long mebibytes;
    char *end;

    if ((request->iso != NULL) == (request->root != NULL)) {
        return options_usage("media", request->iso == NULL ? "--iso or --media-root is missing"
                                                           : "--iso and --media-root exclude each other");
    }
    request->wim_limit = ISO_FILE_LIMIT;
    if (arguments->wim_limit != NULL) {
        mebibytes = strtoul(arguments->wim_limit, &end, 10);
        if (*end != 0 || *arguments->wim_limit < '0' || *arguments->wim_limit > '9' || mebibytes == 0 ||
            mebibytes > 4095) {
            return options_usage("media", "--wim-limit takes a number from 1 to 4095");
        }
        request->wim_limit = mebibytes * MEBIBYTE;
    }
    return STATUS_DONE;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text == NULL ? "" : text;
}

static void print_wim(const cJSON *wim, bool all)
{
    const cJSON *image;
    const cJSON *change;

    cJSON_ArrayForEach(image, cJSON_GetObjectItemCaseSensitive(wim, "images"))
    {
        const cJSON *changes = cJSON_GetObjectItemCaseSensitive(image, "changes");

        printf("%s, image %d, %s: %s, %d changes\n", text_of(wim, "wim"),
               cJSON_GetObjectItemCaseSensitive(image, "index")->valueint, text_of(image, "name"),
               text_of(image, "kind"), cJSON_GetArraySize(changes));
        if (all) {
            cJSON_ArrayForEach(change, changes)
            {
                printf("  %-8s %s  %s\n", text_of(change, "action"), text_of(change, "path"), text_of(change, "why"));
            }
        }
    }
}

static void print_report(const struct arguments *arguments, const cJSON *report, enum status status)
{
    const struct media_request *request = &arguments->request;
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(report, "boot_stores"))
    {
        printf("%s: test signing %s\n", text_of(item, "path"),
               cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "changed")) ? "turned on" : "is on already");
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(report, "wims"))
    {
        print_wim(item, request->dry_run);
    }
    item = cJSON_GetObjectItemCaseSensitive(report, "packages");
    if (item != NULL) {
        printf("$WinPEDriver$: %d packages for %s\n", item->valueint, text_of(report, "architecture"));
    }
    if (status != STATUS_DONE) {
        printf("%s: not written\n", request->out);
    } else if (request->dry_run) {
        printf("%s: not written, as asked\n", request->out);
    } else {
        printf("%s: %d files, %.0f MiB, written, read again and compared\n", request->out,
               cJSON_GetObjectItemCaseSensitive(report, "files")->valueint,
               cJSON_GetObjectItemCaseSensitive(report, "size")->valuedouble / (double)MEBIBYTE);
    }
}

static enum status build(const struct arguments *arguments)
{
    struct findings findings = {0};
    cJSON *report = cJSON_CreateObject();
    enum status status = media_build(&arguments->request, &findings, report);
    enum status reported = STATUS_DONE;

    if (arguments->json) {
        cJSON_AddItemToObject(report, "findings", findings_json(&findings));
        cJSON_AddBoolToObject(report, "ok", status == STATUS_DONE);
        reported = report_json(report);
    } else {
        print_report(arguments, report, status);
        /* Notes say which keys and values: that is for who asks what would be done. */
        findings_print_down_to(&findings, arguments->request.dry_run ? SEVERITY_NOTE : SEVERITY_WARNING);
        cJSON_Delete(report);
    }
    findings_free(&findings);
    return status == STATUS_DONE ? reported : status;
}

enum status cmd_media(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct media_request *request = &arguments.request;
    const struct option_spec specs[] = {
        {.name = "--iso", .value = &request->iso},
        {.name = "--media-root", .value = &request->root},
        {.name = "--out", .value = &request->out, .required = true},
        {.name = "--label", .value = &request->label},
        {.name = "--wim-limit", .value = &arguments.wim_limit},
        {.name = "--autounattend", .flag = &request->autounattend},
        {.name = "--dry-run", .flag = &request->dry_run},
        {.name = "--source-date-epoch", .value = &arguments.epoch},
        {.name = "--json", .flag = &arguments.json},
        INJECT_OPTION_SPECS(&arguments.options),
    };
    enum status status = options_parse("media", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);
    struct inject_request inject = {0};
    bool given = false;

    if (status == STATUS_DONE) {
        status = check_usage(&arguments);
    }
    if (status == STATUS_DONE) {
        status = epoch_parse(arguments.epoch, &given, &request->when);
    }
    if (status == STATUS_DONE) {
        request->when = given ? request->when : time(NULL);
        status = inject_request_read("media", &arguments.options, &inject);
    }
    if (status == STATUS_DONE) {
        request->request = &inject.request;
        status = build(&arguments);
    }
    inject_request_free(&inject);
    return status;
}
