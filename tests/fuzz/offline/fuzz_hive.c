/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What comes out of an image and is read before anything is written. A hive is opened only when our own check finds it
 * sound, and then hivex must survive it, and what was changed must stand the check again. The first block's checksum is
 * made right, or nothing would get past it. Anything else is a program that is asked for its version, a script, an INI
 * file or a certificate's blob.
 */
#include "offline/bcd.h"
#include "offline/certificate_blob.h"
#include "offline/control_sets.h"
#include "offline/device_path.h"
#include "offline/file_version.h"
#include "offline/first_start.h"
#include "offline/hive.h"
#include "offline/plan.h"
#include "offline/setup_scripts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BASE_BLOCK 4096
#define CHECKSUM 508

static void make_checksum(unsigned char *base)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < CHECKSUM; i += 4) {
        uint32_t word;

        memcpy(&word, base + i, 4);
        sum ^= word;
    }
    sum = sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum;
    memcpy(base + CHECKSUM, &sum, 4);
}

static void read_all(struct hive *hive, hive_key key, unsigned depth)
{
    size_t count;
    char **names = hive_children(hive, key, &count);

    for (size_t i = 0; i < count; ++i) {
        hive_key child = hive_find(hive, key, names[i]);

        if (child != 0 && depth < 8) {
            free(hive_text(hive, child, "Element"));
            read_all(hive, child, depth + 1);
        }
        free(names[i]);
    }
    free(names);
}

static void change(struct hive *hive, const struct bytes *content)
{
    static const struct bytes der = {.data = (char *)(uintptr_t)"0123456789", .size = 10};
    struct control_sets sets;
    struct bytes out = {0};
    hive_key key;
    enum status status;

    (void)content;
    read_all(hive, hive_root(hive), 0);
    status = certificate_put(hive, &der, OFFLINE_STORE_ROOT | OFFLINE_STORE_TRUSTED_PUBLISHER);
    if (status == STATUS_DONE) {
        status = device_path_add(hive, "%SystemRoot%\\Drivers\\Aero\\x");
    }
    if (status == STATUS_DONE && control_sets_of(hive, &sets) == NULL) {
        status = first_start_put(hive, "fuzz");
    }
    if (status == STATUS_DONE) {
        status = hive_make(hive, hive_root(hive), "a\\Long name of a key\\b", &key);
    }
    if (status == STATUS_DONE && hive_bytes(hive, &out) != STATUS_DONE) {
        abort();
    }
    bytes_free(&out);
}

static void try_hive(const struct bytes *content)
{
    struct hive *hive;
    struct bytes out;

    if (content->size >= BASE_BLOCK) {
        make_checksum((unsigned char *)content->data);
    }
    if (hive_open("fuzz", content, &hive) == STATUS_DONE) {
        change(hive, content);
        hive_close(hive);
        if (bcd_turn_on_test_signing("fuzz", content, &out) == STATUS_DONE) {
            bytes_free(&out);
        }
    }
}

static void try_image(const struct bytes *content)
{
    struct pe_image image;

    if (pe_parse(content->data, content->size, &image) == NULL) {
        (void)file_version_of(&image);
        pe_free(&image);
    }
}

static void try_text(const struct bytes *content)
{
    static const char *const infs[] = {"one\\one.inf", "two\\two.inf"};
    static const struct bytes der = {.data = (char *)(uintptr_t)"0", .size = 1};
    struct bytes once;
    struct bytes twice;

    (void)certificate_blob_holds(content, &der);
    /* Doing it again changes nothing. */
    if (setup_complete("fuzz", content, &once) == STATUS_DONE) {
        if (setup_complete("fuzz", &once, &twice) != STATUS_DONE || once.size != twice.size) {
            abort();
        }
        bytes_free(&once);
        bytes_free(&twice);
    }
    if (winpeshl("fuzz", content, true, infs, 2, &once) == STATUS_DONE) {
        if (winpeshl("fuzz", &once, true, infs, 2, &twice) != STATUS_DONE || once.size != twice.size) {
            abort();
        }
        bytes_free(&once);
        bytes_free(&twice);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = {.data = malloc(size + 1), .size = size};

    memcpy(content.data, data, size);
    content.data[size] = 0;
    if (size >= 4 && memcmp(data, "regf", 4) == 0) {
        try_hive(&content);
    } else if (size >= 2 && memcmp(data, "MZ", 2) == 0) {
        try_image(&content);
    } else {
        try_text(&content);
    }
    free(content.data);
    return 0;
}
