/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/signed_data.h"

#include "sign/spc_asn1.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>

bool content_of(const unsigned char *der, size_t size, struct content *out)
{
    const unsigned char *value = der;
    long length = 0;
    int tag = 0;
    int class = 0;
    int form;

    if (size > LONG_MAX) {
        return false;
    }
    form = ASN1_get_object(&value, &length, &tag, &class, (long)size);
    /* Bit 0x80: an error; bit 0x01: indefinite length, which DER does not have. */
    if (form != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL ||
        (size_t)length != size - (size_t)(value - der)) {
        ERR_clear_error();
        return false;
    }
    *out = (struct content){.der = der, .size = size, .value = value, .value_size = (size_t)length};
    return true;
}

bool signed_data_content(const PKCS7 *message, const ASN1_OBJECT **type, struct content *out)
{
    const PKCS7 *contents;
    const ASN1_TYPE *value;

    if (OBJ_obj2nid(message->type) != NID_pkcs7_signed || message->d.sign == NULL) {
        return false;
    }
    contents = message->d.sign->contents;
    /* Content of a type that OpenSSL knows has another shape than ANY. */
    if (contents == NULL || contents->type == NULL || OBJ_obj2nid(contents->type) == NID_pkcs7_data ||
        OBJ_obj2nid(contents->type) == NID_pkcs7_signed || OBJ_obj2nid(contents->type) == NID_pkcs7_enveloped ||
        OBJ_obj2nid(contents->type) == NID_pkcs7_signedAndEnveloped ||
        OBJ_obj2nid(contents->type) == NID_pkcs7_digest || OBJ_obj2nid(contents->type) == NID_pkcs7_encrypted) {
        return false;
    }
    value = contents->d.other;
    if (value == NULL || value->type != V_ASN1_SEQUENCE) {
        return false;
    }
    *type = contents->type;
    return content_of(value->value.sequence->data, (size_t)value->value.sequence->length, out);
}

static ASN1_TYPE *sequence_value(const unsigned char *der, size_t size)
{
    ASN1_TYPE *type = ASN1_TYPE_new();
    ASN1_STRING *string = ASN1_STRING_new();

    if (type == NULL || string == NULL || size > INT_MAX || ASN1_STRING_set(string, der, (int)size) != 1) {
        ASN1_TYPE_free(type);
        ASN1_STRING_free(string);
        return NULL;
    }
    ASN1_TYPE_set(type, V_ASN1_SEQUENCE, string);
    return type;
}

/* Takes `attribute` over. */
static bool push_attribute(STACK_OF(X509_ATTRIBUTE) * *list, X509_ATTRIBUTE *attribute)
{
    if (*list == NULL) {
        *list = sk_X509_ATTRIBUTE_new_null();
    }
    if (attribute == NULL || *list == NULL || sk_X509_ATTRIBUTE_push(*list, attribute) <= 0) {
        X509_ATTRIBUTE_free(attribute);
        return false;
    }
    return true;
}

static bool add_attribute(STACK_OF(X509_ATTRIBUTE) * *list, const char *oid, int type, const void *data, size_t size)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    bool done = object != NULL && size <= INT_MAX &&
                push_attribute(list, X509_ATTRIBUTE_create_by_OBJ(NULL, object, type, data, (int)size));

    ASN1_OBJECT_free(object);
    return done;
}

static bool add_content_type(STACK_OF(X509_ATTRIBUTE) * *list, const ASN1_OBJECT *type)
{
    ASN1_OBJECT *copy = OBJ_dup(type);
    X509_ATTRIBUTE *attribute = copy != NULL ? X509_ATTRIBUTE_create(NID_pkcs9_contentType, V_ASN1_OBJECT, copy) : NULL;

    if (attribute == NULL) {
        ASN1_OBJECT_free(copy);
    }
    return push_attribute(list, attribute);
}

static bool add_message_digest(STACK_OF(X509_ATTRIBUTE) * *list, const struct content *content, const EVP_MD *digest)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    return EVP_Digest(content->value, content->value_size, hash, &size, digest, NULL) == 1 &&
           add_attribute(list, "1.2.840.113549.1.9.4", V_ASN1_OCTET_STRING, hash, size);
}

static bool add_opus_info(STACK_OF(X509_ATTRIBUTE) * *list)
{
    SPC_SP_OPUS_INFO *info = SPC_SP_OPUS_INFO_new();
    unsigned char *der = NULL;
    int size = i2d_SPC_SP_OPUS_INFO(info, &der);
    bool done = size > 0 && add_attribute(list, SPC_OID_SP_OPUS_INFO, V_ASN1_SEQUENCE, der, (size_t)size);

    OPENSSL_free(der);
    SPC_SP_OPUS_INFO_free(info);
    return done;
}

static bool add_statement_type(STACK_OF(X509_ATTRIBUTE) * *list)
{
    SPC_STATEMENT_TYPE *types = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *individual = OBJ_txt2obj(SPC_OID_INDIVIDUAL_PURPOSE, 1);
    unsigned char *der = NULL;
    bool done = false;
    int size;

    if (types != NULL && individual != NULL && sk_ASN1_OBJECT_push(types, individual) > 0) {
        individual = NULL;
        size = ASN1_item_i2d((ASN1_VALUE *)types, &der, ASN1_ITEM_rptr(SPC_STATEMENT_TYPE));
        done = size > 0 && add_attribute(list, SPC_OID_STATEMENT_TYPE, V_ASN1_SEQUENCE, der, (size_t)size);
    }
    OPENSSL_free(der);
    ASN1_OBJECT_free(individual);
    sk_ASN1_OBJECT_pop_free(types, ASN1_OBJECT_free);
    return done;
}

/*
 * The order of a DER SET OF. The signature covers the sorted encoding, while the message is encoded in the order of the
 * list (PKCS7_ATTR_SIGN and PKCS7_SIGNER_INFO of OpenSSL), and a verifier may hash it as it stands.
 */
static bool sort_attributes(STACK_OF(X509_ATTRIBUTE) * *list)
{
    unsigned char *der = NULL;
    int size = ASN1_item_i2d((ASN1_VALUE *)*list, &der, ASN1_ITEM_rptr(PKCS7_ATTR_SIGN));
    const unsigned char *at = der;
    STACK_OF(X509_ATTRIBUTE) *sorted = NULL;

    if (size > 0) {
        sorted = (STACK_OF(X509_ATTRIBUTE) *)ASN1_item_d2i(NULL, &at, size, ASN1_ITEM_rptr(PKCS7_ATTR_SIGN));
    }
    OPENSSL_free(der);
    if (sorted == NULL) {
        return false;
    }
    sk_X509_ATTRIBUTE_pop_free(*list, X509_ATTRIBUTE_free);
    *list = sorted;
    return true;
}

static bool set_content(PKCS7 *message, const ASN1_OBJECT *type, const struct content *content)
{
    PKCS7 *contents = PKCS7_new();

    if (contents == NULL) {
        return false;
    }
    ASN1_OBJECT_free(contents->type);
    contents->type = OBJ_dup(type);
    contents->d.other = sequence_value(content->der, content->size);
    if (contents->type == NULL || contents->d.other == NULL || PKCS7_set_content(message, contents) != 1) {
        PKCS7_free(contents);
        return false;
    }
    return true;
}

static bool add_certificates(PKCS7 *message, const struct signer *signer)
{
    if (PKCS7_add_certificate(message, signer->certificate) != 1) {
        return false;
    }
    for (int i = 0; i < sk_X509_num(signer->others); ++i) {
        if (PKCS7_add_certificate(message, sk_X509_value(signer->others, i)) != 1) {
            return false;
        }
    }
    return true;
}

PKCS7 *signed_data_make(const ASN1_OBJECT *type, const struct content *content, const struct signer *signer,
                        const EVP_MD *digest)
{
    PKCS7 *message = PKCS7_new();
    PKCS7_SIGNER_INFO *info;

    if (message == NULL || PKCS7_set_type(message, NID_pkcs7_signed) != 1 || !set_content(message, type, content) ||
        !add_certificates(message, signer)) {
        goto fail;
    }
    info = PKCS7_add_signature(message, signer->certificate, signer->key, digest);
    if (info == NULL || !add_opus_info(&info->auth_attr) || !add_content_type(&info->auth_attr, type) ||
        !add_statement_type(&info->auth_attr) || !add_message_digest(&info->auth_attr, content, digest) ||
        !sort_attributes(&info->auth_attr) || PKCS7_SIGNER_INFO_sign(info) != 1) {
        goto fail;
    }
    return message;
fail:
    PKCS7_free(message);
    return NULL;
}

bool signed_data_nest(PKCS7 *outer, const PKCS7 *inner)
{
    STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(outer);
    unsigned char *der = NULL;
    int size = i2d_PKCS7(inner, &der);
    bool done = size > 0 && sk_PKCS7_SIGNER_INFO_num(signers) == 1 &&
                add_attribute(&sk_PKCS7_SIGNER_INFO_value(signers, 0)->unauth_attr, SPC_OID_NESTED_SIGNATURE,
                              V_ASN1_SEQUENCE, der, (size_t)size);

    OPENSSL_free(der);
    return done;
}
