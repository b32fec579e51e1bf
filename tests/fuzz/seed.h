/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Seeds of a driver's fuzz targets: bytes put together and written to ROOT/CORPUS/NUMBER. Made at build time, so that
 * no binary file is in the source tree. What cannot be written ends the program with status 4.
 */
#ifndef SEED_H
#define SEED_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct seed {
    uint8_t bytes[1024];
    size_t length;
};

/* Little-endian; what does not fit is cut off. */
static inline void put(struct seed *seed, uint64_t value, unsigned bytes)
{
    for (; bytes != 0 && seed->length < sizeof(seed->bytes); bytes--, value >>= 8) {
        seed->bytes[seed->length++] = (uint8_t)value;
    }
}

static inline void save_below(const char *root, const struct seed *seed, const char *corpus, unsigned number)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", root, corpus);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(4);
    }
    snprintf(path, sizeof(path), "%s/%s/%u", root, corpus, number);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(seed->bytes, 1, seed->length, file) != seed->length || fclose(file) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(4);
    }
}

#endif
