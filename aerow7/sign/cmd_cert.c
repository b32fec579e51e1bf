/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/cmd_cert.h"

#include "base/options.h"

enum status cmd_cert(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return options_usage("cert", "is not built yet");
}
