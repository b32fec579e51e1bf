/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/spc_indirect.h"

#include "pe/pe_hash.h"
#include "pe/pe_page_hash.h"

#include <ctype.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

/* The class ID of SpcPeImagePageHashes in the moniker's link, as it stands in the message. */
static const unsigned char page_hash_class[16] = {0xA6, 0xB5, 0x86, 0xD5, 0xB4, 0xA1, 0x24, 0x66,
                                                  0xAE, 0x05, 0xA2, 0x17, 0xDA, 0x8E, 0x60, 0xD6};

const EVP_MD *digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;
    int parameters = V_ASN1_UNDEF;

    X509_ALGOR_get0(&object, &parameters, NULL, algorithm);
    if (parameters != V_ASN1_UNDEF && parameters != V_ASN1_NULL) {
        return NULL;
    }
    switch (OBJ_obj2nid(object)) {
    case NID_sha1:
        return EVP_sha1();
    case NID_sha256:
        return EVP_sha256();
    case NID_sha384:
        return EVP_sha384();
    case NID_sha512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

char *digest_text(int nid)
{
    const char *name = nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
    char *text = xstrdup(name != NULL ? name : "unknown");

    for (char *at = text; *at != '\0'; ++at) {
        *at = (char)tolower((unsigned char)*at);
    }
    return text;
}

/* A value that is one of OpenSSL's strings: type and bytes. Sequences and sets: the bytes are the whole DER. */
static ASN1_TYPE *string_value(int type, const unsigned char *data, size_t size)
{
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_STRING *string = ASN1_STRING_type_new(type);

    if (value == NULL || string == NULL || size > INT_MAX || ASN1_STRING_set(string, data, (int)size) != 1) {
        ASN1_TYPE_free(value);
        ASN1_STRING_free(string);
        return NULL;
    }
    ASN1_TYPE_set(value, type, string);
    return value;
}

static bool set_type(ASN1_OBJECT **type, const char *oid)
{
    ASN1_OBJECT_free(*type);
    *type = OBJ_txt2obj(oid, 1);
    return *type != NULL;
}

/* SET { SEQUENCE { OID of the kind, SET { OCTET STRING table } } } into `out`. */
static bool encode_pages(const struct text *table, const EVP_MD *digest, ASN1_OCTET_STRING *out)
{
    SPC_ATTRIBUTES *set = sk_SPC_ATTRIBUTE_new_null();
    SPC_ATTRIBUTE *entry = SPC_ATTRIBUTE_new();
    STACK_OF(ASN1_TYPE) *inner = sk_ASN1_TYPE_new_null();
    ASN1_TYPE *value = string_value(V_ASN1_OCTET_STRING, (const unsigned char *)table->data, table->size);
    unsigned char *der = NULL;
    bool done = false;
    int size;

    if (set == NULL || entry == NULL || inner == NULL || value == NULL || sk_ASN1_TYPE_push(inner, value) <= 0) {
        goto out;
    }
    value = NULL;
    size = i2d_ASN1_SET_ANY(inner, &der);
    if (size <= 0 || !set_type(&entry->type,
                               EVP_MD_get_type(digest) == NID_sha1 ? SPC_OID_PAGE_HASHES_V1 : SPC_OID_PAGE_HASHES_V2)) {
        goto out;
    }
    entry->value = string_value(V_ASN1_SET, der, (size_t)size);
    OPENSSL_free(der);
    der = NULL;
    if (entry->value == NULL || sk_SPC_ATTRIBUTE_push(set, entry) <= 0) {
        goto out;
    }
    entry = NULL;
    size = ASN1_item_i2d((ASN1_VALUE *)set, &der, ASN1_ITEM_rptr(SPC_ATTRIBUTES));
    done = size > 0 && ASN1_OCTET_STRING_set(out, der, size) == 1;
out:
    OPENSSL_free(der);
    ASN1_TYPE_free(value);
    sk_ASN1_TYPE_pop_free(inner, ASN1_TYPE_free);
    SPC_ATTRIBUTE_free(entry);
    sk_SPC_ATTRIBUTE_pop_free(set, SPC_ATTRIBUTE_free);
    return done;
}

static SPC_LINK *page_hash_link(const struct text *table, const EVP_MD *digest)
{
    SPC_LINK *link = SPC_LINK_new();
    SPC_SERIALIZED_OBJECT *object = SPC_SERIALIZED_OBJECT_new();

    if (link == NULL || object == NULL ||
        ASN1_OCTET_STRING_set(object->classId, page_hash_class, sizeof(page_hash_class)) != 1 ||
        !encode_pages(table, digest, object->serializedData)) {
        SPC_SERIALIZED_OBJECT_free(object);
        SPC_LINK_free(link);
        return NULL;
    }
    link->type = SPC_LINK_MONIKER;
    link->value.moniker = object;
    return link;
}

/* signtool names no file: an empty string, or "<<<Obsolete>>>" in older versions. */
static SPC_LINK *empty_link(void)
{
    SPC_LINK *link = SPC_LINK_new();
    SPC_STRING *string = SPC_STRING_new();
    ASN1_BMPSTRING *empty = ASN1_BMPSTRING_new();

    if (link == NULL || string == NULL || empty == NULL) {
        ASN1_BMPSTRING_free(empty);
        SPC_STRING_free(string);
        SPC_LINK_free(link);
        return NULL;
    }
    string->type = SPC_STRING_UNICODE;
    string->value.unicode = empty;
    link->type = SPC_LINK_FILE;
    link->value.file = string;
    return link;
}

static bool set_image_data(SPC_ATTRIBUTE *attribute, SPC_LINK *link)
{
    SPC_PE_IMAGE_DATA *data = SPC_PE_IMAGE_DATA_new();
    unsigned char *der = NULL;
    int size = 0;

    if (data == NULL) {
        SPC_LINK_free(link);
        return false;
    }
    data->file = link;
    data->flags = ASN1_BIT_STRING_new();
    if (link != NULL && data->flags != NULL && set_type(&attribute->type, SPC_OID_PE_IMAGE_DATA)) {
        size = i2d_SPC_PE_IMAGE_DATA(data, &der);
    }
    if (size > 0) {
        attribute->value = string_value(V_ASN1_SEQUENCE, der, (size_t)size);
    }
    OPENSSL_free(der);
    SPC_PE_IMAGE_DATA_free(data);
    return attribute->value != NULL;
}

static bool set_digest(X509_SIG *info, const EVP_MD *digest, const unsigned char *hash)
{
    X509_ALGOR *algorithm = NULL;
    ASN1_OCTET_STRING *octets = NULL;

    X509_SIG_getm(info, &algorithm, &octets);
    return X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(digest)), V_ASN1_NULL, NULL) == 1 &&
           ASN1_OCTET_STRING_set(octets, hash, EVP_MD_get_size(digest)) == 1;
}

const char *spc_indirect_make(const struct pe_image *image, const EVP_MD *digest, bool page_hashes, struct text *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    SPC_INDIRECT_DATA *data = NULL;
    struct text table = {0};
    const char *fault = NULL;
    unsigned char *der = NULL;
    SPC_LINK *link;
    int size;

    if (page_hashes) {
        fault = pe_page_hashes(image, digest, &table);
    }
    if (fault != NULL) {
        return fault;
    }
    link = page_hashes ? page_hash_link(&table, digest) : empty_link();
    text_free(&table);
    data = SPC_INDIRECT_DATA_new();
    if (data == NULL || !pe_authenticode_hash(image, digest, hash)) {
        SPC_LINK_free(link);
        fault = "its Authenticode hash cannot be formed";
    } else if (!set_image_data(data->data, link) || !set_digest(data->messageDigest, digest, hash) ||
               (size = i2d_SPC_INDIRECT_DATA(data, &der)) <= 0) {
        fault = "its indirect data cannot be encoded";
    } else {
        text_add(out, (const char *)der, (size_t)size);
    }
    OPENSSL_free(der);
    SPC_INDIRECT_DATA_free(data);
    ERR_clear_error();
    return fault;
}

static const char *read_pages(const SPC_SERIALIZED_OBJECT *object, struct spc_claims *out)
{
    const unsigned char *at = object->serializedData->data;
    STACK_OF(SPC_ATTRIBUTE) * set;
    STACK_OF(ASN1_TYPE) *values = NULL;
    const char *fault = "its page hashes cannot be read";
    const ASN1_TYPE *value;
    char oid[64] = "";

    if (object->classId->length != sizeof(page_hash_class) ||
        memcmp(object->classId->data, page_hash_class, sizeof(page_hash_class)) != 0) {
        return "it names the file by a moniker of unknown class";
    }
    set = (STACK_OF(SPC_ATTRIBUTE) *)ASN1_item_d2i(NULL, &at, object->serializedData->length,
                                                   ASN1_ITEM_rptr(SPC_ATTRIBUTES));
    if (set == NULL || sk_SPC_ATTRIBUTE_num(set) != 1) {
        goto out;
    }
    OBJ_obj2txt(oid, sizeof(oid), sk_SPC_ATTRIBUTE_value(set, 0)->type, 1);
    value = sk_SPC_ATTRIBUTE_value(set, 0)->value;
    if (value == NULL || value->type != V_ASN1_SET) {
        goto out;
    }
    at = value->value.set->data;
    values = d2i_ASN1_SET_ANY(NULL, &at, value->value.set->length);
    if (values == NULL || sk_ASN1_TYPE_num(values) != 1 || sk_ASN1_TYPE_value(values, 0)->type != V_ASN1_OCTET_STRING) {
        goto out;
    }
    out->page_digest = strcmp(oid, SPC_OID_PAGE_HASHES_V1) == 0   ? EVP_sha1()
                       : strcmp(oid, SPC_OID_PAGE_HASHES_V2) == 0 ? EVP_sha256()
                                                                  : NULL;
    if (out->page_digest == NULL) {
        fault = "its page hashes are of an unknown kind";
        goto out;
    }
    out->page_hashes = sk_ASN1_TYPE_value(values, 0)->value.octet_string->data;
    out->page_hashes_size = (size_t)sk_ASN1_TYPE_value(values, 0)->value.octet_string->length;
    out->page_list = values;
    values = NULL;
    fault = NULL;
out:
    sk_ASN1_TYPE_pop_free(values, ASN1_TYPE_free);
    sk_SPC_ATTRIBUTE_pop_free(set, SPC_ATTRIBUTE_free);
    return fault;
}

const char *spc_indirect_read(const SPC_INDIRECT_DATA *data, struct spc_claims *out)
{
    const ASN1_TYPE *value = data->data->value;
    const ASN1_OCTET_STRING *octets = NULL;
    const X509_ALGOR *algorithm = NULL;
    const char *fault = NULL;
    SPC_PE_IMAGE_DATA *image;
    const unsigned char *at;
    char oid[64] = "";

    *out = (struct spc_claims){0};
    X509_SIG_get0(data->messageDigest, &algorithm, &octets);
    out->digest = digest_of(algorithm);
    if (out->digest == NULL || octets->length != EVP_MD_get_size(out->digest)) {
        return "it names a digest of unknown kind or wrong length";
    }
    out->hash = octets->data;
    OBJ_obj2txt(oid, sizeof(oid), data->data->type, 1);
    if (strcmp(oid, SPC_OID_PE_IMAGE_DATA) != 0 || value == NULL || value->type != V_ASN1_SEQUENCE) {
        return "what it signs is not a PE image";
    }
    at = value->value.sequence->data;
    image = d2i_SPC_PE_IMAGE_DATA(NULL, &at, value->value.sequence->length);
    if (image == NULL) {
        fault = "its description of the PE image cannot be read";
    } else if (image->file != NULL && image->file->type == SPC_LINK_MONIKER) {
        fault = read_pages(image->file->value.moniker, out);
    }
    SPC_PE_IMAGE_DATA_free(image);
    ERR_clear_error();
    return fault;
}

void spc_claims_free(struct spc_claims *claims)
{
    sk_ASN1_TYPE_pop_free(claims->page_list, ASN1_TYPE_free);
    *claims = (struct spc_claims){0};
}
