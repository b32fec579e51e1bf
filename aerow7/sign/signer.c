/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/signer.h"

#include "base/text.h"
#include "sign/certificate_file.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* The message carries no timestamp, so a signature outlives its certificate by nothing. */
static enum status check_times(const char *path, X509 *certificate)
{
    const ASN1_TIME *before = X509_get0_notBefore(certificate);
    const ASN1_TIME *after = X509_get0_notAfter(certificate);
    bool early = X509_cmp_current_time(before) >= 0;
    bool late = X509_cmp_current_time(after) <= 0;
    char *text;

    if (!early && !late) {
        return STATUS_DONE;
    }
    text = time_text(early ? before : after);
    diag_error(path, early ? "this certificate is not valid before %s" : "this certificate expired at %s", text);
    free(text);
    return STATUS_BAD_INPUT;
}

static enum status check_signer(const char *certificate_path, const char *key_path, struct signer *signer)
{
    if (EVP_PKEY_get_base_id(signer->key) != EVP_PKEY_RSA) {
        diag_error(key_path, "is not an RSA key; Windows 7 takes no other for code");
        return STATUS_BAD_INPUT;
    }
    if (X509_check_private_key(signer->certificate, signer->key) != 1) {
        ERR_clear_error();
        diag_error(key_path, "is not the key of %s", certificate_path);
        return STATUS_BAD_INPUT;
    }
    if (!certificate_signs_code(signer->certificate)) {
        diag_error(certificate_path, "its extended key usage does not allow code signing");
        return STATUS_BAD_INPUT;
    }
    if ((X509_get_key_usage(signer->certificate) & KU_DIGITAL_SIGNATURE) == 0) {
        diag_error(certificate_path, "its key usage does not allow digital signatures");
        return STATUS_BAD_INPUT;
    }
    return check_times(certificate_path, signer->certificate);
}

enum status signer_load(const char *certificate_path, const char *key_path, const char *others_path,
                        struct signer *signer)
{
    enum status status;

    *signer = (struct signer){0};
    status = certificate_read(certificate_path, &signer->certificate);
    if (status == STATUS_DONE) {
        status = key_read(key_path, &signer->key);
    }
    if (status == STATUS_DONE && others_path != NULL) {
        status = certificates_read(others_path, &signer->others);
    }
    if (status == STATUS_DONE) {
        status = check_signer(certificate_path, key_path, signer);
    }
    if (status != STATUS_DONE) {
        signer_free(signer);
    }
    return status;
}

void signer_free(struct signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
    sk_X509_pop_free(signer->others, X509_free);
    *signer = (struct signer){0};
}
