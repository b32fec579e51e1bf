/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hivex reads and writes files by name: a memory file serves, by its name in /proc. hivex reads a hive that is opened
 * for writing whole into its own memory.
 */
#include "offline/hive.h"

#include "media/media_name.h"

#include <errno.h>
#include <fcntl.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_PART_LIMIT 255
#define MINOR_VERSION 24 /* offset in the first block; 3, or 5 */
#define LONG_VALUE 16344 /* longer ones are in parts, from version 1.4 on */

struct hive {
    const char *place;
    hive_h *handle;
    bool parts; /* of a version that cuts long values into parts */
    bool changed;
    struct text log;
};

static enum status write_all(int descriptor, const struct bytes *content)
{
    for (size_t done = 0; done < content->size;) {
        ssize_t count = write(descriptor, content->data + done, content->size - done);

        if (count < 0 && errno != EINTR) {
            return STATUS_NOT_WRITTEN;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return STATUS_DONE;
}

/* A memory file with the content; -1 after a message. */
static int file_of(const char *place, const struct bytes *content)
{
    int file = memfd_create("hive", MFD_CLOEXEC);

    if (file < 0 || write_all(file, content) != STATUS_DONE) {
        diag_error(place, "cannot be copied into memory: %s", strerror(errno));
        if (file >= 0) {
            close(file);
        }
        return -1;
    }
    return file;
}

static enum status open_file(const char *place, int file, bool parts, struct hive **out)
{
    char name[64];
    hive_h *handle;

    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    handle = hivex_open(name, HIVEX_OPEN_WRITE);
    if (handle == NULL) {
        diag_error(place, "cannot be read as a hive: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    *out = xcalloc(1, sizeof(**out));
    **out = (struct hive){.place = place, .handle = handle, .parts = parts};
    return STATUS_DONE;
}

/* `taken` (may be NULL) is freed before hivex makes its copy. */
static enum status open_content(const char *place, const struct bytes *content, struct bytes *taken, struct hive **out)
{
    char *fault = hive_check(content, NULL);
    enum status status;
    bool parts;
    int file;

    *out = NULL;
    if (fault != NULL) {
        diag_error(place, "cannot be used: %s", fault);
        free(fault);
        return STATUS_BAD_INPUT;
    }
    parts = content->data[MINOR_VERSION] > 3;
    file = file_of(place, content);
    if (file < 0) {
        return STATUS_NOT_WRITTEN;
    }
    if (taken != NULL) {
        bytes_free(taken);
    }
    status = open_file(place, file, parts, out);
    close(file);
    return status;
}

enum status hive_open(const char *place, const struct bytes *content, struct hive **out)
{
    return open_content(place, content, NULL, out);
}

enum status hive_open_taking(const char *place, struct bytes *content, struct hive **out)
{
    enum status status = open_content(place, content, content, out);

    bytes_free(content);
    return status;
}

void hive_close(struct hive *hive)
{
    if (hive != NULL) {
        if (hive->handle != NULL) {
            (void)hivex_close(hive->handle);
        }
        text_free(&hive->log);
        free(hive);
    }
}

hive_key hive_root(struct hive *hive)
{
    return hivex_root(hive->handle);
}

/* One part of a path; false at its end. */
static bool next_part(const char **path, char part[PATH_PART_LIMIT + 1])
{
    size_t length = strcspn(*path, "\\");

    if (length == 0 || length > PATH_PART_LIMIT) {
        return false;
    }
    memcpy(part, *path, length);
    part[length] = 0;
    *path += length + ((*path)[length] == '\\' ? 1 : 0);
    return true;
}

hive_key hive_find(struct hive *hive, hive_key key, const char *path)
{
    char part[PATH_PART_LIMIT + 1];

    while (key != 0 && next_part(&path, part)) {
        key = hivex_node_get_child(hive->handle, key, part);
    }
    return *path == 0 ? key : 0;
}

char **hive_children(struct hive *hive, hive_key key, size_t *count)
{
    hive_node_h *nodes = hivex_node_children(hive->handle, key);
    size_t capacity = 0;
    char **names;

    *count = 0;
    while (nodes != NULL && nodes[capacity] != 0) {
        ++capacity;
    }
    names = xcalloc(capacity + 1, sizeof(*names));
    for (size_t i = 0; i < capacity; ++i) {
        char *name = hivex_node_name(hive->handle, nodes[i]);

        if (name != NULL) { /* NULL: not UTF-16; nothing that anybody looks for here */
            names[(*count)++] = name;
        }
    }
    free(nodes);
    return names;
}

bool hive_value(struct hive *hive, hive_key key, const char *name, struct hive_data *out)
{
    hive_value_h value = key != 0 ? hivex_node_get_value(hive->handle, key, name) : 0;
    hive_type type;
    size_t size;
    char *data;

    *out = (struct hive_data){0};
    if (value == 0) {
        return false;
    }
    data = hivex_value_value(hive->handle, value, &type, &size);
    if (data == NULL) {
        return false;
    }
    out->type = (uint32_t)type;
    out->content = (struct bytes){.data = xmalloc(size + 1), .size = size};
    memcpy(out->content.data, data, size);
    out->content.data[size] = 0;
    free(data);
    return true;
}

static char *text_of(const struct bytes *content)
{
    size_t count = 0;
    uint16_t *units = xcalloc(content->size / 2 + 1, sizeof(*units));
    char *text;

    while (count < content->size / 2) {
        uint16_t unit =
            (uint16_t)((unsigned char)content->data[2 * count] | (unsigned char)content->data[2 * count + 1] << 8);

        if (unit == 0) {
            break;
        }
        units[count++] = unit;
    }
    text = xcalloc(3 * count + 1, 1);
    utf8_from_utf16(units, count, text);
    free(units);
    return text;
}

char *hive_text(struct hive *hive, hive_key key, const char *name)
{
    struct hive_data data;
    char *text = NULL;

    if (hive_value(hive, key, name, &data)) {
        if (data.type == HIVE_STRING || data.type == HIVE_EXPAND_STRING) {
            text = text_of(&data.content);
        }
        bytes_free(&data.content);
    }
    return text;
}

bool hive_dword(struct hive *hive, hive_key key, const char *name, uint32_t *out)
{
    struct hive_data data;
    bool good = false;

    if (hive_value(hive, key, name, &data)) {
        good = data.type == HIVE_DWORD && data.content.size == 4;
        if (good) {
            const unsigned char *at = (const unsigned char *)data.content.data;

            *out = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        }
        bytes_free(&data.content);
    }
    return good;
}

/* The key's path below the root. The caller frees it. */
static char *path_of(struct hive *hive, hive_key key)
{
    char *path = xstrdup("");

    while (key != 0 && key != hivex_root(hive->handle)) {
        char *name = hivex_node_name(hive->handle, key);
        char *longer = xformat("%s%s%s", name != NULL ? name : "?", path[0] != 0 ? "\\" : "", path);

        free(path);
        free(name);
        path = longer;
        key = hivex_node_parent(hive->handle, key);
    }
    return path;
}

enum status hive_make(struct hive *hive, hive_key key, const char *path, hive_key *out)
{
    const char *rest = path;
    char part[PATH_PART_LIMIT + 1];

    *out = 0;
    while (next_part(&rest, part)) {
        hive_key child = hivex_node_get_child(hive->handle, key, part);

        if (child == 0) {
            char *place = path_of(hive, key);

            child = hivex_node_add_child(hive->handle, key, part);
            text_format(&hive->log, "%s\\%s: the key\n", place, part);
            free(place);
            hive->changed = true;
        }
        if (child == 0) {
            diag_error(hive->place, "the key %s cannot be made: %s", path, strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        key = child;
    }
    if (*rest != 0) {
        diag_error(hive->place, "the key %s cannot be made: a name in it is too long or empty", path);
        return STATUS_NOT_WRITTEN;
    }
    *out = key;
    return STATUS_DONE;
}

/*
 * hivex writes all values of a key again, and knows nothing of parts: a long one that is there would become what Windows
 * does not expect.
 */
static bool has_long_value(struct hive *hive, hive_key key)
{
    hive_value_h *values = hive->parts ? hivex_node_values(hive->handle, key) : NULL;
    bool found = false;

    for (size_t i = 0; values != NULL && values[i] != 0; ++i) {
        hive_type type;
        size_t size;

        found = found || (hivex_value_type(hive->handle, values[i], &type, &size) == 0 && size > LONG_VALUE);
    }
    free(values);
    return found;
}

static void log_value(struct hive *hive, hive_key key, const char *name, const struct hive_data *data)
{
    const unsigned char *at = (const unsigned char *)data->content.data;
    char *place = path_of(hive, key);
    char *text;

    if (data->type == HIVE_STRING || data->type == HIVE_EXPAND_STRING) {
        text = text_of(&data->content);
        text_format(&hive->log, "%s: %s = \"%s\"\n", place, name, text);
        free(text);
    } else if (data->type == HIVE_DWORD && data->content.size == 4) {
        text_format(&hive->log, "%s: %s = %u\n", place, name,
                    (unsigned)at[0] | (unsigned)at[1] << 8 | (unsigned)at[2] << 16 | (unsigned)at[3] << 24);
    } else {
        text_format(&hive->log, "%s: %s = %zu bytes\n", place, name, data->content.size);
    }
    free(place);
}

enum status hive_set(struct hive *hive, hive_key key, const char *name, uint32_t type, const void *data, size_t size)
{
    hive_set_value value = {.key = (char *)(uintptr_t)name, .t = (hive_type)type, .len = size, .value = NULL};
    struct hive_data before;
    bool present = hive_value(hive, key, name, &before);
    bool same =
        present && before.type == type && before.content.size == size && memcmp(before.content.data, data, size) == 0;

    char *place;

    bytes_free(&before.content);
    if (same) {
        return STATUS_DONE;
    }
    if (has_long_value(hive, key) || (hive->parts && size > LONG_VALUE)) {
        place = path_of(hive, key);
        diag_error(hive->place, "%s: %s cannot be set: the key has a value of more than %d bytes", place, name,
                   LONG_VALUE);
        free(place);
        return STATUS_CHECK_FAILED;
    }
    value.value = xmalloc(size + 1);
    memcpy(value.value, data, size);
    log_value(hive, key, name, &(struct hive_data){.type = type, .content = {.data = value.value, .size = size}});
    hive->changed = true;
    if (hivex_node_set_value(hive->handle, key, &value, 0) != 0) {
        diag_error(hive->place, "the value %s cannot be set: %s", name, strerror(errno));
        free(value.value);
        return STATUS_NOT_WRITTEN;
    }
    free(value.value);
    return STATUS_DONE;
}

enum status hive_set_text(struct hive *hive, hive_key key, const char *name, uint32_t type, const char *text)
{
    size_t capacity = strlen(text) + 1;
    uint16_t *units = xcalloc(capacity, sizeof(*units));
    char *bytes = xcalloc(capacity, 2);
    size_t count = utf16_from_utf8(text, units, capacity);
    enum status status;

    if (count == SIZE_MAX) {
        diag_error(hive->place, "the value %s cannot be set: its text is not UTF-8", name);
        free(units);
        free(bytes);
        return STATUS_NOT_WRITTEN;
    }
    for (size_t i = 0; i < count && i < capacity; ++i) {
        bytes[2 * i] = (char)(units[i] & 0xFF);
        bytes[2 * i + 1] = (char)(units[i] >> 8);
    }
    status = hive_set(hive, key, name, type, bytes, 2 * (count + 1));
    free(units);
    free(bytes);
    return status;
}

enum status hive_set_dword(struct hive *hive, hive_key key, const char *name, uint32_t value)
{
    const unsigned char bytes[4] = {(unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16),
                                    (unsigned char)(value >> 24)};

    return hive_set(hive, key, name, HIVE_DWORD, bytes, sizeof(bytes));
}

bool hive_changed(const struct hive *hive)
{
    return hive->changed;
}

const struct text *hive_log(const struct hive *hive)
{
    return &hive->log;
}

static enum status read_all(int descriptor, struct bytes *out)
{
    struct stat info;

    if (fstat(descriptor, &info) != 0 || info.st_size < 0) {
        return STATUS_NOT_WRITTEN;
    }
    *out = (struct bytes){.data = xmalloc((size_t)info.st_size + 1), .size = (size_t)info.st_size};
    for (size_t done = 0; done < out->size;) {
        ssize_t count = pread(descriptor, out->data + done, out->size - done, (off_t)done);

        if (count == 0 || (count < 0 && errno != EINTR)) {
            bytes_free(out);
            return STATUS_NOT_WRITTEN;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    out->data[out->size] = 0;
    return STATUS_DONE;
}

enum status hive_bytes(struct hive *hive, struct bytes *out)
{
    enum status status = STATUS_NOT_WRITTEN;
    char *fault = NULL;
    char name[64];
    int file = memfd_create("hive", MFD_CLOEXEC);

    *out = (struct bytes){0};
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
    if (file < 0 || hivex_commit(hive->handle, name, 0) != 0) {
        diag_error(hive->place, "the changed hive cannot be written: %s", strerror(errno));
        goto close_file;
    }
    (void)hivex_close(hive->handle);
    hive->handle = NULL;
    if (read_all(file, out) != STATUS_DONE) {
        diag_error(hive->place, "the changed hive cannot be written: %s", strerror(errno));
        goto close_file;
    }
    fault = hive_check(out, NULL);
    if (fault != NULL) {
        diag_error(hive->place, "the changed hive is not sound, so nothing was written: %s", fault);
        bytes_free(out);
        goto close_file;
    }
    status = STATUS_DONE;
close_file:
    free(fault);
    if (file >= 0) {
        close(file);
    }
    return status;
}
