/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes the seed corpora of the block driver's fuzz targets: fuzz_blk_seeds DIRECTORY makes
 * DIRECTORY/{blk_command,blk_engine}/. Every command on a few disks; ordinary lives of an engine.
 */
#include "seed.h"

static const char *root;

static void save(const struct seed *seed, const char *corpus, unsigned number)
{
    save_below(root, seed, corpus, number);
}

/* As fuzz_blk_command.c reads it: features, configuration, what to mend in it, place, serial number, state. */
static void disk(struct seed *seed, uint32_t features, uint8_t block)
{
    uint8_t config[60] = {0, 0, 1, [12] = 254, [0x18] = 3, [0x20] = 1, [0x24] = 64, [0x28] = 14, [0x2C] = 8};

    memset(seed, 0, sizeof(*seed));
    put(seed, features, 4);
    memcpy(seed->bytes + seed->length, config, sizeof(config));
    seed->length += sizeof(config);
    put(seed, 1, 1);
    put(seed, block, 1);
    put(seed, 0, 1);
    put(seed, 0, 5);
    put(seed, 0, 2);
    put(seed, 0xFD000, 4);
    put(seed, 0, 1);
}

static void command(struct seed *seed, const uint8_t *cdb, uint32_t blocks)
{
    for (unsigned i = 0; i < 16; i++) {
        put(seed, cdb[i], 1);
    }
    put(seed, 16, 1);
    put(seed, (uint64_t)blocks << 1, 3);
}

static void command_seeds(void)
{
    static const uint8_t cdbs[][16] = {
        {0x00},
        {0x03, [4] = 18},
        {0x08, [4] = 1},
        {0x0A, [4] = 1},
        {0x12, [4] = 36},
        {0x12, 1, 0x80, 0, 96},
        {0x12, 1, 0x83, 0, 96},
        {0x12, 1, 0xB0, 0, 96},
        {0x12, 1, 0xB2, 0, 96},
        {0x1A, 0, 0x3F, 0, 96},
        {0x1B},
        {0x25},
        {0x28, [8] = 1},
        {0x2A, 8, [8] = 1},
        {0x2F, [8] = 1},
        {0x35},
        {0x5A, 0, 8, [8] = 96},
        {0x88, [13] = 1},
        {0x8A, [13] = 1},
        {0x8F, [13] = 1},
        {0x91},
        {0x9E, 0x10, [13] = 32},
        {0xA0, [9] = 16},
        {0xA8, [9] = 1},
        {0xAA, [9] = 1},
    };
    static const uint32_t features[] = {0, 0x2644, 0x2E66};
    unsigned number = 0;

    for (unsigned i = 0; i < sizeof(cdbs) / sizeof(cdbs[0]); i++) {
        for (unsigned j = 0; j < 3; j++) {
            struct seed seed;

            disk(&seed, features[j], j == 2 ? 3 : 0);
            command(&seed, cdbs[i], 1);
            save(&seed, "blk_command", number++);
        }
    }
    for (unsigned j = 0; j < 2; j++) {
        static const uint8_t cdb[16] = {0x42, [8] = 40};
        static const uint8_t list[40] = {0, 38, 0, 32, [15] = 10, [19] = 100, [31] = 20, [35] = 1};
        struct seed seed;

        disk(&seed, 0x2644, j == 0 ? 0 : 3);
        command(&seed, cdb, 0);
        seed.bytes[seed.length - 3] = 40 * 2 + 1; /* bytes, not blocks */
        for (unsigned i = 0; i < sizeof(list); i++) {
            put(&seed, list[i], 1);
        }
        save(&seed, "blk_command", number++);
    }
}

/* Submits of every kind, some service, a reap: again and again. */
static void engine_seeds(void)
{
    for (unsigned flags = 0; flags < 64; flags++) {
        struct seed seed = {.length = 0};

        put(&seed, flags | (flags & 3) << 6, 1);
        put(&seed, flags & 3, 1);
        put(&seed, flags % 5, 1);
        put(&seed, flags % 7, 1);
        if ((flags & 2) != 0) {
            put(&seed, 0x0800, 2);
        }
        for (unsigned i = 0; i < 60; i++) {
            put(&seed, 15, 1);
            put(&seed, i, 1);     /* job */
            put(&seed, i & 7, 1); /* blocks */
            put(&seed, i, 1);     /* address */
            put(&seed, (flags + i) % 6, 1);
            if ((flags + i) % 6 < 2) {
                put(&seed, i >> 2, 1); /* FUA */
            }
            put(&seed, 3, 1); /* segments of a discard */
            if ((flags + i) % 6 < 2) {
                put(&seed, 0, 1); /* one segment for all */
                put(&seed, 0x10000, 4);
            }
            if (i % 3 == 2) {
                for (unsigned served = 0; served < 3; served++) {
                    put(&seed, 0x1005, 2); /* OK */
                }
                put(&seed, 9, 1);
            }
        }
        save(&seed, "blk_engine", flags);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_blk_seeds DIRECTORY\n");
        return 2;
    }
    root = argv[1];
    command_seeds();
    engine_seeds();
    return 0;
}
