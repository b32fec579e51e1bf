/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/iso_record.h"

#include "media/media_name.h"

#include <string.h>
#include <sys/stat.h>

#define IDENTIFIER_AT 33U
/* One file's entries need one continuation, rarely two. */
#define CONTINUATIONS_LIMIT 16U
#define CONTINUATION_SIZE_LIMIT 4096U

#define FLAG_FOLDER 0x02U
#define FLAG_ASSOCIATED 0x04U
#define FLAG_CONTINUED 0x80U

/* RRIP 4.1.4, NM's flags */
#define NAME_CONTINUES 0x01U
#define NAME_SPECIAL 0x06U /* of the folder itself, of its parent */

struct continuation {
    uint64_t offset; /* 0: there is none */
    size_t size;
};

static uint32_t little(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static enum status malformed(const struct iso_reading *reading, const char *reason)
{
    diag_error(reading->place, "has a malformed folder: %s", reason);
    return STATUS_BAD_INPUT;
}

/* ECMA-119, 9.1.5: years since 1900, and quarters of an hour from Greenwich. */
static time_t read_date(const uint8_t *at)
{
    struct tm date = {
        .tm_year = at[0], .tm_mon = at[1] - 1, .tm_mday = at[2], .tm_hour = at[3], .tm_min = at[4], .tm_sec = at[5]};

    return at[1] < 1 || at[1] > 12 || at[2] < 1 || at[2] > 31 ? 0 : timegm(&date) - (int8_t)at[6] * 900;
}

static enum status append_name(const struct iso_reading *reading, struct iso_record *record, const uint8_t *bytes,
                               size_t size)
{
    size_t length = strlen(record->name);

    if (memchr(bytes, 0, size) != NULL || memchr(bytes, '/', size) != NULL) {
        return malformed(reading, "a name has a zero or a slash in it");
    }
    if (length + size > ISO_NAME_LIMIT) {
        return malformed(reading, "a name is too long");
    }
    memcpy(record->name + length, bytes, size);
    record->name[length + size] = 0;
    return STATUS_DONE;
}

/* The version number is no part of what is shown (ECMA-119, 7.5.1); neither is the dot of a name without extension. */
static void strip_version(char *name, bool dot)
{
    char *semicolon = strrchr(name, ';');
    size_t length;

    if (semicolon != NULL && semicolon != name && strspn(semicolon + 1, "0123456789") == strlen(semicolon + 1)) {
        *semicolon = 0;
    }
    length = strlen(name);
    if (dot && length > 1 && name[length - 1] == '.') {
        name[length - 1] = 0;
    }
}

static enum status read_identifier(const struct iso_reading *reading, const uint8_t *bytes, size_t size,
                                   struct iso_record *record)
{
    uint16_t units[128];
    char name[3 * 128 + 1];
    enum status status;

    if (reading->names != ISO_NAMES_JOLIET) {
        status = append_name(reading, record, bytes, size);
    } else if (size % 2 != 0 || size / 2 > sizeof(units) / sizeof(units[0])) {
        status = malformed(reading, "a Joliet name has an odd length");
    } else {
        for (size_t i = 0; i < size / 2; ++i) {
            units[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
            if (units[i] == 0) {
                return malformed(reading, "a name has a zero in it");
            }
        }
        utf8_from_utf16(units, size / 2, name);
        status = append_name(reading, record, (const uint8_t *)name, strlen(name));
    }
    if (status == STATUS_DONE) {
        strip_version(record->name,
                      !record->folder && (reading->names == ISO_NAMES_PLAIN || reading->names == ISO_NAMES_ROCK_RIDGE));
    }
    return status;
}

struct rock_ridge {
    const struct iso_reading *reading;
    struct iso_record *record;
    struct continuation next;
    bool named;     /* an alternative name has begun */
    bool continues; /* and the next NM goes on with it */
    bool stopped;
};

static enum status take_name(struct rock_ridge *state, const uint8_t *entry, size_t size)
{
    if (size < 5 || (entry[4] & NAME_SPECIAL) != 0) {
        return malformed(state->reading, "Rock Ridge has no name for a file (NM)");
    }
    if (!state->continues) {
        state->record->name[0] = 0;
    }
    state->named = true;
    state->continues = (entry[4] & NAME_CONTINUES) != 0;
    return append_name(state->reading, state->record, entry + 5, size - 5);
}

static enum status take_continuation(struct rock_ridge *state, const uint8_t *entry, size_t size)
{
    uint32_t offset;

    if (size < 28) {
        return malformed(state->reading, "a continuation (CE) is too short");
    }
    offset = little(entry + 12);
    state->next.offset = (uint64_t)little(entry + 4) * ISO_BLOCK_SIZE + offset;
    state->next.size = little(entry + 20);
    if (state->next.size > CONTINUATION_SIZE_LIMIT || offset >= CONTINUATION_SIZE_LIMIT || state->next.offset == 0) {
        return malformed(state->reading, "a continuation (CE) is too long");
    }
    return STATUS_DONE;
}

static enum status take_entry(struct rock_ridge *state, const uint8_t *entry, size_t size)
{
    struct iso_record *record = state->record;

    if (memcmp(entry, "NM", 2) == 0) {
        return take_name(state, entry, size);
    }
    if (memcmp(entry, "CE", 2) == 0) {
        return take_continuation(state, entry, size);
    }
    if (memcmp(entry, "PX", 2) == 0 && size >= 8) {
        uint32_t type = little(entry + 4) & S_IFMT;

        record->rock_ridge = true;
        record->special = record->special || (type != S_IFREG && type != S_IFDIR);
    } else if (memcmp(entry, "SL", 2) == 0 || memcmp(entry, "ZF", 2) == 0 || memcmp(entry, "SF", 2) == 0) {
        record->special = true;
    } else if (memcmp(entry, "CL", 2) == 0 && size >= 8) {
        record->child = little(entry + 4);
    } else if (memcmp(entry, "RE", 2) == 0) {
        record->moved = true;
    } else if (memcmp(entry, "ST", 2) == 0) {
        state->stopped = true;
    }
    return STATUS_DONE;
}

static enum status take_area(struct rock_ridge *state, const uint8_t *area, size_t size)
{
    enum status status = STATUS_DONE;

    /* SUSP 4: up to three bytes may be left over. */
    while (status == STATUS_DONE && !state->stopped && size >= 4) {
        size_t length = area[2];

        if (area[0] == 0 && area[1] == 0) {
            break;
        }
        if (length < 4 || length > size) {
            return malformed(state->reading, "a Rock Ridge entry is not as long as it says");
        }
        status = take_entry(state, area, length);
        area += length;
        size -= length;
    }
    return status;
}

static enum status read_rock_ridge(const struct iso_reading *reading, const uint8_t *area, size_t size,
                                   struct iso_record *record)
{
    struct rock_ridge state = {.reading = reading, .record = record};
    enum status status = take_area(&state, area, size);
    uint8_t more[CONTINUATION_SIZE_LIMIT];

    for (unsigned i = 0; status == STATUS_DONE && state.next.offset != 0 && !state.stopped; ++i) {
        struct continuation now = state.next;

        state.next = (struct continuation){0};
        if (i == CONTINUATIONS_LIMIT) {
            return malformed(reading, "Rock Ridge's continuations (CE) lead in circles");
        }
        status = reading->read(reading->context, now.offset, more, now.size);
        if (status == STATUS_DONE) {
            status = take_area(&state, more, now.size);
        }
    }
    return status;
}

bool iso_record_has_susp(const uint8_t *bytes, size_t size, uint8_t *skip)
{
    static const uint8_t mark[] = {'S', 'P', 7, 1, 0xBE, 0xEF};
    /* SUSP 5.3: at the very beginning; ISO 9660 pads the one-byte identifier to nothing. A CD-ROM XA has 14 before. */
    const size_t places[] = {IDENTIFIER_AT + 1, IDENTIFIER_AT + 1 + 14};

    for (size_t i = 0; i < 2; ++i) {
        if (size >= places[i] + 7 && memcmp(bytes + places[i], mark, sizeof(mark)) == 0) {
            *skip = bytes[places[i] + 6];
            return true;
        }
    }
    return false;
}

enum status iso_record_read(const struct iso_reading *reading, const uint8_t *bytes, size_t size,
                            struct iso_record *record)
{
    size_t identifier = size > 32 ? bytes[32] : 0;
    size_t area = IDENTIFIER_AT + identifier + (identifier % 2 == 0 ? 1U : 0U);
    bool itself;
    enum status status = STATUS_DONE;

    memset(record, 0, sizeof(*record));
    if (identifier == 0 || IDENTIFIER_AT + identifier > size) {
        return malformed(reading, "a record is not as long as it says");
    }
    record->block = (uint64_t)little(bytes + 2) + bytes[1];
    record->size = little(bytes + 10);
    record->modified = read_date(bytes + 18);
    record->folder = (bytes[25] & FLAG_FOLDER) != 0;
    record->associated = (bytes[25] & FLAG_ASSOCIATED) != 0;
    record->continued = (bytes[25] & FLAG_CONTINUED) != 0;
    record->special = bytes[26] != 0 || bytes[27] != 0;
    itself = identifier == 1 && bytes[IDENTIFIER_AT] <= 1;
    if (!itself) {
        status = read_identifier(reading, bytes + IDENTIFIER_AT, identifier, record);
    }
    if (status == STATUS_DONE && reading->names == ISO_NAMES_ROCK_RIDGE && !itself && area + reading->skip < size) {
        status = read_rock_ridge(reading, bytes + area + reading->skip, size - area - reading->skip, record);
    }
    if (status == STATUS_DONE && !itself && record->name[0] == 0) {
        status = malformed(reading, "a name is empty");
    }
    return status;
}
