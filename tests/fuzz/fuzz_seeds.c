/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes the seed corpora: fuzz_seeds DIRECTORY makes DIRECTORY/{virtio_caps,virtqueue,virtio_transport}/ with a few
 * files each, inputs that lead deep into the code. Made at build time, so that no binary file is in the source tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pci_config.h"

static const char *root;

static void make_directory(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(4);
    }
}

static void write_seed(const char *corpus, const char *name, const void *bytes, size_t length)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", root, corpus);
    make_directory(path);
    snprintf(path, sizeof(path), "%s/%s/%s", root, corpus, name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(4);
    }
}

static void write_caps(const char *name, uint8_t bars, const struct pci_config *config)
{
    uint8_t bytes[257];

    bytes[0] = bars;
    memcpy(bytes + 1, config->bytes, 256);
    write_seed("virtio_caps", name, bytes, sizeof(bytes));
}

static void caps_seeds(void)
{
    struct pci_config config;

    pci_config_contract(&config);
    write_caps("contract", 0x01, &config);
    write_caps("contract-high", 0x41, &config);
    put_cap(&config, 0x74, 0x84, 4, 0, 0x3000, 0x100);
    put_cap(&config, 0x84, 0x94, 1, 7, 0, 56);
    put_cap(&config, 0x94, 0x00, 8, 0, 0, 0);
    write_caps("extras", 0x01, &config);
    pci_config_qemu(&config);
    write_caps("qemu", 0x12, &config);
}

/* Rounds of add, kick, serve, get, with everything the options allow. */
static void queue_seeds(void)
{
    for (unsigned options = 0; options < 8; options++) {
        uint8_t bytes[400];
        size_t length = 0;
        char name[32];

        bytes[length++] = (uint8_t)(options << 3 | 2);
        while (length + 16 < sizeof(bytes)) {
            static const uint8_t round[] = {0, 3, 1, 0x81, 11, 3, 7, 7, 6, 4, 7, 4, 8, 7, 12, 7};

            memcpy(bytes + length, round, sizeof(round));
            length += sizeof(round);
        }
        snprintf(name, sizeof(name), "rounds-%u", options);
        write_seed("virtqueue", name, bytes, length);
    }
}

static size_t put(uint8_t *bytes, size_t at, unsigned count, uint32_t value)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[at + i] = (uint8_t)(value >> (8 * i));
    }
    return at + count;
}

/* Registers of a device that behaves, in the order in which they are read. */
static void transport_seeds(void)
{
    uint8_t bytes[256] = {0};
    size_t length = 0;

    length = put(bytes, length, 1, 4); /* modern, multiplier 4 */
    length = put(bytes, length, 1, 1); /* required: INDIRECT_DESC */
    length = put(bytes, length, 4, 0x30000000);
    length = put(bytes, length, 1, 0);  /* queue */
    length = put(bytes, length, 2, 1);  /* vector */
    length = put(bytes, length, 1, 10); /* poll */
    length = put(bytes, length, 1, 0);  /* status after reset */
    length = put(bytes, length, 4, 0x30000000);
    length = put(bytes, length, 4, 1);
    length = put(bytes, length, 1, 3);
    length = put(bytes, length, 1, 11);
    length = put(bytes, length, 8, 0x04080800); /* fields */
    length += 40;                               /* configuration and generations, all zero */
    length = put(bytes, length, 2, 128);
    length = put(bytes, length, 2, 1);
    length = put(bytes, length, 2, 128);
    length = put(bytes, length, 2, 0);
    length = put(bytes, length, 2, 1);
    length = put(bytes, length, 2, 1);
    length += 24;
    write_seed("virtio_transport", "modern", bytes, length);
    bytes[0] = 1;
    write_seed("virtio_transport", "legacy", bytes, length);
    bytes[0] = 9;
    write_seed("virtio_transport", "legacy-msix", bytes, length);
    bytes[0] = 2;
    write_seed("virtio_transport", "modern-goes-away", bytes, 24);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    root = argv[1];
    make_directory(root);
    caps_seeds();
    queue_seeds();
    transport_seeds();
    return 0;
}
