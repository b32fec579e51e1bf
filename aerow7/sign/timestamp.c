/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/timestamp.h"

#include "sign/certificate_file.h"
#include "sign/chain.h"
#include "sign/signer_verify.h"
#include "sign/spc_asn1.h"
#include "sign/spc_indirect.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ts.h>
#include <string.h>

#define OID_COUNTERSIGNATURE "1.2.840.113549.1.9.6"

static bool is_hash_of(const ASN1_OCTET_STRING *hash, const EVP_MD *digest, const ASN1_OCTET_STRING *data)
{
    unsigned char own[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    return digest != NULL && EVP_Digest(data->data, (size_t)data->length, own, &size, digest, NULL) == 1 &&
           hash->length == (int)size && memcmp(hash->data, own, size) == 0;
}

static bool time_of(const ASN1_TIME *time, time_t *out)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return false;
    }
    *out = timegm(&parts);
    return true;
}

static void set_trust(X509 *certificate, STACK_OF(X509) * others, X509_STORE *roots, struct timestamp *out)
{
    out->valid = true;
    out->trusted = roots != NULL && chain_fault(certificate, others, roots, out->time, true) == NULL;
}

/* PKCS#9: a SignerInfo whose content is the signature (RFC 2985, 5.3.6). */
static const char *counter_fault(PKCS7 *message, const PKCS7_SIGNER_INFO *info, PKCS7_SIGNER_INFO *counter,
                                 X509_STORE *roots, struct timestamp *out)
{
    X509 *certificate = signer_certificate(message, counter);
    const ASN1_TYPE *digest =
        attribute_value(counter->auth_attr, OBJ_nid2obj(NID_pkcs9_messageDigest), V_ASN1_OCTET_STRING);
    const ASN1_TYPE *time = attribute_value(counter->auth_attr, OBJ_nid2obj(NID_pkcs9_signingTime), V_ASN1_UTCTIME);
    const char *fault;

    if (certificate == NULL) {
        return "the timestamp's certificate is not in the message";
    }
    if (time == NULL || !time_of(time->value.utctime, &out->time)) {
        return "the timestamp has no time";
    }
    if (digest == NULL || !is_hash_of(digest->value.octet_string, digest_of(counter->digest_alg), info->enc_digest)) {
        return "the timestamp is not over this signature";
    }
    /* Symantec's service (virtio-win's catalogs of 2018 have such timestamps) signed the bare hash. */
    fault = signer_fault(counter, certificate, true);
    if (fault != NULL) {
        return "the timestamp's signature is wrong";
    }
    set_trust(certificate, message->d.sign->cert, roots, out);
    return NULL;
}

static const char *token_signature_fault(PKCS7 *token, X509_STORE *roots, struct timestamp *out)
{
    STACK_OF(X509) * signers;
    const char *fault = NULL;

    /* The signature only; the chain is judged at the timestamp's own time. */
    if (PKCS7_verify(token, NULL, NULL, NULL, NULL, PKCS7_NOVERIFY | PKCS7_BINARY) != 1) {
        return "the timestamp's signature is wrong";
    }
    signers = PKCS7_get0_signers(token, NULL, 0);
    if (sk_X509_num(signers) != 1) {
        fault = "the timestamp has not one signer";
    } else {
        set_trust(sk_X509_value(signers, 0), token->d.sign->cert, roots, out);
    }
    sk_X509_free(signers);
    return fault;
}

/* RFC 3161: a message of its own whose content names the hash of the signature. */
static const char *token_fault(PKCS7 *token, const PKCS7_SIGNER_INFO *info, X509_STORE *roots, struct timestamp *out)
{
    TS_TST_INFO *claims;
    TS_MSG_IMPRINT *imprint;
    const char *fault = NULL;

    if (OBJ_obj2nid(token->type) != NID_pkcs7_signed || token->d.sign == NULL || token->d.sign->contents == NULL ||
        token->d.sign->contents->type == NULL) {
        return "the timestamp is not PKCS#7 SignedData";
    }
    claims = PKCS7_to_TS_TST_INFO(token);
    if (claims == NULL) {
        return "the timestamp cannot be read";
    }
    imprint = TS_TST_INFO_get_msg_imprint(claims);
    if (!is_hash_of(TS_MSG_IMPRINT_get_msg(imprint), digest_of(TS_MSG_IMPRINT_get_algo(imprint)), info->enc_digest)) {
        fault = "the timestamp is not over this signature";
    } else if (!time_of(TS_TST_INFO_get_time(claims), &out->time)) {
        fault = "the timestamp has no time";
    } else {
        fault = token_signature_fault(token, roots, out);
    }
    TS_TST_INFO_free(claims);
    return fault;
}

void timestamp_verify(PKCS7 *message, const PKCS7_SIGNER_INFO *info, X509_STORE *roots, struct timestamp *out)
{
    const ASN1_TYPE *counter = attribute_value_of(info->unauth_attr, OID_COUNTERSIGNATURE, V_ASN1_SEQUENCE);
    const ASN1_TYPE *token = attribute_value_of(info->unauth_attr, SPC_OID_RFC3161_TIMESTAMP, V_ASN1_SEQUENCE);
    const unsigned char *at;

    *out = (struct timestamp){0};
    if (token != NULL) {
        PKCS7 *parsed;

        at = token->value.sequence->data;
        parsed = d2i_PKCS7(NULL, &at, token->value.sequence->length);
        out->fault = parsed != NULL ? token_fault(parsed, info, roots, out) : "the timestamp cannot be read";
        PKCS7_free(parsed);
    } else if (counter != NULL) {
        PKCS7_SIGNER_INFO *parsed;

        at = counter->value.sequence->data;
        parsed = d2i_PKCS7_SIGNER_INFO(NULL, &at, counter->value.sequence->length);
        out->fault = parsed != NULL ? counter_fault(message, info, parsed, roots, out) : "the timestamp cannot be read";
        PKCS7_SIGNER_INFO_free(parsed);
    }
    ERR_clear_error();
}
