/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes the seed corpora of the sound driver's fuzz targets: fuzz_snd_seeds DIRECTORY makes
 * DIRECTORY/{snd_control,snd_pcm}/. Ordinary lives of a control queue and of a stream, with every option.
 */
#include "seed.h"

static const char *root;

static void save(const struct seed *seed, const char *corpus, unsigned number)
{
    save_below(root, seed, corpus, number);
}

/* PCM_INFO answered with two streams, then the stream's own requests. As fuzz_snd_control.c reads it. */
static void control_seeds(void)
{
    static const uint8_t item[32] = {[8] = 0x20, [16] = 0x80, [25] = 1, [26] = 2};

    for (unsigned options = 0; options < 32; options++) {
        struct seed seed = {.length = 0};

        put(&seed, options, 1);
        put(&seed, 0xFFF3, 2); /* submit a query for streams */
        put(&seed, 0x020200, 3);
        seed.bytes[seed.length - 3] = 0;
        put(&seed, 4, 1); /* replies */
        put(&seed, (options & 1) ^ 1, 1);
        put(&seed, 64, 1);
        put(&seed, 0, 8);
        for (unsigned i = 0; i < 64; i++) {
            put(&seed, item[i % 32], 1);
        }
        put(&seed, 6, 1);
        put(&seed, 68, 2);
        put(&seed, 10, 1);
        put(&seed, 0, 1);
        for (unsigned i = 0; i < 40; i++) {
            put(&seed, 0xFC, 1);
            put(&seed, i % 7 == 3 ? 0xF0 : 0xFC, 1);
            put(&seed, 6, 1);
            put(&seed, 4, 2);
            put(&seed, 10, 1);
            put(&seed, 0, 1);
            if (i % 9 == 5) {
                put(&seed, 0x2003, 2);
            }
            put(&seed, 8, 1);
            put(&seed, 8, 2);
            put(&seed, 9, 1);
        }
        save(&seed, "snd_control", options);
    }
}

static void pcm_seeds(void)
{
    for (unsigned options = 0; options < 64; options++) {
        for (unsigned shape = 0; shape < 8; shape++) {
            struct seed seed = {.length = 0};

            put(&seed, options | 3, 1);
            put(&seed, 0, 1);
            put(&seed, 4 | (shape & 1) << 3 | 16 | (shape >> 2), 1);
            put(&seed, shape * 112 + options, 2);
            put(&seed, 200 + shape, 2);
            put(&seed, 4, 1);
            for (unsigned i = 0; i < 80; i++) {
                put(&seed, 0x010F, 2); /* submit */
                if (i % 3 == 2) {
                    put(&seed, 0xFF07, 2); /* serve */
                    put(&seed, 0, 1);
                    put(&seed, 0x0A, 1);
                    put(&seed, 0x100006, 3);
                }
                if (i % 20 == 19) {
                    put(&seed, 0x04, 1);
                    put(&seed, 8, 1);
                    put(&seed, 0xFFF00000u, 4);
                }
            }
            save(&seed, "snd_pcm", options * 8 + shape);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_snd_seeds DIRECTORY\n");
        return 2;
    }
    root = argv[1];
    control_seeds();
    pcm_seeds();
    return 0;
}
