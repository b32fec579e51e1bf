/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_sign.h"

#include "base/options.h"

enum status cmd_sign(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("sign", "is not built yet");
}
