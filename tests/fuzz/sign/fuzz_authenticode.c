/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes as a signature. The first says as what: the message of an image made here, a whole PE file, a catalog.
 * Read, and signed again: what can be signed verifies, and signing it once more gives the same bytes.
 */
#include "base/text.h"
#include "fuzz.h"
#include "sign/authenticode.h"
#include "sign/authenticode_verify.h"
#include "sign/certificate_make.h"
#include "sign_input.h"
#include "small_pe.h"

#include <openssl/err.h>

static struct signer signer;
static X509_STORE *roots;
static uint8_t image[SMALL_PE_SIZE];

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sign_input_signer(&signer);
    roots = X509_STORE_new();
    FUZZ_CHECK(roots != NULL && X509_STORE_add_cert(roots, signer.certificate) == 1);
    small_pe_make(true, image);
    return 0;
}

static void check_signatures(const struct signatures *signatures)
{
    for (size_t i = 0; i < signatures->count; i++) {
        const struct signature *signature = &signatures->list[i];

        FUZZ_CHECK(i > 0 || !signature->nested);
        FUZZ_CHECK(signature->digest != NULL && (signature->fault != NULL || signature_good(signature)));
        FUZZ_CHECK(signature->chain_trusted == (signature->chain_fault == NULL));
        /* The only root was made in this process, so no input is by its key. */
        FUZZ_CHECK(!signature->chain_trusted);
    }
}

static void sign_again(const struct bytes *file, bool catalog)
{
    const struct sign_options options = {.digest = catalog ? SIGN_SHA1 : SIGN_DUAL};
    struct signatures signatures = {0};
    struct bytes once = {0};
    struct bytes twice = {0};

    if ((catalog ? authenticode_sign_catalog("input", file, &signer, &options, &once)
                 : authenticode_sign_pe("input", file, &signer, &options, &once)) != STATUS_DONE) {
        FUZZ_CHECK(once.data == NULL);
        return;
    }
    FUZZ_CHECK((catalog ? authenticode_read_catalog("signed", &once, roots, &signatures)
                        : authenticode_read_pe("signed", &once, roots, &signatures)) == STATUS_DONE);
    FUZZ_CHECK(signatures.count == (catalog ? 1 : 2));
    for (size_t i = 0; i < signatures.count; i++) {
        FUZZ_CHECK(signature_good(&signatures.list[i]) && signatures.list[i].chain_trusted);
    }
    FUZZ_CHECK((catalog ? authenticode_sign_catalog("signed", &once, &signer, &options, &twice)
                        : authenticode_sign_pe("signed", &once, &signer, &options, &twice)) == STATUS_DONE);
    FUZZ_CHECK(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    signatures_free(&signatures);
    bytes_free(&once);
    bytes_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signatures signatures = {0};
    struct bytes file;
    bool catalog;

    if (size == 0) {
        return 0;
    }
    catalog = data[0] % 3 == SIGN_INPUT_CATALOG;
    sign_input_file(data[0] % 3, image, data + 1, size - 1, &file);
    if ((catalog ? authenticode_read_catalog("input", &file, roots, &signatures)
                 : authenticode_read_pe("input", &file, roots, &signatures)) == STATUS_DONE) {
        check_signatures(&signatures);
    } else {
        FUZZ_CHECK(signatures.list == NULL && signatures.count == 0);
    }
    FUZZ_CHECK(ERR_peek_error() == 0);
    signatures_free(&signatures);
    /* Signing takes a hundred times as long as reading. */
    if (data[0] / 3 % 8 == 0) {
        sign_again(&file, catalog);
    }
    bytes_free(&file);
    return 0;
}
