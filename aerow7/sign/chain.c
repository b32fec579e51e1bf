/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/chain.h"

#include "sign/certificate_file.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum { DEPTH_LIMIT = 16 };

enum status roots_load(const char *const *paths, size_t count, X509_STORE **out)
{
    X509_STORE *store = count > 0 ? X509_STORE_new() : NULL;
    enum status status = STATUS_DONE;

    *out = NULL;
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        STACK_OF(X509) *list = NULL;

        status = certificates_read(paths[i], &list);
        for (int j = 0; j < sk_X509_num(list); ++j) {
            if (store == NULL || X509_STORE_add_cert(store, sk_X509_value(list, j)) != 1) {
                diag_error(paths[i], "cannot be taken as a root: %s", crypto_fault());
                status = STATUS_BAD_INPUT;
                break;
            }
        }
        sk_X509_pop_free(list, X509_free);
    }
    if (status != STATUS_DONE) {
        X509_STORE_free(store);
        return status;
    }
    *out = store;
    return STATUS_DONE;
}

const char *chain_fault(X509 *certificate, STACK_OF(X509) * others, X509_STORE *roots, time_t when, bool timestamping)
{
    X509_STORE_CTX *context;
    X509_VERIFY_PARAM *parameters;
    const char *fault = NULL;

    if (roots == NULL) {
        return "no root was given to judge it by";
    }
    context = X509_STORE_CTX_new();
    if (context == NULL || X509_STORE_CTX_init(context, roots, certificate, others) != 1) {
        X509_STORE_CTX_free(context);
        return crypto_fault();
    }
    parameters = X509_STORE_CTX_get0_param(context);
    /* SHA-1 is what Windows 7 reads; level 1 would refuse it. */
    X509_VERIFY_PARAM_set_auth_level(parameters, 0);
    X509_VERIFY_PARAM_set_depth(parameters, DEPTH_LIMIT);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CHECK_SS_SIGNATURE);
    if (when != 0) {
        X509_VERIFY_PARAM_set_time(parameters, when);
    }
    /* There is no purpose for code signing in OpenSSL 3.0; certificate_signs_code stands for it. */
    X509_VERIFY_PARAM_set_purpose(parameters, timestamping ? X509_PURPOSE_TIMESTAMP_SIGN : X509_PURPOSE_ANY);
    if (X509_verify_cert(context) != 1) {
        fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return fault;
}
