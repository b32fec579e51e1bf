/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/certificate_blob.h"

#include "offline/plan.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define PROPERTY_SHA1 3U
#define PROPERTY_CERTIFICATE 0x20U
#define RECORD_HEADER 12U

static uint32_t u32(const char *data)
{
    const unsigned char *at = (const unsigned char *)data;

    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void add_u32(struct text *out, uint32_t value)
{
    const char bytes[4] = {(char)value, (char)(value >> 8), (char)(value >> 16), (char)(value >> 24)};

    text_add(out, bytes, sizeof(bytes));
}

static void add_record(struct text *out, uint32_t property, const void *data, size_t size)
{
    add_u32(out, property);
    add_u32(out, 1);
    add_u32(out, (uint32_t)size);
    text_add(out, data, size);
}

struct bytes certificate_blob(const struct bytes *der)
{
    unsigned char hash[SHA_DIGEST_LENGTH];
    struct text out = {0};

    SHA1((const unsigned char *)der->data, der->size, hash);
    add_record(&out, PROPERTY_SHA1, hash, sizeof(hash));
    add_record(&out, PROPERTY_CERTIFICATE, der->data, der->size);
    return (struct bytes){.data = out.data, .size = out.size};
}

bool certificate_blob_holds(const struct bytes *blob, const struct bytes *der)
{
    bool holds = false;

    for (size_t at = 0; at < blob->size;) {
        const char *record = blob->data + at;
        uint32_t length;

        if (blob->size - at < RECORD_HEADER) {
            return false;
        }
        length = u32(record + 8);
        if (length > blob->size - at - RECORD_HEADER) {
            return false;
        }
        if (u32(record) == PROPERTY_CERTIFICATE) {
            holds = length == der->size && memcmp(record + RECORD_HEADER, der->data, length) == 0;
        }
        at += RECORD_HEADER + length;
    }
    return holds;
}

static enum status put_into(struct hive *software, const struct bytes *der, const char *store)
{
    unsigned char hash[SHA_DIGEST_LENGTH];
    struct text path = {0};
    struct hive_data present;
    struct bytes blob;
    hive_key key = 0;
    enum status status;

    SHA1((const unsigned char *)der->data, der->size, hash);
    text_format(&path, "Microsoft\\SystemCertificates\\%s\\Certificates\\", store);
    for (size_t i = 0; i < sizeof(hash); ++i) {
        text_format(&path, "%02X", hash[i]);
    }
    status = hive_make(software, hive_root(software), path.data, &key);
    text_free(&path);
    if (status != STATUS_DONE) {
        return status;
    }
    if (hive_value(software, key, "Blob", &present)) {
        bool holds = present.type == HIVE_BINARY && certificate_blob_holds(&present.content, der);

        bytes_free(&present.content);
        if (holds) {
            return STATUS_DONE;
        }
    }
    blob = certificate_blob(der);
    status = hive_set(software, key, "Blob", HIVE_BINARY, blob.data, blob.size);
    bytes_free(&blob);
    return status;
}

enum status certificate_put(struct hive *software, const struct bytes *der, unsigned stores)
{
    static const struct {
        unsigned store;
        const char *name;
    } names[] = {{OFFLINE_STORE_ROOT, "ROOT"}, {OFFLINE_STORE_TRUSTED_PUBLISHER, "TrustedPublisher"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if ((stores & names[i].store) != 0) {
            enum status status = put_into(software, der, names[i].name);

            if (status != STATUS_DONE) {
                return status;
            }
        }
    }
    return STATUS_DONE;
}
