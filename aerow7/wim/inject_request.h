/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The options that say what is to be put into a Windows, the same for every command that does it or looks for it. */
#ifndef AEROW7_WIM_INJECT_REQUEST_H
#define AEROW7_WIM_INJECT_REQUEST_H

#include "base/options.h"
#include "offline/plan.h"

struct inject_options {
    const char *pack;         /* --driver-pack */
    const char *certificate;  /* --cert */
    const char *stores;       /* --cert-store */
    const char *test_signing; /* --test-signing */
    bool ignore_signatures;   /* --ignore-signatures */
};

/* For a command's table of options. */
#define INJECT_OPTION_SPECS(options)                                                                            \
    {.name = "--driver-pack", .value = &(options)->pack}, {.name = "--cert", .value = &(options)->certificate}, \
        {.name = "--cert-store", .value = &(options)->stores},                                                  \
        {.name = "--test-signing", .value = &(options)->test_signing},                                          \
    {                                                                                                           \
        .name = "--ignore-signatures", .flag = &(options)->ignore_signatures                                    \
    }

/* For a command's help. */
#define INJECT_OPTION_HELP                                                                                             \
    "  --driver-pack DIR|ZIP     the driver pack, as aerow7 pack makes it. Required.\n"                                \
    "  --cert FILE               the certificate that its drivers are signed with, DER or PEM (default: none is put\n" \
    "                            in, which is right for drivers that Microsoft signed)\n"                              \
    "  --cert-store LIST         where it goes: ROOT, TrustedPublisher, with commas (default: both)\n"                 \
    "  --test-signing on|off     test signing in boot configuration stores (default: on with --cert, else off; off\n"  \
    "                            leaves them as they are)\n"                                                           \
    "  --ignore-signatures       go on when this Windows will not load what the pack has; says so (default: refuse)\n"

struct inject_request {
    struct offline_request request;
    struct file_tree pack;
    struct bytes certificate;
};

/* `command` is for usage errors. To be freed in both cases. */
enum status inject_request_read(const char *command, const struct inject_options *options, struct inject_request *out);
void inject_request_free(struct inject_request *request);

#endif
