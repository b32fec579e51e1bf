/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7: makes and checks what the project ships. Each subcommand is a file of its own, cmd_NAME.c in its subject's folder. */
#include "catalog/cmd_cat.h"
#include "contract/cmd_contract.h"
#include "image/cmd_inspect.h"
#include "image/cmd_verify_image.h"
#include "inf/cmd_inf.h"
#include "media/cmd_extract.h"
#include "media/cmd_iso.h"
#include "media/cmd_media.h"
#include "pack/cmd_guest_tools.h"
#include "pack/cmd_pack.h"
#include "sign/cmd_cert.h"
#include "sign/cmd_sign.h"
#include "sign/cmd_verify.h"
#include "wim/cmd_inject.h"
#include "wim/cmd_undo.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *summary;
    enum status (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"cat", "make, show and verify security catalogs", cmd_cat},
    {"cert", "make and show signing certificates", cmd_cert},
    {"contract", "check the device contract, generate what is made from it", cmd_contract},
    {"extract", "take the drivers out of a virtio-win ISO", cmd_extract},
    {"guest-tools", "make the guest tools ISO and ZIP", cmd_guest_tools},
    {"inf", "check INF files", cmd_inf},
    {"inject", "put drivers into a Windows 7 that does not run", cmd_inject},
    {"inspect", "say what Windows 7 an image holds and what our drivers meet there", cmd_inspect},
    {"iso", "make an ISO image of a folder", cmd_iso},
    {"media", "make Windows 7 install media with the drivers in them", cmd_media},
    {"pack", "make the driver pack from built drivers or from virtio-win", cmd_pack},
    {"sign", "sign drivers and catalogs", cmd_sign},
    {"undo", "take back what inject did", cmd_undo},
    {"verify", "verify signatures and say what Windows 7 will make of them", cmd_verify},
    {"verify-image", "check that an image has everything that inject puts in", cmd_verify_image},
};

static void print_help(FILE *stream)
{
    fputs("usage: aerow7 COMMAND [options]\n\n", stream);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); ++i) {
        fprintf(stream, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\naerow7 COMMAND --help says more. Exit status: 0 done, 1 a check failed, 2 usage, 3 input unreadable or\n"
          "malformed, 4 output could not be written.\n",
          stream);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return STATUS_DONE;
    }
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); ++i) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return (int)commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc > 1) {
        fprintf(stderr, "aerow7: %s: there is no such command\n", argv[1]);
    }
    print_help(stderr);
    return STATUS_USAGE;
}
