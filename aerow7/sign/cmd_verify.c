/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_verify.h"

#include "base/file_io.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/text.h"
#include "catalog/catalog_hash.h"
#include "catalog/catalog_read.h"
#include "pe/pe_image.h"
#include "sign/chain.h"
#include "sign/verify_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (256u << 20)

static const char help[] =
    "usage: aerow7 verify FILE... [--catalog CAT] [--root CER]... [--allow-unsigned] [--json]\n"
    "\n"
    "Verifies signatures of drivers (PE files: embedded, nested ones too) and catalogs, and says what\n"
    "Windows 7 will make of each: as released, with KB3033929, with KB4474419 and KB4490628; test\n"
    "signing on and off; x86 and x64; boot-start and later drivers (of a catalog: the drivers that it\n"
    "lists, without a signature of their own). For each signature: digest, signer, whether it is right\n"
    "and over this very content, page hashes, timestamp, the chain up to the roots given, and whose\n"
    "root it leads to. With --root a timestamp counts only when its own chain leads to a root given.\n"
    "Revocation is not looked up: nothing here uses the network.\n"
    "\n"
    "  FILE...            drivers, catalogs; with --catalog any file that a catalog may list\n"
    "  --catalog CAT      the package's catalog: FILE must be listed in it, and it is verified too\n"
    "                     (default: none)\n"
    "  --root CER         a certificate to trust, DER or PEM, as if in the machine's Root store; may be\n"
    "                     repeated. With one or more of them a chain that leads to none is an error\n"
    "                     (default: chains are not judged)\n"
    "  --allow-unsigned   a file without any signature is no error (default: it is)\n"
    "  --json             one JSON object: {\"files\": [{\"file\", \"kind\", \"signatures\",\n"
    "                     \"catalog\", \"windows7\", \"findings\"}], \"ok\"}\n"
    "  --help             this text\n"
    "\n"
    "Exit status: 0 every file is signed and every signature is good; 1 one is broken, missing, or does\n"
    "not cover the file; 2 usage; 3 a file cannot be read or its signature is malformed; 4 output could\n"
    "not be written.\n"
    "\n"
    "Example: aerow7 verify aero_virtio_blk.sys --catalog aero_virtio_blk.cat --root dist/certs/aero-test.cer\n";

/* The catalog that --catalog names, read once. */
struct listing {
    const char *path;
    struct catalog catalog;
    bool parsed;
    struct signatures signatures;
};

struct settings {
    X509_STORE *roots;
    bool allow_unsigned;
    bool json;
};

static void judge_signatures(struct findings *findings, const char *file, const struct signatures *signatures,
                             const struct settings *settings)
{
    for (size_t i = 0; i < signatures->count; ++i) {
        const struct signature *signature = &signatures->list[i];

        if (!signature_good(signature)) {
            findings_add(findings, SEVERITY_ERROR, "signature-broken", file, 0, "signature %zu (%s): %s", i + 1,
                         signature->digest, signature->fault != NULL ? signature->fault : "it is not good");
        }
        if (settings->roots != NULL && !signature->chain_trusted) {
            findings_add(findings, SEVERITY_ERROR, "chain-untrusted", file, 0, "signature %zu (%s): %s", i + 1,
                         signature->digest, signature->chain_fault);
        } else if (signature_good(signature) && !signature->in_time) {
            findings_add(findings, SEVERITY_ERROR, "certificate-not-valid", file, 0,
                         "signature %zu (%s): its certificate is valid from %s to %s only", i + 1, signature->digest,
                         signature->not_before, signature->not_after);
        }
    }
}

/* "The following files are checked for validation at load time: all drivers ..." (PE Format, CheckSum). */
static void check_image(const struct bytes *file, struct verified *out)
{
    struct pe_image image;

    if (pe_parse(file->data, file->size, &image) != NULL) {
        return; /* authenticode_read_pe reports it */
    }
    out->x64 = image.machine == PE_MACHINE_AMD64;
    out->checksum_right = image.checksum == pe_checksum(&image);
    if (!out->checksum_right) {
        findings_add(&out->findings, SEVERITY_ERROR, "checksum", out->file, 0,
                     "the header's checksum is %08X, the file's is %08X; Windows loads no driver so", image.checksum,
                     pe_checksum(&image));
    }
    pe_free(&image);
}

static void find_in_catalog(const struct bytes *file, const struct listing *listing, struct verified *out)
{
    const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256()};

    for (size_t i = 0; i < 2 && !out->in_catalog; ++i) {
        struct catalog_hash hash;
        struct text tag = {0};

        if (catalog_hash_content(file, digests[i], &hash) != NULL) {
            break;
        }
        for (int j = 0; j < EVP_MD_get_size(digests[i]); ++j) {
            text_format(&tag, "%02X", hash.digest[j]);
        }
        for (size_t j = 0; j < listing->catalog.member_count && !out->in_catalog; ++j) {
            const struct catalog_member *member = &listing->catalog.members[j];

            /* The indirect data is what is signed about the file; the tag only finds it. */
            out->in_catalog =
                strcmp(member->tag, tag.data) == 0 && (member->digest == NULL || strcmp(member->digest, tag.data) == 0);
        }
        text_free(&tag);
    }
    out->catalog = listing->path;
    out->catalog_signatures = &listing->signatures;
    if (!out->in_catalog) {
        findings_add(&out->findings, SEVERITY_ERROR, "not-in-catalog", out->file, 0, "%s does not list this file",
                     listing->path);
    }
}

static bool is_catalog(const struct bytes *file)
{
    return file->size > 0 && file->data[0] == 0x30;
}

static enum status read_signatures(const struct bytes *file, const struct listing *listing,
                                   const struct settings *settings, struct verified *out)
{
    if (file->size >= 2 && memcmp(file->data, "MZ", 2) == 0) {
        out->kind = "pe";
        check_image(file, out);
        return authenticode_read_pe(out->file, file, settings->roots, &out->embedded);
    }
    out->both_architectures = true;
    if (is_catalog(file)) {
        out->kind = "catalog";
        return authenticode_read_catalog(out->file, file, settings->roots, &out->embedded);
    }
    if (listing->path == NULL) {
        diag_error(out->file, "is neither a PE file nor a catalog; --catalog says which catalog lists it");
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

static enum status verify_one(const char *path, const struct listing *listing, const struct settings *settings,
                              struct verified *out)
{
    struct bytes file = {0};
    enum status status = file_read(path, FILE_LIMIT, &file);

    out->file = path;
    out->kind = "other";
    if (status != STATUS_DONE) {
        return status;
    }
    status = read_signatures(&file, listing, settings, out);
    if (status == STATUS_DONE && listing->path != NULL && strcmp(out->kind, "catalog") != 0) {
        find_in_catalog(&file, listing, out);
        judge_signatures(&out->findings, listing->path, &listing->signatures, settings);
    }
    bytes_free(&file);
    if (status != STATUS_DONE) {
        return status;
    }
    judge_signatures(&out->findings, path, &out->embedded, settings);
    if (out->embedded.count == 0 && !settings->allow_unsigned &&
        (listing->path == NULL || listing->signatures.count == 0)) {
        findings_add(&out->findings, SEVERITY_ERROR, "unsigned", path, 0, "nothing signs this file");
    }
    return findings_count(&out->findings, SEVERITY_ERROR) > 0 ? STATUS_CHECK_FAILED : STATUS_DONE;
}

static enum status read_listing(struct listing *listing, X509_STORE *roots)
{
    struct bytes file = {0};
    enum status status;

    if (listing->path == NULL) {
        return STATUS_DONE;
    }
    status = file_read(listing->path, CATALOG_SIZE_LIMIT, &file);
    if (status == STATUS_DONE) {
        status = catalog_parse(listing->path, &file, &listing->catalog);
        listing->parsed = status == STATUS_DONE;
    }
    if (status == STATUS_DONE) {
        status = authenticode_read_catalog(listing->path, &file, roots, &listing->signatures);
    }
    bytes_free(&file);
    return status;
}

/* Each file is reported, also behind a bad one; the worst status is the command's. */
static enum status verify_all(const struct option_list *files, const struct listing *listing,
                              const struct settings *settings)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(object, "files");
    enum status worst = STATUS_DONE;

    progress_begin("verifying", files->count);
    for (size_t i = 0; i < files->count; ++i) {
        struct verified verified = {0};
        enum status status = verify_one(files->items[i], listing, settings, &verified);

        if (status == STATUS_BAD_INPUT) {
            ;
        } else if (settings->json) {
            cJSON_AddItemToArray(list, verified_json(&verified));
        } else {
            verified_print(&verified);
        }
        worst = status > worst ? status : worst;
        signatures_free(&verified.embedded);
        findings_free(&verified.findings);
        progress_add(1);
    }
    progress_end();
    cJSON_AddBoolToObject(object, "ok", worst == STATUS_DONE);
    if (!settings->json) {
        cJSON_Delete(object);
        return worst;
    }
    return report_json(object) == STATUS_DONE ? worst : STATUS_NOT_WRITTEN;
}

enum status cmd_verify(int argc, char **argv)
{
    struct option_list files = {0};
    struct option_list roots = {0};
    struct listing listing = {0};
    struct settings settings = {0};
    const struct option_spec specs[] = {
        {.list = &files, .required = true, .what = "FILE"},
        {.name = "--catalog", .value = &listing.path},
        {.name = "--root", .list = &roots},
        {.name = "--allow-unsigned", .flag = &settings.allow_unsigned},
        {.name = "--json", .flag = &settings.json},
    };
    enum status status = options_parse("verify", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = roots_load(roots.items, roots.count, &settings.roots);
    }
    if (status == STATUS_DONE) {
        status = read_listing(&listing, settings.roots);
    }
    if (status == STATUS_DONE) {
        status = verify_all(&files, &listing, &settings);
    }
    if (listing.parsed) {
        catalog_free(&listing.catalog);
    }
    signatures_free(&listing.signatures);
    X509_STORE_free(settings.roots);
    option_list_free(&files);
    option_list_free(&roots);
    return status;
}
