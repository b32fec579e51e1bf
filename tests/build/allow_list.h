/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ddk/imports-win7.txt: the names that a driver may import, each with its evidence. */
#ifndef TESTS_BUILD_ALLOW_LIST_H
#define TESTS_BUILD_ALLOW_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct allowed_import {
    char *module;
    char *name;
    bool amd64;
    bool x86;
    char *evidence;
};

struct allow_list {
    struct allowed_import *entries;
    size_t count;
};

/* False, with the line and the reason on stderr, when the file breaks its own format or names something twice. */
bool allow_list_read(const char *path, struct allow_list *list);
void allow_list_free(struct allow_list *list);

/* Module names are compared without regard to case, as the loader does. */
bool allow_list_has(const struct allow_list *list, const char *module, const char *name, bool amd64);

#endif
