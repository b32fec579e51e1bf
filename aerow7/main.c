/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7: makes and checks what the project ships. Each subcommand is a file of its own, cmd_NAME.c. */
#include "cmd_contract.h"
#include "cmd_pack.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *summary;
    enum status (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"contract", "check the device contract, generate what is made from it", cmd_contract},
    {"pack", "make the driver pack from built drivers", cmd_pack},
};

static void print_help(FILE *stream)
{
    fputs("usage: aerow7 COMMAND [options]\n\n", stream);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); ++i) {
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
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
