/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fake_storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OPENED 64u
#define CODE_SCSI_MINIPORT 0x0004D008u
#define SRB_CONTROL_CODE 16u

/* Counts and contents outlive a handle: call numbers go on over several openings. */
struct opened {
    char path[512];
    enum open_how how;
    long handles;
    unsigned opens;
    unsigned reads;
    unsigned writes;
    unsigned flushes;
    uint64_t size;
    uint8_t *bytes; /* of what was created */
};

static struct scenario *scenario;
static struct opened opened[MOST_OPENED];
static size_t opened_count;

void fake_storage_use(struct scenario *use)
{
    scenario = use;
}

bool fake_storage_closed(void)
{
    bool closed = true;

    for (size_t i = 0; i < opened_count; i++) {
        if (opened[i].handles != 0) {
            fprintf(stderr, "%s is still open\n", opened[i].path);
            closed = false;
        }
    }
    return closed;
}

void fake_storage_end(void)
{
    for (size_t i = 0; i < opened_count; i++) {
        free(opened[i].bytes);
    }
}

static struct opened *find_opened(const char *path)
{
    for (size_t i = 0; i < opened_count; i++) {
        if (strcmp(opened[i].path, path) == 0) {
            return &opened[i];
        }
    }
    if (opened_count == MOST_OPENED) {
        scenario_wrong("too much is opened", path);
    }
    snprintf(opened[opened_count].path, sizeof(opened[0].path), "%s", path);
    return &opened[opened_count++];
}

/* `call` counts from 1. */
static uint32_t scenario_failure(const char *what, const struct opened *file, unsigned call)
{
    const struct record *record = scenario_next(scenario, NULL, "fail", what, file->path);

    return record != NULL && call >= record_number(record, 3) ? (uint32_t)record_number(record, 4) : 0;
}

static uint32_t shortened(const char *what, const struct opened *file, unsigned call, uint32_t bytes)
{
    const struct record *record = scenario_next(scenario, NULL, "short", what, file->path);

    return record != NULL && call == record_number(record, 3) ? bytes / 2 : bytes;
}

uint32_t fake_open(void *context, const char *path, enum open_how how, void **handle)
{
    const struct record *known = scenario_next(scenario, NULL, "path", path, NULL);
    struct opened *file;
    uint32_t error;

    (void)context;
    if (known == NULL) {
        return ERROR_IS_FILE_NOT_FOUND;
    }
    file = find_opened(path);
    error = scenario_failure("open", file, ++file->opens);
    if (error != 0) {
        return error;
    }
    file->how = how;
    file->size = known->count > 2 ? record_number(known, 2) : 0;
    if (how == OPEN_CREATE) {
        free(file->bytes);
        file->bytes = calloc(1, (size_t)file->size);
        if (file->bytes == NULL) {
            scenario_wrong("no memory for", path);
        }
    }
    file->handles++;
    *handle = file;
    return 0;
}

void fake_close(void *context, void *handle)
{
    struct opened *file = handle;

    (void)context;
    if (file->handles-- <= 0) {
        scenario_wrong("closed too often", file->path);
    }
}

uint32_t fake_read_at(void *context, void *handle, uint64_t offset, void *buffer, uint32_t bytes, uint32_t *done)
{
    struct opened *file = handle;
    const struct record *misplace = scenario_next(scenario, NULL, "misplace", file->path, NULL);
    const struct record *corrupt = scenario_next(scenario, NULL, "corrupt", file->path, NULL);
    uint32_t error = scenario_failure("read", file, ++file->reads);

    (void)context;
    if (error != 0) {
        return error;
    }
    if (file->how == OPEN_CONTROL || offset + bytes > file->size) {
        return 38; /* ERROR_HANDLE_EOF */
    }
    if (misplace != NULL && record_number(misplace, 2) == file->reads) {
        offset = 0;
    }
    if (file->bytes != NULL) {
        memcpy(buffer, file->bytes + offset, bytes);
    } else {
        memset(buffer, (int)(offset >> 16 & 0xFF), bytes);
    }
    if (corrupt != NULL && record_number(corrupt, 2) == file->reads) {
        ((uint8_t *)buffer)[bytes - 3] ^= 1;
    }
    *done = shortened("read", file, file->reads, bytes);
    return 0;
}

uint32_t fake_write_at(void *context, void *handle, uint64_t offset, const void *buffer, uint32_t bytes, uint32_t *done)
{
    struct opened *file = handle;
    uint32_t error = scenario_failure("write", file, ++file->writes);

    (void)context;
    if (error != 0) {
        return error;
    }
    if (file->bytes == NULL) {
        scenario_wrong("the self-test writes to what it did not create", file->path);
    }
    if (offset + bytes > file->size) {
        return 112; /* ERROR_DISK_FULL */
    }
    memcpy(file->bytes + offset, buffer, bytes);
    *done = shortened("write", file, file->writes, bytes);
    return 0;
}

uint32_t fake_flush(void *context, void *handle)
{
    struct opened *file = handle;

    (void)context;
    return scenario_failure("flush", file, ++file->flushes);
}

static uint32_t from_hex(const char *hex, uint8_t *bytes, uint32_t capacity)
{
    uint32_t count = 0;

    for (; hex[0] != 0 && count < capacity; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        char *end;

        bytes[count++] = (uint8_t)strtoul(two, &end, 16);
        if (*end != 0 || hex[1] == 0) {
            scenario_wrong("not hexadecimal", hex);
        }
    }
    return count;
}

uint32_t fake_io_control(void *context, void *handle, uint32_t code, const void *in, uint32_t in_bytes, void *out,
                         uint32_t out_bytes, uint32_t *returned)
{
    struct opened *file = handle;
    struct record *answer = NULL;
    uint32_t sub = 0;

    (void)context;
    if (code == CODE_SCSI_MINIPORT && in_bytes >= SRB_CONTROL_CODE + 4) {
        const uint8_t *bytes = (const uint8_t *)in + SRB_CONTROL_CODE;

        sub = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    }
    for (struct record *r = NULL; (r = scenario_next(scenario, r, "io", file->path, NULL)) != NULL;) {
        if (record_number(r, 2) == code && record_number(r, 3) == sub) {
            answer = r;
            if (r->uses == 0) {
                break;
            }
        }
    }
    if (answer == NULL) {
        return 1; /* ERROR_INVALID_FUNCTION */
    }
    answer->uses++;
    *returned = from_hex(record_text(answer, 5), out, out_bytes);
    return (uint32_t)record_number(answer, 4);
}

uint32_t fake_get_feature(void *context, const char *path, uint8_t *report, uint32_t bytes)
{
    struct record *answer = NULL;

    (void)context;
    for (struct record *r = NULL; (r = scenario_next(scenario, r, "feature", path, NULL)) != NULL;) {
        if (record_number(r, 2) == report[0]) {
            answer = r;
            if (r->uses == 0) {
                break;
            }
        }
    }
    if (answer == NULL) {
        return 1;
    }
    answer->uses++;
    from_hex(record_text(answer, 4), report, bytes);
    return (uint32_t)record_number(answer, 3);
}
