/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_xml.h"

#include "base/text.h"
#include "media/media_name.h"
#include "wim/wim_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK 0xfeffU

/* Part of the XML. */
struct range {
    size_t begin;
    size_t end;
};

void wim_image_free(struct wim_image *image)
{
    free(image->name);
    free(image->description);
    free(image->edition);
    free(image->installation);
}

enum status wim_xml_decode(const char *path, const struct bytes *raw, char **out)
{
    size_t count = raw->size / 2;
    uint16_t *units = xcalloc(count + 1, sizeof(*units));

    for (size_t i = 0; i < count; ++i) {
        units[i] = wim_get16(raw->data + i * 2);
    }
    if (raw->size % 2 != 0 || count == 0 || units[0] != BYTE_ORDER_MARK) {
        diag_error(path, "the XML is not UTF-16 with a byte order mark");
        free(units);
        return STATUS_BAD_INPUT;
    }
    *out = xmalloc(count * 3 + 1);
    utf8_from_utf16(units + 1, count - 1, *out);
    free(units);
    return STATUS_DONE;
}

void wim_xml_encode(const char *xml, struct bytes *out)
{
    size_t count = utf16_from_utf8(xml, NULL, 0);
    uint16_t *units = xcalloc(count + 1, sizeof(*units));

    utf16_from_utf8(xml, units, count);
    out->size = (count + 1) * 2;
    out->data = xcalloc(1, out->size + 1);
    wim_put16(out->data, BYTE_ORDER_MARK);
    for (size_t i = 0; i < count; ++i) {
        wim_put16(out->data + 2 + i * 2, units[i]);
    }
    free(units);
}

/* The text of the first element `tag` in `within`: what is between its tags. */
static bool find_element(const char *xml, struct range within, const char *tag, struct range *text)
{
    char *open = xformat("<%s>", tag);
    char *close = xformat("</%s>", tag);
    const char *begin = strstr(xml + within.begin, open);
    const char *end = begin == NULL ? NULL : strstr(begin, close);
    bool found = begin != NULL && end != NULL && (size_t)(end - xml) <= within.end;

    if (found) {
        text->begin = (size_t)(begin - xml) + strlen(open);
        text->end = (size_t)(end - xml);
    }
    free(open);
    free(close);
    return found;
}

static bool find_image(const char *xml, unsigned index, struct range *image)
{
    char *number = xformat("INDEX=\"%u\"", index);
    bool found = false;

    for (const char *at = strstr(xml, "<IMAGE "); at != NULL && !found; at = strstr(at + 1, "<IMAGE ")) {
        const char *bracket = strchr(at, '>');
        const char *end = strstr(at, "</IMAGE>");
        const char *place = strstr(at, number);

        if (bracket != NULL && end != NULL && place != NULL && place < bracket) {
            *image = (struct range){.begin = (size_t)(bracket - xml) + 1, .end = (size_t)(end - xml)};
            found = true;
        }
    }
    free(number);
    return found;
}

/* With the five entities that XML has by itself decoded. */
static char *element_text(const char *xml, struct range within, const char *tag)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    static const char characters[] = "&<>\"'";
    struct range text;
    char *out;
    size_t done = 0;

    if (!find_element(xml, within, tag, &text)) {
        return NULL;
    }
    out = xmalloc(text.end - text.begin + 1);
    while (text.begin < text.end) {
        size_t entity = 0;

        while (entity < 5 && !starts_with(xml + text.begin, entities[entity])) {
            ++entity;
        }
        out[done++] = entity < 5 ? characters[entity] : xml[text.begin];
        text.begin += entity < 5 ? strlen(entities[entity]) : 1;
    }
    out[done] = 0;
    return out;
}

static int element_number(const char *xml, struct range within, const char *tag)
{
    struct range text;
    char *end;
    long value;

    if (!find_element(xml, within, tag, &text)) {
        return -1;
    }
    value = strtol(xml + text.begin, &end, 10);
    return end == xml + text.end && end != xml + text.begin && value >= 0 && value <= 0xffffff ? (int)value : -1;
}

void wim_xml_image(const char *xml, unsigned index, struct wim_image *out)
{
    struct range image = {0};

    *out = (struct wim_image){.name = NULL};
    out->architecture = out->major = out->minor = out->build = out->service_pack_build = out->service_pack = -1;
    if (!find_image(xml, index, &image)) {
        return;
    }
    out->name = element_text(xml, image, "NAME");
    out->description = element_text(xml, image, "DESCRIPTION");
    out->edition = element_text(xml, image, "EDITIONID");
    out->installation = element_text(xml, image, "INSTALLATIONTYPE");
    out->architecture = element_number(xml, image, "ARCH");
    out->major = element_number(xml, image, "MAJOR");
    out->minor = element_number(xml, image, "MINOR");
    out->build = element_number(xml, image, "BUILD");
    out->service_pack_build = element_number(xml, image, "SPBUILD");
    out->service_pack = element_number(xml, image, "SPLEVEL");
}

static char *replaced(char *xml, struct range old, const char *text)
{
    char *out = xformat("%.*s%s%s", (int)old.begin, xml, text, xml + old.end);

    free(xml);
    return out;
}

static char *add_to_element(char *xml, unsigned index, const char *tag, long long difference)
{
    struct range image;
    struct range text;
    char number[24];
    char *end;
    long long value;

    if (!find_image(xml, index, &image) || !find_element(xml, image, tag, &text)) {
        return xml;
    }
    value = strtoll(xml + text.begin, &end, 10);
    if (end != xml + text.end || value < 0 || value > INT64_MAX / 2) {
        return xml;
    }
    value += difference;
    snprintf(number, sizeof(number), "%lld", value < 0 ? 0 : value);
    return replaced(xml, text, number);
}

static char *set_time(char *xml, unsigned index, uint64_t when)
{
    const char *const tags[] = {"HIGHPART", "LOWPART"};
    const uint32_t parts[] = {(uint32_t)(when >> 32), (uint32_t)when};

    for (size_t i = 0; i < 2; ++i) {
        struct range image;
        struct range modified;
        struct range text;
        char number[16];

        if (find_image(xml, index, &image) && find_element(xml, image, "LASTMODIFICATIONTIME", &modified) &&
            find_element(xml, modified, tags[i], &text)) {
            snprintf(number, sizeof(number), "0x%08X", parts[i]);
            xml = replaced(xml, text, number);
        }
    }
    return xml;
}

char *wim_xml_update_image(const char *xml, unsigned index, const struct wim_xml_delta *delta)
{
    char *out = xstrdup(xml);

    out = add_to_element(out, index, "DIRCOUNT", delta->folders);
    out = add_to_element(out, index, "FILECOUNT", delta->files);
    out = add_to_element(out, index, "TOTALBYTES", delta->bytes);
    out = add_to_element(out, index, "HARDLINKBYTES", delta->hard_link_bytes);
    return set_time(out, index, delta->modified);
}

char *wim_xml_update_total(const char *xml, uint64_t total)
{
    /* The file's own TOTALBYTES is the one outside of every image: before the first or after the last. */
    const char *first = strstr(xml, "<IMAGE ");
    const char *last = NULL;
    struct range text;
    struct range head = {.begin = 0, .end = first == NULL ? strlen(xml) : (size_t)(first - xml)};
    struct range tail = {.begin = strlen(xml), .end = strlen(xml)};
    char number[24];

    for (const char *at = strstr(xml, "</IMAGE>"); at != NULL; at = strstr(at + 1, "</IMAGE>")) {
        last = at;
    }
    if (last != NULL) {
        tail.begin = (size_t)(last - xml);
    }
    if (!find_element(xml, head, "TOTALBYTES", &text) && !find_element(xml, tail, "TOTALBYTES", &text)) {
        return xstrdup(xml);
    }
    snprintf(number, sizeof(number), "%llu", (unsigned long long)total);
    return replaced(xstrdup(xml), text, number);
}
