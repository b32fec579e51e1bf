/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "blk_io.h"

#include <string.h>

#define RAW_BYTES (64u * 1024u)

/* Each 8 bytes depend on the place and on the run: data of another place or of an earlier run does not pass. */
static uint64_t pattern_at(uint64_t seed, uint64_t offset)
{
    uint64_t x = seed + offset * 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static void fill_pattern(uint8_t *buffer, uint32_t bytes, uint64_t seed, uint64_t offset)
{
    for (uint32_t i = 0; i < bytes; i += 8) {
        uint64_t word = pattern_at(seed, offset + i);

        memcpy(buffer + i, &word, sizeof(word));
    }
}

static bool is_pattern(const uint8_t *buffer, uint32_t bytes, uint64_t seed, uint64_t offset, uint64_t *wrong)
{
    for (uint32_t i = 0; i < bytes; i += 8) {
        uint64_t word = pattern_at(seed, offset + i);

        if (memcmp(buffer + i, &word, sizeof(word)) != 0) {
            *wrong = offset + i;
            return false;
        }
    }
    return true;
}

static bool failed_at(struct blk_io_result *result, const char *step, uint32_t error, uint64_t offset)
{
    result->step = step;
    result->error = error;
    result->offset = offset;
    return false;
}

static uint64_t kib_per_second(uint64_t bytes, uint64_t microseconds)
{
    return bytes * 1000000u / 1024u / (microseconds != 0 ? microseconds : 1);
}

static bool write_file(const struct platform *platform, void *file, uint8_t *buffer, uint64_t bytes, uint32_t chunk,
                       uint64_t seed, struct blk_io_result *result)
{
    uint64_t started = platform->microseconds(platform->context);
    uint32_t error;

    for (uint64_t at = 0; at < bytes; at += chunk) {
        uint32_t part = bytes - at < chunk ? (uint32_t)(bytes - at) : chunk;
        uint32_t done = 0;

        fill_pattern(buffer, part, seed, at);
        error = platform->write_at(platform->context, file, at, buffer, part, &done);
        if (error != 0 || done != part) {
            return failed_at(result, "write", error, at);
        }
    }
    error = platform->flush(platform->context, file);
    if (error != 0) {
        return failed_at(result, "flush", error, 0);
    }
    result->write_kib_s = kib_per_second(bytes, platform->microseconds(platform->context) - started);
    return true;
}

static bool read_file(const struct platform *platform, void *file, uint8_t *buffer, uint64_t bytes, uint32_t chunk,
                      uint64_t seed, struct blk_io_result *result)
{
    uint64_t started = platform->microseconds(platform->context);

    for (uint64_t at = 0; at < bytes; at += chunk) {
        uint32_t part = bytes - at < chunk ? (uint32_t)(bytes - at) : chunk;
        uint32_t done = 0;
        uint64_t wrong = 0;
        uint32_t error;

        memset(buffer, 0, part);
        error = platform->read_at(platform->context, file, at, buffer, part, &done);
        if (error != 0 || done != part) {
            return failed_at(result, "read", error, at);
        }
        if (!is_pattern(buffer, part, seed, at, &wrong)) {
            return failed_at(result, "compare", 0, wrong);
        }
    }
    result->read_kib_s = kib_per_second(bytes, platform->microseconds(platform->context) - started);
    return true;
}

void blk_io_file(const struct platform *platform, const char *path, uint64_t bytes, uint32_t chunk,
                 struct blk_io_result *result)
{
    uint64_t seed = platform->microseconds(platform->context);
    uint8_t *buffer;
    uint32_t error;
    void *file;

    memset(result, 0, sizeof(*result));
    buffer = platform->allocate(platform->context, chunk);
    if (buffer == NULL) {
        failed_at(result, "memory", 0, 0);
        return;
    }
    error = platform->open(platform->context, path, OPEN_CREATE, &file);
    if (error != 0) {
        failed_at(result, "open", error, 0);
        goto release;
    }
    if (write_file(platform, file, buffer, bytes, chunk, seed, result)) {
        read_file(platform, file, buffer, bytes, chunk, seed, result);
    }
    platform->close(platform->context, file);
release:
    platform->release(platform->context, buffer);
}

static bool read_twice(const struct platform *platform, void *disk, uint64_t offset, uint32_t bytes, uint8_t *buffer,
                       uint64_t *digest, struct blk_io_result *result)
{
    uint8_t *again = buffer + bytes;

    for (int i = 0; i < 2; i++) {
        uint32_t done = 0;
        uint32_t error = platform->read_at(platform->context, disk, offset, i == 0 ? buffer : again, bytes, &done);

        if (error != 0 || done != bytes) {
            return failed_at(result, "read", error, offset);
        }
    }
    if (memcmp(buffer, again, bytes) != 0) {
        return failed_at(result, "compare", 0, offset);
    }
    for (uint32_t i = 0; i < bytes; i++) {
        *digest = (*digest ^ buffer[i]) * 0x100000001B3u; /* FNV-1a */
    }
    return true;
}

void blk_io_raw(const struct platform *platform, void *disk, uint64_t bytes, uint64_t *digest,
                struct blk_io_result *result)
{
    uint32_t part = bytes < RAW_BYTES ? (uint32_t)bytes : RAW_BYTES;
    uint8_t *buffer;

    memset(result, 0, sizeof(*result));
    *digest = 0xCBF29CE484222325u;
    buffer = platform->allocate(platform->context, 2 * (size_t)RAW_BYTES);
    if (buffer == NULL) {
        failed_at(result, "memory", 0, 0);
        return;
    }
    memset(buffer, 0, 2 * (size_t)RAW_BYTES);
    if (part == 0) {
        failed_at(result, "size", 0, 0);
    } else if (read_twice(platform, disk, 0, part, buffer, digest, result)) {
        read_twice(platform, disk, bytes - part, part, buffer, digest, result);
    }
    platform->release(platform->context, buffer);
}
