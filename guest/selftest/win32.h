/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The platform as Windows 7 has it. Each group of functions has a file *_win32.c; they are as platform.h says. */
#ifndef SELFTEST_WIN32_H
#define SELFTEST_WIN32_H

#include "platform.h"

#include <windows.h>

const struct platform *platform_win32(void);

/* UTF-8 and UTF-16. What does not fit is cut: names, never contents. */
void to_wide(const char *text, wchar_t *wide, size_t capacity);
void from_wide(const wchar_t *wide, char *text, size_t size);

void output_open_console(void);
/* COM1, when there is one. */
void output_open_serial(void);
/* The log starts anew with each run. False: `file` cannot be written. */
bool output_open_log(const char *file);
void output_close(void);
void output_write_line(void *context, const char *line);

uint32_t storage_open(void *context, const char *path, enum open_how how, void **handle);
void storage_close(void *context, void *handle);
uint32_t storage_read_at(void *context, void *handle, uint64_t offset, void *buffer, uint32_t bytes, uint32_t *done);
uint32_t storage_write_at(void *context, void *handle, uint64_t offset, const void *buffer, uint32_t bytes,
                          uint32_t *done);
uint32_t storage_flush(void *context, void *handle);
uint32_t storage_io_control(void *context, void *handle, uint32_t code, const void *in, uint32_t in_bytes, void *out,
                            uint32_t out_bytes, uint32_t *returned);

uint32_t setup_pci_devices(void *context, struct pci_device *devices, size_t capacity, size_t *count);
uint32_t setup_audio_filters(void *context, struct interface_path *paths, size_t capacity, size_t *count);
/* Calls `found` with the path of each present device interface of the class. */
uint32_t setup_interfaces(const GUID *class_guid, bool (*found)(void *argument, const wchar_t *path), void *argument);

uint32_t hid_list_collections(void *context, struct hid_collection *collections, size_t capacity, size_t *count);
uint32_t hid_get_feature(void *context, const char *path, uint8_t *report, uint32_t bytes);
uint32_t hid_set_leds(void *context, const char *path, const uint16_t *usages, size_t count);

uint32_t raw_input_events(void *context, struct input_event *events, size_t capacity, uint32_t milliseconds,
                          size_t *count);

size_t wave_devices(void *context, enum sound_direction direction, struct sound_device *devices, size_t capacity);
bool wave_supports(void *context, enum sound_direction direction, size_t device, struct sound_format format);
void wave_run(void *context, struct sound_stream *streams, size_t count, uint32_t milliseconds);

#endif
