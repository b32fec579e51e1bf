/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the volume descriptors of an optical disc say: which trees there are, and the volume's label. ECMA-119 (ISO
 * 9660), the Joliet specification, ISO 9660:1999's enhanced descriptor, and ECMA-167's volume recognition (UDF).
 */
#ifndef AEROW7_ISO_DESCRIPTORS_H
#define AEROW7_ISO_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISO_DESCRIPTOR_SIZE 2048U
#define ISO_FIRST_DESCRIPTOR 16U
#define ISO_DESCRIPTOR_LIMIT 64U
#define ISO_ROOT_RECORD_SIZE 34U

struct iso_descriptors {
    bool primary;
    bool joliet;
    bool enhanced;
    bool udf;
    uint32_t block_size;
    uint8_t primary_root[ISO_ROOT_RECORD_SIZE]; /* directory records */
    uint8_t joliet_root[ISO_ROOT_RECORD_SIZE];
    uint8_t enhanced_root[ISO_ROOT_RECORD_SIZE];
    char primary_label[33];
    char joliet_label[49]; /* UTF-8 */
};

/*
 * Takes the descriptors one after the other, from sector 16 on; false when this one was the last. `out` begins zeroed.
 */
bool iso_descriptor_take(struct iso_descriptors *out, const uint8_t sector[ISO_DESCRIPTOR_SIZE]);

#endif
