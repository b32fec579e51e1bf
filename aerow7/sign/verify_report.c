/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/verify_report.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = WINDOWS7_UPDATES * 2 * 2 * 2, REASONS = 2 * CASES };

static const char *authority_text(enum authority authority)
{
    switch (authority) {
    case AUTHORITY_SELF_SIGNED:
        return "self-signed";
    case AUTHORITY_CROSS_SIGNED:
        return "cross-signed";
    case AUTHORITY_MICROSOFT:
        return "microsoft";
    default:
        return "unknown";
    }
}

/* A catalog alone is judged for the drivers that it lists, as if they had no signature of their own. */
static struct windows7_facts facts_of(const struct verified *verified)
{
    static const struct signatures none;
    bool catalog = strcmp(verified->kind, "catalog") == 0;

    return (struct windows7_facts){
        .embedded = catalog                             ? &none
                    : strcmp(verified->kind, "pe") == 0 ? &verified->embedded
                                                        : NULL,
        /* A catalog that does not list the file says nothing about it. */
        .catalog = catalog                ? &verified->embedded
                   : verified->in_catalog ? verified->catalog_signatures
                                          : NULL,
    };
}

/* All cases that concern this file, in a fixed order. What is no driver only installs, the same on both machines. */
static size_t list_cases(const struct verified *verified, struct windows7_case cases[CASES])
{
    bool driver = strcmp(verified->kind, "other") != 0;
    size_t count = 0;

    for (int i = 0; i < CASES; ++i) {
        struct windows7_case one = {
            .updates = (enum windows7_updates)(i / 2 % WINDOWS7_UPDATES),
            .test_signing = i % 2 != 0,
            .boot_start = i / 2 / WINDOWS7_UPDATES % 2 != 0,
            .x64 = i / 4 / WINDOWS7_UPDATES % 2 != 0,
        };

        if (driver ? verified->both_architectures || one.x64 == verified->x64
                   : !one.x64 && !one.boot_start && !one.test_signing) {
            cases[count++] = one;
        }
    }
    return count;
}

static size_t note(const char *reasons[REASONS], size_t *count, const char *reason)
{
    size_t at = 0;

    while (at < *count && strcmp(reasons[at], reason) != 0) {
        ++at;
    }
    if (at == *count) {
        reasons[(*count)++] = reason;
    }
    return at + 1;
}

static void print_verdicts(const struct verified *verified)
{
    struct windows7_facts facts = facts_of(verified);
    bool driver = facts.embedded != NULL;
    struct windows7_case cases[CASES];
    size_t count = list_cases(verified, cases);
    const char *reasons[REASONS];
    size_t reason_count = 0;

    printf("  What Windows 7 will say:\n    %-22s %-13s %-5s %-11s %-13s %s\n", "updates", "test signing", "arch",
           "start", "driver", "package");
    for (size_t i = 0; i < count; ++i) {
        struct windows7_verdict verdict;
        char *load;

        windows7_judge(&facts, &cases[i], &verdict);
        load = driver ? xformat("%s [%zu]", windows7_load_name(verdict.load),
                                note(reasons, &reason_count, verdict.load_reason))
                      : xstrdup("-");
        printf("    %-22s %-13s %-5s %-11s %-13s %s [%zu]\n", windows7_updates_name(cases[i].updates),
               !driver                 ? "-"
               : cases[i].test_signing ? "on"
                                       : "off",
               !driver        ? "-"
               : cases[i].x64 ? "x64"
                              : "x86",
               !driver               ? "-"
               : cases[i].boot_start ? "boot-start"
                                     : "later",
               load, windows7_install_name(verdict.install), note(reasons, &reason_count, verdict.install_reason));
        free(load);
    }
    for (size_t i = 0; i < reason_count; ++i) {
        printf("    [%zu] %s\n", i + 1, reasons[i]);
    }
}

static void print_signature(const struct signature *signature, size_t index)
{
    printf("  signature %zu%s: %s, %s\n", index + 1, signature->nested ? " (nested)" : "", signature->digest,
           signature->fault != NULL ? signature->fault : "valid, and over this content");
    printf("    by: %s, %s\n", signature->subject != NULL ? signature->subject : "a certificate that is not embedded",
           signature->thumbprint != NULL ? signature->thumbprint : "");
    if (signature->subject != NULL) {
        printf("    certificate: %s to %s, %s, signed with %s\n", signature->not_before, signature->not_after,
               signature->signs_code ? "for code signing" : "NOT for code signing", signature->certificate_digest);
        printf("    leads to: %s (%s)\n", signature->authority_name, authority_text(signature->authority));
    }
    printf("    chain: %s\n", signature->chain_trusted ? "trusted by the roots given" : signature->chain_fault);
    printf("    page hashes: %s\n", !signature->page_hashes        ? "none"
                                    : signature->page_hashes_match ? "match"
                                                                   : "DO NOT match");
    printf("    timestamp: %s%s\n", signature->timestamp != NULL ? signature->timestamp : "none",
           signature->timestamp == NULL || signature->timestamp_trusted ? "" : " (by no trusted root)");
}

void verified_print(const struct verified *verified)
{
    printf("%s: %s\n", verified->file,
           strcmp(verified->kind, "pe") == 0        ? (verified->x64 ? "PE file, x64" : "PE file, x86")
           : strcmp(verified->kind, "catalog") == 0 ? "catalog"
                                                    : "file");
    if (verified->embedded.count == 0 && strcmp(verified->kind, "other") != 0) {
        printf("  no signature\n");
    }
    for (size_t i = 0; i < verified->embedded.count; ++i) {
        print_signature(&verified->embedded.list[i], i);
    }
    if (verified->catalog != NULL) {
        printf("  catalog %s: %s\n", verified->catalog, verified->in_catalog ? "lists this file" : "does NOT list it");
        for (size_t i = 0; i < verified->catalog_signatures->count; ++i) {
            print_signature(&verified->catalog_signatures->list[i], i);
        }
    }
    print_verdicts(verified);
    findings_print(&verified->findings);
}

static void add_text(cJSON *object, const char *name, const char *value)
{
    if (value != NULL) {
        cJSON_AddStringToObject(object, name, value);
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

static cJSON *signatures_json(const struct signatures *signatures)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < signatures->count; ++i) {
        const struct signature *signature = &signatures->list[i];
        cJSON *object = cJSON_CreateObject();

        add_text(object, "digest", signature->digest);
        add_text(object, "file_digest", signature->file_digest);
        cJSON_AddBoolToObject(object, "nested", signature->nested);
        cJSON_AddBoolToObject(object, "good", signature_good(signature));
        cJSON_AddBoolToObject(object, "signature_valid", signature->signature_valid);
        cJSON_AddBoolToObject(object, "content_matches", signature->content_matches);
        cJSON_AddBoolToObject(object, "signs_code", signature->signs_code);
        cJSON_AddBoolToObject(object, "in_time", signature->in_time);
        cJSON_AddBoolToObject(object, "chain_trusted", signature->chain_trusted);
        cJSON_AddBoolToObject(object, "page_hashes", signature->page_hashes);
        cJSON_AddBoolToObject(object, "page_hashes_match", signature->page_hashes_match);
        cJSON_AddBoolToObject(object, "timestamp_trusted", signature->timestamp_trusted);
        add_text(object, "timestamp", signature->timestamp);
        add_text(object, "subject", signature->subject);
        add_text(object, "issuer", signature->issuer);
        add_text(object, "thumbprint", signature->thumbprint);
        add_text(object, "certificate_digest", signature->certificate_digest);
        add_text(object, "not_before", signature->not_before);
        add_text(object, "not_after", signature->not_after);
        add_text(object, "authority", authority_text(signature->authority));
        add_text(object, "authority_name", signature->authority_name);
        add_text(object, "fault", signature->fault);
        add_text(object, "chain_fault", signature->chain_fault);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

static cJSON *verdicts_json(const struct verified *verified)
{
    struct windows7_facts facts = facts_of(verified);
    struct windows7_case cases[CASES];
    size_t count = list_cases(verified, cases);
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < count; ++i) {
        static const char *const load_names[] = {"loads", "refused", "unknown"};
        static const char *const install_names[] = {"silent", "ask", "warn", "unknown"};
        cJSON *object = cJSON_CreateObject();
        struct windows7_verdict verdict;

        windows7_judge(&facts, &cases[i], &verdict);
        cJSON_AddStringToObject(object, "updates", windows7_updates_name(cases[i].updates));
        cJSON_AddBoolToObject(object, "test_signing", cases[i].test_signing);
        cJSON_AddStringToObject(object, "architecture", cases[i].x64 ? "x64" : "x86");
        cJSON_AddBoolToObject(object, "boot_start", cases[i].boot_start);
        if (facts.embedded != NULL) {
            cJSON_AddStringToObject(object, "load", load_names[verdict.load]);
            cJSON_AddStringToObject(object, "load_reason", verdict.load_reason);
        }
        cJSON_AddStringToObject(object, "install", install_names[verdict.install]);
        cJSON_AddStringToObject(object, "install_reason", verdict.install_reason);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

cJSON *verified_json(const struct verified *verified)
{
    cJSON *object = cJSON_CreateObject();
    bool pe = strcmp(verified->kind, "pe") == 0;

    cJSON_AddStringToObject(object, "file", verified->file);
    cJSON_AddStringToObject(object, "kind", verified->kind);
    if (pe) {
        cJSON_AddStringToObject(object, "architecture", verified->x64 ? "x64" : "x86");
        cJSON_AddBoolToObject(object, "checksum_right", verified->checksum_right);
    }
    cJSON_AddItemToObject(object, "signatures", signatures_json(&verified->embedded));
    if (verified->catalog != NULL) {
        cJSON *catalog = cJSON_AddObjectToObject(object, "catalog");

        cJSON_AddStringToObject(catalog, "file", verified->catalog);
        cJSON_AddBoolToObject(catalog, "lists_file", verified->in_catalog);
        cJSON_AddItemToObject(catalog, "signatures", signatures_json(verified->catalog_signatures));
    }
    cJSON_AddItemToObject(object, "windows7", verdicts_json(verified));
    cJSON_AddItemToObject(object, "findings", findings_json(&verified->findings));
    return object;
}
