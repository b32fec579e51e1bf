/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * nthost COMMAND [options]: runs Windows 7 drivers on Linux. Each command brings up one port driver.
 */
#include <stdio.h>
#include <string.h>

#include "cmd_blk.h"
#include "cmd_input.h"
#include "cmd_snd.h"
#include "verifier.h"

struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"blk", "a StorPort miniport for virtio disks", cmd_blk},
    {"input", "a HID minidriver for virtio input devices", cmd_input},
    {"snd", "an audio driver for virtio sound devices, under PortCls", cmd_snd},
    {NULL, NULL, NULL},
};

static void print_usage(FILE *to)
{
    fputs("usage: nthost COMMAND [options]; nthost COMMAND --help lists the options\n", to);
    for (const struct command *c = commands; c->name != NULL; c++)
        fprintf(to, "  %-8s %s\n", c->name, c->what);
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_OK;
    }
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, argv[1]) == 0) {
            verifier_init(argc, argv);
            return c->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "nthost: there is no command '%s'\n", argv[1]);
    print_usage(stderr);
    return EXIT_USAGE;
}
