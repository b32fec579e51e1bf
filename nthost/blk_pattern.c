/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What every sector of the tested part of the disk holds: its number, a generation that grows with every write, and
 * words that follow from both and from the seed. A sector read back in the wrong place, from an older time, or half
 * written, is told apart from a right one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blk.h"

#define MAGIC 0x524F544345534B42ull
#define WORDS (SECTOR_BYTES / 8)
#define ANY 0u /* generation of a sector whose content is not known */
#define CHUNK_SECTORS 256u

static uint64_t first, count, salt;
static uint32_t *generations;

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

static void fill_sector(uint64_t *words, uint64_t sector, uint32_t generation)
{
    uint64_t state = mix(sector * 0x9E3779B97F4A7C15ull + generation) ^ salt;

    words[0] = MAGIC ^ salt;
    words[1] = sector;
    words[2] = generation;
    for (unsigned i = 3; i < WORDS; i++)
        words[i] = state += 0x9E3779B97F4A7C15ull;
}

void pattern_init(struct bench *b, uint64_t first_sector, uint64_t sectors)
{
    free(generations);
    first = first_sector;
    count = sectors;
    salt = mix(b->options->seed);
    generations = malloc((size_t)sectors * sizeof(*generations));
    if (generations == NULL)
        environment_failed("out of memory");
    for (uint64_t i = 0; i < sectors; i++)
        generations[i] = 1;
}

void pattern_fill(uint8_t *data, uint64_t sector, uint64_t sectors)
{
    uint64_t words[WORDS];

    for (uint64_t i = 0; i < sectors; i++) {
        fill_sector(words, sector + i, generations[sector + i - first]);
        memcpy(data + i * SECTOR_BYTES, words, SECTOR_BYTES);
    }
}

void pattern_next(uint64_t sector, uint64_t sectors)
{
    static uint32_t newest = 1;

    newest++;
    for (uint64_t i = 0; i < sectors; i++)
        generations[sector + i - first] = newest;
}

void pattern_forget(uint64_t sector, uint64_t sectors)
{
    for (uint64_t i = 0; i < sectors; i++)
        generations[sector + i - first] = ANY;
}

bool pattern_check(const uint8_t *data, uint64_t sector, uint64_t sectors, uint64_t *wrong)
{
    uint64_t words[WORDS];

    for (uint64_t i = 0; i < sectors; i++) {
        uint32_t generation = generations[sector + i - first];

        if (generation == ANY)
            continue;
        fill_sector(words, sector + i, generation);
        if (memcmp(data + i * SECTOR_BYTES, words, SECTOR_BYTES) != 0) {
            *wrong = sector + i;
            return false;
        }
    }
    return true;
}

void pattern_write_image(struct bench *b, uint64_t sector, uint64_t sectors)
{
    static uint8_t data[CHUNK_SECTORS * SECTOR_BYTES];

    while (sectors != 0) {
        uint64_t now = sectors < CHUNK_SECTORS ? sectors : CHUNK_SECTORS;

        pattern_fill(data, sector, now);
        if (pwrite(b->image_fd, data, (size_t)(now * SECTOR_BYTES), (off_t)(sector * SECTOR_BYTES)) !=
            (ssize_t)(now * SECTOR_BYTES))
            environment_failed("cannot write sector %llu of the image: %s", (unsigned long long)sector,
                               strerror(errno));
        sector += now;
        sectors -= now;
    }
}

uint64_t pattern_check_image(struct bench *b, uint64_t *compared)
{
    static uint8_t data[CHUNK_SECTORS * SECTOR_BYTES];
    uint64_t miscompares = 0, wrong = 0;

    for (uint64_t at = 0; at < count;) {
        uint64_t now = count - at < CHUNK_SECTORS ? count - at : CHUNK_SECTORS;

        if (pread(b->image_fd, data, (size_t)(now * SECTOR_BYTES), (off_t)((first + at) * SECTOR_BYTES)) !=
            (ssize_t)(now * SECTOR_BYTES))
            environment_failed("cannot read sector %llu of the image: %s", (unsigned long long)(first + at),
                               strerror(errno));
        for (uint64_t i = 0; i < now; i++) {
            if (pattern_check(data + i * SECTOR_BYTES, first + at + i, 1, &wrong))
                continue;
            if (miscompares++ < 5)
                bench_fail(b, "second path: sector %llu of the image is not what was written through the driver",
                           (unsigned long long)wrong);
        }
        at += now;
    }
    *compared += count;
    return miscompares;
}
