/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A file that somebody calls a catalog. Reading ends, in an error or in a catalog whose texts hold what the header
 * promises; a version 1 catalog that agrees with itself is written again from what was read, and reads the same.
 */
#include "fuzz.h"
#include "fuzz_der.h"

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/catalog_read.h"
#include "catalog/catalog_show.h"

#include <stdarg.h>

static void check_text(const char *text)
{
    FUZZ_CHECK(text != NULL);
    for (; *text != 0; ++text) {
        FUZZ_CHECK((unsigned char)*text >= ' ' && *text != 0x7F);
    }
}

static void check_texts(const struct catalog_texts *texts)
{
    for (size_t i = 0; i < texts->count; ++i) {
        check_text(texts->list[i].name);
        check_text(texts->list[i].value);
    }
}

static bool digest_of(const char *tag, unsigned char out[20])
{
    if (strlen(tag) != 40) {
        return false;
    }
    for (size_t i = 0; i < 20; ++i) {
        FUZZ_CHECK(sscanf(&tag[2 * i], "%2hhx", &out[i]) == 1);
    }
    return true;
}

static void check_same(const struct catalog *first, const struct catalog *second)
{
    FUZZ_CHECK(second->version == 1 && second->signer_count == 0);
    FUZZ_CHECK(second->attributes.count == first->attributes.count);
    for (size_t i = 0; i < first->attributes.count; ++i) {
        FUZZ_CHECK(strcmp(first->attributes.list[i].name, second->attributes.list[i].name) == 0);
        FUZZ_CHECK(strcmp(first->attributes.list[i].value, second->attributes.list[i].value) == 0);
    }
    FUZZ_CHECK(second->member_count <= first->member_count);
    for (size_t i = 0; i < second->member_count; ++i) {
        const struct catalog_member *member = &second->members[i];
        bool found = false;

        FUZZ_CHECK(i == 0 || strcmp(second->members[i - 1].tag, member->tag) < 0);
        FUZZ_CHECK(strcmp(member->tag, member->digest) == 0 && member->kind == member->declared);
        for (size_t j = 0; j < first->member_count && !found; ++j) {
            found = strcmp(first->members[j].tag, member->tag) == 0 && first->members[j].kind == member->kind &&
                    strcmp(first->members[j].os_attribute, member->os_attribute) == 0;
        }
        FUZZ_CHECK(found);
    }
}

static void write_again(const struct catalog *catalog)
{
    struct catalog_attribute *attributes = xcalloc(catalog->attributes.count, sizeof(*attributes));
    struct catalog_entry *entries = xcalloc(catalog->member_count, sizeof(*entries));
    struct catalog_spec spec = {.time = 1700000000,
                                .attributes = attributes,
                                .attribute_count = catalog->attributes.count,
                                .entries = entries,
                                .entry_count = catalog->member_count};
    bool can = catalog->version == 1;
    struct bytes made;

    for (size_t i = 0; i < catalog->attributes.count; ++i) {
        attributes[i].name = catalog->attributes.list[i].name;
        attributes[i].value = catalog->attributes.list[i].value;
    }
    for (size_t i = 0; i < catalog->member_count && can; ++i) {
        const struct catalog_member *member = &catalog->members[i];

        can = member->file != NULL && member->os_attribute != NULL && digest_of(member->tag, entries[i].sha1.digest) &&
              (member->kind == CATALOG_KIND_PE || member->kind == CATALOG_KIND_FLAT);
        entries[i].name = member->file;
        entries[i].os_attribute = member->os_attribute;
        entries[i].sha1.pe = member->kind == CATALOG_KIND_PE;
    }
    /* It may be refused for names that only a hostile catalog has. */
    if (can && catalog_make(&spec, &made) == STATUS_DONE) {
        struct catalog again;

        FUZZ_CHECK(catalog_parse("made", &made, &again) == STATUS_DONE);
        check_same(catalog, &again);
        catalog_free(&again);
        bytes_free(&made);
    }
    free(entries);
    free(attributes);
}

/* Instead of base/diag.c: messages are formatted and go nowhere. */
void diag_error(const char *place, const char *format, ...)
{
    va_list arguments;
    char text[256];

    FUZZ_CHECK(place != NULL);
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed)
{
    return fuzz_der_mutate(data, size, limit, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct signatures none = {0};
    struct bytes file = {.data = xmalloc(size + 1), .size = size};
    struct catalog catalog;

    memcpy(file.data, data, size);
    file.data[size] = 0;
    if (catalog_parse("input", &file, &catalog) == STATUS_DONE) {
        FUZZ_CHECK(catalog.version == 1 || catalog.version == 2);
        FUZZ_CHECK(strlen(catalog.identifier) <= 2 * (size_t)CATALOG_DIGEST_LIMIT);
        check_texts(&catalog.attributes);
        for (size_t i = 0; i < catalog.member_count; ++i) {
            check_text(catalog.members[i].tag);
            check_texts(&catalog.members[i].texts);
        }
        cJSON_Delete(catalog_json("input", &catalog, &none));
        write_again(&catalog);
        catalog_free(&catalog);
    }
    bytes_free(&file);
    return 0;
}
