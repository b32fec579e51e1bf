/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/cmd_undo.h"

#include "base/options.h"
#include "base/report.h"
#include "base/text.h"
#include "disk/disk_write.h"
#include "wim/inject_manifest.h"
#include "wim/wim_undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 undo --manifest FILE [--file FILE] [--out FILE | --in-place] [--json]\n"
    "\n"
    "Takes back what aerow7 inject did, by the manifest that it wrote: a WIM becomes what it was byte for byte, a "
    "disk\n"
    "image what its virtual machine saw of it. A file that something else has written since is refused and stays as\n"
    "it is. The result is written beside the target and takes its name when it is complete.\n"
    "\n"
    "  --manifest FILE   the manifest. Required.\n"
    "  --file FILE       the WIM or disk image (default: the one that the manifest names)\n"
    "  --out FILE        write this and leave the file as it is (default: the file is replaced)\n"
    "  --in-place        cut off what was appended to a WIM instead: no copy is made. When that is interrupted, run "
    "it\n"
    "                    again (default: off)\n"
    "  --json            one JSON object: {\"manifest\", \"file\", \"out\", \"changed\"}\n"
    "  --help            this text\n"
    "\n"
    "Exit status: 0 done, or it was taken back already; 1 the file is not as the injection left it; 2 usage; 3 input\n"
    "unreadable or malformed; 4 not written.\n"
    "\n"
    "Example: aerow7 undo --manifest boot.wim.aerow7.json\n";

struct arguments {
    const char *manifest;
    const char *file;
    const char *out;
    bool in_place;
    bool json;
};

static enum status undo_disk(const struct arguments *arguments, const cJSON *manifest, const char *file, bool *changed)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(manifest, "undo"));
    const char *slash = strrchr(arguments->manifest, '/');
    enum status status;
    char *undo;

    if (name == NULL) {
        diag_error(arguments->manifest, "does not say where the disk's old content is");
        return STATUS_BAD_INPUT;
    }
    undo = name[0] == '/' || slash == NULL
               ? xstrdup(name)
               : xformat("%.*s%s", (int)(slash - arguments->manifest) + 1, arguments->manifest, name);
    status = disk_undo(file, undo, arguments->out, changed);
    free(undo);
    return status;
}

static enum status report(const struct arguments *arguments, const char *file, bool changed)
{
    const char *out = arguments->out != NULL ? arguments->out : file;
    cJSON *object;

    if (!arguments->json) {
        printf("%s: %s\n", out,
               changed ? "is what it was before the injection" : "was already as before the injection");
        return STATUS_DONE;
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "manifest", arguments->manifest);
    cJSON_AddStringToObject(object, "file", file);
    cJSON_AddStringToObject(object, "out", out);
    cJSON_AddBoolToObject(object, "changed", changed);
    return report_json(object);
}

static enum status undo(const struct arguments *arguments, const cJSON *manifest)
{
    char *file =
        arguments->file != NULL ? xstrdup(arguments->file) : inject_manifest_file(arguments->manifest, manifest);
    enum status status = STATUS_BAD_INPUT;
    bool changed = false;

    if (file == NULL) {
        return STATUS_BAD_INPUT;
    }
    if (strcmp(inject_manifest_kind(manifest), "wim") == 0) {
        status = wim_undo(arguments->manifest, manifest, file, arguments->out, arguments->in_place, &changed);
    } else if (strcmp(inject_manifest_kind(manifest), "disk") == 0 && arguments->in_place) {
        status = options_usage("undo", "--in-place is for WIMs");
    } else if (strcmp(inject_manifest_kind(manifest), "disk") == 0) {
        status = undo_disk(arguments, manifest, file, &changed);
    } else {
        diag_error(arguments->manifest, "is about something that this version does not know: %s",
                   inject_manifest_kind(manifest));
    }
    if (status == STATUS_DONE) {
        status = report(arguments, file, changed);
    }
    free(file);
    return status;
}

enum status cmd_undo(int argc, char **argv)
{
    struct arguments arguments = {0};
    const struct option_spec specs[] = {
        {.name = "--manifest", .value = &arguments.manifest, .required = true},
        {.name = "--file", .value = &arguments.file},
        {.name = "--out", .value = &arguments.out},
        {.name = "--in-place", .flag = &arguments.in_place},
        {.name = "--json", .flag = &arguments.json},
    };
    enum status status = options_parse("undo", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);
    cJSON *manifest;

    if (status == STATUS_DONE && arguments.in_place && arguments.out != NULL) {
        status = options_usage("undo", "--in-place and --out exclude each other");
    }
    if (status == STATUS_DONE) {
        status = inject_manifest_read(arguments.manifest, &manifest);
    }
    if (status == STATUS_DONE) {
        status = undo(&arguments, manifest);
        cJSON_Delete(manifest);
    }
    return status;
}
