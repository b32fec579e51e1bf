/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/authenticode.h"

#include "base/text.h"
#include "pe/pe_hash.h"
#include "sign/certificate_file.h"
#include "sign/signed_data.h"
#include "sign/spc_indirect.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

/* WIN_CERTIFICATE: dwLength, wRevision, wCertificateType ("PE Format", The Attribute Certificate Table). */
enum { WIN_CERTIFICATE_HEADER = 8, REVISION_2 = 0x0200, TYPE_PKCS_SIGNED_DATA = 2 };

static void put_u32(char *at, size_t value)
{
    for (int i = 0; i < 4; ++i) {
        at[i] = (char)(value >> (8 * i));
    }
}

/* The message over the image with one digest. Returns NULL and sets `fault`. */
static PKCS7 *sign_image(const struct pe_image *image, const struct signer *signer, const EVP_MD *digest,
                         bool page_hashes, const char **fault)
{
    ASN1_OBJECT *type = OBJ_txt2obj(SPC_OID_INDIRECT_DATA, 1);
    struct text der = {0};
    struct content content;
    PKCS7 *message = NULL;

    *fault = spc_indirect_make(image, digest, page_hashes, &der);
    if (*fault == NULL) {
        if (type != NULL && content_of((const unsigned char *)der.data, der.size, &content)) {
            message = signed_data_make(type, &content, signer, digest);
        }
        *fault = message == NULL ? crypto_fault() : NULL;
    }
    text_free(&der);
    ASN1_OBJECT_free(type);
    return message;
}

static PKCS7 *sign_image_dual(const struct pe_image *image, const struct signer *signer, bool page_hashes,
                              const char **fault)
{
    PKCS7 *outer = sign_image(image, signer, EVP_sha1(), page_hashes, fault);
    PKCS7 *inner = outer != NULL ? sign_image(image, signer, EVP_sha256(), page_hashes, fault) : NULL;

    if (inner == NULL || !signed_data_nest(outer, inner)) {
        *fault = *fault != NULL ? *fault : crypto_fault();
        PKCS7_free(outer);
        outer = NULL;
    }
    PKCS7_free(inner);
    return outer;
}

/* The image without its signature, padded as it is signed, in memory that a message fits behind. */
static const char *strip(const struct pe_image *image, struct text *out)
{
    static const char zeros[PE_SIGNED_ALIGNMENT];
    struct pe_range table;
    size_t end;

    if (image->directory_count <= PE_DIRECTORY_SECURITY) {
        return "its header has no entry for a certificate table";
    }
    if (!pe_certificate_table(image, &table)) {
        return "its certificate table is not at the end of the file";
    }
    end = table.size != 0 ? table.address : image->size;
    text_add(out, (const char *)image->data, end);
    text_add(out, zeros, (PE_SIGNED_ALIGNMENT - end % PE_SIGNED_ALIGNMENT) % PE_SIGNED_ALIGNMENT);
    memset(out->data + image->directory_offset + 8u * PE_DIRECTORY_SECURITY, 0, 8);
    return NULL;
}

/* Headers that claim to be longer than the file would reach over the message now. */
static const char *check_table(const struct text *file)
{
    struct pe_range table;
    struct pe_image image;
    const char *fault = pe_parse(file->data, file->size, &image);

    if (fault != NULL) {
        return fault;
    }
    if (!pe_certificate_table(&image, &table)) {
        fault = "its headers reach beyond the end of the file";
    }
    pe_free(&image);
    return fault;
}

static const char *append_message(struct text *file, const PKCS7 *message)
{
    static const char zeros[PE_SIGNED_ALIGNMENT];
    char header[WIN_CERTIFICATE_HEADER] = {0};
    unsigned char *der = NULL;
    int size = i2d_PKCS7(message, &der);
    struct pe_image image;
    const char *fault;
    size_t offset = file->size;
    size_t padding;

    if (size <= 0) {
        return crypto_fault();
    }
    padding = (PE_SIGNED_ALIGNMENT - (size_t)size % PE_SIGNED_ALIGNMENT) % PE_SIGNED_ALIGNMENT;
    put_u32(header, WIN_CERTIFICATE_HEADER + (size_t)size + padding);
    header[5] = (char)(REVISION_2 >> 8);
    header[6] = TYPE_PKCS_SIGNED_DATA;
    text_add(file, header, sizeof(header));
    text_add(file, (const char *)der, (size_t)size);
    text_add(file, zeros, padding);
    OPENSSL_free(der);
    fault = pe_parse(file->data, file->size, &image);
    if (fault == NULL) {
        put_u32(file->data + image.directory_offset + 8u * PE_DIRECTORY_SECURITY, offset);
        put_u32(file->data + image.directory_offset + 8u * PE_DIRECTORY_SECURITY + 4, file->size - offset);
        put_u32(file->data + image.checksum_offset, pe_checksum(&image));
        pe_free(&image);
    }
    return fault == NULL ? check_table(file) : fault;
}

static void take(struct text *text, struct bytes *out)
{
    *out = (struct bytes){.data = text->data, .size = text->size};
    *text = (struct text){0};
}

enum status authenticode_sign_pe(const char *place, const struct bytes *in, const struct signer *signer,
                                 const struct sign_options *options, struct bytes *out)
{
    struct text file = {0};
    struct pe_image image;
    PKCS7 *message = NULL;
    const char *fault = pe_parse(in->data, in->size, &image);

    *out = (struct bytes){0};
    if (fault == NULL) {
        fault = strip(&image, &file);
        pe_free(&image);
    }
    if (fault == NULL) {
        fault = pe_parse(file.data, file.size, &image);
    }
    if (fault == NULL) {
        message = options->digest == SIGN_DUAL
                      ? sign_image_dual(&image, signer, options->page_hashes, &fault)
                      : sign_image(&image, signer, options->digest == SIGN_SHA1 ? EVP_sha1() : EVP_sha256(),
                                   options->page_hashes, &fault);
        pe_free(&image);
    }
    if (message != NULL) {
        fault = append_message(&file, message);
        PKCS7_free(message);
    }
    if (fault != NULL) {
        diag_error(place, "cannot be signed: %s", fault);
        text_free(&file);
        return STATUS_BAD_INPUT;
    }
    take(&file, out);
    return STATUS_DONE;
}

static const char *sign_content(const PKCS7 *old, const struct signer *signer, const EVP_MD *digest, struct text *out)
{
    const ASN1_OBJECT *type = NULL;
    struct content content;
    char oid[64] = "";
    unsigned char *der = NULL;
    PKCS7 *message;
    int size;

    if (!signed_data_content(old, &type, &content)) {
        return "it is not PKCS#7 SignedData with a structure in it";
    }
    OBJ_obj2txt(oid, sizeof(oid), type, 1);
    if (strcmp(oid, SPC_OID_CTL) != 0) {
        return "what it holds is not a certificate trust list";
    }
    message = signed_data_make(type, &content, signer, digest);
    size = message != NULL ? i2d_PKCS7(message, &der) : 0;
    PKCS7_free(message);
    if (size <= 0) {
        return crypto_fault();
    }
    text_add(out, (const char *)der, (size_t)size);
    OPENSSL_free(der);
    return NULL;
}

enum status authenticode_sign_catalog(const char *place, const struct bytes *in, const struct signer *signer,
                                      const struct sign_options *options, struct bytes *out)
{
    const unsigned char *at = (const unsigned char *)in->data;
    PKCS7 *old = in->size <= INT_MAX ? d2i_PKCS7(NULL, &at, (long)in->size) : NULL;
    struct text file = {0};
    const char *fault;

    *out = (struct bytes){0};
    if (old == NULL || at != (const unsigned char *)in->data + in->size) {
        fault = "it is not one PKCS#7 message";
    } else {
        fault = sign_content(old, signer, options->digest == SIGN_SHA256 ? EVP_sha256() : EVP_sha1(), &file);
    }
    ERR_clear_error();
    PKCS7_free(old);
    if (fault != NULL) {
        diag_error(place, "cannot be signed: %s", fault);
        text_free(&file);
        return STATUS_BAD_INPUT;
    }
    take(&file, out);
    return STATUS_DONE;
}
