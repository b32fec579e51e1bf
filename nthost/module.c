/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "module.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest_ram.h"
#include "module_internal.h"
#include "nt_exports.h"
#include "verifier.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { RELOCATION_ABSOLUTE = 0, RELOCATION_HIGHLOW = 3, RELOCATION_DIR64 = 10, PLACE_TRIES = 256 };

module *modules;

/* A base that differs from seed to seed finds what a fixed one hides. */
static uint64_t random_base(unsigned attempt)
{
    static uint64_t loads;
    uint64_t z = verifier_seed() + (++loads + attempt) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z ^= z >> 27;
    if (sizeof(void *) == 8)
        return 0x100000000000ull + (z & 0x3fffffff) * 0x10000;
    return 0x10000000u + (z % 0x5000) * 0x10000;
}

static void map_image(module *m)
{
    struct pe *pe = &m->pe;
    for (unsigned i = 0; i < PLACE_TRIES; i++) {
        void *wanted = (void *)(uintptr_t)random_base(i);
        void *at = mmap(wanted, pe->image_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (at == MAP_FAILED)
            continue;
        if (at == wanted) {
            pe->image = at;
            break;
        }
        munmap(at, pe->image_bytes);
    }
    if (pe->image == NULL)
        pe_refuse(pe, "no address space for its image of %#x bytes", pe->image_bytes);
    memcpy(pe->image, pe->file, pe->header_bytes);
    for (unsigned i = 0; i < pe->sections; i++)
        memcpy(pe->image + pe->section[i].rva, pe->file + pe->section[i].offset, pe->section[i].raw_bytes);
}

static void relocate_block(const struct pe *pe, uint32_t page, const uint8_t *entries, uint32_t count, uintptr_t delta)
{
    for (uint32_t i = 0; i < count; i++) {
        uint16_t entry;
        memcpy(&entry, entries + i * 2, 2);
        uint32_t rva = page + (entry & 0xfffu);
        unsigned type = entry >> 12;
        if (type == RELOCATION_ABSOLUTE)
            continue;
        if (type != (pe->plus ? RELOCATION_DIR64 : RELOCATION_HIGHLOW))
            pe_refuse(pe, "a base relocation of type %u at RVA %#x", type, rva);
        uintptr_t value;
        void *at = pe_at(pe, rva, sizeof(value), "a base relocation's target");
        memcpy(&value, at, sizeof(value));
        value += delta;
        memcpy(at, &value, sizeof(value));
    }
}

/* An image without any is position-independent: one whose relocations were stripped has been refused by its flags. */
static void relocate(const struct pe *pe)
{
    uintptr_t delta = (uintptr_t)pe->image - (uintptr_t)pe->preferred_base;
    uint32_t at = pe->directory[PE_RELOCATIONS].rva, end = at + pe->directory[PE_RELOCATIONS].bytes;
    while (at < end) {
        uint32_t header[2]; /* page, bytes of the block */
        memcpy(header, pe_at(pe, at, sizeof(header), "a base relocation block"), sizeof(header));
        if (header[1] < sizeof(header) || header[1] > end - at)
            pe_refuse(pe, "a base relocation block of %#x bytes at RVA %#x", header[1], at);
        relocate_block(pe, header[0], pe_at(pe, at + 8, header[1] - 8, "a base relocation block"), (header[1] - 8) / 2,
                       delta);
        at += header[1];
    }
}

/* What the Windows loader does for code built with /GS: such code refuses to start while the cookie has its default
 * value. */
static void set_security_cookie(const struct pe *pe)
{
    uint32_t field = pe->plus ? 0x58 : 0x3c;
    uint32_t rva = pe->directory[PE_LOAD_CONFIG].rva, bytes = pe->directory[PE_LOAD_CONFIG].bytes;
    uintptr_t cookie;
    if (bytes == 0)
        return;
    uint32_t size; /* the structure's own: the directory's may be 64 for compatibility with Windows XP */
    memcpy(&size, pe_at(pe, rva, 4, "the load configuration"), 4);
    if (size < field + sizeof(cookie))
        return;
    memcpy(&cookie, pe_at(pe, rva + field, sizeof(cookie), "the load configuration's security cookie"), sizeof(cookie));
    if (cookie == 0)
        return;
    if (cookie - (uintptr_t)pe->image > pe->image_bytes)
        pe_refuse(pe, "the load configuration's security cookie lies outside the image");
    uintptr_t value = (uintptr_t)(random_base(0) * 0x2545f4914f6cdd1dull);
    if (sizeof(value) == 8)
        value &= (uintptr_t)0xffffffffffffull; /* the upper 16 bits of the amd64 cookie are zero */
    memcpy(pe_at(pe, (uint32_t)(cookie - (uintptr_t)pe->image), sizeof(value), "the security cookie"), &value,
           sizeof(value));
}

/* Never writable and executable at once: of the two, what is marked as both (INIT in drivers of older tools) stays
 * executable. */
static void protect_sections(const struct pe *pe)
{
    mprotect(pe->image, pe->image_bytes, PROT_NONE);
    mprotect(pe->image, pe->header_bytes, PROT_READ);
    for (unsigned i = 0; i < pe->sections; i++) {
        const struct pe_section *s = &pe->section[i];
        int protection = PROT_READ;
        if (s->flags & PE_SECTION_EXECUTE)
            protection |= PROT_EXEC;
        else if (s->flags & (uint32_t)PE_SECTION_WRITE)
            protection |= PROT_WRITE;
        size_t bytes = (s->bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        if (mprotect(pe->image + s->rva, bytes, protection) != 0)
            pe_refuse(pe, "section %s cannot be protected", s->name);
    }
}

static module *load(const char *path, const char *modules_directory, bool foreign)
{
    module *m = calloc(1, sizeof(*m));
    if (m == NULL || (m->path = strdup(path)) == NULL)
        environment_failed("%s: no memory", path);
    kernel_exports_register();
    const char *slash = strrchr(m->path, '/');
    m->name = slash != NULL ? slash + 1 : m->path;
    m->pe.foreign = foreign;
    pe_open(&m->pe, m->path);
    map_image(m);
    relocate(&m->pe);
    set_security_cookie(&m->pe);
    m->next = modules;
    modules = m;
    module_bind_imports(m, modules_directory);
    protect_sections(&m->pe);
    pe_close(&m->pe);
    return m;
}

module *module_load(const char *path, const char *modules_directory)
{
    return load(path, modules_directory, false);
}

module *module_load_foreign(const char *path)
{
    module *m = load(path, NULL, true);
    m->support = true;
    return m;
}

bool module_is_foreign(const void *address)
{
    const module *m = module_at(address);
    return m != NULL && m->pe.foreign;
}

void module_discard_init(module *m)
{
    for (unsigned i = 0; i < m->pe.sections; i++) {
        const struct pe_section *s = &m->pe.section[i];
        if (s->flags & PE_SECTION_DISCARDABLE)
            mprotect(m->pe.image + s->rva, (s->bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES, PROT_NONE);
    }
}

void module_unload(module *m)
{
    /* The address space stays reserved, so a later call is known for what it is. */
    mmap(m->pe.image, m->pe.image_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    m->unloaded = true;
}

void *module_entry(const module *m)
{
    return m->pe.image + m->pe.entry_rva;
}

void *module_base(const module *m)
{
    return m->pe.image;
}

const char *module_missing_import(const module *m, unsigned index)
{
    return index < m->missing_count ? m->missing[index] : NULL;
}

const char *module_path(const module *m)
{
    return m->path;
}

static bool covers(const module *m, const void *address)
{
    return (uintptr_t)address - (uintptr_t)m->pe.image < m->pe.image_bytes;
}

bool module_contains(const module *m, const void *address)
{
    return !m->unloaded && covers(m, address);
}

module *module_at(const void *address)
{
    for (module *m = modules; m != NULL; m = m->next) {
        if (module_contains(m, address))
            return m;
    }
    return NULL;
}

const module *module_unloaded_at(const void *address)
{
    for (const module *m = modules; m != NULL; m = m->next) {
        if (m->unloaded && covers(m, address))
            return m;
    }
    return NULL;
}

bool address_in_driver(const void *address)
{
    return module_at(address) != NULL;
}

const struct pe_section *module_section_at(const module *m, const void *address)
{
    uint32_t rva = (uint32_t)((uintptr_t)address - (uintptr_t)m->pe.image);
    for (unsigned i = 0; i < m->pe.sections; i++) {
        const struct pe_section *s = &m->pe.section[i];
        if (rva >= s->rva && rva - s->rva < s->bytes)
            return s;
    }
    return NULL;
}
