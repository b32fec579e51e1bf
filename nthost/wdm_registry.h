/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The registry, as much of it as drivers see: keys by path and their values. Nothing is written to disk.
 */
#ifndef NTHOST_WDM_REGISTRY_H
#define NTHOST_WDM_REGISTRY_H

#include "wdm.h"

enum { REG_NONE = 0, REG_SZ = 1, REG_EXPAND_SZ = 2, REG_BINARY = 3, REG_DWORD = 4, REG_MULTI_SZ = 7, REG_QWORD = 11 };
enum { REGISTRY_PATH = 256 };

struct registry_value {
    char *path, *name;
    ULONG type, bytes;
    uint8_t *data;
    struct registry_value *next;
};

const struct registry_value *registry_find(const char *path, const char *name);
const struct registry_value *registry_value_at(const char *path, unsigned index);
void registry_store(const char *path, const char *name, ULONG type, const void *data, ULONG bytes);
bool registry_delete(const char *path, const char *name);
bool registry_key_exists(const char *path);
void registry_make_key(const char *path);
HANDLE registry_open(const char *path); /* for the host's own drivers, which close it */
void registry_close(HANDLE handle);
const char *registry_handle_path(HANDLE handle, const char *api);
/* `text` gets the ASCII of a counted or a terminated string, cut to its size. */
void registry_text(char *text, size_t size, const UNICODE_STRING *string);
void registry_wide_text(char *text, size_t size, PCWSTR string);

#endif
