/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/cmd_inf.h"

#include "inf/inf_show.h"
#include "base/options.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "usage: aerow7 inf show FILE [--arch x86|amd64] [--json]\n"
                           "\n"
                           "show   what an INF says to Windows 7: models, files, services and registry values.\n";

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
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return STATUS_DONE;
    }
    return options_usage("inf", "show is expected");
}
