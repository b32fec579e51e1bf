/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * nthost COMMAND [options]: runs Windows 7 drivers on Linux. Each command brings up one port driver.
 */
#include <stdio.h>
#include <string.h>

#include "verifier.h"

#ifdef NTHOST_HAS_BLK
int cmd_blk(int argc, char **argv);
#endif
#ifdef NTHOST_HAS_INPUT
#include "cmd_input.h"
#endif
#ifdef NTHOST_HAS_SND
#include "cmd_snd.h"
#endif

struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
#ifdef NTHOST_HAS_BLK
    {"blk", "a StorPort miniport for virtio disks", cmd_blk},
#endif
#ifdef NTHOST_HAS_INPUT
    {"input", "a HID minidriver for virtio input devices", cmd_input},
#endif
#ifdef NTHOST_HAS_SND
    {"snd", "an audio driver for virtio sound devices, under PortCls", cmd_snd},
#endif
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
