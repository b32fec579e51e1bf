/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/identify.h"

#include "base/text.h"
#include "offline/control_sets.h"
#include "offline/setup_scripts.h"
#include "offline/volume_path.h"
#include "pack/driver_folder.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WINDOWS "Windows"
#define SYSTEM32 WINDOWS "/System32"
#define PE_SIZE_LIMIT ((size_t)64 << 20)
#define LOG_HEADER 512

#define CURRENT_VERSION "Microsoft\\Windows NT\\CurrentVersion"
#define SETUP_STATE "Microsoft\\Windows\\CurrentVersion\\Setup\\State"
#define UPDATES "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages"

static const char *const hive_paths[IDENTIFIED_HIVES] = {SYSTEM32 "/config/SYSTEM", SYSTEM32 "/config/SOFTWARE"};
static const char *const bcd_paths[IDENTIFIED_BCDS] = {"Boot/BCD", "EFI/Microsoft/Boot/BCD",
                                                       SYSTEM32 "/config/BCD-Template"};

static uint32_t u32(const char *data)
{
    const unsigned char *at = (const unsigned char *)data;

    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/*
 * A log holds what was not written into the hive yet. Windows numbers both alike: a log with a greater number than the
 * hive's was written and the hive was not.
 */
static enum status newer_log(const struct source *source, const char *path, const struct bytes *hive, char **fault)
{
    static const char *const suffixes[] = {".LOG", ".LOG1", ".LOG2"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && *fault == NULL; ++i) {
        char *name = xformat("%s%s", path, suffixes[i]);
        struct bytes log;
        bool found;
        enum status status = volume_read(source, name, HIVE_SIZE_LIMIT, &found, &log);

        if (status == STATUS_DONE && found && log.size >= LOG_HEADER && memcmp(log.data, "regf", 4) == 0 &&
            (int32_t)(u32(log.data + 4) - u32(hive->data + 4)) > 0) {
            *fault =
                xformat("%s has changes that are not in it yet (sequence number %u after %u): start that Windows and "
                        "shut it down properly first",
                        strrchr(name, '/') + 1, u32(log.data + 4), u32(hive->data + 4));
        }
        if (status == STATUS_DONE && found) {
            bytes_free(&log);
        }
        free(name);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    return STATUS_DONE;
}

static enum status read_hive(const struct source *source, const char *path, struct identified_hive *hive)
{
    struct bytes content;
    bool found;
    enum status status = volume_read(source, path, HIVE_SIZE_LIMIT, &found, &content);

    hive->path = path;
    if (status != STATUS_DONE || !found) {
        return status;
    }
    hive->state = HIVE_BAD;
    hive->fault = hive_check(&content, NULL);
    if (hive->fault == NULL) {
        status = newer_log(source, path, &content, &hive->fault);
    }
    if (status == STATUS_DONE && hive->fault == NULL) {
        status = hive_open_taking(path, &content, &hive->hive);
        hive->state = HIVE_CLEAN;
    }
    bytes_free(&content);
    return status;
}

static enum status read_bcd(const struct source *source, const char *path, struct identified_bcd *bcd)
{
    struct bytes content;
    bool found;
    enum status status = volume_read(source, path, BCD_SIZE_LIMIT, &found, &content);

    bcd->path = path;
    if (status != STATUS_DONE || !found) {
        return status;
    }
    bcd->present = true;
    bcd->fault = hive_check(&content, NULL);
    if (bcd->fault == NULL && bcd_read(path, &content, &bcd->state) != STATUS_DONE) {
        bcd->fault = xstrdup("it is no boot configuration store");
    }
    bytes_free(&content);
    return STATUS_DONE;
}

/* `machine` (may be NULL) is 0 when the file is not there or no PE image. */
static enum status read_image(const struct source *source, const char *name, struct file_version *version,
                              uint16_t *machine)
{
    char *path = xformat(SYSTEM32 "/%s", name);
    struct pe_image image;
    struct bytes content;
    bool found;
    enum status status = volume_read(source, path, PE_SIZE_LIMIT, &found, &content);

    if (status == STATUS_DONE && found) {
        if (pe_parse(content.data, content.size, &image) == NULL) {
            *version = file_version_of(&image);
            if (machine != NULL) {
                *machine = image.machine;
            }
            pe_free(&image);
        }
        bytes_free(&content);
    }
    free(path);
    return status;
}

static char *text_or_empty(struct hive *hive, hive_key key, const char *name)
{
    char *text = key != 0 ? hive_text(hive, key, name) : NULL;

    return text != NULL ? text : xstrdup("");
}

static void names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        free(names[i]);
    }
    free(names);
}

/* An update that is installed has a package named for it; "Package_for_KB3033929~31bf3856ad364e35~amd64~~6.1.1.1". */
static void find_updates(struct hive *software, struct identity *identity)
{
    size_t count = 0;
    hive_key key = hive_find(software, hive_root(software), UPDATES);
    char **names = key != 0 ? hive_children(software, key, &count) : NULL;
    bool sha2 = false;
    bool sha2_2019 = false;
    bool stack = false;

    for (size_t i = 0; i < count; ++i) {
        sha2 = sha2 || strncasecmp(names[i], "Package_for_KB3033929~", 22) == 0;
        sha2_2019 = sha2_2019 || strncasecmp(names[i], "Package_for_KB4474419~", 22) == 0;
        stack = stack || strncasecmp(names[i], "Package_for_KB4490628~", 22) == 0;
    }
    names_free(names, count);
    identity->accepts = sha2_2019 && stack ? WINDOWS7_KB4474419 : sha2 ? WINDOWS7_KB3033929 : WINDOWS7_STOCK;
    identity->accepts_reason = sha2_2019 && stack ? "updates KB4474419 and KB4490628 are installed"
                               : sha2             ? "update KB3033929 is installed"
                                                  : "neither KB3033929 nor KB4474419 with KB4490628 is installed";
}

static void read_software(struct hive *software, struct identity *identity)
{
    hive_key version = hive_find(software, hive_root(software), CURRENT_VERSION);
    hive_key state = hive_find(software, hive_root(software), SETUP_STATE);
    char *type = text_or_empty(software, version, "InstallationType");
    char *image_state = text_or_empty(software, state, "ImageState");

    identity->version = text_or_empty(software, version, "CurrentVersion");
    identity->build = text_or_empty(software, version, "CurrentBuildNumber");
    identity->build_lab = text_or_empty(software, version, "BuildLab");
    identity->product = text_or_empty(software, version, "ProductName");
    identity->edition = text_or_empty(software, version, "EditionID");
    identity->server = strncasecmp(type, "Server", 6) == 0;
    identity->state_known = image_state[0] != 0;
    identity->installed = strcasecmp(image_state, "IMAGE_STATE_COMPLETE") == 0;
    if (strcasecmp(type, "WindowsPE") == 0 || strcasecmp(identity->edition, "WindowsPE") == 0) {
        identity->kind = OFFLINE_PE;
    }
    find_updates(software, identity);
    free(type);
    free(image_state);
}

static void add_name(char ***names, size_t *count, const char *name)
{
    *names = xrealloc(*names, (*count + 1) * sizeof(**names));
    (*names)[(*count)++] = xstrdup(name);
}

static void find_services(struct hive *system, hive_key set, struct identity *identity)
{
    hive_key services = hive_find(system, set, "Services");
    size_t count = 0;
    char **names = services != 0 ? hive_children(system, services, &count) : NULL;

    for (size_t i = 0; i < count; ++i) {
        if (strncasecmp(names[i], "aero_", 5) == 0) {
            add_name(&identity->services, &identity->service_count, names[i]);
        }
    }
    names_free(names, count);
}

static void read_system(struct hive *system, struct identity *identity, char **environment)
{
    struct control_sets sets;
    uint32_t pack = 0;
    uint32_t in_progress = 1;
    hive_key setup = hive_find(system, hive_root(system), "Setup");
    char *command = text_or_empty(system, setup, "CmdLine");

    /* "Winpeshl.exe is the first process run when Windows PE is booted. This is specified by" Setup\CmdLine. */
    if (ends_with_any_case(command, "winpeshl.exe")) {
        identity->kind = OFFLINE_PE;
    }
    free(command);
    if (hive_find(system, hive_root(system), "DriverDatabase") != 0) {
        identity->not_windows7 = xstrdup("its SYSTEM hive has a DriverDatabase, which came with Windows 8");
    }
    if (control_sets_of(system, &sets) != NULL) {
        return;
    }
    if (hive_dword(system, hive_find(system, sets.list[0], "Control\\Windows"), "CSDVersion", &pack)) {
        identity->service_pack = pack >> 8 & 0xFF;
    }
    if (identity->service_pack == 0 && identity->build != NULL && strcmp(identity->build, "7601") == 0) {
        identity->service_pack = 1; /* the build of Service Pack 1, whatever Windows PE leaves out of its registry */
    }
    if (!identity->state_known && hive_dword(system, setup, "SystemSetupInProgress", &in_progress)) {
        identity->installed = in_progress == 0;
    }
    *environment = hive_text(system, hive_find(system, sets.list[0], "Control\\Session Manager\\Environment"),
                             "PROCESSOR_ARCHITECTURE");
    find_services(system, sets.list[0], identity);
}

/* The kernel's file says it, and the registry must not say otherwise. */
static void judge_architecture(struct identity *identity, uint16_t machine, const char *environment)
{
    bool amd64 = machine == PE_MACHINE_AMD64;

    if (machine != PE_MACHINE_AMD64 && machine != PE_MACHINE_X86) {
        identity->architecture_fault = xstrdup(machine == 0 ? "there is no kernel, " SYSTEM32 "/ntoskrnl.exe"
                                                            : "its kernel is for neither x86 nor amd64");
    } else if (environment != NULL && strcasecmp(environment, amd64 ? "AMD64" : "x86") != 0) {
        identity->architecture_fault =
            xformat("its kernel is for %s, and its registry says %s", amd64 ? "amd64" : "x86", environment);
    } else {
        identity->architecture_known = true;
        identity->architecture = amd64 ? INF_AMD64 : INF_X86;
    }
}

static void judge_version(struct identity *identity)
{
    const struct file_version *kernel = &identity->kernel;

    if (identity->not_windows7 == NULL && strcmp(identity->version, "6.1") != 0) {
        identity->not_windows7 = xformat("its version is %s, and Windows 7 is 6.1",
                                         identity->version[0] != 0 ? identity->version : "unknown");
    }
    if (identity->not_windows7 == NULL && kernel->present && (kernel->part[0] != 6 || kernel->part[1] != 1)) {
        identity->not_windows7 =
            xformat("its kernel is of version %u.%u, and Windows 7 is 6.1", kernel->part[0], kernel->part[1]);
    }
    identity->windows7 = identity->not_windows7 == NULL;
}

static enum status take_staged(void *context, const struct source_entry *entry)
{
    struct identity *identity = context;

    if (entry->folder) {
        add_name(&identity->staged, &identity->staged_count, entry->name);
    }
    return STATUS_DONE;
}

static enum status find_staged(const struct source *source, struct identity *identity)
{
    struct source_entry entry = {0};
    bool found;
    enum status status = source_find(source, WINDOWS "/" STAGING_FOLDER, &found, &entry);

    if (status == STATUS_DONE && found && entry.folder && !entry.reparse_point) {
        status = source_list(source, WINDOWS "/" STAGING_FOLDER, take_staged, identity);
    }
    return status;
}

static enum status read_images(const struct source *source, struct identity *identity, uint16_t *machine)
{
    const struct {
        const char *name;
        struct file_version *version;
        uint16_t *machine;
    } images[] = {{"ntoskrnl.exe", &identity->kernel, machine},
                  {"winload.exe", &identity->winload, NULL},
                  {"winload.efi", &identity->winload_efi, NULL},
                  {"ci.dll", &identity->ci, NULL},
                  {"wintrust.dll", &identity->wintrust, NULL}};
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]) && status == STATUS_DONE; ++i) {
        status = read_image(source, images[i].name, images[i].version, images[i].machine);
    }
    return status;
}

static void default_text(char **text)
{
    if (*text == NULL) {
        *text = xstrdup("");
    }
}

static enum status read_everything(const struct source *source, struct identity *identity)
{
    char *environment = NULL;
    uint16_t machine = 0;
    bool setup = false;
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < IDENTIFIED_HIVES && status == STATUS_DONE; ++i) {
        status = read_hive(source, hive_paths[i], &identity->hives[i]);
    }
    for (size_t i = 0; i < IDENTIFIED_BCDS && status == STATUS_DONE; ++i) {
        status = read_bcd(source, bcd_paths[i], &identity->bcds[i]);
    }
    if (status == STATUS_DONE) {
        status = read_images(source, identity, &machine);
    }
    if (status == STATUS_DONE) {
        status = find_staged(source, identity);
    }
    if (status == STATUS_DONE) {
        status = volume_read(source, "setup.exe", 0, &setup, NULL);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    if (identity->hives[IDENTIFIED_SOFTWARE].hive != NULL) {
        read_software(identity->hives[IDENTIFIED_SOFTWARE].hive, identity);
    }
    if (identity->hives[IDENTIFIED_SYSTEM].hive != NULL) {
        read_system(identity->hives[IDENTIFIED_SYSTEM].hive, identity, &environment);
    }
    if (identity->kind == OFFLINE_PE && setup) {
        identity->kind = OFFLINE_SETUP;
    }
    default_text(&identity->version);
    judge_architecture(identity, machine, environment);
    judge_version(identity);
    free(environment);
    return STATUS_DONE;
}

enum status offline_identify(const struct source *source, struct identity *identity)
{
    struct source_entry entry = {0};
    bool found = false;
    enum status status;

    *identity = (struct identity){.accepts_reason = "its SOFTWARE hive cannot be read"};
    status = source_find(source, SYSTEM32, &found, &entry);
    if (status == STATUS_DONE && (!found || !entry.folder || entry.reparse_point)) {
        diag_error(source->name, "holds no Windows: there is no folder " SYSTEM32);
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        status = volume_path(source, SYSTEM32, &identity->system);
    }
    if (status == STATUS_DONE) {
        identity->windows = xformat("%.*s", (int)strcspn(identity->system, "/"), identity->system);
        status = read_everything(source, identity);
    }
    default_text(&identity->version);
    default_text(&identity->build);
    default_text(&identity->build_lab);
    default_text(&identity->product);
    default_text(&identity->edition);
    return status;
}

void identity_free(struct identity *identity)
{
    for (size_t i = 0; i < IDENTIFIED_HIVES; ++i) {
        free(identity->hives[i].fault);
        hive_close(identity->hives[i].hive);
    }
    for (size_t i = 0; i < IDENTIFIED_BCDS; ++i) {
        free(identity->bcds[i].fault);
    }
    names_free(identity->services, identity->service_count);
    names_free(identity->staged, identity->staged_count);
    free(identity->system);
    free(identity->windows);
    free(identity->version);
    free(identity->build);
    free(identity->build_lab);
    free(identity->product);
    free(identity->edition);
    free(identity->not_windows7);
    free(identity->architecture_fault);
    *identity = (struct identity){0};
}

const char *offline_kind_name(enum offline_kind kind)
{
    static const char *const names[] = {"Windows", "Windows PE", "Windows PE with Setup"};

    return names[kind];
}
