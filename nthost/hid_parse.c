/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_MAIN, TYPE_GLOBAL, TYPE_LOCAL, TYPE_RESERVED };
enum { MAIN_INPUT = 8, MAIN_OUTPUT = 9, MAIN_COLLECTION = 10, MAIN_FEATURE = 11, MAIN_END = 12 };
enum { GLOBAL_PAGE = 0, GLOBAL_SIZE = 7, GLOBAL_ID = 8, GLOBAL_COUNT = 9, GLOBAL_PUSH = 10, GLOBAL_POP = 11 };
enum { LOCAL_USAGE = 0, COLLECTION_APPLICATION = 1, LONG_ITEM = 0xfe, STACK_MAX = 8, REPORT_BITS_MAX = 8192 * 8 };

struct globals {
    uint32_t page, size, count;
    uint8_t id;
};

struct parser {
    struct hid_layout *layout;
    char *error;
    size_t at;
    struct globals now, stack[STACK_MAX];
    unsigned stacked, depth;
    uint32_t usage; /* the last local one */
    bool has_usage, has_reports_without_id;
};

static bool fail(struct parser *p, const char *format, ...)
{
    char what[96];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof(what), format, list);
    va_end(list);
    snprintf(p->error, HID_ERROR_BYTES, "at byte %zu: %s", p->at, what);
    return false;
}

const struct hid_report *hid_find_report(const struct hid_layout *layout, enum hid_report_kind kind, uint8_t id)
{
    for (unsigned i = 0; i < layout->report_count; i++) {
        if (layout->report[i].kind == kind && layout->report[i].id == id)
            return &layout->report[i];
    }
    return NULL;
}

uint32_t hid_report_bytes(const struct hid_layout *layout, const struct hid_report *report)
{
    return (report->bits + 7) / 8 + (layout->has_ids ? 1 : 0);
}

static bool main_data(struct parser *p, enum hid_report_kind kind)
{
    struct hid_layout *l = p->layout;
    if (p->depth == 0)
        return fail(p, "a data item outside of a collection");
    if (p->now.size > 32 || (uint64_t)p->now.size * p->now.count > REPORT_BITS_MAX)
        return fail(p, "%u fields of %u bits", (unsigned)p->now.count, (unsigned)p->now.size);
    struct hid_report *r = (struct hid_report *)(uintptr_t)hid_find_report(l, kind, p->now.id);
    if (r == NULL) {
        if (l->report_count == HID_REPORTS_MAX)
            return fail(p, "more than %d reports", HID_REPORTS_MAX);
        r = &l->report[l->report_count++];
        *r = (struct hid_report){.kind = kind, .id = p->now.id, .collection = l->collection_count - 1};
    } else if (r->collection != l->collection_count - 1) {
        return fail(p, "report %u is in two top-level collections", r->id);
    }
    r->bits += p->now.size * p->now.count;
    if (r->bits > REPORT_BITS_MAX)
        return fail(p, "report %u has more than 8192 bytes", r->id);
    if (p->now.id == 0)
        p->has_reports_without_id = true;
    return true;
}

static bool main_collection(struct parser *p, uint32_t type)
{
    struct hid_layout *l = p->layout;
    if (p->depth++ > 0)
        return true;
    if (type != COLLECTION_APPLICATION || !p->has_usage)
        return fail(p, "a top-level collection must be an application collection and have a usage");
    if (l->collection_count == HID_COLLECTIONS_MAX)
        return fail(p, "more than %d top-level collections", HID_COLLECTIONS_MAX);
    l->collection[l->collection_count++] = (struct hid_collection){
        .usage_page = (uint16_t)(p->usage >> 16 != 0 ? p->usage >> 16 : p->now.page), .usage = (uint16_t)p->usage};
    return true;
}

static bool main_item(struct parser *p, unsigned tag, uint32_t value)
{
    bool good = true;
    switch (tag) {
    case MAIN_INPUT:
        good = main_data(p, HID_INPUT);
        break;
    case MAIN_OUTPUT:
        good = main_data(p, HID_OUTPUT);
        break;
    case MAIN_FEATURE:
        good = main_data(p, HID_FEATURE);
        break;
    case MAIN_COLLECTION:
        good = main_collection(p, value);
        break;
    case MAIN_END:
        if (p->depth == 0)
            return fail(p, "End Collection without a collection");
        p->depth--;
        break;
    default:
        return fail(p, "main item %u is reserved", tag);
    }
    p->has_usage = false; /* "Local items do not carry over to the next Main item" */
    return good;
}

static bool global_item(struct parser *p, unsigned tag, uint32_t value)
{
    switch (tag) {
    case GLOBAL_PAGE:
        p->now.page = value;
        return value != 0 || fail(p, "usage page 0");
    case GLOBAL_SIZE:
        p->now.size = value;
        return true;
    case GLOBAL_COUNT:
        p->now.count = value;
        return true;
    case GLOBAL_ID:
        if (value == 0 || value > 255)
            return fail(p, "report ID %u", (unsigned)value);
        p->now.id = (uint8_t)value;
        p->layout->has_ids = true;
        return true;
    case GLOBAL_PUSH:
        if (p->stacked == STACK_MAX)
            return fail(p, "more than %d Push items", STACK_MAX);
        p->stack[p->stacked++] = p->now;
        return true;
    case GLOBAL_POP:
        if (p->stacked == 0)
            return fail(p, "Pop without Push");
        p->now = p->stack[--p->stacked];
        return true;
    default: /* ranges, units */
        return tag < 7 || fail(p, "global item %u is reserved", tag);
    }
}

static bool item(struct parser *p, uint8_t prefix, uint32_t value)
{
    unsigned tag = prefix >> 4;
    switch (prefix >> 2 & 3) {
    case TYPE_MAIN:
        return main_item(p, tag, value);
    case TYPE_GLOBAL:
        return global_item(p, tag, value);
    case TYPE_LOCAL:
        if (tag == LOCAL_USAGE) {
            p->usage = value;
            p->has_usage = true;
        }
        return true;
    default:
        return fail(p, "an item of reserved type");
    }
}

static bool finish(struct parser *p)
{
    struct hid_layout *l = p->layout;
    if (p->depth != 0)
        return fail(p, "the descriptor ends inside a collection");
    if (l->collection_count == 0)
        return fail(p, "no top-level collection");
    if (l->has_ids && p->has_reports_without_id)
        return fail(p, "some reports have an ID and some have none");
    for (unsigned i = 0; i < l->report_count; i++) {
        const struct hid_report *r = &l->report[i];
        uint32_t *longest = &l->collection[r->collection].longest[r->kind], bytes = (r->bits + 7) / 8 + 1;
        if (r->bits % 8 != 0)
            return fail(p, "report %u has %u bits, which are not whole bytes", r->id, (unsigned)r->bits);
        *longest = bytes > *longest ? bytes : *longest;
    }
    return true;
}

bool hid_parse(const uint8_t *descriptor, size_t bytes, struct hid_layout *layout, char error[HID_ERROR_BYTES])
{
    struct parser p = {.layout = layout, .error = error};
    memset(layout, 0, sizeof(*layout));
    while (p.at < bytes) {
        uint8_t prefix = descriptor[p.at];
        size_t size = (prefix & 3) == 3 ? 4 : prefix & 3;
        uint32_t value = 0;
        if (prefix == LONG_ITEM)
            return fail(&p, "a long item, of which none is defined");
        if (bytes - p.at - 1 < size)
            return fail(&p, "the descriptor ends inside an item");
        memcpy(&value, descriptor + p.at + 1, size); /* little-endian, as this machine */
        if (!item(&p, prefix, value))
            return false;
        p.at += 1 + size;
    }
    return finish(&p);
}
