/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign_input.h"

#include "base/text.h"
#include "fuzz.h"
#include "sign/certificate_make.h"
#include "small_pe.h"

enum { SECURITY_ENTRY = 0x40 + 24 + 112 + 32 }; /* of small_pe_make's 64-bit image */

void sign_input_signer(struct signer *signer)
{
    const struct certificate_parameters parameters = {
        .subject = "CN=Fuzz", .digest = EVP_sha1(), .not_before = "2009-01-01", .not_after = "2049-12-31"};

    *signer = (struct signer){.key = signing_key_make()};
    FUZZ_CHECK(signer->key != NULL &&
               certificate_make("fuzz", &parameters, signer->key, &signer->certificate) == STATUS_DONE);
}

static void put_u32(char *at, size_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (char)(value >> (8 * i));
    }
}

void sign_input_file(unsigned kind, const uint8_t *image, const uint8_t *data, size_t size, struct bytes *out)
{
    size_t padding = (8 - size % 8) % 8;

    if (kind != SIGN_INPUT_MESSAGE) {
        *out = (struct bytes){.data = xcalloc(1, size + 1), .size = size};
        memcpy(out->data, data, size);
        return;
    }
    out->size = SMALL_PE_SIZE + 8 + size + padding;
    out->data = xcalloc(1, out->size + 1);
    memcpy(out->data, image, SMALL_PE_SIZE);
    put_u32(out->data + SECURITY_ENTRY, SMALL_PE_SIZE);
    put_u32(out->data + SECURITY_ENTRY + 4, out->size - SMALL_PE_SIZE);
    put_u32(out->data + SMALL_PE_SIZE, out->size - SMALL_PE_SIZE);
    put_u32(out->data + SMALL_PE_SIZE + 4, 0x00020200);
    memcpy(out->data + SMALL_PE_SIZE + 8, data, size);
}
