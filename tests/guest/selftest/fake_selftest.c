/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fake_selftest SCENARIO [option...]: the self-test on a described Windows; 98: something was left open or held. */
#include "fake_platform.h"
#include "selftest.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct options options;
    static struct selftest test;
    const struct platform *platform;
    char reason[256];
    int status;

    if (argc < 2) {
        fprintf(stderr, "usage: fake_selftest SCENARIO [option...]\n");
        return 99;
    }
    platform = fake_platform(argv[1]);
    if (!options_parse(&options, platform, argc - 1, argv + 1, reason, sizeof(reason))) {
        fprintf(stderr, "aero-selftest: %s\n", reason);
        status = 2;
    } else if (options.help) {
        options_print_help(platform);
        status = 0;
    } else {
        status = selftest_run(&test, platform, &options);
    }
    return fake_platform_balanced() ? status : 98;
}
