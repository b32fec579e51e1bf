/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any bytes as a PE file: what is parsed lies within the file, the hash can be formed exactly when the certificate
 * table is where it may be, does not depend on CheckSum, and the page hashes have the size that the sections ask for.
 */
#include "fuzz.h"
#include "pe/pe_hash.h"
#include "pe/pe_image.h"
#include "pe/pe_page_hash.h"

static void check_hash(const struct pe_image *image, uint8_t *copy)
{
    unsigned char hash[EVP_MAX_MD_SIZE] = {0};
    unsigned char again[EVP_MAX_MD_SIZE] = {0};
    struct pe_image other;
    struct pe_range table;
    bool placed = pe_certificate_table(image, &table);

    FUZZ_CHECK(pe_authenticode_hash(image, EVP_sha1(), hash) == placed);
    if (!placed) {
        return;
    }
    FUZZ_CHECK(table.size == 0 || (size_t)table.address + table.size == image->size);
    memcpy(copy, image->data, image->size);
    memset(copy + image->checksum_offset, 0x5A, 4);
    FUZZ_CHECK(pe_parse(copy, image->size, &other) == NULL);
    FUZZ_CHECK(pe_authenticode_hash(&other, EVP_sha1(), again) && memcmp(hash, again, sizeof(hash)) == 0);
    FUZZ_CHECK(pe_checksum(image) == pe_checksum(&other));
    pe_free(&other);
}

static void check_pages(const struct pe_image *image)
{
    struct text pages;
    size_t count = 2;

    if (pe_page_hashes(image, EVP_sha256(), &pages) != NULL) {
        FUZZ_CHECK(pages.data == NULL && pages.size == 0);
        return;
    }
    for (size_t i = 0; i < image->section_count; i++) {
        count += (image->sections[i].raw_size + (size_t)4095) / 4096;
    }
    FUZZ_CHECK(pages.size == count * (4 + 32));
    text_free(&pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Memory of exactly this size, so that one byte too far is seen. */
    uint8_t *file = malloc(size + 1);
    uint8_t *copy = malloc(size + 1);
    struct pe_image image;

    if (file == NULL || copy == NULL) {
        abort();
    }
    file = realloc(file, size > 0 ? size : 1);
    memcpy(file, data, size);
    if (pe_parse(file, size, &image) == NULL) {
        for (size_t i = 0; i < image.section_count; i++) {
            const struct pe_section *section = &image.sections[i];

            FUZZ_CHECK(section->offset <= size && section->raw_size <= size - section->offset);
            (void)pe_string(&image, section->address);
        }
        for (uint32_t i = 0; i < image.directory_count; i++) {
            (void)pe_at(&image, image.directories[i].address, image.directories[i].size);
        }
        check_hash(&image, copy);
        check_pages(&image);
        pe_free(&image);
    }
    free(copy);
    free(file);
    return 0;
}
