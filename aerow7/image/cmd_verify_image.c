/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/cmd_verify_image.h"

#include "base/text.h"
#include "image/image.h"
#include "offline/bcd.h"
#include "offline/driver_pack.h"
#include "offline/identify.h"
#include "wim/inject_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 verify-image IMAGE --driver-pack DIR|ZIP [--cert FILE] [--index N|all] [options]\n"
    "\n"
    "Opens IMAGE again and compares it with what aerow7 inject and aerow7 media put there for this pack: every file\n"
    "byte for byte, every registry value, test signing of every boot configuration store, and of install media\n"
    "$WinPEDriver$. IMAGE is a WIM, an ISO image of install media or the folder that they were unpacked to, a disk\n"
    "image, a folder with a Windows. The options have to be those of the injection. Nothing is written.\n"
    "\n"
    "  --index LIST              images of a WIM, from 1, with commas, or all (default: all)\n" INJECT_OPTION_HELP
    "  --json                    one JSON object: {\"image\", \"kind\", \"windows\": [{\"file\", \"index\",\n"
    "                            \"complete\", \"findings\"}], \"boot_stores\": [{\"path\", \"complete\"}],\n"
    "                            \"setup_drivers\": [{\"package\", \"complete\"}], \"ok\"}\n"
    "  --help                    this text\n"
    "\n"
    "Exit status: 0 everything is there; 1 something is missing or different; 2 usage; 3 input unreadable or\n"
    "malformed; 4 the report could not be written.\n"
    "\n"
    "Example: aerow7 verify-image win7-virtio.iso --driver-pack aero-win7-driver-pack --cert aero-test.cer\n";

struct verification {
    const char *path;
    const char *index;
    const struct offline_request *request;
    bool json;
    bool incomplete;
    bool architecture_known; /* of the Windows that were visited */
    enum inf_architecture architecture;
    cJSON *setup;
    cJSON *windows;
    cJSON *stores;
};

static enum status verify_windows(void *context, const struct image_windows *windows)
{
    struct verification *verification = context;
    struct findings findings = {0};
    struct identity identity;
    enum status status = offline_identify(windows->source, &identity);
    enum offline_kind kind = identity.kind;
    bool complete;
    cJSON *object;

    if (status == STATUS_DONE && identity.architecture_known) {
        verification->architecture_known = true;
        verification->architecture = identity.architecture;
    }
    identity_free(&identity);
    if (status == STATUS_DONE) {
        status = offline_verify(windows->source, kind, verification->request, &findings);
    }
    complete = status == STATUS_DONE;
    verification->incomplete = verification->incomplete || !complete;
    if (verification->json) {
        object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "file", windows->file);
        cJSON_AddNumberToObject(object, "index", windows->index);
        cJSON_AddBoolToObject(object, "complete", complete);
        cJSON_AddItemToObject(object, "findings", findings_json(&findings));
        cJSON_AddItemToArray(verification->windows, object);
    } else {
        printf("%s: %s\n", windows->source->name, complete ? "everything is there" : "not as it should be");
        findings_print(&findings);
    }
    findings_free(&findings);
    return status == STATUS_CHECK_FAILED ? STATUS_DONE : status;
}

static enum status verify_store(void *context, const char *path, const struct bytes *content)
{
    struct verification *verification = context;
    struct bcd_state state;
    bool complete;
    cJSON *object;
    enum status status = bcd_read(path, content, &state);

    complete = status == STATUS_DONE && state.loaders > 0 &&
               (!verification->request->test_signing || state.test_signing == state.loaders);
    verification->incomplete = verification->incomplete || !complete;
    if (verification->json) {
        object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "path", path);
        cJSON_AddBoolToObject(object, "complete", complete);
        cJSON_AddItemToArray(verification->stores, object);
    } else {
        printf("%s: %s\n", path, complete ? "as it should be" : "test signing is off, or it is unusable");
    }
    return status;
}

static bool package_is_there(const struct verification *verification, const struct driver_folder *folder,
                             const struct file_tree *files)
{
    const struct file_tree *pack = verification->request->pack;
    bool complete = true;

    for (size_t i = 0; i < pack->count && complete; ++i) {
        const char *below = path_below(pack->files[i].path, folder->path);
        const struct bytes *want = &pack->files[i].content;
        const struct tree_file *file;
        char *path;

        if (below == NULL) {
            continue;
        }
        path = xformat("%s/%s", driver_package_name(folder), below);
        file = tree_find_any_case(files, path);
        complete =
            file != NULL && file->content.size == want->size && memcmp(file->content.data, want->data, want->size) == 0;
        free(path);
    }
    return complete;
}

/* The same bytes as in the images: Setup takes what it loads first, and marks another version of it as bad. */
static enum status verify_setup_drivers(void *context, const struct file_tree *files)
{
    struct verification *verification = context;
    struct driver_packages packages = {0};
    enum status status = STATUS_DONE;

    if (verification->architecture_known) {
        status = driver_packages_read(verification->request->pack_name, verification->request->pack,
                                      verification->architecture, &packages);
    }
    for (size_t i = 0; i < packages.count && status == STATUS_DONE; ++i) {
        const char *name = driver_package_name(&packages.list[i]);
        bool complete = package_is_there(verification, &packages.list[i], files);

        verification->incomplete = verification->incomplete || !complete;
        if (verification->json) {
            cJSON *object = cJSON_CreateObject();

            cJSON_AddStringToObject(object, "package", name);
            cJSON_AddBoolToObject(object, "complete", complete);
            cJSON_AddItemToArray(verification->setup, object);
        } else {
            printf("$WinPEDriver$/%s: %s\n", name, complete ? "as it should be" : "missing or different");
        }
    }
    driver_packages_free(&packages);
    return status == STATUS_CHECK_FAILED ? STATUS_DONE : status;
}

static enum status verify(struct verification *verification)
{
    const struct image_visitor visitor = {.context = verification,
                                          .windows = verify_windows,
                                          .boot_store = verify_store,
                                          .setup_drivers = verify_setup_drivers};
    enum image_kind kind;
    cJSON *object;
    enum status status = image_kind_of(verification->path, &kind);

    if (status != STATUS_DONE) {
        return status;
    }
    if (verification->index != NULL && kind != IMAGE_WIM) {
        return options_usage("verify-image", "--index is for a WIM");
    }
    object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "image", verification->path);
    cJSON_AddStringToObject(object, "kind", image_kind_name(kind));
    verification->windows = cJSON_AddArrayToObject(object, "windows");
    verification->stores = cJSON_AddArrayToObject(object, "boot_stores");
    verification->setup = cJSON_AddArrayToObject(object, "setup_drivers");
    status = image_visit(verification->path, kind, verification->index, &visitor);
    if (status == STATUS_DONE && verification->incomplete) {
        status = STATUS_CHECK_FAILED;
    }
    cJSON_AddBoolToObject(object, "ok", status == STATUS_DONE);
    if (!verification->json) {
        cJSON_Delete(object);
        return status;
    }
    return report_json(object) == STATUS_DONE ? status : STATUS_NOT_WRITTEN;
}

enum status cmd_verify_image(int argc, char **argv)
{
    struct verification verification = {0};
    struct inject_options options = {0};
    struct inject_request request = {0};
    const struct option_spec specs[] = {
        {.value = &verification.path, .required = true, .what = "IMAGE"},
        {.name = "--index", .value = &verification.index},
        {.name = "--json", .flag = &verification.json},
        INJECT_OPTION_SPECS(&options),
    };
    enum status status = options_parse("verify-image", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = inject_request_read("verify-image", &options, &request);
        verification.request = &request.request;
    }
    if (status == STATUS_DONE) {
        status = verify(&verification);
    }
    inject_request_free(&request);
    return status;
}
