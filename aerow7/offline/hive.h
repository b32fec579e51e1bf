/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A registry hive in memory: read, changed and given back as bytes. hivex does the work; what it is given was checked by
 * hive_check first, because a hive out of an image is not trusted, and what it gives back is checked again.
 *
 * Paths have '\' between the parts and begin below a key; keys and values are found without regard to case. Text is
 * UTF-8. A value that is set to what it is already is not touched, and then the hive has not changed.
 */
#ifndef AEROW7_OFFLINE_HIVE_H
#define AEROW7_OFFLINE_HIVE_H

#include "base/file_io.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Hives of Windows 7 are below 100 MiB; Windows itself refuses a SYSTEM hive of more than 400. */
#define HIVE_SIZE_LIMIT ((size_t)400 << 20)

enum hive_value_type {
    HIVE_NONE = 0,
    HIVE_STRING = 1,
    HIVE_EXPAND_STRING = 2,
    HIVE_BINARY = 3,
    HIVE_DWORD = 4,
    HIVE_MULTI_STRING = 7,
};

struct hive;
typedef size_t hive_key; /* 0: there is none; stays valid until the hive is closed */

/*
 * STATUS_BAD_INPUT, reported with `place`, for what is no hive, is damaged, or was not written to its end ("dirty").
 * Keeps a pointer to `place`, none to `content`.
 */
enum status hive_open(const char *place, const struct bytes *content, struct hive **out);
/* The same with content that nobody needs any more: it is freed as soon as it can be, for hives are large. */
enum status hive_open_taking(const char *place, struct bytes *content, struct hive **out);
void hive_close(struct hive *hive);

hive_key hive_root(struct hive *hive);
/* The key at `path` below `key`, or 0. `path` "" is `key` itself. */
hive_key hive_find(struct hive *hive, hive_key key, const char *path);
/* The names of all subkeys, in the order of the hive. The caller frees each and the array. */
char **hive_children(struct hive *hive, hive_key key, size_t *count);

struct hive_data {
    uint32_t type;
    struct bytes content;
};
/* False when there is no such value. The caller frees content. */
bool hive_value(struct hive *hive, hive_key key, const char *name, struct hive_data *out);
/* REG_SZ or REG_EXPAND_SZ as UTF-8, up to the first zero; NULL when it is not there or no text. The caller frees it. */
char *hive_text(struct hive *hive, hive_key key, const char *name);
bool hive_dword(struct hive *hive, hive_key key, const char *name, uint32_t *out);

/*
 * Changing. Each change adds a line to the log, "ControlSet001\Services\x: Start = 0", for people. STATUS_NOT_WRITTEN,
 * reported, when hivex cannot.
 */
enum status hive_make(struct hive *hive, hive_key key, const char *path, hive_key *out);
enum status hive_set(struct hive *hive, hive_key key, const char *name, uint32_t type, const void *data, size_t size);
/* HIVE_STRING or HIVE_EXPAND_STRING, of UTF-8. */
enum status hive_set_text(struct hive *hive, hive_key key, const char *name, uint32_t type, const char *text);
enum status hive_set_dword(struct hive *hive, hive_key key, const char *name, uint32_t value);

bool hive_changed(const struct hive *hive);
/* One line for each change, "" when there is none. */
const struct text *hive_log(const struct hive *hive);
/* The hive as a file; afterwards it can only be asked for its log, and closed. STATUS_NOT_WRITTEN, reported, when the result does not stand its own check. */
enum status hive_bytes(struct hive *hive, struct bytes *out);

/*
 * The structure of a hive file, every key of it: what is wrong (the caller frees), or NULL. `dirty` (may be NULL) tells
 * a hive that was not written to its end from a damaged one.
 */
char *hive_check(const struct bytes *content, bool *dirty);

#endif
