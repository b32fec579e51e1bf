/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/cmd_inf.h"

#include "base/options.h"

enum status cmd_inf(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("inf", "is not built yet");
}
