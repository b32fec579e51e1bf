/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/inject_request.h"

#include "base/text.h"
#include "offline/driver_pack.h"
#include "sign/certificate_file.h"

#include <string.h>
#include <strings.h>

static enum status parse_stores(const char *command, const char *text, unsigned *out)
{
    *out = 0;
    if (text == NULL) {
        *out = OFFLINE_STORE_ROOT | OFFLINE_STORE_TRUSTED_PUBLISHER;
        return STATUS_DONE;
    }
    for (;;) {
        size_t length = strcspn(text, ",");

        if (length == strlen("ROOT") && strncasecmp(text, "ROOT", length) == 0) {
            *out |= OFFLINE_STORE_ROOT;
        } else if (length == strlen("TrustedPublisher") && strncasecmp(text, "TrustedPublisher", length) == 0) {
            *out |= OFFLINE_STORE_TRUSTED_PUBLISHER;
        } else {
            return options_usage(command, "--cert-store takes ROOT, TrustedPublisher, or both with a comma");
        }
        if (text[length] == 0) {
            return STATUS_DONE;
        }
        text += length + 1;
    }
}

static enum status read_certificate(const char *path, struct bytes *out)
{
    X509 *certificate;
    enum status status = certificate_read(path, &certificate);
    unsigned char *der = NULL;
    int size;

    if (status != STATUS_DONE) {
        return status;
    }
    size = i2d_X509(certificate, &der);
    X509_free(certificate);
    if (size <= 0) {
        diag_error(path, "the certificate cannot be encoded: %s", crypto_fault());
        return STATUS_BAD_INPUT;
    }
    out->size = (size_t)size;
    out->data = xcalloc(1, out->size + 1);
    memcpy(out->data, der, out->size);
    OPENSSL_free(der);
    return STATUS_DONE;
}

enum status inject_request_read(const char *command, const struct inject_options *options, struct inject_request *out)
{
    enum status status;

    *out = (struct inject_request){0};
    if (options->pack == NULL) {
        return options_usage(command, "--driver-pack is missing");
    }
    if (options->stores != NULL && options->certificate == NULL) {
        return options_usage(command, "--cert-store needs --cert");
    }
    if (options->test_signing != NULL && strcmp(options->test_signing, "on") != 0 &&
        strcmp(options->test_signing, "off") != 0) {
        return options_usage(command, "--test-signing takes on or off");
    }
    status = parse_stores(command, options->stores, &out->request.stores);
    if (status == STATUS_DONE && options->certificate != NULL) {
        status = read_certificate(options->certificate, &out->certificate);
        out->request.certificate = &out->certificate;
    }
    if (status == STATUS_DONE) {
        status = driver_pack_load(options->pack, &out->pack);
    }
    out->request.pack_name = options->pack;
    out->request.pack = &out->pack;
    out->request.test_signing =
        options->test_signing != NULL ? strcmp(options->test_signing, "on") == 0 : options->certificate != NULL;
    out->request.ignore_signatures = options->ignore_signatures;
    return status;
}

void inject_request_free(struct inject_request *request)
{
    bytes_free(&request->certificate);
    file_tree_free(&request->pack);
}
