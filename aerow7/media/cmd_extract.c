/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/cmd_extract.h"

#include "base/options.h"

enum status cmd_extract(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("extract", "is not built yet");
}
