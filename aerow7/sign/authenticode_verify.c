/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/authenticode_verify.h"

#include "base/text.h"
#include "pe/pe_hash.h"
#include "pe/pe_page_hash.h"
#include "sign/signer_verify.h"
#include "sign/spc_indirect.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

/* Far above what signers make; below what would take long to judge. */
enum { MESSAGE_LIMIT = 4 << 20, SIGNATURES_LIMIT = 16, CERTIFICATES_LIMIT = 64, ATTRIBUTES_LIMIT = 64 };
enum { WIN_CERTIFICATE_HEADER = 8, REVISION_2 = 0x0200, TYPE_PKCS_SIGNED_DATA = 2 };

struct reading {
    const char *place;
    const struct pe_image *image; /* NULL for a catalog */
    X509_STORE *roots;
    struct signatures *out;
};

static enum status malformed(const struct reading *reading, const char *reason)
{
    ERR_clear_error();
    diag_error(reading->place, "its signature is malformed: %s", reason);
    return STATUS_BAD_INPUT;
}

static void set_fault(struct signature *signature, const char *fault)
{
    if (signature->fault == NULL) {
        signature->fault = xstrdup(fault);
    }
}

static void check_pages(const struct pe_image *image, const struct spc_claims *claims, struct signature *signature)
{
    struct text own = {0};
    const char *fault = pe_page_hashes(image, claims->page_digest, &own);

    signature->page_hashes = true;
    signature->page_hashes_match =
        fault == NULL && own.size == claims->page_hashes_size && memcmp(own.data, claims->page_hashes, own.size) == 0;
    if (!signature->page_hashes_match) {
        set_fault(signature, fault != NULL ? fault : "the page hashes are not those of this file");
    }
    text_free(&own);
}

/* What the signed content says of the file against the file. */
static enum status check_image(const struct reading *reading, const struct content *content,
                               struct signature *signature)
{
    const unsigned char *at = content->der;
    SPC_INDIRECT_DATA *data = d2i_SPC_INDIRECT_DATA(NULL, &at, (long)content->size);
    unsigned char hash[EVP_MAX_MD_SIZE];
    struct spc_claims claims = {0};
    const char *fault = data != NULL ? spc_indirect_read(data, &claims) : "its indirect data cannot be read";
    enum status status = STATUS_DONE;

    if (fault != NULL) {
        status = malformed(reading, fault);
    } else if (!pe_authenticode_hash(reading->image, claims.digest, hash)) {
        status = malformed(reading, "the file cannot be hashed");
    } else {
        signature->file_digest = digest_text(EVP_MD_get_type(claims.digest));
        if (memcmp(hash, claims.hash, (size_t)EVP_MD_get_size(claims.digest)) != 0) {
            signature->content_matches = false;
            set_fault(signature, "the file is not the one that was signed");
        }
        if (claims.page_digest != NULL) {
            check_pages(reading->image, &claims, signature);
        }
    }
    spc_claims_free(&claims);
    SPC_INDIRECT_DATA_free(data);
    return status;
}

static enum status read_message(const struct reading *reading, const unsigned char *der, size_t size, bool nested);

static enum status read_nested(const struct reading *reading, const PKCS7_SIGNER_INFO *info)
{
    ASN1_OBJECT *type = OBJ_txt2obj(SPC_OID_NESTED_SIGNATURE, 1);
    enum status status = type != NULL ? STATUS_DONE : malformed(reading, "there is no memory");

    for (int i = 0; status == STATUS_DONE && i < sk_X509_ATTRIBUTE_num(info->unauth_attr); ++i) {
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(info->unauth_attr, i);

        if (OBJ_cmp(X509_ATTRIBUTE_get0_object(attribute), type) != 0) {
            continue;
        }
        for (int j = 0; status == STATUS_DONE && j < X509_ATTRIBUTE_count(attribute); ++j) {
            const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, j);

            if (value == NULL || value->type != V_ASN1_SEQUENCE) {
                status = malformed(reading, "a nested signature is not a structure");
            } else {
                status =
                    read_message(reading, value->value.sequence->data, (size_t)value->value.sequence->length, true);
            }
        }
    }
    ASN1_OBJECT_free(type);
    return status;
}

static enum status read_signer(const struct reading *reading, PKCS7 *message, const ASN1_OBJECT *type,
                               const struct content *content, PKCS7_SIGNER_INFO *info, bool nested)
{
    struct signatures *list = reading->out;
    enum status status = STATUS_DONE;
    size_t index = list->count;

    if (index == SIGNATURES_LIMIT) {
        return malformed(reading, "there are too many of them");
    }
    if (ASN1_INTEGER_get(info->version) != 1) {
        return malformed(reading, "its signer's entry is not of version 1");
    }
    if (sk_X509_ATTRIBUTE_num(info->auth_attr) > ATTRIBUTES_LIMIT ||
        sk_X509_ATTRIBUTE_num(info->unauth_attr) > ATTRIBUTES_LIMIT) {
        return malformed(reading, "it has too many attributes");
    }
    list->list = xrealloc(list->list, (index + 1) * sizeof(*list->list));
    list->list[index] = (struct signature){.nested = nested};
    list->count++;
    signer_verify(message, type, content, info, reading->roots, &list->list[index]);
    if (reading->image != NULL) {
        status = check_image(reading, content, &list->list[index]);
    }
    return status == STATUS_DONE && !nested ? read_nested(reading, info) : status;
}

/* PKCS#7, 9.1: one entry for each digest that a signer uses. Nothing signs this set, so it is held to that. */
static bool digests_agree(const PKCS7_SIGNED *data)
{
    for (int i = 0; i < sk_X509_ALGOR_num(data->md_algs); ++i) {
        bool used = false;

        for (int j = 0; j < sk_PKCS7_SIGNER_INFO_num(data->signer_info); ++j) {
            used = used || X509_ALGOR_cmp(sk_X509_ALGOR_value(data->md_algs, i),
                                          sk_PKCS7_SIGNER_INFO_value(data->signer_info, j)->digest_alg) == 0;
        }
        if (!used) {
            return false;
        }
    }
    return (sk_X509_ALGOR_num(data->md_algs) > 0) == (sk_PKCS7_SIGNER_INFO_num(data->signer_info) > 0);
}

static enum status check_message(const struct reading *reading, const PKCS7 *message, const ASN1_OBJECT *type)
{
    const char *wanted = reading->image != NULL ? SPC_OID_INDIRECT_DATA : SPC_OID_CTL;
    char oid[64] = "";

    OBJ_obj2txt(oid, sizeof(oid), type, 1);
    if (strcmp(oid, wanted) != 0) {
        return malformed(reading, reading->image != NULL ? "it does not sign SpcIndirectDataContent"
                                                         : "it does not hold a certificate trust list");
    }
    if (sk_X509_num(message->d.sign->cert) > CERTIFICATES_LIMIT ||
        sk_X509_ALGOR_num(message->d.sign->md_algs) > SIGNATURES_LIMIT ||
        sk_PKCS7_SIGNER_INFO_num(message->d.sign->signer_info) > SIGNATURES_LIMIT) {
        return malformed(reading, "it has too many certificates or signers");
    }
    if (ASN1_INTEGER_get(message->d.sign->version) != 1) {
        return malformed(reading, "it is not of version 1");
    }
    return digests_agree(message->d.sign) ? STATUS_DONE
                                          : malformed(reading, "its digest algorithms are not those of its signers");
}

/*
 * OpenSSL hashes attributes as it would write them, not as they stand in the file. Only where the two are one is a
 * right signature one over these bytes.
 */
static bool is_der(const PKCS7 *message, const unsigned char *der, size_t size)
{
    unsigned char *own = NULL;
    int length = i2d_PKCS7(message, &own);
    bool same = length > 0 && (size_t)length == size && memcmp(own, der, size) == 0;

    OPENSSL_free(own);
    return same;
}

static enum status read_message(const struct reading *reading, const unsigned char *der, size_t size, bool nested)
{
    const unsigned char *at = der;
    PKCS7 *message = size <= MESSAGE_LIMIT ? d2i_PKCS7(NULL, &at, (long)size) : NULL;
    const ASN1_OBJECT *type = NULL;
    STACK_OF(PKCS7_SIGNER_INFO) * signers;
    struct content content;
    enum status status;

    if (message == NULL || !signed_data_content(message, &type, &content)) {
        PKCS7_free(message);
        return malformed(reading, "it is not PKCS#7 SignedData with a structure in it");
    }
    status = is_der(message, der, (size_t)(at - der)) ? check_message(reading, message, type)
                                                      : malformed(reading, "it is not encoded in DER");
    /* WIN_CERTIFICATE pads with zeros to 8; anything else there is in the file and signed by nobody. */
    for (const unsigned char *end = der + size; status == STATUS_DONE && at < end; ++at) {
        if (*at != 0 || end - at >= (ptrdiff_t)PE_SIGNED_ALIGNMENT || reading->image == NULL || nested) {
            status = malformed(reading, "there are bytes behind the message that nobody signed");
        }
    }
    signers = message->d.sign->signer_info;
    if (status == STATUS_DONE && reading->image != NULL && sk_PKCS7_SIGNER_INFO_num(signers) != 1) {
        status = malformed(reading, "it has not one signer");
    }
    for (int i = 0; status == STATUS_DONE && i < sk_PKCS7_SIGNER_INFO_num(signers); ++i) {
        status = read_signer(reading, message, type, &content, sk_PKCS7_SIGNER_INFO_value(signers, i), nested);
    }
    PKCS7_free(message);
    ERR_clear_error();
    return status;
}

static enum status read_table(const struct reading *reading, const uint8_t *table, size_t size)
{
    enum status status = STATUS_DONE;

    while (status == STATUS_DONE && size > 0) {
        size_t length = size >= WIN_CERTIFICATE_HEADER ? pe_u32(table) : 0;

        if (length <= WIN_CERTIFICATE_HEADER || length > size) {
            return malformed(reading, "an entry of the certificate table does not fit into it");
        }
        if (pe_u16(table + 4) != REVISION_2 || pe_u16(table + 6) != TYPE_PKCS_SIGNED_DATA) {
            return malformed(reading, "an entry of the certificate table is of an unknown kind");
        }
        status = read_message(reading, table + WIN_CERTIFICATE_HEADER, length - WIN_CERTIFICATE_HEADER, false);
        for (; status == STATUS_DONE && length < size && length % PE_SIGNED_ALIGNMENT != 0; ++length) {
            if (table[length] != 0) {
                status = malformed(reading, "there are bytes behind the message that nobody signed");
            }
        }
        table += length;
        size -= length;
    }
    return status;
}

static enum status finish(enum status status, struct signatures *out)
{
    if (status != STATUS_DONE) {
        signatures_free(out);
    }
    return status;
}

enum status authenticode_read_pe(const char *place, const struct bytes *file, X509_STORE *roots, struct signatures *out)
{
    struct reading reading = {.place = place, .roots = roots, .out = out};
    enum status status = STATUS_DONE;
    struct pe_range table;
    struct pe_image image;
    const char *fault = pe_parse(file->data, file->size, &image);

    *out = (struct signatures){0};
    if (fault != NULL) {
        diag_error(place, "is not a PE file: %s", fault);
        return STATUS_BAD_INPUT;
    }
    reading.image = &image;
    if (!pe_certificate_table(&image, &table)) {
        status = malformed(&reading, "the certificate table is not at the end of the file");
    } else {
        status = read_table(&reading, image.data + table.address, table.size);
    }
    pe_free(&image);
    return finish(status, out);
}

enum status authenticode_read_catalog(const char *place, const struct bytes *file, X509_STORE *roots,
                                      struct signatures *out)
{
    struct reading reading = {.place = place, .roots = roots, .out = out};

    *out = (struct signatures){0};
    return finish(read_message(&reading, (const unsigned char *)file->data, file->size, false), out);
}

void signatures_free(struct signatures *signatures)
{
    for (size_t i = 0; i < signatures->count; ++i) {
        struct signature *signature = &signatures->list[i];

        free(signature->digest);
        free(signature->file_digest);
        free(signature->certificate_digest);
        free(signature->subject);
        free(signature->issuer);
        free(signature->thumbprint);
        free(signature->not_before);
        free(signature->not_after);
        free(signature->timestamp);
        free(signature->authority_name);
        free(signature->fault);
        free(signature->chain_fault);
    }
    free(signatures->list);
    *signatures = (struct signatures){0};
}

bool signature_good(const struct signature *signature)
{
    return signature->signature_valid && signature->content_matches && signature->signs_code &&
           (!signature->page_hashes || signature->page_hashes_match) && signature->fault == NULL;
}
