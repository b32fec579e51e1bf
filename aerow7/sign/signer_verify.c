/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/signer_verify.h"

#include "base/text.h"
#include "sign/certificate_file.h"
#include "sign/chain.h"
#include "sign/spc_indirect.h"
#include "sign/timestamp.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

const ASN1_TYPE *attribute_value(const STACK_OF(X509_ATTRIBUTE) * attributes, const ASN1_OBJECT *type, int value_type)
{
    X509_ATTRIBUTE *attribute = NULL;
    const ASN1_TYPE *value;

    for (int i = 0; i < sk_X509_ATTRIBUTE_num(attributes); ++i) {
        X509_ATTRIBUTE *candidate = sk_X509_ATTRIBUTE_value(attributes, i);

        if (OBJ_cmp(X509_ATTRIBUTE_get0_object(candidate), type) == 0) {
            if (attribute != NULL) {
                return NULL; /* twice: which one counts would be a matter of taste */
            }
            attribute = candidate;
        }
    }
    if (attribute == NULL || X509_ATTRIBUTE_count(attribute) != 1) {
        return NULL;
    }
    value = X509_ATTRIBUTE_get0_type(attribute, 0);
    return value != NULL && value->type == value_type ? value : NULL;
}

const ASN1_TYPE *attribute_value_of(const STACK_OF(X509_ATTRIBUTE) * attributes, const char *oid, int value_type)
{
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    const ASN1_TYPE *value = type != NULL ? attribute_value(attributes, type, value_type) : NULL;

    ASN1_OBJECT_free(type);
    return value;
}

/* X509_NAME_cmp, which OpenSSL finds certificates by, is blind to case and kind of string; what is signed is not. */
X509 *signer_certificate(PKCS7 *message, PKCS7_SIGNER_INFO *info)
{
    X509 *certificate = PKCS7_cert_from_signer_info(message, info);
    const unsigned char *wanted = NULL;
    const unsigned char *found = NULL;
    size_t wanted_size = 0;
    size_t found_size = 0;

    if (certificate == NULL || X509_NAME_get0_der(info->issuer_and_serial->issuer, &wanted, &wanted_size) != 1 ||
        X509_NAME_get0_der(X509_get_issuer_name(certificate), &found, &found_size) != 1 || wanted_size != found_size ||
        memcmp(wanted, found, found_size) != 0) {
        return NULL;
    }
    return certificate;
}

static bool key_may_sign_so(const PKCS7_SIGNER_INFO *info, EVP_PKEY *key)
{
    const ASN1_OBJECT *algorithm = NULL;
    int digest = NID_undef;
    int kind = NID_undef;
    int parameters = V_ASN1_UNDEF;
    int nid;

    X509_ALGOR_get0(&algorithm, &parameters, NULL, info->digest_enc_alg);
    nid = OBJ_obj2nid(algorithm);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || (parameters != V_ASN1_UNDEF && parameters != V_ASN1_NULL)) {
        return false;
    }
    if (nid == NID_rsaEncryption) {
        return true;
    }
    return OBJ_find_sigid_algs(nid, &digest, &kind) == 1 && kind == NID_rsaEncryption &&
           digest == EVP_MD_get_type(digest_of(info->digest_alg));
}

static bool verify_digest(const PKCS7_SIGNER_INFO *info, EVP_PKEY *key, const EVP_MD *digest, const unsigned char *der,
                          size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
                EVP_DigestVerify(context, info->enc_digest->data, (size_t)info->enc_digest->length, der, size) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

/* The hash itself in the PKCS#1 padding, where a DigestInfo belongs. */
static bool verify_bare_hash(const PKCS7_SIGNER_INFO *info, EVP_PKEY *key, const EVP_MD *digest,
                             const unsigned char *der, size_t size)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char *recovered = NULL;
    size_t length = (size_t)EVP_PKEY_get_size(key);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good = false;

    if (context != NULL && EVP_PKEY_verify_recover_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1) {
        recovered = xmalloc(length);
        good = EVP_PKEY_verify_recover(context, recovered, &length, info->enc_digest->data,
                                       (size_t)info->enc_digest->length) == 1 &&
               EVP_Digest(der, size, hash, NULL, digest, NULL) == 1 && length == (size_t)EVP_MD_get_size(digest) &&
               memcmp(hash, recovered, length) == 0;
    }
    free(recovered);
    EVP_PKEY_CTX_free(context);
    return good;
}

const char *signer_fault(const PKCS7_SIGNER_INFO *info, X509 *certificate, bool bare_hash)
{
    const EVP_MD *digest = digest_of(info->digest_alg);
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    unsigned char *der = NULL;
    bool good;
    int size;

    if (digest == NULL || key == NULL || !key_may_sign_so(info, key)) {
        return "it is made with an algorithm that Authenticode on Windows 7 does not use";
    }
    if (sk_X509_ATTRIBUTE_num(info->auth_attr) <= 0) {
        return "it has no authenticated attributes";
    }
    /* PKCS7_ATTR_VERIFY keeps the order of the message, as the signer had it. */
    size = ASN1_item_i2d((const ASN1_VALUE *)info->auth_attr, &der, ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
    good = size > 0 && (verify_digest(info, key, digest, der, (size_t)size) ||
                        (bare_hash && verify_bare_hash(info, key, digest, der, (size_t)size)));
    OPENSSL_free(der);
    ERR_clear_error();
    return good ? NULL : "it is wrong under the key of its certificate";
}

static const char *content_fault(const PKCS7_SIGNER_INFO *info, const ASN1_OBJECT *type, const struct content *content)
{
    const ASN1_TYPE *signed_type = attribute_value(info->auth_attr, OBJ_nid2obj(NID_pkcs9_contentType), V_ASN1_OBJECT);
    const ASN1_TYPE *signed_digest =
        attribute_value(info->auth_attr, OBJ_nid2obj(NID_pkcs9_messageDigest), V_ASN1_OCTET_STRING);
    const EVP_MD *digest = digest_of(info->digest_alg);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (signed_type == NULL || OBJ_cmp(signed_type->value.object, type) != 0) {
        return "the type of the content is not the one that was signed";
    }
    if (digest == NULL || signed_digest == NULL ||
        EVP_Digest(content->value, content->value_size, hash, &size, digest, NULL) != 1 ||
        signed_digest->value.octet_string->length != (int)size ||
        memcmp(signed_digest->value.octet_string->data, hash, size) != 0) {
        return "the content is not the one that was signed";
    }
    return NULL;
}

static bool valid_at(const X509 *certificate, time_t when)
{
    return X509_cmp_time(X509_get0_notBefore(certificate), &when) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &when) > 0;
}

static void describe(X509 *certificate, const STACK_OF(X509) * others, struct signature *out)
{
    int digest = NID_undef;

    OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, NULL);
    out->certificate_digest = digest_text(digest);
    out->subject = name_text(X509_get_subject_name(certificate));
    out->issuer = name_text(X509_get_issuer_name(certificate));
    out->thumbprint = certificate_thumbprint(certificate);
    out->not_before = time_text(X509_get0_notBefore(certificate));
    out->not_after = time_text(X509_get0_notAfter(certificate));
    out->signs_code = certificate_signs_code(certificate);
    out->authority = authority_of(certificate, others, &out->authority_name);
}

void signer_verify(PKCS7 *message, const ASN1_OBJECT *type, const struct content *content, PKCS7_SIGNER_INFO *info,
                   X509_STORE *roots, struct signature *out)
{
    X509 *certificate = signer_certificate(message, info);
    const ASN1_OBJECT *algorithm = NULL;
    struct timestamp timestamp;
    const char *content_is = content_fault(info, type, content);
    const char *signature_is = "the signer's certificate is not in the message";
    const char *chain = signature_is;
    time_t when;

    X509_ALGOR_get0(&algorithm, NULL, NULL, info->digest_alg);
    out->digest = digest_text(OBJ_obj2nid(algorithm));
    timestamp_verify(message, info, roots, &timestamp);
    /* Without roots nothing is judged by trust, the timestamp neither. */
    when = timestamp.trusted || (timestamp.valid && roots == NULL) ? timestamp.time : time(NULL);
    if (certificate != NULL) {
        describe(certificate, message->d.sign->cert, out);
        signature_is = signer_fault(info, certificate, false);
        chain = chain_fault(certificate, message->d.sign->cert, roots, when, false);
        out->in_time = valid_at(certificate, when);
    }
    out->signature_valid = signature_is == NULL;
    out->content_matches = content_is == NULL;
    out->chain_trusted = chain == NULL;
    out->chain_fault = chain != NULL ? xstrdup(chain) : NULL;
    out->timestamped = timestamp.valid;
    out->timestamp_trusted = timestamp.trusted;
    if (timestamp.valid) {
        ASN1_TIME *text = ASN1_TIME_set(NULL, timestamp.time);

        out->timestamp = time_text(text);
        ASN1_TIME_free(text);
    }
    signature_is = signature_is == NULL ? content_is : signature_is;
    signature_is = signature_is == NULL ? timestamp.fault : signature_is;
    if (signature_is == NULL && !out->signs_code) {
        signature_is = "the signer's certificate does not allow code signing";
    }
    out->fault = signature_is != NULL ? xstrdup(signature_is) : NULL;
    ERR_clear_error();
}
