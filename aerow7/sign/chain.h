/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificate chains up to roots that the caller trusts, without revocation: there is no network here. */
#ifndef AEROW7_CHAIN_H
#define AEROW7_CHAIN_H

#include "base/diag.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

/* Roots from files, DER or PEM. NULL in `*out` when there are none. The caller frees with X509_STORE_free. */
enum status roots_load(const char *const *paths, size_t count, X509_STORE **out);

/* `when` 0: now. `others` and `roots` may be NULL. Returns NULL, or why the chain is not trusted. */
const char *chain_fault(X509 *certificate, STACK_OF(X509) * others, X509_STORE *roots, time_t when, bool timestamping);

#endif
