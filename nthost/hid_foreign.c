/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_foreign.h"

#include <stdio.h>
#include <unistd.h>

#include "verifier.h"

static module *load(const char *directory, const char *name, bool needed)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (access(path, R_OK) != 0) {
        if (needed)
            environment_failed("there is no %s in the class driver's folder %s", name, directory);
        return NULL;
    }
    return module_load_foreign(path);
}

static module *parser; /* once: a second copy would be another module */

module *hid_foreign_parser(const char *directory)
{
    hid_foreign_register_exports();
    if (parser == NULL)
        parser = load(directory, "hidparse.sys", false);
    return parser;
}

void hid_foreign_load(const char *directory)
{
    if (hid_foreign_parser(directory) == NULL)
        environment_failed("there is no hidparse.sys in the class driver's folder %s", directory);
    load(directory, "hidclass.sys", true);
}
