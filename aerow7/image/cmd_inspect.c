/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/cmd_inspect.h"

#include "base/text.h"
#include "image/identity_report.h"
#include "image/image.h"
#include "wim/inject_request.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: aerow7 inspect IMAGE [--driver-pack DIR|ZIP [--cert FILE] [options]] [--json]\n"
    "\n"
    "Says what IMAGE is and what of Windows 7 is in it: a WIM (boot.wim, install.wim), an ISO image of install media "
    "or\n"
    "the folder that they were unpacked to, a disk image (raw, qcow2), a folder with a Windows. For each Windows:\n"
    "edition, architecture, version and service pack, versions of winload, ci and wintrust, which signatures its "
    "kernel\n"
    "accepts, test signing of each boot configuration store, whether its hives are clean, which of our drivers it "
    "has.\n"
    "What stands in the way of our drivers is an error; with --driver-pack, what that pack meets there, too. Nothing "
    "is\n"
    "written.\n"
    "\n" INJECT_OPTION_HELP "  --json                    one JSON object: {\"image\", \"kind\", \"windows\": "
    "[{\"file\", \"index\", \"title\",\n"
    "                            \"identity\", \"findings\"}], \"boot_stores\", "
    "\"ok\"}\n"
    "  --help                    this text\n"
    "\n"
    "Without --driver-pack, the other options on packs are not allowed.\n"
    "\n"
    "Exit status: 0 our drivers can be put in; 1 they cannot, the errors say why; 2 usage; 3 IMAGE is unreadable or\n"
    "nothing of the kind; 4 the report could not be written.\n"
    "\n"
    "Example: aerow7 inspect win7.iso --driver-pack aero-win7-driver-pack.zip --cert aero-test.cer\n";

struct inspection {
    const char *path;
    const struct offline_request *request; /* NULL: no pack */
    bool json;
    bool refused;
    cJSON *windows;
    cJSON *stores;
};

static void show(const struct inspection *inspection, const struct image_windows *windows,
                 const struct identity *identity, struct findings *findings)
{
    cJSON *object;

    if (!inspection->json) {
        if (windows->index > 0) {
            printf("%s%simage %u%s%s\n", windows->file, windows->file[0] != 0 ? ", " : "", windows->index,
                   windows->title != NULL ? ": " : "", windows->title != NULL ? windows->title : "");
        }
        identity_print(identity);
        findings_print(findings);
        return;
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", windows->file);
    cJSON_AddNumberToObject(object, "index", windows->index);
    if (windows->title != NULL) {
        cJSON_AddStringToObject(object, "title", windows->title);
    }
    cJSON_AddItemToObject(object, "identity", identity_json(identity));
    cJSON_AddItemToObject(object, "findings", findings_json(findings));
    cJSON_AddItemToArray(inspection->windows, object);
}

/* Of a plan, all but the notes of what it would do. */
static enum status plan(const struct inspection *inspection, const struct image_windows *windows,
                        enum offline_kind kind, struct findings *findings)
{
    struct findings planned = {0};
    struct changes changes = {0};
    enum status status = offline_plan(windows->source, kind, inspection->request, &changes, &planned);

    for (size_t i = 0; i < planned.count; ++i) {
        const struct finding *finding = &planned.list[i];

        if (finding->severity != SEVERITY_NOTE) {
            findings_add(findings, finding->severity, finding->rule, finding->file, finding->line, "%s",
                         finding->message);
        }
    }
    if (status == STATUS_DONE) {
        findings_add(findings, SEVERITY_NOTE, "pack", NULL, 0,
                     changes.count == 0 ? "everything of this pack is there" : "this pack can be put in: %zu changes",
                     changes.count);
    }
    findings_free(&planned);
    changes_free(&changes);
    return status;
}

static enum status inspect_windows(void *context, const struct image_windows *windows)
{
    struct inspection *inspection = context;
    struct findings findings = {0};
    struct identity identity;
    enum status status = offline_identify(windows->source, &identity);

    if (status != STATUS_DONE) {
        identity_free(&identity);
        return status;
    }
    if (inspection->request != NULL) {
        status = plan(inspection, windows, identity.kind, &findings);
        inspection->refused = inspection->refused || status != STATUS_DONE;
        status = status == STATUS_CHECK_FAILED ? STATUS_DONE : status;
    } else {
        identity_judge(&identity, &findings);
    }
    inspection->refused = inspection->refused || findings_count(&findings, SEVERITY_ERROR) > 0;
    show(inspection, windows, &identity, &findings);
    findings_free(&findings);
    identity_free(&identity);
    return status;
}

static enum status inspect_store(void *context, const char *path, const struct bytes *content)
{
    struct inspection *inspection = context;
    struct bcd_state state = {0};
    const char *fault = bcd_read(path, content, &state) == STATUS_DONE ? NULL : "it is no boot configuration store";

    inspection->refused = inspection->refused || fault != NULL;
    if (inspection->json) {
        cJSON_AddItemToArray(inspection->stores, bcd_json(path, &state, fault));
    } else {
        bcd_print(path, &state, fault);
    }
    return STATUS_DONE;
}

static enum status inspect(struct inspection *inspection)
{
    const struct image_visitor visitor = {
        .context = inspection, .windows = inspect_windows, .boot_store = inspect_store};
    enum image_kind kind;
    cJSON *object;
    enum status status = image_kind_of(inspection->path, &kind);

    if (status != STATUS_DONE) {
        return status;
    }
    if (!inspection->json) {
        printf("%s: %s\n", inspection->path, image_kind_name(kind));
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", inspection->path);
    cJSON_AddStringToObject(object, "kind", image_kind_name(kind));
    inspection->windows = cJSON_AddArrayToObject(object, "windows");
    inspection->stores = cJSON_AddArrayToObject(object, "boot_stores");
    status = image_visit(inspection->path, kind, NULL, &visitor);
    if (status == STATUS_DONE && inspection->refused) {
        status = STATUS_CHECK_FAILED;
    }
    cJSON_AddBoolToObject(object, "ok", status == STATUS_DONE);
    if (!inspection->json) {
        cJSON_Delete(object);
        return status;
    }
    return report_json(object) == STATUS_DONE ? status : STATUS_NOT_WRITTEN;
}

enum status cmd_inspect(int argc, char **argv)
{
    struct inspection inspection = {0};
    struct inject_options options = {0};
    struct inject_request request = {0};
    const struct option_spec specs[] = {
        {.value = &inspection.path, .required = true, .what = "IMAGE"},
        {.name = "--json", .flag = &inspection.json},
        INJECT_OPTION_SPECS(&options),
    };
    enum status status = options_parse("inspect", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if (options.pack != NULL || options.certificate != NULL || options.stores != NULL || options.test_signing != NULL ||
        options.ignore_signatures) {
        status = inject_request_read("inspect", &options, &request);
        inspection.request = &request.request;
    }
    if (status == STATUS_DONE) {
        status = inspect(&inspection);
    }
    inject_request_free(&request);
    return status;
}
