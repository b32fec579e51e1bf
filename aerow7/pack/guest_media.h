/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the guest tools medium has beside drivers: scripts at its root, certs/, config/, licenses/, tools/. Files that
 * have no place there are refused, so nothing gets on the medium because it happened to lie about.
 */
#ifndef AEROW7_GUEST_MEDIA_H
#define AEROW7_GUEST_MEDIA_H

#include "contract/contract.h"
#include "base/file_tree.h"
#include "pack/guest_tools.h"

/*
 * Adds the files of `input`, which came from `root`, and a config/devices.cmd made from the contract. Reports every
 * fault before it returns STATUS_CHECK_FAILED: a script that is missing, a file out of place, a certificate that is
 * none, no certificate under the test policy, one under another policy.
 */
enum status guest_media_take(const char *root, const struct file_tree *input, const struct contract *contract,
                             const struct guest_tools_options *options, struct file_tree *medium);

#endif
