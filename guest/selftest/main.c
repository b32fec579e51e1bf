/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ARGUMENTS 128

static char **utf8_arguments(int argc, wchar_t **argv)
{
    static char *arguments[MOST_ARGUMENTS + 1];

    for (int i = 0; i < argc; i++) {
        size_t size = wcslen(argv[i]) * 4 + 1;

        arguments[i] = calloc(1, size);
        if (arguments[i] == NULL) {
            return NULL;
        }
        from_wide(argv[i], arguments[i], size);
    }
    return arguments;
}

static int complain(const char *reason)
{
    fprintf(stderr, "aero-selftest: %s (--help lists the options)\n", reason);
    return 2;
}

int wmain(int argc, wchar_t **argv)
{
    static struct options options;
    static struct selftest test;
    const struct platform *platform = platform_win32();
    char reason[256];
    char **arguments;
    int status;

    if (argc > MOST_ARGUMENTS) {
        return complain("too many arguments");
    }
    arguments = utf8_arguments(argc, argv);
    if (arguments == NULL) {
        return complain("no memory");
    }
    output_open_console();
    if (!options_parse(&options, platform, argc, arguments, reason, sizeof(reason))) {
        return complain(reason);
    }
    if (options.help) {
        options_print_help(platform);
        return 0;
    }
    output_open_serial();
    /* The default place may be read-only (a running Setup); one that was asked for has to work. */
    if (!output_open_log(options.log_file) && options.log_file_given) {
        snprintf(reason, sizeof(reason), "%s: cannot be written (error %lu)", options.log_file, GetLastError());
        output_close();
        return complain(reason);
    }
    status = selftest_run(&test, platform, &options);
    output_close();
    return status;
}
