/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_verify.h"

#include "base/options.h"

enum status cmd_verify(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("verify", "is not built yet");
}
