/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * fuzz_sign_seeds DIRECTORY: makes DIRECTORY/pe and DIRECTORY/authenticode with signed images, their messages, and a
 * signed list. Made at build time, so that neither binaries nor keys are in the source tree.
 */
#include "base/text.h"
#include "fuzz.h"
#include "sign/authenticode.h"
#include "sign_input.h"
#include "small_pe.h"

static const char *root;

static void write_seed(const char *corpus, const char *name, int kind, const void *data, size_t size)
{
    char *path = xformat("%s/%s/%s", root, corpus, name);
    struct text text = {0};
    char first = (char)kind;

    if (kind >= 0) {
        text_add(&text, &first, 1);
    }
    text_add(&text, data, size);
    if (file_write(path, text.data, text.size) != STATUS_DONE) {
        exit(STATUS_NOT_WRITTEN);
    }
    text_free(&text);
    free(path);
}

static void image_seeds(const struct signer *signer)
{
    static const char *const names[] = {"sha1", "sha256", "dual"};
    uint8_t image[SMALL_PE_SIZE];
    struct bytes plain = {.data = (char *)image, .size = sizeof(image)};

    for (int plus = 0; plus < 2; plus++) {
        small_pe_make(plus != 0, image);
        write_seed("pe", plus ? "plain-64" : "plain-32", -1, image, sizeof(image));
        for (int i = 0; i < 3; i++) {
            const struct sign_options options = {.digest = (enum sign_digest)i, .page_hashes = i != 0};
            struct bytes signed_image = {0};
            char *name = xformat("%s-%d", names[i], plus ? 64 : 32);

            if (authenticode_sign_pe(name, &plain, signer, &options, &signed_image) != STATUS_DONE) {
                exit(STATUS_BAD_INPUT);
            }
            write_seed("pe", name, -1, signed_image.data, signed_image.size);
            write_seed("authenticode", name, SIGN_INPUT_FILE, signed_image.data, signed_image.size);
            if (plus) {
                char *message = xformat("message-%s", names[i]);

                write_seed("authenticode", message, SIGN_INPUT_MESSAGE, signed_image.data + SMALL_PE_SIZE + 8,
                           signed_image.size - SMALL_PE_SIZE - 8);
                free(message);
            }
            free(name);
            bytes_free(&signed_image);
        }
    }
}

/* SignedData with an empty list of the catalogs' type, and no signer. */
static void catalog_seeds(const struct signer *signer)
{
    static unsigned char empty[] = "\x30\x27\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x1A\x30\x18\x02\x01\x01"
                                   "\x31\x00\x30\x0F\x06\x09\x2B\x06\x01\x04\x01\x82\x37\x0A\x01\xA0\x02\x30\x00\x31";
    struct bytes file = {.data = (char *)empty, .size = sizeof(empty)};
    const struct sign_options options = {.digest = SIGN_SHA1};
    struct bytes signed_file = {0};

    /* The literal's own zero is the last byte, an empty SET's length. */
    if (authenticode_sign_catalog("empty", &file, signer, &options, &signed_file) != STATUS_DONE) {
        exit(STATUS_BAD_INPUT);
    }
    write_seed("authenticode", "catalog-unsigned", SIGN_INPUT_CATALOG, empty, sizeof(empty));
    write_seed("authenticode", "catalog-signed", SIGN_INPUT_CATALOG, signed_file.data, signed_file.size);
    bytes_free(&signed_file);
}

int main(int argc, char **argv)
{
    struct signer signer;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return STATUS_USAGE;
    }
    root = argv[1];
    sign_input_signer(&signer);
    image_seeds(&signer);
    catalog_seeds(&signer);
    signer_free(&signer);
    return STATUS_DONE;
}
