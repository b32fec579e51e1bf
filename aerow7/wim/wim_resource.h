/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One resource of a WIM, read whole or appended: chunks of 32 KiB (or what the header says), each compressed by itself
 * with XPRESS or LZX, their places in a table in front. The codecs are wimlib's.
 */
#ifndef AEROW7_WIM_RESOURCE_H
#define AEROW7_WIM_RESOURCE_H

#include "base/file_io.h"

#include <stdbool.h>
#include <stdint.h>

struct wimlib_compressor;
struct wimlib_decompressor;

enum wim_compression {
    WIM_STORED,
    WIM_XPRESS,
    WIM_LZX,
};

struct wim_place {
    uint64_t stored; /* bytes in the file */
    uint64_t offset;
    uint64_t size; /* decompressed */
    uint8_t flags;
};

void wim_place_get(const void *at, struct wim_place *place);
void wim_place_put(void *at, const struct wim_place *place);

struct wim_codec {
    enum wim_compression compression;
    uint32_t chunk_size;
    struct wimlib_compressor *compressor;     /* made when first needed */
    struct wimlib_decompressor *decompressor; /* the same */
};
void wim_codec_close(struct wim_codec *codec);

/*
 * `name` and `what` are for messages. STATUS_BAD_INPUT when it lies outside the file of `file_size` bytes, is larger
 * than `limit`, or does not decompress to its size. The caller frees.
 */
enum status wim_resource_read(struct wim_codec *codec, int descriptor, uint64_t file_size,
                              const struct wim_place *place, size_t limit, const char *name, const char *what,
                              struct bytes *out);

/* At *end of the file, which moves on. Stored as it is when compression does not make it shorter. `flags` are kept. */
enum status wim_resource_append(struct wim_codec *codec, int descriptor, uint64_t *end, const struct bytes *content,
                                uint8_t flags, const char *name, struct wim_place *place);

/* pread and pwrite that go on; errors are reported for `name`. */
enum status wim_read_at(int descriptor, void *data, size_t size, uint64_t offset, const char *name);
enum status wim_write_at(int descriptor, const void *data, size_t size, uint64_t offset, const char *name);

#endif
