/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/cmd_inf.h"

#include "inf/cmd_inf_check.h"
#include "inf/inf_show.h"
#include "base/options.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: aerow7 inf check [--contract FILE] [--json] [--tree DIR]... [FILE...]\n"
    "       aerow7 inf check --rules [--json]\n"
    "       aerow7 inf show FILE [--arch x86|amd64] [--json]\n"
    "\n"
    "check  holds INF files against the rules for Windows 7 drivers. Rules with a number are those of Microsoft's\n"
    "       InfVerif; rules named aero-* are this project's. Each finding is a line FILE:LINE: SEVERITY RULE: "
    "MESSAGE.\n"
    "show   what an INF says to Windows 7: the models that its decorations select, the files that are copied and "
    "where\n"
    "       they come from, the services and the registry values.\n"
    "\n"
    "  --contract FILE    a device contract (contract/devices.json), which turns on aero-id, aero-revision-gate,\n"
    "                     aero-msi and aero-ascii. Default: none, those rules are left out. Transitional IDs are\n"
    "                     allowed in a folder opt-in.\n"
    "  --tree DIR         all *.inf and *.inf.disabled below DIR, as one package tree: no two may claim one ID for "
    "one\n"
    "                     architecture. Folders named x86 or amd64 say what a package is for; what lies in a folder\n"
    "                     opt-in or is named *.disabled claims nothing. May be repeated. Default: none.\n"
    "  --rules            prints the rules instead, with those of InfVerif that do not apply to Windows 7.\n"
    "  --arch x86|amd64   the Windows that show asks for. Default: amd64.\n"
    "  --json             one JSON object instead of lines. Default: lines.\n"
    "  --help             this text.\n"
    "\n"
    "Exit status: 0 no rule is broken (warnings and notes do not count), 1 a rule is broken, 2 usage, 3 a file is\n"
    "unreadable or no INF; the other files are checked nevertheless, 4 the report could not be written.\n"
    "\n"
    "Example:\n"
    "  aerow7 inf check --contract contract/devices.json --tree dist/aero-win7-driver-pack\n";

static enum status show(int argc, char **argv)
{
    const char *file = NULL;
    const char *architecture = "amd64";
    bool json = false;
    const struct option_spec options[] = {
        {.name = NULL, .value = &file, .required = true, .what = "FILE"},
        {.name = "--arch", .value = &architecture},
        {.name = "--json", .flag = &json},
    };
    struct inf_target target = {.architecture = INF_AMD64, .major = 6, .minor = 1};
    struct inf_package package;
    struct inf inf;
    enum status status = options_parse("inf show", help, options, sizeof(options) / sizeof(options[0]), argc, argv);

    if (status != STATUS_DONE) {
        return status;
    }
    if (strcmp(architecture, "x86") != 0 && strcmp(architecture, "amd64") != 0) {
        return options_usage("inf show", "--arch is x86 or amd64");
    }
    target.architecture = strcmp(architecture, "x86") == 0 ? INF_X86 : INF_AMD64;
    status = inf_read(file, &inf, NULL);
    if (status != STATUS_DONE) {
        return status;
    }
    status = inf_package_of(&inf, target, &package);
    if (json) {
        enum status written = report_json(inf_package_json(&inf, target, &package));

        status = written != STATUS_DONE ? written : status;
    } else {
        inf_package_print(&inf, target, &package);
    }
    inf_package_free(&package);
    inf_free(&inf);
    return status;
}

enum status cmd_inf(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "check") == 0) {
        return cmd_inf_check(help, argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("inf", "check or show is expected");
}
