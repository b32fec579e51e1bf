/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A loaded image, as the loader, the stack walker and the trap handler share it.
 */
#ifndef NTHOST_MODULE_INTERNAL_H
#define NTHOST_MODULE_INTERNAL_H

#include "module.h"
#include "pe.h"

struct module {
    struct pe pe;
    char *path;
    const char *name; /* file name within path */
    bool support;     /* loaded only because another module imports from it */
    bool unloaded;
    char **missing; /* "module!function", NULL at the end */
    unsigned missing_count;
    struct module *next;
};

extern module *modules; /* newest first; unloaded ones stay, for reports */

/* import.c: binds every import of `m`. */
void module_bind_imports(module *m, const char *modules_directory);

/* export_table.c */
bool export_module_known(const char *name);

/* Where an import that nothing provides points: inaccessible; the trap handler asks what was called. */
const char *missing_import_at(const void *address);
void *missing_import_address(const char *module_name, const char *name);

/* Unloaded image that used to be at an address, or NULL. */
const module *module_unloaded_at(const void *address);
const struct pe_section *module_section_at(const module *m, const void *address);

#endif
