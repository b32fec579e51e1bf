/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's knobs as "name=value", so that a command passes them on without knowing them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"

#define HELP_BYTES 8192

enum option_kind { OPTION_NUMBER, OPTION_SWITCH, OPTION_TEXT, OPTION_FEATURES, OPTION_WORD, OPTION_FAULT };

struct option_entry {
    const char *name;
    enum option_kind kind;
    size_t offset;
    uint64_t low, high;   /* of a number */
    const char *words[2]; /* values 0 and 1 of a word */
    const char *help;
};

#define NUMBER(name, field, low, high, help) \
    {name, OPTION_NUMBER, offsetof(struct model_options, field), low, high, {NULL, NULL}, help}
#define OTHER(name, kind, field, help) {name, kind, offsetof(struct model_options, field), 0, 0, {NULL, NULL}, help}
#define WORD(name, field, first, second, help) \
    {name, OPTION_WORD, offsetof(struct model_options, field), 0, 0, {first, second}, help}

static const struct option_entry entries[] = {
    NUMBER("seed", seed, 0, UINT64_MAX, "N: order and delays of everything the device does"),
    OTHER("image", OPTION_TEXT, image, "FILE: raw image; without one the disk is sparse memory"),
    NUMBER("capacity", capacity, 0, UINT64_MAX, "N: in 512-byte sectors; 0: the image's size"),
    WORD("layout", layout, "contract", "qemu", "contract|qemu: where the registers are"),
    NUMBER("vectors", vectors, 0, MODEL_VECTORS_MAX, "N: MSI-X vectors; 0: INTx only"),
    OTHER("features", OPTION_FEATURES, features_added, "A+B+0xHEX: offered besides what contract v1 offers"),
    OTHER("without", OPTION_FEATURES, features_removed, "A+B+0xHEX: not offered"),
    NUMBER("queue-size", queue_size, 1, 32768, "N: of every queue"),
    NUMBER("queues", queues, 1, MODEL_QUEUES_MAX, "N: request queues, with feature mq"),
    NUMBER("multiplier", multiplier, 0, 4096, "N: notify_off_multiplier"),
    NUMBER("seg-max", seg_max, 0, UINT32_MAX, "N"),
    NUMBER("size-max", size_max, 0, UINT32_MAX, "N: with feature size_max"),
    NUMBER("blk-size", blk_size, 0, UINT32_MAX, "N: logical block size in bytes"),
    NUMBER("cylinders", cylinders, 0, UINT16_MAX, "N: with feature geometry"),
    NUMBER("heads", heads, 0, UINT8_MAX, "N"),
    NUMBER("sectors", sectors, 0, UINT8_MAX, "N"),
    NUMBER("physical-exp", physical_exp, 0, UINT8_MAX, "N: with feature topology: logical blocks per physical, log2"),
    NUMBER("alignment-offset", alignment_offset, 0, UINT8_MAX, "N: in logical blocks"),
    NUMBER("min-io", min_io, 0, UINT16_MAX, "N: in logical blocks"),
    NUMBER("opt-io", opt_io, 0, UINT32_MAX, "N: in logical blocks"),
    NUMBER("writeback", writeback, 0, 1, "0|1: cache mode after a reset, with feature config_wce"),
    NUMBER("discard-sectors", discard_sectors, 0, UINT32_MAX, "N: with feature discard"),
    NUMBER("discard-segments", discard_segments, 0, UINT32_MAX, "N"),
    NUMBER("discard-alignment", discard_alignment, 0, UINT32_MAX, "N"),
    NUMBER("zeroes-sectors", zeroes_sectors, 0, UINT32_MAX, "N: with feature write_zeroes"),
    NUMBER("zeroes-segments", zeroes_segments, 0, UINT32_MAX, "N"),
    NUMBER("zeroes-unmap", zeroes_unmap, 0, 1, "0|1: write_zeroes_may_unmap"),
    OTHER("serial", OPTION_TEXT, serial, "TEXT: answer to GET_ID, up to 20 characters; without one it is unsupported"),
    WORD("used-len", used_len_spec, "0", "spec", "0|spec: used.len of contract v1, or the bytes written"),
    WORD("isr", isr_spec, "contract", "spec", "contract|spec: whether ISR bits are set while MSI-X is on"),
    NUMBER("delay-us", delay_us, 0, 60000000, "N: longest service time of a request"),
    OTHER("reorder", OPTION_SWITCH, reorder, "on|off: requests complete in seeded order"),
    NUMBER("suppress", suppress, 0, 100, "N: percent of doorbells after which the device wants none for a while"),
    NUMBER("coalesce", coalesce, 0, 100, "N: percent of completions whose interrupt comes later"),
    OTHER("ignore-no-interrupt", OPTION_SWITCH, ignore_no_interrupt, "on|off: NO_INTERRUPT and used_event are advice"),
    NUMBER("reset-us", reset_us, 0, 60000000, "N: how long a reset takes"),
    OTHER("track", OPTION_SWITCH, track, "on|off: remember unflushed writes, for power cuts"),
    OTHER("strict", OPTION_SWITCH, strict, "on|off: a broken rule ends the run"),
    WORD("framing", any_framing, "contract", "any", "contract|any: header and status have descriptors of their own"),
    NUMBER("new-capacity", new_capacity, 0, UINT64_MAX, "N: for fault config-changes; 0: twice the capacity"),
    {"fault", OPTION_FAULT, 0, 0, 0, {NULL, NULL}, "NAME[:N][+]: misbehave on the N-th occasion (and later ones)"},
};

static const struct {
    const char *name;
    uint8_t bit;
} features[] = {
    {"size_max", 1},
    {"seg_max", 2},
    {"geometry", 4},
    {"ro", 5},
    {"blk_size", 6},
    {"flush", 9},
    {"topology", 10},
    {"config_wce", 11},
    {"mq", 12},
    {"discard", 13},
    {"write_zeroes", 14},
    {"indirect", F_RING_INDIRECT},
    {"event_idx", F_EVENT_IDX},
    {"version_1", F_VERSION_1},
};

void model_options_default(struct model_options *options)
{
    memset(options, 0, sizeof *options);
    options->vectors = 4;
    options->queue_size = 128; /* contract 1.6 */
    options->queues = 1;
    options->multiplier = 4; /* contract 15 */
    options->seg_max = 126;  /* a request of that many segments fills the queue */
    options->size_max = 65536;
    options->blk_size = 512;
    options->cylinders = 1024;
    options->heads = 16;
    options->sectors = 63;
    options->writeback = 1;
    options->discard_sectors = options->zeroes_sectors = 65536;
    options->discard_segments = options->zeroes_segments = 16;
    options->discard_alignment = 8;
    options->zeroes_unmap = 1;
    options->delay_us = 100;
    options->reorder = 1;
    options->suppress = 25;
    options->coalesce = 25;
    options->strict = 1;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9') {
        return false;
    }
    *number = strtoull(text, &end, 0);
    return *end == '\0';
}

static bool parse_feature(const char *name, uint64_t *mask)
{
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (strcmp(features[i].name, name) == 0) {
            *mask |= 1ull << features[i].bit;
            return true;
        }
    }

    uint64_t bits;
    if (!parse_number(name, &bits)) {
        return false;
    }
    *mask |= bits;
    return true;
}

static bool parse_features(const char *text, uint64_t *mask)
{
    char name[32];

    while (*text != '\0') {
        size_t length = strcspn(text, "+");
        if (length == 0 || length >= sizeof name) {
            return false;
        }
        memcpy(name, text, length);
        name[length] = '\0';
        if (!parse_feature(name, mask)) {
            return false;
        }
        text += length + (text[length] == '+');
    }
    return true;
}

static bool set(struct model_options *options, const struct option_entry *entry, const char *value)
{
    void *field = (char *)options + entry->offset;
    uint64_t number;

    switch (entry->kind) {
    case OPTION_NUMBER:
        if (!parse_number(value, &number) || number < entry->low || number > entry->high) {
            return false;
        }
        *(uint64_t *)field = number;
        return true;
    case OPTION_SWITCH:
        *(uint64_t *)field = strcmp(value, "on") == 0;
        return strcmp(value, "on") == 0 || strcmp(value, "off") == 0;
    case OPTION_WORD:
        *(uint64_t *)field = strcmp(value, entry->words[1]) == 0;
        return strcmp(value, entry->words[0]) == 0 || strcmp(value, entry->words[1]) == 0;
    case OPTION_TEXT:
        *(const char **)field = value;
        return true;
    case OPTION_FEATURES:
        return parse_features(value, field);
    case OPTION_FAULT:
        return model_fault_option(options, value);
    }
    return false;
}

bool model_option(struct model_options *options, const char *name_equals_value)
{
    size_t length = strcspn(name_equals_value, "=");

    if (name_equals_value[length] == '\0') {
        return false;
    }
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strlen(entries[i].name) == length && strncmp(entries[i].name, name_equals_value, length) == 0) {
            return set(options, &entries[i], name_equals_value + length + 1);
        }
    }
    return false;
}

const char *model_option_help(void)
{
    static char text[HELP_BYTES];
    size_t used = 0;

    for (size_t i = 0; i < sizeof entries / sizeof entries[0] && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s=%s\n", entries[i].name, entries[i].help);
    }
    if (used < sizeof text) {
        used += (size_t)snprintf(text + used, sizeof text - used, "features: ");
    }
    for (size_t i = 0; i < sizeof features / sizeof features[0] && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s ", features[i].name);
    }
    if (used < sizeof text) {
        snprintf(text + used, sizeof text - used, "\nfaults: %s\n", model_fault_names());
    }
    return text;
}
