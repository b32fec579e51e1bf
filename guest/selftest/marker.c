/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "marker.h"

#include <stdio.h>
#include <string.h>

static void add_plain(struct marker *marker, const char *text)
{
    for (; *text != 0 && marker->length + 1 < sizeof(marker->line); text++) {
        marker->line[marker->length++] = *text;
    }
    marker->line[marker->length] = 0;
}

/* What comes from a device, a driver or a user: it must not be able to end a field or a line. */
static void add_clean(struct marker *marker, const char *text)
{
    for (; *text != 0 && marker->length + 1 < sizeof(marker->line); text++) {
        unsigned char c = (unsigned char)*text;

        marker->line[marker->length++] = (char)(c < 0x20 || c == 0x7F || c == '|' ? '_' : c);
    }
    marker->line[marker->length] = 0;
}

void marker_init(struct marker *marker, const struct platform *platform)
{
    memset(marker, 0, sizeof(*marker));
    marker->platform = platform;
}

void marker_begin(struct marker *marker, const char *kind)
{
    marker->length = 0;
    add_plain(marker, "AERO_VIRTIO_SELFTEST|");
    add_plain(marker, kind);
}

void marker_test(struct marker *marker, const char *name, enum outcome outcome)
{
    static const char *const words[] = {"PASS", "FAIL", "SKIP", "INFO", "READY"};

    marker_begin(marker, "TEST");
    marker_word(marker, name);
    marker_word(marker, words[outcome]);
    marker->counts[outcome]++;
}

void marker_word(struct marker *marker, const char *word)
{
    add_plain(marker, "|");
    add_clean(marker, word);
}

void marker_text(struct marker *marker, const char *key, const char *value)
{
    marker_word(marker, key);
    add_plain(marker, "=");
    add_clean(marker, value);
}

void marker_number(struct marker *marker, const char *key, uint64_t value)
{
    char text[24];
    size_t at = sizeof(text);

    /* msvcrt's printf has no format for 64 bits that the standard also has. */
    text[--at] = 0;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    marker_text(marker, key, text + at);
}

void marker_hex(struct marker *marker, const char *key, uint64_t value)
{
    char text[24];

    if (value >> 32 != 0) {
        snprintf(text, sizeof(text), "0x%x%08x", (unsigned)(value >> 32), (unsigned)value);
    } else {
        snprintf(text, sizeof(text), "0x%x", (unsigned)value);
    }
    marker_text(marker, key, text);
}

void marker_end(struct marker *marker)
{
    marker->platform->write_line(marker->platform->context, marker->line);
}

void marker_skip(struct marker *marker, const char *name, const char *reason)
{
    marker_test(marker, name, OUTCOME_SKIP);
    marker_word(marker, reason);
    marker_end(marker);
}

void marker_fail(struct marker *marker, const char *name, const char *reason)
{
    marker_test(marker, name, OUTCOME_FAIL);
    marker_text(marker, "reason", reason);
    marker_end(marker);
}

void marker_fail_error(struct marker *marker, const char *name, const char *reason, uint32_t error)
{
    marker_test(marker, name, OUTCOME_FAIL);
    marker_text(marker, "reason", reason);
    marker_number(marker, "error", error);
    marker_end(marker);
}
