/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading and writing through the disk, with data that is checked. */
#ifndef SELFTEST_BLK_IO_H
#define SELFTEST_BLK_IO_H

#include "platform.h"

struct blk_io_result {
    const char *step; /* that failed: open, write, flush, read, compare, memory; NULL: none */
    uint32_t error;
    uint64_t offset; /* where */
    uint64_t write_kib_s;
    uint64_t read_kib_s;
};

/* Writes a new file, flushes it, reads it back and compares. It is gone afterwards. */
void blk_io_file(const struct platform *platform, const char *path, uint64_t bytes, uint32_t chunk,
                 struct blk_io_result *result);

/* Reads the first and the last 64 KiB of a disk of `bytes`, twice, and compares. `digest` tells contents apart. */
void blk_io_raw(const struct platform *platform, void *disk, uint64_t bytes, uint64_t *digest,
                struct blk_io_result *result);

#endif
