/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Imports and exports of images. A module of --modules DIR comes before a built-in one of the same name: that is how
 * a genuine port driver stands in for ours. An import that nothing provides does not prevent loading, for a driver
 * may never call it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_ram.h"
#include "module_internal.h"
#include "verifier.h"

enum {
    IMPORT_DESCRIPTOR_BYTES = 20,
    EXPORT_DIRECTORY_BYTES = 40,
    MAX_MISSING = 4096,
    MISSING_SPACING = 16,
    MAX_FORWARDS = 8
};

static struct {
    uint8_t *base; /* inaccessible; one slot of MISSING_SPACING bytes for each name */
    char *names[MAX_MISSING];
    unsigned count;
} missing;

void *missing_import_address(const char *module_name, const char *name)
{
    char full[512];
    snprintf(full, sizeof(full), "%s!%s", module_name, name);
    if (missing.base == NULL) {
        missing.base =
            mmap(NULL, MAX_MISSING * MISSING_SPACING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (missing.base == MAP_FAILED)
            environment_failed("no address space for missing imports");
    }
    for (unsigned i = 0; i < missing.count; i++) {
        if (strcmp(missing.names[i], full) == 0)
            return missing.base + (size_t)i * MISSING_SPACING;
    }
    if (missing.count == MAX_MISSING || (missing.names[missing.count] = strdup(full)) == NULL)
        environment_failed("more than %d missing imports", MAX_MISSING);
    return missing.base + (size_t)missing.count++ * MISSING_SPACING;
}

const char *missing_import_at(const void *address)
{
    size_t offset = (uintptr_t)address - (uintptr_t)missing.base;
    if (missing.base == NULL || offset >= (size_t)missing.count * MISSING_SPACING)
        return NULL;
    return missing.names[offset / MISSING_SPACING];
}

static void note_missing(module *m, void *address)
{
    char **grown = realloc(m->missing, (m->missing_count + 1) * sizeof(*grown));
    if (grown == NULL)
        pe_refuse(&m->pe, "no memory for the list of missing imports");
    m->missing = grown;
    m->missing[m->missing_count++] = (char *)(uintptr_t)missing_import_at(address);
}

static module *support_module(const char *name, const char *directory)
{
    char path[4096];
    for (module *m = modules; m != NULL; m = m->next) {
        if (!m->unloaded && strcasecmp(m->name, name) == 0)
            return m;
    }
    if (directory == NULL || strchr(name, '/') != NULL)
        return NULL;
    if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path) || access(path, R_OK) != 0)
        return NULL;
    module *m = module_load(path, directory);
    m->support = true;
    return m;
}

static void *resolve(const char *module_name, const char *name, const char *directory, unsigned forwards)
{
    module *m = support_module(module_name, directory);
    if (m == NULL)
        return export_find(module_name, name);
    char *exported = module_export(m, name);
    if (exported == NULL)
        return NULL;
    uint32_t rva = (uint32_t)(exported - (char *)m->pe.image);
    if (rva - m->pe.directory[PE_EXPORTS].rva >= m->pe.directory[PE_EXPORTS].bytes)
        return exported;
    /* An export that points into the export directory is a forwarder: "MODULE.Name". */
    char target[256];
    snprintf(target, sizeof(target) - 4, "%s", pe_string(&m->pe, rva, "a forwarder"));
    char *dot = strchr(target, '.');
    if (dot == NULL || dot[1] == '#' || forwards == MAX_FORWARDS)
        pe_refuse(&m->pe, "forwards %s to '%s', which is not followed", name, target);
    char forwarded_name[256], forwarded_module[256];
    snprintf(forwarded_name, sizeof(forwarded_name), "%s", dot + 1);
    *dot = '\0';
    const char *extension = strcasecmp(target, "ntoskrnl") == 0 ? "exe"
                            : strcasecmp(target, "hal") == 0    ? "dll"
                                                                : "sys";
    snprintf(forwarded_module, sizeof(forwarded_module), "%.200s.%s", target, extension);
    return resolve(forwarded_module, forwarded_name, directory, forwards + 1);
}

static void bind_module(module *m, const char *name, uint32_t lookup, uint32_t bound, const char *directory)
{
    const uintptr_t by_ordinal = (uintptr_t)1 << (sizeof(uintptr_t) * 8 - 1);
    for (uint32_t i = 0;; i++) {
        uint32_t offset = i * (uint32_t)sizeof(uintptr_t);
        uintptr_t entry;
        memcpy(&entry, pe_at(&m->pe, lookup + offset, sizeof(entry), "an import lookup entry"), sizeof(entry));
        if (entry == 0)
            return;
        if (entry & by_ordinal)
            pe_refuse(&m->pe, "imports ordinal %u of %s; Windows keeps names, not ordinals, stable",
                      (unsigned)(entry & 0xffff), name);
        if (entry > m->pe.image_bytes)
            pe_refuse(&m->pe, "an import of %s has its name outside the image", name);
        const char *function = pe_string(&m->pe, (uint32_t)entry + 2, "an import's name");
        void *address = resolve(name, function, directory, 0);
        if (address == NULL) {
            address = missing_import_address(name, function);
            note_missing(m, address);
        }
        memcpy(pe_at(&m->pe, bound + offset, sizeof(address), "an import address entry"), &address, sizeof(address));
    }
}

void module_bind_imports(module *m, const char *modules_directory)
{
    if (m->pe.directory[PE_IMPORTS].bytes == 0)
        return;
    for (uint32_t rva = m->pe.directory[PE_IMPORTS].rva;; rva += IMPORT_DESCRIPTOR_BYTES) {
        uint32_t field[5]; /* lookup table, time stamp, forwarder chain, name, address table */
        memcpy(field, pe_at(&m->pe, rva, sizeof(field), "an import descriptor"), sizeof(field));
        if (field[3] == 0 && field[4] == 0)
            return;
        const char *name = pe_string(&m->pe, field[3], "an imported module's name");
        bind_module(m, name, field[0] != 0 ? field[0] : field[4], field[4], modules_directory);
    }
}

void *module_export(const module *m, const char *name)
{
    const struct pe *pe = &m->pe;
    if (pe->directory[PE_EXPORTS].bytes < EXPORT_DIRECTORY_BYTES)
        return NULL;
    uint32_t field[10]; /* [5] functions, [6] names, [7] functions' table, [8] names' table, [9] ordinals' table */
    memcpy(field, pe_at(pe, pe->directory[PE_EXPORTS].rva, sizeof(field), "the export directory"), sizeof(field));
    for (uint32_t i = 0; i < field[6] && i < pe->image_bytes / 4; i++) {
        uint32_t name_rva, function;
        uint16_t ordinal;
        memcpy(&name_rva, pe_at(pe, field[8] + i * 4, 4, "an export's name"), 4);
        if (strcmp(pe_string(pe, name_rva, "an export's name"), name) != 0)
            continue;
        memcpy(&ordinal, pe_at(pe, field[9] + i * 2, 2, "an export's ordinal"), 2);
        if (ordinal >= field[5])
            pe_refuse(pe, "export %s has ordinal %u of %u", name, ordinal, field[5]);
        memcpy(&function, pe_at(pe, field[7] + ordinal * 4u, 4, "an export's address"), 4);
        return pe_at(pe, function, 1, "an export");
    }
    return NULL;
}
