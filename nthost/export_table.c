/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "module_internal.h"
#include "verifier.h"

enum { MAX_TABLES = 64 };

static const struct export_table *tables[MAX_TABLES];
static unsigned table_count;

void exports_register(const struct export_table *table)
{
    for (unsigned i = 0; i < table_count; i++) {
        if (tables[i] == table)
            return;
    }
    if (table_count == MAX_TABLES)
        environment_failed("more than %d export tables", MAX_TABLES);
    tables[table_count++] = table;
}

bool export_module_known(const char *name)
{
    for (unsigned i = 0; i < table_count; i++) {
        if (strcasecmp(tables[i]->module, name) == 0)
            return true;
    }
    return false;
}

void *export_find(const char *module_name, const char *name)
{
    for (unsigned i = 0; i < table_count; i++) {
        if (strcasecmp(tables[i]->module, module_name) != 0)
            continue;
        for (const struct export_entry *e = tables[i]->entries; e->name != NULL; e++) {
            if (strcmp(e->name, name) == 0)
                return e->address;
        }
    }
    return NULL;
}
