/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/cmd_cat.h"

#include "base/options.h"

enum status cmd_cat(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("cat", "is not built yet");
}
