/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_sign.h"

#include "base/file_io.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/report.h"
#include "base/text.h"
#include "sign/authenticode.h"
#include "sign/certificate_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (256u << 20)

static const char help[] =
    "usage: aerow7 sign FILE... --cert CER --key PEM [options]\n"
    "\n"
    "Signs drivers (PE files, with an embedded Authenticode signature) and security catalogs (.cat,\n"
    "PKCS#7). Which of the two a file is shows in its content. A signature that is there already is\n"
    "replaced. The same file, key and options give the same bytes: no signing time, no timestamp. Files\n"
    "are signed in memory, and written only when all of them could be signed.\n"
    "\n"
    "  FILE...             what to sign, in place unless --out is given\n"
    "  --cert CER          the signer's certificate, DER or PEM\n"
    "  --key PEM           its private key, RSA, without a password, in a file that only its owner may\n"
    "                      read\n"
    "  --digest KIND       sha1 (default): what every Windows 7 SP1 takes; sha256: Windows 7 needs\n"
    "                      KB3033929 or KB4474419 for it; dual: SHA-1 with SHA-256 nested in it (a\n"
    "                      catalog has room for one signature only and gets SHA-1)\n"
    "  --page-hashes       embed a hash of every page of a PE file too (default: no)\n"
    "  --cross-cert FILE   embed these certificates too, DER or PEM: a cross certificate, an issuer\n"
    "                      (default: none)\n"
    "  --out FILE          write here and leave FILE as it is; for one FILE only (default: in place)\n"
    "  --json              report as one JSON object: {\"signed\": [{\"file\", \"kind\", \"digest\",\n"
    "                      \"size\"}], \"signer\"}\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 signed; 2 usage; 3 a file, the certificate or the key cannot be used; 4 not\n"
    "written.\n"
    "\n"
    "Example: aerow7 sign aero_virtio_blk.sys --cert dist/certs/aero-test.cer --key ~/.aero/aero-test.pem\n";

struct job {
    const char *path;
    const char *target;
    bool catalog;
    struct bytes result;
};

static enum status parse_digest(const char *text, enum sign_digest *out)
{
    static const char *const names[] = {"sha1", "sha256", "dual"};

    *out = SIGN_SHA1;
    for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); ++i) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum sign_digest)i;
            return STATUS_DONE;
        }
    }
    return text == NULL ? STATUS_DONE : options_usage("sign", "--digest is sha1, sha256 or dual");
}

static enum status sign_one(struct job *job, const struct signer *signer, const struct sign_options *options)
{
    struct bytes file = {0};
    enum status status = file_read(job->path, FILE_LIMIT, &file);

    if (status != STATUS_DONE) {
        return status;
    }
    job->catalog = file.size > 0 && file.data[0] == 0x30;
    if (!job->catalog && (file.size < 2 || memcmp(file.data, "MZ", 2) != 0)) {
        diag_error(job->path, "is neither a PE file nor a catalog");
        status = STATUS_BAD_INPUT;
    } else if (job->catalog) {
        status = authenticode_sign_catalog(job->path, &file, signer, options, &job->result);
    } else {
        status = authenticode_sign_pe(job->path, &file, signer, options, &job->result);
    }
    bytes_free(&file);
    return status;
}

static enum status report(const struct job *jobs, size_t count, const struct signer *signer,
                          const struct sign_options *options)
{
    static const char *const names[] = {"sha1", "sha256", "dual"};
    char *thumbprint = certificate_thumbprint(signer->certificate);
    char *subject = name_text(X509_get_subject_name(signer->certificate));
    cJSON *object = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(object, "signed");
    cJSON *who = cJSON_AddObjectToObject(object, "signer");

    cJSON_AddStringToObject(who, "subject", subject);
    cJSON_AddStringToObject(who, "thumbprint", thumbprint);
    for (size_t i = 0; i < count; ++i) {
        cJSON *entry = cJSON_CreateObject();
        enum sign_digest digest = jobs[i].catalog && options->digest == SIGN_DUAL ? SIGN_SHA1 : options->digest;

        cJSON_AddStringToObject(entry, "file", jobs[i].target);
        cJSON_AddStringToObject(entry, "kind", jobs[i].catalog ? "catalog" : "pe");
        cJSON_AddStringToObject(entry, "digest", names[digest]);
        cJSON_AddNumberToObject(entry, "size", (double)jobs[i].result.size);
        cJSON_AddItemToArray(list, entry);
    }
    free(thumbprint);
    free(subject);
    return report_json(object);
}

/* Nothing is written before everything is signed: a bad file among good ones leaves all as they were. */
static enum status run(struct job *jobs, size_t count, const struct signer *signer, const struct sign_options *options)
{
    enum status status = STATUS_DONE;

    progress_begin("signing", count);
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        status = sign_one(&jobs[i], signer, options);
        progress_add(1);
    }
    progress_end();
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        status = file_write_changed(jobs[i].target, jobs[i].result.data, jobs[i].result.size);
    }
    return status;
}

enum status cmd_sign(int argc, char **argv)
{
    const char *certificate = NULL;
    const char *key = NULL;
    const char *digest = NULL;
    const char *cross = NULL;
    const char *out = NULL;
    bool json = false;
    struct sign_options options = {0};
    struct option_list files = {0};
    struct signer signer = {0};
    struct job *jobs = NULL;
    const struct option_spec specs[] = {
        {.list = &files, .required = true, .what = "FILE"},
        {.name = "--cert", .value = &certificate, .required = true},
        {.name = "--key", .value = &key, .required = true},
        {.name = "--digest", .value = &digest},
        {.name = "--cross-cert", .value = &cross},
        {.name = "--page-hashes", .flag = &options.page_hashes},
        {.name = "--out", .value = &out},
        {.name = "--json", .flag = &json},
    };
    enum status status = options_parse("sign", help, specs, sizeof(specs) / sizeof(specs[0]), argc, argv);

    if (status == STATUS_DONE) {
        status = parse_digest(digest, &options.digest);
    }
    if (status == STATUS_DONE && out != NULL && files.count != 1) {
        status = options_usage("sign", "--out takes the result of one FILE, not of several");
    }
    if (status == STATUS_DONE) {
        status = signer_load(certificate, key, cross, &signer);
    }
    if (status == STATUS_DONE) {
        jobs = xcalloc(files.count, sizeof(*jobs));
        for (size_t i = 0; i < files.count; ++i) {
            jobs[i].path = files.items[i];
            jobs[i].target = out != NULL ? out : files.items[i];
        }
        status = run(jobs, files.count, &signer, &options);
    }
    if (status == STATUS_DONE && json) {
        status = report(jobs, files.count, &signer, &options);
    }
    for (size_t i = 0; jobs != NULL && i < files.count; ++i) {
        bytes_free(&jobs[i].result);
    }
    free(jobs);
    signer_free(&signer);
    option_list_free(&files);
    return status;
}
