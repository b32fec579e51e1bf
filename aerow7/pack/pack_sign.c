/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack_sign.h"

#include "base/digest.h"
#include "base/progress.h"
#include "base/text.h"
#include "catalog/catalog.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static enum status sign_drivers(struct pack *pack, const struct pack_folder *folder)
{
    const struct pack_options *options = pack->options;

    for (size_t i = 0; i < pack->content.count; ++i) {
        struct tree_file *file = &pack->content.files[i];
        const char *name = path_below(file->path, folder->target);
        struct bytes out;
        enum status status;
        char *place;

        if (name == NULL || !ends_with_any_case(name, ".sys")) {
            continue;
        }
        place = xformat("%s/%s", pack->from, file->path);
        status = authenticode_sign_pe(place, &file->content, options->signer, &options->sign, &out);
        free(place);
        if (status != STATUS_DONE) {
            return status;
        }
        bytes_free(&file->content);
        file->content = out;
        progress_add(1);
    }
    return STATUS_DONE;
}

/*
 * A disabled INF gets its catalog under the name that it will be renamed to: that is what the catalog's member says. So
 * the catalog is made in a tree of the folder's files alone, with the name as it will be.
 */
static enum status folder_as_installed(const struct pack *pack, const struct pack_folder *folder,
                                       struct file_tree *tree)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < pack->content.count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &pack->content.files[i];
        const char *name = path_below(file->path, folder->target);
        char *path;

        if (name == NULL) {
            continue;
        }
        path = xstrdup(name);
        if (ends_with_any_case(path, ".inf" DISABLED_SUFFIX)) {
            path[strlen(path) - strlen(DISABLED_SUFFIX)] = 0;
        }
        status = file_tree_add_copy(tree, path, file->content.data, file->content.size);
        free(path);
    }
    return status;
}

static enum status make_catalog(struct pack *pack, const struct pack_folder *folder, const struct file_tree *tree,
                                const struct folder_inf *inf)
{
    const struct pack_options *options = pack->options;
    char *path = xformat("%s/%s", folder->target, inf->package.catalog);
    struct bytes made;
    struct bytes out = {0};
    enum status status = catalog_of_package(tree, inf->name, folder->driver.architecture, options->epoch, &made);

    if (status == STATUS_DONE && options->signer != NULL) {
        status = authenticode_sign_catalog(path, &made, options->signer, &options->sign, &out);
        bytes_free(&made);
        made = out;
    }
    if (status == STATUS_DONE) {
        status = file_tree_add(&pack->content, path, made);
        progress_add(1);
    }
    free(path);
    return status;
}

static enum status make_catalogs(struct pack *pack, const struct pack_folder *folder)
{
    struct file_tree tree = {0};
    enum status status = folder_as_installed(pack, folder, &tree);

    for (size_t i = 0; i < folder->driver.inf_count && status == STATUS_DONE; ++i) {
        status = make_catalog(pack, folder, &tree, &folder->driver.infs[i]);
    }
    file_tree_free(&tree);
    return status;
}

/* The name in the pack is that of the file that was given, whatever its form: aero-test.pem becomes aero-test.cer. */
static char *certificate_path(const char *given)
{
    const char *base = strrchr(given, '/') != NULL ? strrchr(given, '/') + 1 : given;
    const char *dot = strrchr(base, '.');

    return xformat("certs/%.*s.cer", dot != NULL ? (int)(dot - base) : (int)strlen(base), base);
}

static void thumbprint_text(const struct bytes *der, char out[2 * SHA_DIGEST_LENGTH + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;

    if (EVP_Digest(der->data, der->size, digest, &size, EVP_sha1(), NULL) != 1) {
        size = 0;
    }
    out[0] = 0;
    for (unsigned i = 0; i < size && i < SHA_DIGEST_LENGTH; ++i) {
        static const char digits[] = "0123456789ABCDEF";

        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
        out[2 * i + 2] = 0;
    }
}

static enum status add_certificate(struct pack *pack)
{
    static const char *const digests[] = {[SIGN_SHA1] = "sha1", [SIGN_SHA256] = "sha256", [SIGN_DUAL] = "dual"};
    X509 *certificate = pack->options->signer->certificate;
    char *path = certificate_path(pack->options->certificate);
    char thumbprint[2 * SHA_DIGEST_LENGTH + 1];
    char sha256[SHA256_TEXT_SIZE];
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    struct bytes bytes = {.data = (char *)der, .size = size > 0 ? (size_t)size : 0};
    enum status status = STATUS_BAD_INPUT;

    if (size > 0) {
        status = file_tree_add_copy(&pack->content, path, bytes.data, bytes.size);
    }
    if (status == STATUS_DONE) {
        thumbprint_text(&bytes, thumbprint);
        sha256_text(bytes.data, bytes.size, sha256);
        pack->certificate = cJSON_CreateObject();
        cJSON_AddStringToObject(pack->certificate, "path", path);
        cJSON_AddStringToObject(pack->certificate, "thumbprint", thumbprint);
        cJSON_AddStringToObject(pack->certificate, "sha256", sha256);
        cJSON_AddStringToObject(pack->certificate, "digest", digests[pack->options->sign.digest]);
    }
    OPENSSL_free(der);
    free(path);
    return status;
}

enum status pack_sign(struct pack *pack)
{
    enum status status = STATUS_DONE;
    size_t steps = 0;

    for (size_t i = 0; i < pack->folder_count; ++i) {
        steps += 2 * pack->folders[i].driver.inf_count;
    }
    progress_begin("signing", steps);
    for (size_t i = 0; i < pack->folder_count && status == STATUS_DONE; ++i) {
        if (pack->options->signer != NULL) {
            status = sign_drivers(pack, &pack->folders[i]);
        }
        if (status == STATUS_DONE) {
            status = make_catalogs(pack, &pack->folders[i]);
        }
    }
    progress_end();
    if (status == STATUS_DONE && pack->options->signer != NULL) {
        status = add_certificate(pack);
    }
    return status;
}
