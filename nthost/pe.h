/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reading a PE image (Microsoft Portable Executable and Common Object File Format Specification). pe_open() checks
 * everything that the loader and the stack walker rely on, against the file's size and the image's; afterwards
 * pe_at() alone guards the data directories. A refusal ends the run as an environment failure that names the file,
 * the field and the value.
 */
#ifndef NTHOST_PE_H
#define NTHOST_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pe_directory {
    PE_EXPORTS = 0,
    PE_IMPORTS = 1,
    PE_EXCEPTIONS = 3,
    PE_RELOCATIONS = 5,
    PE_DEBUG = 6,
    PE_LOAD_CONFIG = 10,
    PE_DIRECTORIES = 16,
};

enum {
    PE_SECTION_DISCARDABLE = 0x02000000,
    PE_SECTION_EXECUTE = 0x20000000,
    PE_SECTION_READ = 0x40000000,
    PE_SECTION_WRITE = INT32_MIN
};

struct pe_section {
    char name[9];
    uint32_t rva, bytes;        /* in memory */
    uint32_t offset, raw_bytes; /* in the file */
    uint32_t flags;
};

struct pe {
    const char *path;
    uint8_t *file;
    size_t file_bytes;
    bool plus;    /* PE32+ */
    bool foreign; /* not made for Windows' kernel: the subsystem may be any */
    uint64_t preferred_base;
    uint32_t image_bytes, header_bytes, entry_rva, checksum;
    struct {
        uint32_t rva, bytes;
    } directory[PE_DIRECTORIES];
    unsigned sections;
    struct pe_section *section;
    uint8_t *image; /* once loaded: where pe_at() looks */
};

void pe_open(struct pe *pe, const char *path); /* `foreign` is the caller's to set before */
void pe_close(struct pe *pe); /* the file's bytes; sections stay */
_Noreturn void pe_refuse(const struct pe *pe, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes of the loaded image; refused, with `what` in the message, when [rva, rva + bytes) is not inside. */
void *pe_at(const struct pe *pe, uint32_t rva, uint32_t bytes, const char *what);
const char *pe_string(const struct pe *pe, uint32_t rva, const char *what); /* terminated inside the image */

#endif
