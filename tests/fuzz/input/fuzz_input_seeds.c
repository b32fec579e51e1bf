/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes the seed corpora of the input driver's fuzz targets: fuzz_input_seeds DIRECTORY makes
 * DIRECTORY/{input_capabilities,input_engine}/. Answers of ordinary devices; ordinary lives of an engine.
 */
#include "seed.h"

#include <stdbool.h>

static const char *root;

static void save(const struct seed *seed, const char *corpus, unsigned number)
{
    save_below(root, seed, corpus, number);
}

/* `full`: every answer is there; otherwise every other one is missing. */
static void configuration(unsigned number, uint8_t hint, bool full)
{
    struct seed seed = {0};

    put(&seed, hint, 1);
    for (unsigned question = 0; question < 24; question++) {
        unsigned bytes = full || question % 2 == 0 ? 8 + 4 * (question % 4) : 0;

        put(&seed, bytes, 1);
        for (unsigned i = 0; i < bytes; i++) {
            put(&seed, 0xFFu >> (i + question) % 8, 1);
        }
    }
    save(&seed, "input_capabilities", number);
}

static void life(unsigned number, uint8_t collections, bool more)
{
    struct seed seed = {0};

    put(&seed, collections, 1);
    put(&seed, more, 1);
    put(&seed, 0x1F, 1);
    put(&seed, 0x1FFF, 2);
    put(&seed, 9, 1);
    put(&seed, 0x00007FFF00000000ull, 8);
    put(&seed, 0x7FFF0000ull, 4);
    for (unsigned i = 0; i < 200; i++) {
        put(&seed, 1 + i % 4, 1);
        put(&seed, 7 * i, 1);
        put(&seed, i / 3 % 2, 1);
        if (i % 3 == 0) {
            put(&seed, 0, 3); /* SYN_REPORT */
        }
        if (i % 5 == 0) {
            put(&seed, 240, 1);
        }
    }
    put(&seed, 255, 1);
    save(&seed, "input_engine", number);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_input_seeds DIRECTORY\n");
        return 2;
    }
    root = argv[1];
    if (mkdir(root, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", root, strerror(errno));
        return 4;
    }
    for (unsigned i = 0; i < 10; i++) {
        configuration(i, (uint8_t)(i % 5), i < 5);
    }
    for (unsigned i = 0; i < 16; i++) {
        life(i, (uint8_t)(i < 6 ? 1u << i : i < 8 ? 0x3F : 7 * i), i % 2 == 0);
    }
    return 0;
}
