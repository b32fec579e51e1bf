/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Good images with any bytes of theirs changed. The images are the files of a folder; each is also a file in memory,
 * which the target reads by its path: image_change writes to that what the input says (sector among those that are not
 * empty, offset, bytes), and with `back` what was there before.
 */
#ifndef CHANGED_IMAGE_H
#define CHANGED_IMAGE_H

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES_LIMIT 16

struct image {
    uint8_t *bytes;
    size_t size;
    size_t sector_size;
    uint32_t *sectors; /* that are not empty */
    size_t sector_count;
    int descriptor; /* in memory, with the same content between inputs */
    char path[64];
};

struct images {
    struct image list[IMAGES_LIMIT];
    size_t count;
};

static inline void image_load(struct image *image, const char *path, size_t sector_size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    FUZZ_CHECK(file >= 0 && fstat(file, &info) == 0);
    image->size = (size_t)info.st_size;
    image->sector_size = sector_size;
    image->bytes = malloc(image->size);
    FUZZ_CHECK(image->bytes != NULL && read(file, image->bytes, image->size) == (ssize_t)image->size);
    close(file);
    image->sectors = calloc(image->size / sector_size + 1, sizeof(*image->sectors));
    FUZZ_CHECK(image->sectors != NULL);
    for (uint32_t i = 0; (i + 1) * sector_size <= image->size; ++i) {
        const uint8_t *sector = image->bytes + i * sector_size;

        if (sector[0] != 0 || memcmp(sector, sector + 1, sector_size - 1) != 0) {
            image->sectors[image->sector_count++] = i;
        }
    }
    image->descriptor = memfd_create("image", MFD_CLOEXEC);
    FUZZ_CHECK(image->descriptor >= 0 && image->sector_count > 0);
    FUZZ_CHECK(write(image->descriptor, image->bytes, image->size) == (ssize_t)image->size);
    snprintf(image->path, sizeof(image->path), "/proc/self/fd/%d", image->descriptor);
}

/* The files of the folder in the order of their names. */
static inline void images_load(struct images *images, const char *folder, size_t sector_size)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < count; ++i) {
        if (entries[i]->d_name[0] != '.') {
            char path[4096];

            FUZZ_CHECK(images->count < IMAGES_LIMIT);
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
            image_load(&images->list[images->count++], path, sector_size);
        }
        free(entries[i]);
    }
    FUZZ_CHECK(images->count > 0);
    free(entries);
}

static inline void image_change(const struct image *image, struct fuzz_input *input, bool back)
{
    while (input->left != 0) {
        size_t at = image->sectors[fuzz_word(input, 2) % image->sector_count] * image->sector_size;
        uint8_t bytes[16];
        size_t length;

        at += fuzz_word(input, 2) % image->sector_size;
        length = (size_t)(fuzz_byte(input) & 15) + 1;
        for (size_t i = 0; i < length; ++i) {
            bytes[i] = fuzz_byte(input);
        }
        if (length > image->size - at) {
            length = image->size - at;
        }
        FUZZ_CHECK(pwrite(image->descriptor, back ? image->bytes + at : bytes, length, (off_t)at) == (ssize_t)length);
    }
}

#endif
