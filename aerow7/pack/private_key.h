/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Private keys in any form, so that none gets into what is handed out: by the name of the file, and by what is in it,
 * because a key under an innocent name is the one that slips through. PEM (encrypted or not) anywhere in the file, DER
 * (PKCS#8, PKCS#1, SEC1), PKCS#12, Microsoft's PVK and key blobs.
 */
#ifndef AEROW7_PRIVATE_KEY_H
#define AEROW7_PRIVATE_KEY_H

#include "base/file_tree.h"

/* Why this file must not be handed out, or NULL. */
const char *private_key_fault(const char *path, const struct bytes *content);

/* Reports each at ROOT/PATH. STATUS_CHECK_FAILED when there was one. */
enum status private_key_check(const char *root, const struct file_tree *tree);

#endif
