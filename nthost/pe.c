/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest_ram.h"
#include "verifier.h"

enum {
    DOS_NEW_HEADER = 0x3c,
    FILE_HEADER_BYTES = 20,
    SECTION_HEADER_BYTES = 40,
    MACHINE_I386 = 0x14c,
    MACHINE_AMD64 = 0x8664,
    MAGIC_PE32 = 0x10b,
    MAGIC_PE32_PLUS = 0x20b,
    SUBSYSTEM_NATIVE = 1,
    FILE_RELOCS_STRIPPED = 1,
    FILE_EXECUTABLE = 2,
    MAX_FILE = 64 << 20,
    MAX_IMAGE = 64 << 20,
    MAX_SECTIONS = 96, /* "the Windows loader limits the number of sections to 96" */
};

void pe_refuse(const struct pe *pe, const char *format, ...)
{
    char reason[512];
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof(reason), format, list);
    va_end(list);
    environment_failed("%s: %s", pe->path, reason);
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static const uint8_t *in_file(const struct pe *pe, uint64_t offset, uint64_t bytes, const char *what)
{
    if (offset > pe->file_bytes || bytes > pe->file_bytes - offset)
        pe_refuse(pe, "%s at offset %#llx, %llu bytes, lies outside the file of %zu bytes", what,
                  (unsigned long long)offset, (unsigned long long)bytes, pe->file_bytes);
    return pe->file + offset;
}

static void read_file(struct pe *pe)
{
    struct stat status;
    int fd = open(pe->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        pe_refuse(pe, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size > MAX_FILE)
        pe_refuse(pe, "not a regular file of at most %d bytes", MAX_FILE);
    pe->file_bytes = (size_t)status.st_size;
    pe->file = malloc(pe->file_bytes + 1);
    size_t done = 0;
    while (pe->file != NULL && done < pe->file_bytes) {
        ssize_t got = read(fd, pe->file + done, pe->file_bytes - done);
        if (got <= 0)
            pe_refuse(pe, "cannot be read: %s", got == 0 ? "it became shorter" : strerror(errno));
        done += (size_t)got;
    }
    close(fd);
    if (pe->file == NULL)
        pe_refuse(pe, "no memory for %zu bytes", pe->file_bytes);
}

static void read_section(struct pe *pe, struct pe_section *s, const uint8_t *header)
{
    memcpy(s->name, header, 8);
    s->name[8] = '\0';
    s->bytes = get32(header + 8);
    s->rva = get32(header + 12);
    s->raw_bytes = get32(header + 16);
    s->offset = get32(header + 20);
    s->flags = get32(header + 36);
    if (s->bytes == 0)
        s->bytes = s->raw_bytes;
    if (s->raw_bytes > s->bytes)
        s->raw_bytes = s->bytes; /* padding to the file's alignment */
    if (s->rva % PAGE_BYTES != 0)
        pe_refuse(pe, "section %s at RVA %#x is not page-aligned, so it cannot have a protection of its own", s->name,
                  s->rva);
    if (s->rva < pe->header_bytes || s->rva > pe->image_bytes || s->bytes > pe->image_bytes - s->rva)
        pe_refuse(pe, "section %s at RVA %#x, %#x bytes, lies outside the image of %#x bytes", s->name, s->rva,
                  s->bytes, pe->image_bytes);
    if (s->raw_bytes > 0)
        in_file(pe, s->offset, s->raw_bytes, s->name);
}

static void read_sections(struct pe *pe, uint64_t offset, unsigned count)
{
    if (count == 0 || count > MAX_SECTIONS)
        pe_refuse(pe, "NumberOfSections is %u", count);
    const uint8_t *headers = in_file(pe, offset, (uint64_t)count * SECTION_HEADER_BYTES, "the section headers");
    pe->section = calloc(count, sizeof(*pe->section));
    if (pe->section == NULL)
        pe_refuse(pe, "no memory for %u sections", count);
    pe->sections = count;
    for (unsigned i = 0; i < count; i++) {
        struct pe_section *s = &pe->section[i];
        read_section(pe, s, headers + (size_t)i * SECTION_HEADER_BYTES);
        if (i > 0 && s->rva < pe->section[i - 1].rva + pe->section[i - 1].bytes)
            pe_refuse(pe, "section %s overlaps section %s or precedes it", s->name, pe->section[i - 1].name);
    }
}

static void read_directories(struct pe *pe, const uint8_t *optional, size_t at, size_t optional_bytes)
{
    uint32_t count = get32(optional + at - 4);
    if (count > PE_DIRECTORIES)
        count = PE_DIRECTORIES;
    if (at + (size_t)count * 8 > optional_bytes)
        pe_refuse(pe, "NumberOfRvaAndSizes is %u, more than SizeOfOptionalHeader holds", count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rva = get32(optional + at + i * 8), bytes = get32(optional + at + i * 8 + 4);
        /* The certificate table (4) is the one directory that is a file offset. */
        if (i != 4 && bytes != 0 && (rva > pe->image_bytes || bytes > pe->image_bytes - rva))
            pe_refuse(pe, "data directory %u at RVA %#x, %#x bytes, lies outside the image", i, rva, bytes);
        pe->directory[i].rva = rva;
        pe->directory[i].bytes = bytes;
    }
}

static void read_optional_header(struct pe *pe, const uint8_t *optional, size_t optional_bytes)
{
    bool native_plus = sizeof(void *) == 8;
    uint16_t magic = get16(optional);
    if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
        pe_refuse(pe, "the optional header's magic is %#x", magic);
    pe->plus = magic == MAGIC_PE32_PLUS;
    if (pe->plus != native_plus)
        pe_refuse(pe, "is PE32%s; this build of nthost runs %s drivers", pe->plus ? "+" : "",
                  native_plus ? "amd64" : "x86");
    size_t directories = pe->plus ? 112 : 96;
    if (optional_bytes < directories)
        pe_refuse(pe, "SizeOfOptionalHeader is %zu", optional_bytes);
    pe->entry_rva = get32(optional + 16);
    pe->preferred_base = pe->plus ? get64(optional + 24) : get32(optional + 28);
    uint32_t section_alignment = get32(optional + 32);
    pe->image_bytes = get32(optional + 56);
    pe->header_bytes = get32(optional + 60);
    pe->checksum = get32(optional + 64);
    if (get16(optional + 68) != SUBSYSTEM_NATIVE && !pe->foreign)
        pe_refuse(pe, "the subsystem is %u, not native (1)", get16(optional + 68));
    if (section_alignment < PAGE_BYTES)
        pe_refuse(pe, "SectionAlignment is %#x; sections with protections of their own need %#x", section_alignment,
                  PAGE_BYTES);
    if (pe->image_bytes == 0 || pe->image_bytes > MAX_IMAGE || pe->image_bytes % PAGE_BYTES != 0)
        pe_refuse(pe, "SizeOfImage is %#x", pe->image_bytes);
    if (pe->header_bytes > pe->image_bytes || pe->header_bytes > pe->file_bytes)
        pe_refuse(pe, "SizeOfHeaders is %#x", pe->header_bytes);
    if (pe->entry_rva >= pe->image_bytes)
        pe_refuse(pe, "AddressOfEntryPoint is %#x", pe->entry_rva);
    read_directories(pe, optional, directories, optional_bytes);
}

void pe_open(struct pe *pe, const char *path)
{
    *pe = (struct pe){.path = path, .foreign = pe->foreign};
    read_file(pe);
    const uint8_t *dos = in_file(pe, 0, 64, "the DOS header");
    if (dos[0] != 'M' || dos[1] != 'Z')
        pe_refuse(pe, "is not a PE file: no MZ signature");
    uint32_t header = get32(dos + DOS_NEW_HEADER);
    const uint8_t *at = in_file(pe, header, 4 + FILE_HEADER_BYTES, "the PE header");
    if (memcmp(at, "PE\0\0", 4) != 0)
        pe_refuse(pe, "is not a PE file: no PE signature at %#x", header);
    uint16_t machine = get16(at + 4);
    uint16_t expected = sizeof(void *) == 8 ? MACHINE_AMD64 : MACHINE_I386;
    if (machine != expected)
        pe_refuse(pe, "the machine is %#x; this build of nthost runs %#x", machine, expected);
    uint16_t characteristics = get16(at + 22);
    if ((characteristics & FILE_EXECUTABLE) == 0 || (characteristics & FILE_RELOCS_STRIPPED) != 0)
        pe_refuse(pe, "Characteristics are %#x: not an executable image that can be relocated", characteristics);
    size_t optional_bytes = get16(at + 20);
    uint64_t optional = (uint64_t)header + 4 + FILE_HEADER_BYTES;
    read_optional_header(pe, in_file(pe, optional, optional_bytes < 2 ? 2 : optional_bytes, "the optional header"),
                         optional_bytes);
    read_sections(pe, optional + optional_bytes, get16(at + 6));
}

void pe_close(struct pe *pe)
{
    free(pe->file);
    pe->file = NULL;
}

void *pe_at(const struct pe *pe, uint32_t rva, uint32_t bytes, const char *what)
{
    if (rva > pe->image_bytes || bytes > pe->image_bytes - rva)
        pe_refuse(pe, "%s at RVA %#x, %#x bytes, lies outside the image", what, rva, bytes);
    return pe->image + rva;
}

const char *pe_string(const struct pe *pe, uint32_t rva, const char *what)
{
    const char *text = pe_at(pe, rva, 1, what);
    if (memchr(text, '\0', pe->image_bytes - rva) == NULL)
        pe_refuse(pe, "%s at RVA %#x is not terminated", what, rva);
    return text;
}
