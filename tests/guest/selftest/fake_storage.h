/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The part of the fake platform that opens, reads, writes and controls. */
#ifndef TESTS_SELFTEST_FAKE_STORAGE_H
#define TESTS_SELFTEST_FAKE_STORAGE_H

#include "platform.h"
#include "scenario.h"

void fake_storage_use(struct scenario *scenario);
bool fake_storage_closed(void);
void fake_storage_end(void);

uint32_t fake_open(void *context, const char *path, enum open_how how, void **handle);
void fake_close(void *context, void *handle);
uint32_t fake_read_at(void *context, void *handle, uint64_t offset, void *buffer, uint32_t bytes, uint32_t *done);
uint32_t fake_write_at(void *context, void *handle, uint64_t offset, const void *buffer, uint32_t bytes,
                       uint32_t *done);
uint32_t fake_flush(void *context, void *handle);
uint32_t fake_io_control(void *context, void *handle, uint32_t code, const void *in, uint32_t in_bytes, void *out,
                         uint32_t out_bytes, uint32_t *returned);
uint32_t fake_get_feature(void *context, const char *path, uint8_t *report, uint32_t bytes);

#endif
