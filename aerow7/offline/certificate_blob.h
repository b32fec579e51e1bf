/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A certificate in a SOFTWARE hive: Microsoft\SystemCertificates\STORE\Certificates\<SHA-1>, value Blob. A blob is a run
 * of records {u32 property, u32 1, u32 length, data} without padding ([MS-GPEF] 2.2.1.1.1.1): property 3 is the SHA-1
 * hash, 0x20 the certificate itself.
 */
#ifndef AEROW7_OFFLINE_CERTIFICATE_BLOB_H
#define AEROW7_OFFLINE_CERTIFICATE_BLOB_H

#include "offline/hive.h"

/* The caller frees. */
struct bytes certificate_blob(const struct bytes *der);

/* Whether the blob is well-formed and its certificate is this one, whatever else it says about it. */
bool certificate_blob_holds(const struct bytes *blob, const struct bytes *der);

/* Into each of `stores` (OFFLINE_STORE_*). A blob that holds the certificate already keeps its other properties. */
enum status certificate_put(struct hive *software, const struct bytes *der, unsigned stores);

#endif
