/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/signature_check.h"

#include "base/text.h"
#include "catalog/catalog_read.h"
#include "catalog/catalog_verify.h"
#include "offline/storage_service.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct checking {
    const struct offline_request *request;
    const struct signature_case *which;
    const struct driver_folder *folder;
    X509_STORE *roots; /* NULL without a certificate */
    struct findings *findings;
};

static enum severity refusal(const struct checking *checking)
{
    return checking->request->ignore_signatures ? SEVERITY_WARNING : SEVERITY_ERROR;
}

static enum status roots_of(const struct bytes *certificate, X509_STORE **roots)
{
    const unsigned char *at;
    X509 *parsed;

    *roots = NULL;
    if (certificate == NULL) {
        return STATUS_DONE;
    }
    at = (const unsigned char *)certificate->data;
    parsed = d2i_X509(NULL, &at, (long)certificate->size);
    if (parsed == NULL) {
        diag_error("the certificate", "is no X.509 certificate in DER");
        return STATUS_BAD_INPUT;
    }
    *roots = X509_STORE_new();
    if (*roots == NULL || X509_STORE_add_cert(*roots, parsed) != 1) {
        abort(); /* out of memory */
    }
    X509_free(parsed);
    return STATUS_DONE;
}

/* The folder's files under the names that its catalogs have them. */
static enum status files_of(const struct checking *checking, struct file_tree *files)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < checking->request->pack->count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &checking->request->pack->files[i];
        const char *name = path_below(file->path, checking->folder->path);

        if (name != NULL) {
            status = file_tree_add_copy(files, name, file->content.data, file->content.size);
        }
    }
    return status;
}

static enum status check_members(const struct checking *checking, const struct folder_inf *inf, const char *place,
                                 const struct catalog *catalog, const struct file_tree *files)
{
    const struct tree_file *text = tree_find_any_case(files, inf->name);
    struct catalog_folder *hashes = catalog_folder_of(checking->folder->path, files);
    struct catalog_wishes wishes = {0};
    struct findings found = {0};
    enum status status = catalog_wishes_of(inf->inf.place, &text->content, checking->folder->architecture, &wishes);

    if (status == STATUS_DONE) {
        catalog_folder_want(hashes, &wishes);
        catalog_check_files(place, catalog, hashes, &found);
        catalog_check_package(place, catalog, inf->inf.place, &text->content, &wishes, hashes, &found);
    }
    for (size_t i = 0; i < found.count; ++i) {
        const struct finding *finding = &found.list[i];

        if (finding->severity == SEVERITY_ERROR) {
            findings_add(checking->findings, refusal(checking), finding->rule, finding->file, 0, "%s",
                         finding->message);
        }
    }
    findings_free(&found);
    catalog_wishes_free(&wishes);
    catalog_folder_free(hashes);
    return status;
}

/* Nobody is there to answer what an installation asks: it runs before anybody has logged on. */
static void judge_install(const struct checking *checking, const char *place, const struct signatures *signatures)
{
    const struct windows7_facts facts = {.catalog = signatures};
    const struct windows7_case which = {.updates = checking->which->accepts,
                                        .x64 = checking->folder->architecture == INF_AMD64};
    const unsigned both = OFFLINE_STORE_ROOT | OFFLINE_STORE_TRUSTED_PUBLISHER;
    bool known = checking->roots != NULL && signatures->count > 0 && signatures->list[0].chain_trusted &&
                 (checking->request->stores & both) == both;
    struct windows7_verdict verdict;

    windows7_judge(&facts, &which, &verdict);
    if (verdict.install == INSTALL_WARN) {
        findings_add(checking->findings, refusal(checking), "signature", place, 0,
                     "Windows will not install it unattended: %s", verdict.install_reason);
    } else if (verdict.install == INSTALL_ASK && checking->roots != NULL && !signatures->list[0].chain_trusted) {
        findings_add(checking->findings, refusal(checking), "certificate", place, 0,
                     "it is signed by %s, not by the certificate given (--cert): Windows would not trust it",
                     signatures->list[0].subject != NULL ? signatures->list[0].subject : "somebody unknown");
    } else if (verdict.install == INSTALL_ASK && !known) {
        findings_add(
            checking->findings, SEVERITY_WARNING, "publisher", place, 0,
            "Windows will ask whether to trust the publisher, and nobody is there to answer: its certificate is "
            "not put into ROOT and TrustedPublisher%s",
            checking->request->certificate == NULL ? "; --cert does" : "");
    }
}

static bool is_boot_driver(const struct folder_inf *inf, const char *name)
{
    const struct inf_service *service = storage_service_of(&inf->package);
    const char *file = service != NULL ? storage_service_file(service) : NULL;

    return file != NULL && strcasecmp(file, name) == 0;
}

static enum status check_driver(const struct checking *checking, const struct folder_inf *inf,
                                const struct inf_copied_file *copied, const struct signatures *catalog,
                                const struct file_tree *files)
{
    const struct tree_file *file = tree_find_any_case(files, copied->source);
    struct windows7_verdict verdict;
    struct signatures embedded = {0};
    const struct windows7_facts facts = {.embedded = &embedded, .catalog = catalog};
    const struct windows7_case which = {.updates = checking->which->accepts,
                                        .test_signing = checking->which->test_signing,
                                        .x64 = checking->folder->architecture == INF_AMD64,
                                        .boot_start = is_boot_driver(inf, copied->target)};
    enum status status;
    char *place;

    if (file == NULL || copied->source_folder[0] != 0 || !ends_with_any_case(copied->source, ".sys")) {
        return STATUS_DONE;
    }
    place = xformat("%s/%s", checking->folder->path, file->path);
    status = authenticode_read_pe(place, &file->content, checking->roots, &embedded);
    if (status == STATUS_DONE) {
        windows7_judge(&facts, &which, &verdict);
        if (verdict.load == LOAD_NO) {
            findings_add(checking->findings, refusal(checking), "signature", place, 0,
                         "this Windows (%s, test signing %s) will not load it: %s",
                         windows7_updates_name(which.updates), which.test_signing ? "on" : "off", verdict.load_reason);
        } else if (verdict.load == LOAD_UNKNOWN) {
            findings_add(checking->findings, SEVERITY_WARNING, "signature", place, 0,
                         "whether this Windows (%s) will load it is not known: %s",
                         windows7_updates_name(which.updates), verdict.load_reason);
        }
    }
    signatures_free(&embedded);
    free(place);
    return status;
}

static enum status check_inf(const struct checking *checking, const struct folder_inf *inf,
                             const struct file_tree *files)
{
    const struct tree_file *file = tree_find_any_case(files, inf->package.catalog);
    char *place = xformat("%s/%s", checking->folder->path, inf->package.catalog);
    struct signatures signatures = {0};
    struct catalog catalog;
    enum status status = STATUS_DONE;

    if (file == NULL) {
        findings_add(checking->findings, refusal(checking), "signature", place, 0,
                     "the catalog is missing, so nothing signs the package");
        goto judge_drivers;
    }
    status = catalog_parse(place, &file->content, &catalog);
    if (status != STATUS_DONE) {
        goto free_place;
    }
    status = authenticode_read_catalog(place, &file->content, checking->roots, &signatures);
    if (status == STATUS_DONE) {
        judge_install(checking, place, &signatures);
        status = check_members(checking, inf, place, &catalog, files);
    }
    catalog_free(&catalog);
judge_drivers:
    for (size_t i = 0; i < inf->package.file_count && status == STATUS_DONE; ++i) {
        status = check_driver(checking, inf, &inf->package.files[i], &signatures, files);
    }
free_place:
    signatures_free(&signatures);
    free(place);
    return status;
}

enum status signature_check(const struct offline_request *request, const struct signature_case *which,
                            const struct driver_folder *folder, struct findings *findings)
{
    struct checking checking = {.request = request, .which = which, .folder = folder, .findings = findings};
    struct file_tree files = {0};
    enum status status = roots_of(request->certificate, &checking.roots);

    if (status == STATUS_DONE) {
        status = files_of(&checking, &files);
    }
    for (size_t i = 0; i < folder->inf_count && status == STATUS_DONE; ++i) {
        if (!folder->infs[i].disabled) {
            status = check_inf(&checking, &folder->infs[i], &files);
        }
    }
    file_tree_free(&files);
    X509_STORE_free(checking.roots);
    return status;
}
