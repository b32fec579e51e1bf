/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/plan.h"

#include "base/text.h"
#include "offline/certificate_blob.h"
#include "offline/device_path.h"
#include "offline/driver_pack.h"
#include "offline/first_start.h"
#include "offline/identify.h"
#include "offline/setup_scripts.h"
#include "offline/signature_check.h"
#include "offline/storage_service.h"
#include "offline/volume_path.h"

#include <stdlib.h>
#include <string.h>

#define SCRIPT_LIMIT ((size_t)1 << 20)

struct planning {
    const struct source *source;
    const struct offline_request *request;
    enum offline_kind kind;
    struct identity identity;
    struct driver_packages packages;
    char **infs; /* "package\file.inf", in the order of the packages */
    size_t inf_count;
    struct changes *changes;
    struct findings *findings;
};

static void refuse(struct planning *planning, const char *rule, const char *file, const char *reason)
{
    findings_add(planning->findings, SEVERITY_ERROR, rule, file, 0, "%s", reason);
}

static void check_identity(struct planning *planning)
{
    const struct identity *identity = &planning->identity;

    if (identity->not_windows7 != NULL) {
        refuse(planning, "not-windows7", NULL, identity->not_windows7);
    }
    for (size_t i = 0; i < IDENTIFIED_HIVES; ++i) {
        const struct identified_hive *hive = &identity->hives[i];

        if (hive->state != HIVE_CLEAN) {
            refuse(planning, "hive", hive->path, hive->state == HIVE_ABSENT ? "it is missing" : hive->fault);
        }
    }
    for (size_t i = 0; i < IDENTIFIED_BCDS && planning->request->test_signing; ++i) {
        if (identity->bcds[i].fault != NULL) {
            refuse(planning, "bcd", identity->bcds[i].path, identity->bcds[i].fault);
        }
    }
    if (!identity->architecture_known) {
        refuse(planning, "architecture", NULL, identity->architecture_fault);
    }
    if (identity->windows7 && identity->service_pack == 0) {
        findings_add(planning->findings, SEVERITY_WARNING, "service-pack", NULL, 0,
                     "this Windows 7 has no Service Pack 1, and the drivers are made for one that has");
    }
    if (identity->server) {
        findings_add(planning->findings, SEVERITY_WARNING, "server", NULL, 0,
                     "this is Windows Server 2008 R2, on which the drivers are not tested");
    }
}

/* Every store that is there starts its loaders with test signing; there is one at least. */
static bool test_signing_is_on(const struct identity *identity)
{
    size_t loaders = 0;
    size_t on = 0;

    for (size_t i = 0; i < IDENTIFIED_BCDS; ++i) {
        const struct bcd_state *state = &identity->bcds[i].state;

        /* A template without loaders makes them of what they inherit. */
        loaders += state->loaders > 0 ? state->loaders : state->inheritable;
        on += state->loaders > 0 ? state->test_signing : state->settings;
    }
    return loaders > 0 && on == loaders;
}

static enum status check_packages(struct planning *planning)
{
    const struct signature_case which = {
        .accepts = planning->identity.accepts,
        .test_signing = planning->request->test_signing || test_signing_is_on(&planning->identity),
    };
    enum status status = driver_packages_read(planning->request->pack_name, planning->request->pack,
                                              planning->identity.architecture, &planning->packages);

    for (size_t i = 0; i < planning->packages.count && status == STATUS_DONE; ++i) {
        status = signature_check(planning->request, &which, &planning->packages.list[i], planning->findings);
    }
    return status;
}

static struct bytes copy_of(const struct bytes *content)
{
    struct bytes copy = {.data = xmalloc(content->size + 1), .size = content->size};

    memcpy(copy.data, content->data, content->size);
    copy.data[content->size] = 0;
    return copy;
}

static enum status put(struct planning *planning, const char *path, struct bytes content, const char *why)
{
    return volume_put(planning->source, planning->changes, path, content, why);
}

/* All files of the package, below %SystemRoot%: the INF, what it copies, the catalog. */
static enum status stage(struct planning *planning, const struct driver_folder *folder)
{
    const char *name = driver_package_name(folder);
    const struct file_tree *pack = planning->request->pack;
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < pack->count && status == STATUS_DONE; ++i) {
        const char *below = path_below(pack->files[i].path, folder->path);
        char *path;

        if (below == NULL) {
            continue;
        }
        path = xformat("%s/" STAGING_FOLDER "/%s/%s", planning->identity.windows, name, below);
        status = put(planning, path, copy_of(&pack->files[i].content), "driver package");
        free(path);
    }
    for (size_t i = 0; i < folder->inf_count && status == STATUS_DONE; ++i) {
        if (!folder->infs[i].disabled) {
            planning->infs = xrealloc(planning->infs, (planning->inf_count + 1) * sizeof(*planning->infs));
            planning->infs[planning->inf_count++] = xformat("%s\\%s", name, folder->infs[i].name);
        }
    }
    return status;
}

static enum status put_storage(struct planning *planning, const struct driver_folder *folder,
                               const struct folder_inf *inf)
{
    const struct inf_service *service = storage_service_of(&inf->package);
    const char *name = service != NULL ? storage_service_file(service) : NULL;
    const struct tree_file *file;
    enum status status;
    char *source;
    char *target;

    if (service == NULL || inf->disabled) {
        return STATUS_DONE;
    }
    status = storage_service_put(planning->identity.hives[IDENTIFIED_SYSTEM].hive, inf->path, &inf->package, service);
    if (status != STATUS_DONE) {
        return status;
    }
    source = xformat("%s/%s", folder->path, name);
    target = xformat("%s/drivers/%s", planning->identity.system, name);
    file = tree_find_any_case(planning->request->pack, source);
    if (file == NULL) {
        diag_error(planning->request->pack_name, "%s is missing, which service %s is started from", source,
                   service->name);
        status = STATUS_CHECK_FAILED;
    } else {
        status = put(planning, target, copy_of(&file->content), "driver of the disk to start from");
    }
    free(source);
    free(target);
    return status;
}

static enum status put_registry(struct planning *planning)
{
    const struct offline_request *request = planning->request;
    struct hive *software = planning->identity.hives[IDENTIFIED_SOFTWARE].hive;
    enum status status = STATUS_DONE;

    if (request->certificate != NULL) {
        status = certificate_put(software, request->certificate, request->stores);
    }
    for (size_t i = 0; i < planning->packages.count && status == STATUS_DONE; ++i) {
        const struct driver_folder *folder = &planning->packages.list[i];
        char *path = xformat("%s\\%s", STAGING_FOLDER_WINDOWS, driver_package_name(folder));

        status = device_path_add(software, path);
        free(path);
        for (size_t j = 0; j < folder->inf_count && status == STATUS_DONE; ++j) {
            status = put_storage(planning, folder, &folder->infs[j]);
        }
    }
    return status;
}

/* Each change of a hive is a note: what a dry run shows, and what verifying misses. */
static enum status put_hives(struct planning *planning)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < IDENTIFIED_HIVES && status == STATUS_DONE; ++i) {
        const struct identified_hive *hive = &planning->identity.hives[i];
        struct bytes content;

        if (!hive_changed(hive->hive)) {
            continue;
        }
        status = hive_bytes(hive->hive, &content);
        if (status == STATUS_DONE) {
            status =
                put(planning, hive->path, content,
                    i == IDENTIFIED_SYSTEM ? "services and CriticalDeviceDatabase" : "certificates and DevicePath");
        }
        for (const char *line = hive_log(hive->hive)->data; *line != 0 && status == STATUS_DONE;) {
            size_t length = strcspn(line, "\n");

            findings_add(planning->findings, SEVERITY_NOTE, "registry", hive->path, 0, "%.*s", (int)length, line);
            line += length + 1;
        }
    }
    return status;
}

static enum status put_bcd(struct planning *planning, const struct identified_bcd *bcd)
{
    struct bytes content;
    struct bytes changed;
    bool found;
    enum status status;

    if (!bcd->present) {
        return STATUS_DONE;
    }
    status = volume_read(planning->source, bcd->path, BCD_SIZE_LIMIT, &found, &content);
    if (status != STATUS_DONE) {
        return status;
    }
    status = bcd_turn_on_test_signing(bcd->path, &content, &changed);
    bytes_free(&content);
    return status == STATUS_DONE && changed.size > 0 ? put(planning, bcd->path, changed, "test signing") : status;
}

static enum status put_setup_complete(struct planning *planning)
{
    char *path = xformat("%s/Setup/Scripts/SetupComplete.cmd", planning->identity.windows);
    struct bytes present;
    struct bytes text;
    bool found;
    enum status status = volume_read(planning->source, path, SCRIPT_LIMIT, &found, &present);

    if (status == STATUS_DONE) {
        status = setup_complete(path, &present, &text);
    }
    if (status == STATUS_DONE) {
        status = put(planning, path, text, "pnputil for each package, once, at the end of Setup");
    }
    bytes_free(&present);
    free(path);
    return status;
}

static enum status put_winpeshl(struct planning *planning)
{
    char *path = xformat("%s/winpeshl.ini", planning->identity.system);
    struct bytes present;
    struct bytes text;
    bool found;
    enum status status = volume_read(planning->source, path, SCRIPT_LIMIT, &found, &present);

    if (status == STATUS_DONE) {
        status = winpeshl(path, &present, planning->kind == OFFLINE_SETUP, (const char *const *)planning->infs,
                          planning->inf_count, &text);
    }
    if (status == STATUS_DONE) {
        status = put(planning, path, text, "drvload for each package, before anything else");
    }
    bytes_free(&present);
    free(path);
    return status;
}

static enum status put_scripts(struct planning *planning)
{
    enum status status;
    char *path;

    if (planning->kind != OFFLINE_OS) {
        return put_winpeshl(planning);
    }
    path = xformat("%s/" STAGING_FOLDER "/" INSTALL_SCRIPT, planning->identity.windows);
    status = put(planning, path, install_script((const char *const *)planning->infs, planning->inf_count),
                 "installs the packages");
    free(path);
    if (status != STATUS_DONE) {
        return status;
    }
    return planning->identity.installed
               ? first_start_put(planning->identity.hives[IDENTIFIED_SYSTEM].hive, planning->source->name)
               : put_setup_complete(planning);
}

static enum status put_everything(struct planning *planning)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < planning->packages.count && status == STATUS_DONE; ++i) {
        status = stage(planning, &planning->packages.list[i]);
    }
    if (status == STATUS_DONE) {
        status = put_scripts(planning);
    }
    if (status == STATUS_DONE) {
        status = put_registry(planning);
    }
    for (size_t i = 0; i < IDENTIFIED_BCDS && status == STATUS_DONE && planning->request->test_signing; ++i) {
        status = put_bcd(planning, &planning->identity.bcds[i]);
    }
    /* Last, so that what is refused does not come with notes of what would have been done. */
    return status == STATUS_DONE ? put_hives(planning) : status;
}

enum status offline_plan(const struct source *source, enum offline_kind kind, const struct offline_request *request,
                         struct changes *changes, struct findings *findings)
{
    size_t errors = findings_count(findings, SEVERITY_ERROR);
    struct planning planning = {
        .source = source, .request = request, .kind = kind, .changes = changes, .findings = findings};
    enum status status = offline_identify(source, &planning.identity);

    if (status == STATUS_DONE) {
        check_identity(&planning);
    }
    if (status == STATUS_DONE && planning.identity.architecture_known) {
        status = check_packages(&planning);
    }
    if (status == STATUS_DONE && findings_count(findings, SEVERITY_ERROR) > errors) {
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        status = put_everything(&planning);
    }
    if (status == STATUS_DONE && findings_count(findings, SEVERITY_ERROR) > errors) {
        status = STATUS_CHECK_FAILED;
    }
    if (status != STATUS_DONE) {
        changes_free(changes);
    }
    for (size_t i = 0; i < planning.inf_count; ++i) {
        free(planning.infs[i]);
    }
    free(planning.infs);
    driver_packages_free(&planning.packages);
    identity_free(&planning.identity);
    return status;
}
