/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pages HidP_GetCollectionDescription, HidP_GetCaps, HidP_GetUsagesEx, HidP_GetValueCaps, HidP_GetUsageValue.
 *
 * Wine's parser makes one collection of whatever it is given, so each top-level collection is given to it alone: its
 * items, and of what comes before it the global ones, for they carry over (HID 1.11, 6.2.2.7). It also takes an array's
 * first usage for index 1, whatever the logical minimum, which by HID 1.11, 6.2.2.5, is the index of the first usage; a
 * probe finds out, and then the Usage Minimum of arrays is moved so that the parser comes to the right usage.
 */
#include "hid_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm.h"

#define HIDP_STATUS_SUCCESS 0x00110000u
enum { HIDP_INPUT, NONPAGED_POOL = 0, VALUE_CAPS_MAX = 128 };

typedef struct _HIDP_COLLECTION_DESC {
    USHORT UsagePage, Usage;
    UCHAR CollectionNumber, Reserved[15];
    USHORT InputLength, OutputLength, FeatureLength, PreparsedDataLength;
    PVOID PreparsedData;
} HIDP_COLLECTION_DESC;

typedef struct _HIDP_REPORT_IDS {
    UCHAR ReportID, CollectionNumber;
    USHORT InputLength, OutputLength, FeatureLength;
} HIDP_REPORT_IDS;

typedef struct _HIDP_DEVICE_DESC {
    HIDP_COLLECTION_DESC *CollectionDesc;
    ULONG CollectionDescLength;
    HIDP_REPORT_IDS *ReportIDs;
    ULONG ReportIDsLength;
    ULONG BreakOffset, ErrorCode, Args[6];
} HIDP_DEVICE_DESC;

typedef struct _HIDP_CAPS {
    USHORT Usage, UsagePage, InputReportByteLength, OutputReportByteLength, FeatureReportByteLength, Reserved[17];
    USHORT NumberLinkCollectionNodes, NumberInputButtonCaps, NumberInputValueCaps, NumberInputDataIndices;
    USHORT Rest[6];
} HIDP_CAPS;

typedef struct _HIDP_VALUE_CAPS {
    USHORT UsagePage;
    UCHAR ReportID;
    BOOLEAN IsAlias;
    USHORT BitField, LinkCollection, LinkUsage, LinkUsagePage;
    BOOLEAN IsRange, IsStringRange, IsDesignatorRange, IsAbsolute, HasNull;
    UCHAR Reserved;
    USHORT BitSize, ReportCount, Reserved2[5];
    ULONG UnitsExp, Units;
    LONG LogicalMin, LogicalMax, PhysicalMin, PhysicalMax;
    USHORT UsageMin, UsageMax, StringMin, StringMax, DesignatorMin, DesignatorMax, DataIndexMin, DataIndexMax;
} HIDP_VALUE_CAPS;

_Static_assert(sizeof(HIDP_CAPS) == 64 && sizeof(HIDP_VALUE_CAPS) == 72, "hidpi.h");

struct part { /* one top-level collection */
    uint8_t *descriptor;
    HIDP_DEVICE_DESC *desc;
    HIDP_CAPS caps;
    HIDP_VALUE_CAPS *values;
    unsigned value_count;
};

struct hid_decoder {
    module *parser;
    struct part part[HID_DECODE_COLLECTIONS];
    unsigned count;
};

static uint32_t call(hid_decoder *d, const char *name, unsigned count, const uintptr_t *a)
{
    void *function = module_export(d->parser, name);
    if (function == NULL)
        environment_failed("%s has no export %s", module_path(d->parser), name);
    return (uint32_t)driver_call(name, function, count, a[0], a[1], a[2], a[3], count > 4 ? a[4] : 0,
                                 count > 5 ? a[5] : 0, count > 6 ? a[6] : 0, count > 7 ? a[7] : 0);
}

/* The items of one top-level collection, on their way into a descriptor of its own. */
struct selection {
    const uint8_t *all;
    uint8_t *out;
    uint32_t length;
    int32_t logical_minimum;
    uint32_t usage_minimum_at; /* in `out`, of the local item that waits for its main item; 0: none */
    bool correct_arrays;
};

static uint32_t item_size(uint8_t prefix)
{
    return 1 + ((prefix & 3) == 3 ? 4u : prefix & 3u);
}

static int32_t item_value(const uint8_t *item)
{
    uint32_t value = 0, bytes = item_size(item[0]) - 1;
    memcpy(&value, item + 1, bytes);
    return bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
}

static void correct_array(struct selection *s)
{
    uint8_t *item = s->out + s->usage_minimum_at;
    uint32_t bytes = item_size(item[0]) - 1, value = 0;
    memcpy(&value, item + 1, bytes);
    value += 1u - (uint32_t)s->logical_minimum;
    memcpy(item + 1, &value, bytes);
}

static void copy_item(struct selection *s, const uint8_t *item)
{
    enum { INPUT = 0x80, LOGICAL_MINIMUM = 0x14, USAGE_MINIMUM = 0x18, TYPE_MASK = 0x0c, MAIN = 0, IS_VARIABLE = 3 };
    uint8_t kind = item[0] & 0xfc;
    if (kind == LOGICAL_MINIMUM)
        s->logical_minimum = item_value(item);
    if (kind == USAGE_MINIMUM)
        s->usage_minimum_at = s->length;
    if (kind == INPUT && (item[1] & IS_VARIABLE) == 0 && s->usage_minimum_at != 0 && s->correct_arrays)
        correct_array(s);
    if ((item[0] & TYPE_MASK) == MAIN)
        s->usage_minimum_at = 0;
    memcpy(s->out + s->length, item, item_size(item[0]));
    s->length += item_size(item[0]);
}

/* Top-level collection `index`, with all global items before it; 0: there is no such collection. */
static uint32_t select_collection(struct selection *s, uint32_t bytes, unsigned index)
{
    enum { TYPE_MASK = 0x0c, GLOBAL = 4, LOCAL = 8, COLLECTION = 0xa0, END_COLLECTION = 0xc0 };
    unsigned depth = 0, number = 0;
    for (uint32_t at = 0; at < bytes && at + item_size(s->all[at]) <= bytes; at += item_size(s->all[at])) {
        uint8_t prefix = s->all[at], kind = prefix & 0xfc, type = prefix & TYPE_MASK;
        /* Local items before a collection belong to it. */
        bool mine = number == index && (depth > 0 || type == LOCAL || kind == COLLECTION);
        if (mine || type == GLOBAL)
            copy_item(s, s->all + at);
        if (kind == COLLECTION)
            depth++;
        if (kind == END_COLLECTION && depth > 0 && --depth == 0 && number++ == index)
            return s->length;
    }
    return 0;
}

static void read_capabilities(hid_decoder *d, struct part *p)
{
    PVOID preparsed = p->desc->CollectionDesc[0].PreparsedData;
    uintptr_t caps[4] = {(uintptr_t)preparsed, (uintptr_t)&p->caps, 0, 0};
    if (call(d, "HidP_GetCaps", 2, caps) != HIDP_STATUS_SUCCESS)
        environment_failed("HidP_GetCaps fails");
    USHORT count = VALUE_CAPS_MAX;
    p->values = calloc(VALUE_CAPS_MAX, sizeof(HIDP_VALUE_CAPS));
    if (p->values == NULL)
        environment_failed("no memory for value capabilities");
    uintptr_t values[4] = {HIDP_INPUT, (uintptr_t)p->values, (uintptr_t)&count, (uintptr_t)preparsed};
    if (p->caps.NumberInputValueCaps != 0 && call(d, "HidP_GetValueCaps", 4, values) == HIDP_STATUS_SUCCESS)
        p->value_count = count;
}

static bool add_part(hid_decoder *d, uint32_t bytes, uint32_t *status, uint32_t *at)
{
    struct part *p = &d->part[d->count];
    uintptr_t arguments[4] = {(uintptr_t)p->descriptor, bytes, NONPAGED_POOL, (uintptr_t)p->desc};
    *status = call(d, "HidP_GetCollectionDescription", 4, arguments);
    *at = p->desc->BreakOffset;
    /* Windows answers STATUS_SUCCESS, Wine HIDP_STATUS_SUCCESS. */
    if ((*status != HIDP_STATUS_SUCCESS && *status != 0) || p->desc->CollectionDescLength != 1) {
        free(p->descriptor);
        free(p->desc);
        return false;
    }
    read_capabilities(d, p);
    d->count++;
    return true;
}

static hid_decoder *open_decoder(module *parser, bool correct_arrays, const uint8_t *descriptor, uint32_t bytes,
                                 uint32_t *status, uint32_t *at)
{
    hid_decoder *d = calloc(1, sizeof(*d));
    if (d == NULL)
        environment_failed("no memory for a report descriptor");
    d->parser = parser;
    for (unsigned i = 0; i < HID_DECODE_COLLECTIONS; i++) {
        struct part *p = &d->part[d->count];
        if ((p->descriptor = malloc(bytes + 1)) == NULL || (p->desc = calloc(1, sizeof(*p->desc))) == NULL)
            environment_failed("no memory for a report descriptor");
        struct selection s = {.all = descriptor, .out = p->descriptor, .correct_arrays = correct_arrays};
        uint32_t length = select_collection(&s, bytes, i);
        if (length == 0) {
            free(p->descriptor);
            free(p->desc);
            break;
        }
        if (!add_part(d, length, status, at)) {
            hid_decoder_close(d);
            return NULL;
        }
    }
    return d;
}

/* Whether the parser takes index 4 of an array that begins at usage and index 0 for usage 4. */
static bool parser_is_right(module *parser)
{
    static const uint8_t probe[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65,
                                    0x15, 0x00, 0x25, 0x65, 0x75, 0x08, 0x95, 0x01, 0x81, 0x00, 0xc0};
    static const uint8_t report[] = {0, 4};
    struct hid_decoded out;
    uint32_t status, at;
    hid_decoder *d = open_decoder(parser, false, probe, sizeof(probe), &status, &at);
    if (d == NULL)
        environment_failed("%s refuses the descriptor of a keyboard: %#x", module_path(parser), (unsigned)status);
    bool right =
        hid_decode(d, report, sizeof(report), &out, &status) && out.usage_count == 1 && out.usage[0].usage == 4;
    hid_decoder_close(d);
    return right;
}

hid_decoder *hid_decoder_open(module *parser, const uint8_t *descriptor, uint32_t bytes, uint32_t *status, uint32_t *at)
{
    return open_decoder(parser, !parser_is_right(parser), descriptor, bytes, status, at);
}

void hid_decoder_close(hid_decoder *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        struct part *p = &d->part[i];
        uintptr_t arguments[4] = {(uintptr_t)p->desc, 0, 0, 0};
        call(d, "HidP_FreeCollectionDescription", 1, arguments);
        free(p->values);
        free(p->descriptor);
        free(p->desc);
    }
    free(d);
}

unsigned hid_decoder_collections(const hid_decoder *d)
{
    return d->count;
}

void hid_decoder_collection(const hid_decoder *d, unsigned index, struct hid_seen_collection *c)
{
    const HIDP_CAPS *caps = &d->part[index].caps;
    *c = (struct hid_seen_collection){.usage_page = caps->UsagePage,
                                      .usage = caps->Usage,
                                      .input_bytes = caps->InputReportByteLength,
                                      .output_bytes = caps->OutputReportByteLength,
                                      .feature_bytes = caps->FeatureReportByteLength,
                                      .input_buttons = caps->NumberInputButtonCaps,
                                      .input_values = caps->NumberInputValueCaps};
}

/* The parser wants as many bytes as the collection's longest report has. */
struct padded {
    uint8_t bytes[8193];
    uint32_t count;
};

static void add_values(hid_decoder *d, const struct part *p, struct padded *report, struct hid_decoded *out)
{
    const HIDP_COLLECTION_DESC *c = &p->desc->CollectionDesc[0];
    for (unsigned i = 0; i < p->value_count; i++) {
        const HIDP_VALUE_CAPS *v = &p->values[i];
        USHORT last = v->IsRange ? v->UsageMax : v->UsageMin;
        if (v->ReportID != report->bytes[0] || v->ReportCount > 1)
            continue;
        for (unsigned usage = v->UsageMin; usage <= last && out->value_count < HID_DECODE_VALUES; usage++) {
            ULONG raw = 0;
            uintptr_t arguments[8] = {HIDP_INPUT,
                                      v->UsagePage,
                                      v->LinkCollection,
                                      usage,
                                      (uintptr_t)&raw,
                                      (uintptr_t)c->PreparsedData,
                                      (uintptr_t)report->bytes,
                                      report->count};
            if (call(d, "HidP_GetUsageValue", 8, arguments) != HIDP_STATUS_SUCCESS)
                continue;
            out->value[out->value_count++] = (struct hid_value){v->UsagePage, (uint16_t)usage, v->LinkCollection, raw};
        }
    }
}

static int collection_of(const hid_decoder *d, uint8_t id)
{
    for (unsigned k = 0; k < d->count; k++) {
        const HIDP_DEVICE_DESC *desc = d->part[k].desc;
        for (ULONG i = 0; i < desc->ReportIDsLength; i++) {
            if (desc->ReportIDs[i].ReportID == id && desc->ReportIDs[i].InputLength != 0)
                return (int)k;
        }
    }
    return -1;
}

bool hid_decode(hid_decoder *d, const uint8_t *report, uint32_t bytes, struct hid_decoded *out, uint32_t *status)
{
    static struct padded padded; /* nothing else decodes meanwhile: the parser waits for nobody */
    int index = bytes != 0 ? collection_of(d, report[0]) : -1;
    memset(out, 0, sizeof(*out));
    *status = 0xc0110010u; /* HIDP_STATUS_REPORT_DOES_NOT_EXIST */
    if (index < 0 || bytes > sizeof(padded.bytes))
        return false;
    const struct part *p = &d->part[index];
    memset(&padded, 0, sizeof(padded));
    memcpy(padded.bytes, report, bytes);
    padded.count = p->caps.InputReportByteLength;
    ULONG count = HID_DECODE_USAGES;
    uintptr_t arguments[8] = {HIDP_INPUT,
                              0,
                              (uintptr_t)out->usage,
                              (uintptr_t)&count,
                              (uintptr_t)p->desc->CollectionDesc[0].PreparsedData,
                              (uintptr_t)padded.bytes,
                              padded.count};
    *status = call(d, "HidP_GetUsagesEx", 7, arguments);
    if (*status != HIDP_STATUS_SUCCESS && *status != 0xc0110004u /* USAGE_NOT_FOUND: no buttons in this report */)
        return false;
    out->collection = (unsigned)index;
    out->usage_count = *status == HIDP_STATUS_SUCCESS ? count : 0;
    add_values(d, p, &padded, out);
    return true;
}

void hid_decoded_text(const struct hid_decoded *d, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < d->usage_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%04x:%04x", used != 0 ? " " : "", d->usage[i].page,
                                 d->usage[i].usage);
    for (unsigned i = 0; i < d->value_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%04x:%04x=%u", used != 0 ? " " : "", d->value[i].page,
                                 d->value[i].usage, (unsigned)d->value[i].raw);
}
