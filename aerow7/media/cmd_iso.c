/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/cmd_iso.h"

#include "base/options.h"

enum status cmd_iso(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("iso", "is not built yet");
}
