/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Registers of the common configuration structure (VIRTIO 1.x "Common configuration structure layout") and the status
 * sequence of a model device.
 */
#ifndef NTHOST_MODEL_COMMON_H
#define NTHOST_MODEL_COMMON_H

#include <stdint.h>

struct model;

uint32_t model_common_read(struct model *m, uint32_t offset, unsigned width);
void model_common_write(struct model *m, uint32_t offset, unsigned width, uint32_t value);

/* model_status.c */
uint8_t model_status_read(struct model *m);
void model_status_write(struct model *m, uint8_t value);

#endif
