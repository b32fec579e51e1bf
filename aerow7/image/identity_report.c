/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/identity_report.h"

#include "base/text.h"
#include "pack/driver_folder.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const hive_states[] = {"missing", "clean", "unusable"};

/* "" when the file is not there or says nothing. The caller frees. */
static char *version_text(const struct file_version *version)
{
    return version->present
               ? xformat("%u.%u.%u.%u", version->part[0], version->part[1], version->part[2], version->part[3])
               : xstrdup("");
}

struct named_version {
    const char *name;
    const struct file_version *version;
};

#define VERSIONS 5

static void versions_of(const struct identity *identity, struct named_version out[VERSIONS])
{
    out[0] = (struct named_version){"ntoskrnl.exe", &identity->kernel};
    out[1] = (struct named_version){"winload.exe", &identity->winload};
    out[2] = (struct named_version){"winload.efi", &identity->winload_efi};
    out[3] = (struct named_version){"ci.dll", &identity->ci};
    out[4] = (struct named_version){"wintrust.dll", &identity->wintrust};
}

static const char *architecture_text(const struct identity *identity)
{
    return identity->architecture_known ? architecture_name(identity->architecture) : "unknown";
}

static void judge_stores(const struct identity *identity, struct findings *findings)
{
    for (size_t i = 0; i < IDENTIFIED_BCDS; ++i) {
        const struct identified_bcd *bcd = &identity->bcds[i];

        if (bcd->fault != NULL) {
            findings_add(findings, SEVERITY_ERROR, "bcd", bcd->path, 0, "%s", bcd->fault);
        } else if (bcd->present && bcd->state.test_signing < bcd->state.loaders) {
            findings_add(
                findings, SEVERITY_NOTE, "test-signing", bcd->path, 0,
                "test signing is off: drivers that are signed with a certificate of one's own will not load%s; "
                "aerow7 inject turns it on",
                identity->architecture == INF_AMD64 ? "" : " at boot");
        }
    }
}

void identity_judge(const struct identity *identity, struct findings *findings)
{
    if (identity->not_windows7 != NULL) {
        findings_add(findings, SEVERITY_ERROR, "not-windows7", NULL, 0, "%s", identity->not_windows7);
    }
    for (size_t i = 0; i < IDENTIFIED_HIVES; ++i) {
        const struct identified_hive *hive = &identity->hives[i];

        if (hive->state != HIVE_CLEAN) {
            findings_add(findings, SEVERITY_ERROR, "hive", hive->path, 0, "%s",
                         hive->fault != NULL ? hive->fault : "it is missing");
        }
    }
    if (identity->architecture_fault != NULL) {
        findings_add(findings, SEVERITY_ERROR, "architecture", NULL, 0, "%s", identity->architecture_fault);
    }
    if (identity->windows7 && identity->service_pack == 0) {
        findings_add(findings, SEVERITY_WARNING, "service-pack", NULL, 0,
                     "Service Pack 1 is missing, which the drivers are made for");
    }
    if (identity->accepts == WINDOWS7_STOCK) {
        findings_add(findings, SEVERITY_NOTE, "sha2", NULL, 0, "drivers need SHA-1 signatures here: %s",
                     identity->accepts_reason);
    }
    judge_stores(identity, findings);
}

void bcd_print(const char *path, const struct bcd_state *state, const char *fault)
{
    if (fault != NULL) {
        printf("  %s: unusable: %s\n", path, fault);
    } else {
        printf("  %s: test signing on in %zu of %zu loaders%s%s\n", path, state->test_signing, state->loaders,
               state->settings ? " and in what new ones inherit" : "",
               state->no_integrity > 0 ? "; integrity checks off" : "");
    }
}

static void print_names(const char *what, char *const *names, size_t count)
{
    printf("  %s: %s", what, count == 0 ? "none" : "");
    for (size_t i = 0; i < count; ++i) {
        printf("%s%s", i > 0 ? ", " : "", names[i]);
    }
    printf("\n");
}

void identity_print(const struct identity *identity)
{
    struct named_version versions[VERSIONS];

    printf("  %s: %s%s%s, version %s build %s service pack %u, %s\n", offline_kind_name(identity->kind),
           identity->product[0] != 0 ? identity->product : "unknown product",
           identity->edition[0] != 0 ? ", edition " : "", identity->edition,
           identity->version[0] != 0 ? identity->version : "unknown", identity->build, identity->service_pack,
           architecture_text(identity));
    if (identity->kind == OFFLINE_OS) {
        printf("  %s\n", identity->installed ? "installed: it has gone through Setup" : "an image that Setup installs");
    }
    versions_of(identity, versions);
    for (size_t i = 0; i < VERSIONS; ++i) {
        char *text = version_text(versions[i].version);

        if (text[0] != 0) {
            printf("  %s %s\n", versions[i].name, text);
        }
        free(text);
    }
    printf("  signatures of drivers: as %s takes them: %s\n", windows7_updates_name(identity->accepts),
           identity->accepts_reason);
    for (size_t i = 0; i < IDENTIFIED_HIVES; ++i) {
        printf("  %s: %s\n", identity->hives[i].path, hive_states[identity->hives[i].state]);
    }
    for (size_t i = 0; i < IDENTIFIED_BCDS; ++i) {
        if (identity->bcds[i].present) {
            bcd_print(identity->bcds[i].path, &identity->bcds[i].state, identity->bcds[i].fault);
        }
    }
    print_names("our services", identity->services, identity->service_count);
    print_names("our packages", identity->staged, identity->staged_count);
}

cJSON *bcd_json(const char *path, const struct bcd_state *state, const char *fault)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "path", path);
    cJSON_AddBoolToObject(object, "usable", fault == NULL);
    cJSON_AddNumberToObject(object, "loaders", (double)state->loaders);
    cJSON_AddNumberToObject(object, "test_signing", (double)state->test_signing);
    cJSON_AddNumberToObject(object, "no_integrity_checks", (double)state->no_integrity);
    cJSON_AddBoolToObject(object, "inherited_test_signing", state->settings);
    return object;
}

static void add_names(cJSON *object, const char *name, char *const *names, size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);

    for (size_t i = 0; i < count; ++i) {
        cJSON_AddItemToArray(array, cJSON_CreateString(names[i]));
    }
}

cJSON *identity_json(const struct identity *identity)
{
    static const char *const kinds[] = {"os", "pe", "setup"};
    struct named_version versions[VERSIONS];
    cJSON *object = cJSON_CreateObject();
    cJSON *files = cJSON_CreateObject();
    cJSON *hives = cJSON_CreateArray();
    cJSON *stores = cJSON_CreateArray();

    cJSON_AddStringToObject(object, "kind", kinds[identity->kind]);
    cJSON_AddBoolToObject(object, "installed", identity->installed);
    cJSON_AddBoolToObject(object, "windows7", identity->windows7);
    cJSON_AddStringToObject(object, "version", identity->version);
    cJSON_AddStringToObject(object, "build", identity->build);
    cJSON_AddStringToObject(object, "build_lab", identity->build_lab);
    cJSON_AddNumberToObject(object, "service_pack", identity->service_pack);
    cJSON_AddStringToObject(object, "product", identity->product);
    cJSON_AddStringToObject(object, "edition", identity->edition);
    cJSON_AddStringToObject(object, "architecture", architecture_text(identity));
    versions_of(identity, versions);
    for (size_t i = 0; i < VERSIONS; ++i) {
        char *text = version_text(versions[i].version);

        if (text[0] != 0) {
            cJSON_AddStringToObject(files, versions[i].name, text);
        }
        free(text);
    }
    cJSON_AddItemToObject(object, "files", files);
    cJSON_AddStringToObject(object, "signatures", windows7_updates_name(identity->accepts));
    for (size_t i = 0; i < IDENTIFIED_HIVES; ++i) {
        cJSON *hive = cJSON_CreateObject();

        cJSON_AddStringToObject(hive, "path", identity->hives[i].path);
        cJSON_AddStringToObject(hive, "state", hive_states[identity->hives[i].state]);
        cJSON_AddItemToArray(hives, hive);
    }
    cJSON_AddItemToObject(object, "hives", hives);
    for (size_t i = 0; i < IDENTIFIED_BCDS; ++i) {
        const struct identified_bcd *bcd = &identity->bcds[i];

        if (bcd->present) {
            cJSON_AddItemToArray(stores, bcd_json(bcd->path, &bcd->state, bcd->fault));
        }
    }
    cJSON_AddItemToObject(object, "boot_stores", stores);
    add_names(object, "services", identity->services, identity->service_count);
    add_names(object, "packages", identity->staged, identity->staged_count);
    return object;
}
