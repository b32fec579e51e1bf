/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * PE modules: loads a .sys at a page-aligned address, sections with their own protections (never writable and
 * executable), relocated, imports resolved by module name from the built-in export tables or from a real PE found in
 * --modules DIR.
 * The file is untrusted: every offset and size is checked; a refusal names file, field and reason (environment
 * failure).
 */
#ifndef NTHOST_MODULE_H
#define NTHOST_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct export_entry {
    const char *name;
    void *address; /* function or data object */
};
struct export_table {
    const char *module;                 /* "ntoskrnl.exe", lower case */
    const struct export_entry *entries; /* ends with a NULL name */
};
void exports_register(const struct export_table *table);      /* several tables may name one module */
void *export_find(const char *module_name, const char *name); /* NULL when no table has it */

typedef struct module module;
/* Imports that nothing provides are bound to a stub that ends the run with rule missing-import (naming
 * module!function) when called; module_missing_imports lists them, one per call, NULL at the end. */
module *module_load(const char *path, const char *modules_directory);
/* A module of another system's that stands in for one of Windows (Wine's are built for its user mode): any subsystem,
 * imports from what is loaded or built in. Modules loaded later find it by its name. */
module *module_load_foreign(const char *path);
bool module_is_foreign(const void *address); /* code of such a module */
/* Takes away the sections marked discardable (INIT), as Windows does when DriverEntry has returned: a later access or
 * call is rule access-violation, naming the section. */
void module_discard_init(module *m);
void module_unload(module *m); /* unmaps; a later call into it is rule call-into-unloaded-driver */
void *module_entry(const module *m);
void *module_base(const module *m);
void *module_export(const module *m, const char *name);
const char *module_missing_import(const module *m, unsigned index);
const char *module_path(const module *m);
bool module_contains(const module *m, const void *address);
module *module_at(const void *address); /* NULL when no image lies there */
bool address_in_driver(const void *address);

#endif
