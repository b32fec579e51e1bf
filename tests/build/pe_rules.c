/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pe_rules.h"

#include "pdb_identity.h"
#include "pe/pe_image.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "PE Format", Microsoft documentation. */
#define FILE_RELOCS_STRIPPED 0x0001u
#define FILE_EXECUTABLE_IMAGE 0x0002u
#define FILE_DLL 0x2000u
#define SUBSYSTEM_NATIVE 1
#define DLL_DYNAMIC_BASE 0x0040u
#define DLL_NX_COMPAT 0x0100u
#define SECTION_EXECUTE 0x20000000u
#define SECTION_WRITE 0x80000000u
#define DEBUG_TYPE_CODEVIEW 2
#define DEBUG_TYPE_REPRO 16
#define RESOURCE_TYPE_VERSION 16
#define RESOURCE_SUBDIRECTORY 0x80000000u
#define FIXED_FILE_INFO_SIGNATURE 0xFEEF04BDu
enum { IMPORT_DESCRIPTOR = 20, DEBUG_ENTRY = 28, PAGE_SIZE = 0x1000 };

struct rules {
    const struct pe_subject *subject;
    const struct pe_image *image;
    struct findings *findings;
};

static void check_headers(const struct rules *rules)
{
    const struct pe_image *image = rules->image;
    struct findings *findings = rules->findings;
    uint32_t checksum = pe_checksum(image);

    if (image->machine != rules->subject->machine || image->plus != (image->machine == PE_MACHINE_AMD64)) {
        findings_add(findings, "machine", "is %04X%s, %04X was asked for", image->machine,
                     image->plus ? " (PE32+)" : "", rules->subject->machine);
    }
    if ((image->characteristics & FILE_EXECUTABLE_IMAGE) == 0 || (image->characteristics & FILE_DLL) != 0) {
        findings_add(findings, "characteristics", "%04X is not that of a driver", image->characteristics);
    }
    if (image->subsystem != SUBSYSTEM_NATIVE || image->subsystem_version[0] != 6 || image->subsystem_version[1] != 1) {
        findings_add(findings, "subsystem", "%u version %u.%u instead of native 6.1", image->subsystem,
                     image->subsystem_version[0], image->subsystem_version[1]);
    }
    if (image->os_version[0] != 6 || image->os_version[1] != 1) {
        findings_add(findings, "os-version", "%u.%u instead of 6.1", image->os_version[0], image->os_version[1]);
    }
    if (image->checksum != checksum) {
        findings_add(findings, "checksum", "%08X in the header, %08X is right", image->checksum, checksum);
    }
    if ((image->dll_characteristics & DLL_NX_COMPAT) == 0) {
        findings_add(findings, "nx", "NX_COMPAT is not set");
    }
    if ((image->dll_characteristics & DLL_DYNAMIC_BASE) == 0) {
        findings_add(findings, "dynamic-base", "DYNAMIC_BASE is not set");
    }
    for (uint32_t i = 0; i < PE_DIRECTORIES; ++i) {
        if (image->directories[i].size != 0 &&
            (i == PE_DIRECTORY_TLS || i == PE_DIRECTORY_BOUND_IMPORT || i == PE_DIRECTORY_DELAY_IMPORT)) {
            findings_add(findings, "directories", "number %u is there; the kernel's loader knows no such thing", i);
        }
    }
}

static void check_sections(const struct rules *rules)
{
    const struct pe_section *entry = pe_section_of(rules->image, rules->image->entry);

    if (rules->image->section_alignment < PAGE_SIZE) {
        findings_add(rules->findings, "sections", "aligned to %X: pages are shared, so protections cannot hold",
                     rules->image->section_alignment);
    }
    for (size_t i = 0; i < rules->image->section_count; ++i) {
        const struct pe_section *section = &rules->image->sections[i];

        if ((section->characteristics & SECTION_EXECUTE) != 0 && (section->characteristics & SECTION_WRITE) != 0) {
            findings_add(rules->findings, "sections", "%s is both writable and executable", section->name);
        }
    }
    if (entry == NULL || (entry->characteristics & SECTION_EXECUTE) == 0) {
        findings_add(rules->findings, "entry", "%08X is not in executable code", rules->image->entry);
    }
}

/* Fix-up types of the base relocation table: 0 pads, 3 HIGHLOW (PE32), 10 DIR64 (PE32+). */
static bool relocation_block_fault(const struct rules *rules, const uint8_t *block, uint32_t size)
{
    const struct pe_image *image = rules->image;
    uint32_t width = image->plus ? 8 : 4;
    uint32_t wanted = image->plus ? 10 : 3;

    for (uint32_t at = 8; at + 2 <= size; at += 2) {
        uint16_t entry = pe_u16(block + at);
        uint32_t address = pe_u32(block) + (entry & 0xFFFu);

        if (entry >> 12 == 0) {
            continue;
        }
        if (entry >> 12 != wanted || address > image->image_size || image->image_size - address < width) {
            findings_add(rules->findings, "relocations", "type %u at %08X", entry >> 12, address);
            return true;
        }
    }
    return false;
}

static void check_relocations(const struct rules *rules)
{
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_RELOCATION];
    const uint8_t *table = pe_at(rules->image, range->address, range->size);
    uint32_t done = 0;

    if ((rules->image->characteristics & FILE_RELOCS_STRIPPED) != 0 || range->size == 0) {
        findings_add(rules->findings, "relocations", "there are none, so the driver cannot be loaded anywhere else");
        return;
    }
    while (table != NULL && done < range->size) {
        uint32_t left = range->size - done;
        uint32_t size = left >= 8 ? pe_u32(table + done + 4) : 0;

        if (size < 8 || size > left || size % 4 != 0) {
            table = NULL;
        } else if (relocation_block_fault(rules, table + done, size)) {
            return;
        }
        done += size;
    }
    if (table == NULL) {
        findings_add(rules->findings, "relocations", "the table is malformed");
    }
}

/* "x64 exception handling": a RUNTIME_FUNCTION for each function that moves the stack, sorted by address. */
static void check_unwind(const struct rules *rules)
{
    enum { ENTRY_BYTES = 12 };
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_EXCEPTION];
    const uint8_t *table = pe_at(rules->image, range->address, range->size);
    uint32_t end = 0;

    if (!rules->image->plus) {
        return;
    }
    if (range->size == 0 || table == NULL || range->size % ENTRY_BYTES != 0) {
        findings_add(rules->findings, "unwind", "no exception directory: Windows cannot walk this driver's stack");
        return;
    }
    for (uint32_t at = 0; at < range->size; at += ENTRY_BYTES) {
        uint32_t first = pe_u32(table + at), last = pe_u32(table + at + 4), info = pe_u32(table + at + 8);

        if (first < end || last <= first || pe_at(rules->image, first, last - first) == NULL ||
            pe_at(rules->image, info, 4) == NULL) {
            findings_add(rules->findings, "unwind", "entry %u is not in order or not in the image", at / ENTRY_BYTES);
            return;
        }
        end = last;
    }
}

static void check_import_names(const struct rules *rules, const char *module, uint32_t names)
{
    const struct pe_image *image = rules->image;
    uint32_t width = image->plus ? 8 : 4;

    for (uint32_t at = names;; at += width) {
        const uint8_t *thunk = pe_at(image, at, width);
        uint64_t value = thunk == NULL ? 0 : image->plus ? pe_u64(thunk) : pe_u32(thunk);
        const char *name;

        if (thunk == NULL) {
            findings_add(rules->findings, "imports", "the names of %s leave the image", module);
            return;
        }
        if (value == 0) {
            return;
        }
        if ((value >> (image->plus ? 63 : 31)) != 0) {
            findings_add(rules->findings, "imports", "%s by ordinal %u", module, (unsigned)(value & 0xFFFF));
            continue;
        }
        name = value < UINT32_MAX - 2 ? pe_string(image, (uint32_t)value + 2) : NULL;
        if (name == NULL) {
            findings_add(rules->findings, "imports", "a name of %s lies outside the image", module);
            return;
        }
        if (!allow_list_has(rules->subject->imports, module, name, image->plus)) {
            findings_add(rules->findings, "imports", "%s from %s is not in the allow list", name, module);
        }
    }
}

static void check_imports(const struct rules *rules)
{
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_IMPORT];

    if (range->size == 0) {
        findings_add(rules->findings, "imports", "there are none: this is no driver of ours");
        return;
    }
    for (uint32_t at = range->address;; at += IMPORT_DESCRIPTOR) {
        const uint8_t *descriptor = pe_at(rules->image, at, IMPORT_DESCRIPTOR);
        const char *module;

        if (descriptor == NULL) {
            findings_add(rules->findings, "imports", "the table leaves the image");
            return;
        }
        if (pe_u32(descriptor + 12) == 0) {
            return;
        }
        module = pe_string(rules->image, pe_u32(descriptor + 12));
        if (module == NULL) {
            findings_add(rules->findings, "imports", "a module's name lies outside the image");
            return;
        }
        check_import_names(rules, module, pe_u32(descriptor));
    }
}

/* CodeView record: "RSDS", GUID, age, zero-terminated name of the PDB. */
static void check_codeview(const struct rules *rules, const uint8_t *record, uint32_t size)
{
    const struct pe_subject *subject = rules->subject;
    struct pdb_identity identity;
    const char *fault;
    char *wanted;

    if (size < 25 || memcmp(record, "RSDS", 4) != 0 || record[size - 1] != 0) {
        findings_add(rules->findings, "pdb", "the CodeView record is malformed");
        return;
    }
    wanted = xformat("%s.pdb", subject->name);
    if (strcmp((const char *)record + 24, wanted) != 0) {
        findings_add(rules->findings, "pdb", "is named '%s' in the image instead of '%s'", (const char *)record + 24,
                     wanted);
    }
    free(wanted);
    if (subject->pdb == NULL) {
        findings_add(rules->findings, "pdb", "there is none");
        return;
    }
    fault = pdb_identity_read(subject->pdb, subject->pdb_size, &identity);
    if (fault != NULL) {
        findings_add(rules->findings, "pdb", "%s", fault);
    } else if (memcmp(identity.guid, record + 4, 16) != 0 || identity.age != pe_u32(record + 20)) {
        findings_add(rules->findings, "pdb", "belongs to another image: its GUID or age differs");
    }
}

static void check_debug(const struct rules *rules)
{
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_DEBUG];
    const uint8_t *entries = range->size > 0 ? pe_at(rules->image, range->address, range->size) : NULL;
    bool codeview = false;
    bool repro = false;

    for (uint32_t at = 0; entries != NULL && range->size - at >= DEBUG_ENTRY; at += DEBUG_ENTRY) {
        uint32_t type = pe_u32(entries + at + 12);
        uint32_t size = pe_u32(entries + at + 16);
        const uint8_t *record = size > 0 ? pe_at(rules->image, pe_u32(entries + at + 20), size) : NULL;

        repro = repro || type == DEBUG_TYPE_REPRO;
        if (type == DEBUG_TYPE_CODEVIEW && record != NULL) {
            codeview = true;
            check_codeview(rules, record, size);
        }
    }
    if (!codeview) {
        findings_add(rules->findings, "pdb", "the image names none");
    }
    if (!repro) {
        findings_add(rules->findings, "reproducible", "the time stamp is not marked as a hash of the content");
    }
}

/* The entry of a resource directory at `offset` with this ID, or the first one; 0 when there is none. */
static uint32_t resource_entry(const struct rules *rules, uint32_t offset, bool any, uint32_t id)
{
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_RESOURCE];
    const uint8_t *root = pe_at(rules->image, range->address, range->size);
    uint32_t count;

    if (root == NULL || offset > range->size || range->size - offset < 16) {
        return 0;
    }
    count = (uint32_t)pe_u16(root + offset + 12) + pe_u16(root + offset + 14);
    if ((range->size - offset - 16) / 8 < count) {
        return 0;
    }
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t *entry = root + offset + 16 + i * 8;

        if (any || pe_u32(entry) == id) {
            return pe_u32(entry + 4);
        }
    }
    return 0;
}

static void check_version(const struct rules *rules)
{
    const struct pe_range *range = &rules->image->directories[PE_DIRECTORY_RESOURCE];
    uint32_t type = resource_entry(rules, 0, false, RESOURCE_TYPE_VERSION);
    uint32_t name = type != 0 ? resource_entry(rules, type & ~RESOURCE_SUBDIRECTORY, true, 0) : 0;
    uint32_t leaf = name != 0 ? resource_entry(rules, name & ~RESOURCE_SUBDIRECTORY, true, 0) : 0;
    const uint8_t *data = leaf != 0 && leaf < range->size ? pe_at(rules->image, range->address + leaf, 16) : NULL;
    uint32_t size = data != NULL ? pe_u32(data + 4) : 0;
    const uint8_t *info = size >= 92 ? pe_at(rules->image, pe_u32(data), size) : NULL;

    /* VS_VERSIONINFO: three words, the key L"VS_VERSION_INFO" with its zero, padding to 40, VS_FIXEDFILEINFO. */
    if (info == NULL || pe_u32(info + 40) != FIXED_FILE_INFO_SIGNATURE) {
        findings_add(rules->findings, "version", "there is no version resource");
    } else if (pe_u32(info + 48) == 0 && pe_u32(info + 52) == 0) {
        findings_add(rules->findings, "version", "the version is 0.0.0.0");
    }
}

static bool is_name_character(int character)
{
    return isalnum(character) || character == '_' || character == '-' || character == '.';
}

/* Two names after two slashes, or a drive letter: long enough that machine code does not look like it by chance. */
static bool looks_like_path(const char *text)
{
    size_t first = 0;
    size_t second = 0;

    if (isalpha((unsigned char)text[0]) && text[1] == ':' && (text[2] == '\\' || text[2] == '/') &&
        is_name_character((unsigned char)text[3]) && is_name_character((unsigned char)text[4])) {
        return true;
    }
    if (text[0] != '/') {
        return false;
    }
    while (is_name_character((unsigned char)text[1 + first])) {
        ++first;
    }
    if (first < 2 || text[1 + first] != '/') {
        return false;
    }
    while (is_name_character((unsigned char)text[2 + first + second])) {
        ++second;
    }
    return second >= 2;
}

/* `step` 1 finds ASCII, 2 finds UTF-16 (from each of the two alignments). */
static void check_strings(const struct rules *rules, size_t start, size_t step)
{
    struct text run = {0};

    for (size_t i = start; i + step <= rules->image->size + step; i += step) {
        bool inside = i + step <= rules->image->size;
        int character = inside ? rules->image->data[i] : 0;

        if (inside && isprint(character) && (step == 1 || rules->image->data[i + 1] == 0)) {
            char one = (char)character;

            text_add(&run, &one, 1);
            continue;
        }
        for (size_t at = 0; at < run.size; ++at) {
            if (looks_like_path(run.data + at)) {
                findings_add(rules->findings, "paths", "'%s'", run.data);
                break;
            }
        }
        run.size = 0;
    }
    text_free(&run);
}

void pe_rules_check(const struct pe_subject *subject, struct findings *findings)
{
    struct pe_image image;
    const char *fault = pe_parse(subject->sys, subject->sys_size, &image);
    const struct rules rules = {.subject = subject, .image = &image, .findings = findings};

    if (fault != NULL) {
        findings_add(findings, "image", "%s", fault);
        return;
    }
    check_headers(&rules);
    check_sections(&rules);
    check_relocations(&rules);
    check_unwind(&rules);
    check_imports(&rules);
    check_debug(&rules);
    check_version(&rules);
    check_strings(&rules, 0, 1);
    check_strings(&rules, 0, 2);
    check_strings(&rules, 1, 2);
    pe_free(&image);
}
