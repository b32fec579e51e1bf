/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pe_refuses amd64|x86 IMPORTS SYS PDB: the PE check is itself checked. A driver that keeps every rule is changed in
 * one way at a time; the rule that was broken must be found, by name, and no other. Then damaged files: cut at many
 * lengths and with bytes changed at random (seed printed), none of which may do more than give findings (run under
 * ASan).
 */
#include "base/file_io.h"
#include "pe/pe_image.h"
#include "pe_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct subject {
    struct pe_subject description;
    struct bytes good_sys;
    struct bytes good_pdb;
    struct bytes sys; /* the copy that is changed */
    struct bytes pdb;
};

typedef void mutation(struct subject *subject, struct pe_image *image);

static uint8_t *at_offset(struct subject *subject, size_t offset)
{
    return (uint8_t *)subject->sys.data + offset;
}

static uint8_t *at_address(struct subject *subject, const struct pe_image *image, uint32_t address)
{
    const uint8_t *at = pe_at(image, address, 1);

    if (at == NULL) {
        fprintf(stderr, "pe_refuses: %08X is not in the image\n", address);
        exit(1);
    }
    return at_offset(subject, (size_t)(at - image->data));
}

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value & 0xFFFF);
    put_u16(at + 2, value >> 16);
}

static uint8_t *directory(struct subject *subject, const struct pe_image *image, unsigned index)
{
    return at_offset(subject, image->directory_offset + index * 8);
}

static void other_machine(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->header_offset + 4),
            image->machine == PE_MACHINE_X86 ? PE_MACHINE_AMD64 : PE_MACHINE_X86);
}

static void not_executable(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->header_offset + 22), image->characteristics & ~0x0002u);
}

static void made_a_dll(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->header_offset + 22), image->characteristics | 0x2000u);
}

static void console_subsystem(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->optional_offset + 68), 3);
}

static void subsystem_of_windows_10(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->optional_offset + 48), 10);
}

static void os_of_windows_8(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->optional_offset + 42), 2);
}

static void wrong_checksum(struct subject *subject, struct pe_image *image)
{
    put_u32(at_offset(subject, image->checksum_offset), image->checksum + 1);
}

static void no_nx(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->optional_offset + 70), image->dll_characteristics & ~0x0100u);
}

static void no_dynamic_base(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->optional_offset + 70), image->dll_characteristics & ~0x0040u);
}

static void relocations_stripped(struct subject *subject, struct pe_image *image)
{
    put_u16(at_offset(subject, image->header_offset + 22), image->characteristics | 0x0001u);
}

static void relocations_missing(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_RELOCATION) + 4, 0);
}

static void unwind_missing(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_EXCEPTION) + 4, 0);
}

static void unwind_cut(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_EXCEPTION) + 4,
            image->directories[PE_DIRECTORY_EXCEPTION].size - 4);
}

static void relocation_block_too_long(struct subject *subject, struct pe_image *image)
{
    put_u32(at_address(subject, image, image->directories[PE_DIRECTORY_RELOCATION].address) + 4, 0x10000);
}

static void relocation_outside_image(struct subject *subject, struct pe_image *image)
{
    put_u32(at_address(subject, image, image->directories[PE_DIRECTORY_RELOCATION].address), image->image_size);
}

static void writable_code(struct subject *subject, struct pe_image *image)
{
    const struct pe_section *section = pe_section_of(image, image->entry);

    put_u32(at_offset(subject, section->header_offset + 36), section->characteristics | 0x80000000u);
}

static void shared_pages(struct subject *subject, struct pe_image *image)
{
    put_u32(at_offset(subject, image->optional_offset + 32), 0x200);
}

static void entry_in_headers(struct subject *subject, struct pe_image *image)
{
    put_u32(at_offset(subject, image->optional_offset + 16), 0x10);
}

static uint32_t import_field(const struct pe_image *image, unsigned field)
{
    return pe_u32(pe_at(image, image->directories[PE_DIRECTORY_IMPORT].address + field, 4));
}

static void import_of_a_later_windows(struct subject *subject, struct pe_image *image)
{
    uint32_t name = pe_u32(pe_at(image, import_field(image, 0), 4)) + 2;

    at_address(subject, image, name)[0] = 'Z';
}

static void import_from_another_module(struct subject *subject, struct pe_image *image)
{
    at_address(subject, image, import_field(image, 12))[0] = 'z';
}

static void import_by_ordinal(struct subject *subject, struct pe_image *image)
{
    at_address(subject, image, import_field(image, 0))[image->plus ? 7 : 3] |= 0x80;
}

static void import_name_outside(struct subject *subject, struct pe_image *image)
{
    put_u32(at_address(subject, image, import_field(image, 0)), 0x7FFFFFF0);
}

static void imports_missing(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_IMPORT) + 4, 0);
}

static void delay_loaded_imports(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_DELAY_IMPORT) + 4, 32);
}

/* The debug directory entry of this type. */
static uint8_t *debug_entry(struct subject *subject, const struct pe_image *image, uint32_t type)
{
    const struct pe_range *range = &image->directories[PE_DIRECTORY_DEBUG];

    for (uint32_t at = 0; at < range->size; at += 28) {
        uint8_t *entry = at_address(subject, image, range->address + at);

        if (pe_u32(entry + 12) == type) {
            return entry;
        }
    }
    fprintf(stderr, "pe_refuses: no debug entry of type %u\n", type);
    exit(1);
}

static uint8_t *codeview(struct subject *subject, const struct pe_image *image)
{
    return at_address(subject, image, pe_u32(debug_entry(subject, image, 2) + 20));
}

static void pdb_of_another_build(struct subject *subject, struct pe_image *image)
{
    codeview(subject, image)[4] ^= 1;
}

static void pdb_of_another_age(struct subject *subject, struct pe_image *image)
{
    codeview(subject, image)[20] ^= 2;
}

static void pdb_named_with_a_folder(struct subject *subject, struct pe_image *image)
{
    codeview(subject, image)[24] = '\\';
}

static void pdb_record_without_end(struct subject *subject, struct pe_image *image)
{
    uint8_t *entry = debug_entry(subject, image, 2);

    put_u32(entry + 16, pe_u32(entry + 16) - 1);
}

static void pdb_missing(struct subject *subject, struct pe_image *image)
{
    (void)image;
    subject->description.pdb = NULL;
}

static void pdb_not_a_pdb(struct subject *subject, struct pe_image *image)
{
    (void)image;
    subject->pdb.data[0] = 'X';
}

static void pdb_cut_short(struct subject *subject, struct pe_image *image)
{
    (void)image;
    subject->description.pdb_size -= 1;
}

static void time_stamp_not_a_hash(struct subject *subject, struct pe_image *image)
{
    put_u32(debug_entry(subject, image, 16) + 12, 99);
}

static void version_missing(struct subject *subject, struct pe_image *image)
{
    put_u32(directory(subject, image, PE_DIRECTORY_RESOURCE) + 4, 0);
}

/* A resource of another type in the version's place. */
static void version_of_another_type(struct subject *subject, struct pe_image *image)
{
    put_u32(at_address(subject, image, image->directories[PE_DIRECTORY_RESOURCE].address) + 16, 10);
}

/* Into the DOS stub, which no other rule looks at. */
static void path_in_ascii(struct subject *subject, struct pe_image *image)
{
    (void)image;
    memcpy(at_offset(subject, 0x40), "\0/home/someone/x\0", 17);
}

static void path_in_utf16(struct subject *subject, struct pe_image *image)
{
    static const char path[] = "C:\\build";

    (void)image;
    memset(at_offset(subject, 0x40), 0, 2);
    for (size_t i = 0; i < sizeof(path); ++i) {
        put_u16(at_offset(subject, 0x42 + 2 * i), (unsigned char)path[i]);
    }
}

static void not_an_image(struct subject *subject, struct pe_image *image)
{
    (void)image;
    subject->sys.data[0] = 'X';
}

static const struct {
    const char *name;
    const char *rule;
    mutation *change;
} mutations[] = {
    {"not an image", "image", not_an_image},
    {"the other machine", "machine", other_machine},
    {"not executable", "characteristics", not_executable},
    {"a DLL", "characteristics", made_a_dll},
    {"console subsystem", "subsystem", console_subsystem},
    {"subsystem version of Windows 10", "subsystem", subsystem_of_windows_10},
    {"OS version of Windows 8", "os-version", os_of_windows_8},
    {"wrong checksum", "checksum", wrong_checksum},
    {"no NX_COMPAT", "nx", no_nx},
    {"no DYNAMIC_BASE", "dynamic-base", no_dynamic_base},
    {"relocations stripped", "relocations", relocations_stripped},
    {"no relocations", "relocations", relocations_missing},
    {"no unwind table", "unwind", unwind_missing},
    {"a cut unwind table", "unwind", unwind_cut},
    {"a relocation block too long", "relocations", relocation_block_too_long},
    {"a relocation outside the image", "relocations", relocation_outside_image},
    {"writable code", "sections", writable_code},
    {"sections that share pages", "sections", shared_pages},
    {"entry point in the headers", "entry", entry_in_headers},
    {"an import of a later Windows", "imports", import_of_a_later_windows},
    {"an import from another module", "imports", import_from_another_module},
    {"an import by ordinal", "imports", import_by_ordinal},
    {"an import's name outside the image", "imports", import_name_outside},
    {"no imports", "imports", imports_missing},
    {"delay-loaded imports", "directories", delay_loaded_imports},
    {"the PDB of another build", "pdb", pdb_of_another_build},
    {"the PDB of another age", "pdb", pdb_of_another_age},
    {"a PDB named with a folder", "pdb", pdb_named_with_a_folder},
    {"a PDB name without an end", "pdb", pdb_record_without_end},
    {"no PDB", "pdb", pdb_missing},
    {"a PDB that is none", "pdb", pdb_not_a_pdb},
    {"a PDB cut short", "pdb", pdb_cut_short},
    {"a time stamp that is no hash", "reproducible", time_stamp_not_a_hash},
    {"no version resource", "version", version_missing},
    {"another resource instead of the version", "version", version_of_another_type},
    {"a path in ASCII", "paths", path_in_ascii},
    {"a path in UTF-16", "paths", path_in_utf16},
};

static void copy(struct bytes *to, const struct bytes *from)
{
    free(to->data);
    to->data = malloc(from->size);
    to->size = from->size;
    if (to->data == NULL) {
        abort();
    }
    memcpy(to->data, from->data, from->size);
}

static void reset(struct subject *subject)
{
    copy(&subject->sys, &subject->good_sys);
    copy(&subject->pdb, &subject->good_pdb);
    subject->description.sys = subject->sys.data;
    subject->description.sys_size = subject->sys.size;
    subject->description.pdb = subject->pdb.data;
    subject->description.pdb_size = subject->pdb.size;
}

/* The checksum is made right again, so that only the rule in question is broken. */
static void repair_checksum(struct subject *subject)
{
    struct pe_image image;

    if (pe_parse(subject->sys.data, subject->sys.size, &image) == NULL) {
        put_u32(at_offset(subject, image.checksum_offset), pe_checksum(&image));
        pe_free(&image);
    }
}

static unsigned report(const char *name, const char *rule, const struct findings *findings)
{
    unsigned failures = 0;

    if (rule == NULL ? findings->count > 0 : !findings_has(findings, rule)) {
        failures = 1;
    }
    for (size_t i = 0; i < findings->count; ++i) {
        if (rule == NULL || strcmp(findings->list[i].rule, rule) != 0) {
            failures = 1;
        }
    }
    printf("%s: %s", failures == 0 ? "ok" : "FAILED", name);
    for (size_t i = 0; i < findings->count; ++i) {
        printf("%s %s: %s", i == 0 ? " ->" : ";", findings->list[i].rule, findings->list[i].reason);
    }
    putchar('\n');
    return failures;
}

static unsigned check_mutation(struct subject *subject, const char *name, const char *rule, mutation *change)
{
    struct findings findings = {0};
    struct pe_image image;
    unsigned failures;

    reset(subject);
    if (change != NULL) {
        if (pe_parse(subject->good_sys.data, subject->good_sys.size, &image) != NULL) {
            return 1;
        }
        if (strcmp(rule, "unwind") == 0 && !image.plus) {
            pe_free(&image);
            return 0; /* x86 has no such table */
        }
        change(subject, &image);
        pe_free(&image);
        if (strcmp(rule, "checksum") != 0) {
            repair_checksum(subject);
        }
    }
    pe_rules_check(&subject->description, &findings);
    failures = report(name, rule, &findings);
    findings_free(&findings);
    return failures;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Damage is found by whatever rule it hits; what matters here is that every file, however broken, is only read. */
static unsigned check_damage(struct subject *subject)
{
    enum { CUTS = 200, FLIPS = 400, BYTES_EACH = 8 };
    uint64_t state = 0x41E50u;
    unsigned failures = 0;

    printf("damage: seed %#llx\n", (unsigned long long)state);
    for (unsigned i = 0; i < CUTS + FLIPS; ++i) {
        struct findings findings = {0};

        reset(subject);
        if (i < CUTS) {
            struct bytes cut = {.data = subject->good_sys.data, .size = subject->good_sys.size * i / CUTS};

            copy(&subject->sys, &cut);
            subject->description.sys = subject->sys.data;
            subject->description.sys_size = subject->sys.size;
        } else {
            for (unsigned j = 0; j < BYTES_EACH; ++j) {
                /* Headers and tables are in the first kilobyte and anywhere else; hit both. */
                size_t range = j % 2 == 0 && subject->sys.size > 1024 ? 1024 : subject->sys.size;

                subject->sys.data[next_random(&state) % range] = (char)next_random(&state);
            }
            subject->pdb.data[next_random(&state) % subject->pdb.size] = (char)next_random(&state);
        }
        pe_rules_check(&subject->description, &findings);
        if (findings.count == 0) {
            printf("FAILED: damaged file %u gave no finding\n", i);
            ++failures;
        }
        findings_free(&findings);
    }
    return failures;
}

int main(int argc, char **argv)
{
    struct subject subject = {0};
    struct allow_list imports;
    unsigned failures;

    if (argc != 5) {
        fprintf(stderr, "usage: pe_refuses amd64|x86 IMPORTS SYS PDB\n");
        return 2;
    }
    if (!allow_list_read(argv[2], &imports) || file_read(argv[3], (size_t)64 << 20, &subject.good_sys) != STATUS_DONE ||
        file_read(argv[4], (size_t)64 << 20, &subject.good_pdb) != STATUS_DONE) {
        return 3;
    }
    subject.description.name = "aero_virtio_blk";
    subject.description.machine = strcmp(argv[1], "amd64") == 0 ? PE_MACHINE_AMD64 : PE_MACHINE_X86;
    subject.description.imports = &imports;
    failures = check_mutation(&subject, "unchanged", NULL, NULL);
    for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); ++i) {
        failures += check_mutation(&subject, mutations[i].name, mutations[i].rule, mutations[i].change);
    }
    failures += check_damage(&subject);
    printf("%zu mutations, %u failures\n", sizeof(mutations) / sizeof(mutations[0]), failures);
    bytes_free(&subject.sys);
    bytes_free(&subject.pdb);
    bytes_free(&subject.good_sys);
    bytes_free(&subject.good_pdb);
    allow_list_free(&imports);
    return failures > 0;
}
