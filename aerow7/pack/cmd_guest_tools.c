/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/cmd_guest_tools.h"

#include "base/options.h"

enum status cmd_guest_tools(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("guest-tools", "is not built yet");
}
