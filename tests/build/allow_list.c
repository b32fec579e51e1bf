/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "allow_list.h"

#include "base/diag.h"
#include "base/file_io.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIST_LIMIT ((size_t)1 << 20)
enum { FIELDS = 4 };

static const char *check_evidence(const char *evidence)
{
    const char *colon;

    if (strcmp(evidence, "seen") == 0) {
        return NULL;
    }
    colon = starts_with(evidence, "doc:") ? strchr(evidence + 4, ':') : NULL;
    return colon == NULL || colon == evidence + 4 || colon[1] == 0
               ? "the evidence is neither 'seen' nor 'doc:PAGE:VERSION'"
               : NULL;
}

static const char *add_line(struct allow_list *list, char **fields, size_t count)
{
    struct allowed_import *entry;
    const char *fault;

    if (count != FIELDS) {
        return "a line has four fields: module, name, architectures, evidence";
    }
    fault = check_evidence(fields[3]);
    if (fault != NULL) {
        return fault;
    }
    list->entries = xrealloc(list->entries, (list->count + 1) * sizeof(*list->entries));
    entry = &list->entries[list->count];
    entry->amd64 = strcmp(fields[2], "amd64") == 0 || strcmp(fields[2], "amd64,x86") == 0;
    entry->x86 = strcmp(fields[2], "x86") == 0 || strcmp(fields[2], "amd64,x86") == 0;
    if (!entry->amd64 && !entry->x86) {
        return "the architectures are 'amd64', 'x86' or 'amd64,x86'";
    }
    if (allow_list_has(list, fields[0], fields[1], true) || allow_list_has(list, fields[0], fields[1], false)) {
        return "the name is listed twice";
    }
    entry->module = xstrdup(fields[0]);
    entry->name = xstrdup(fields[1]);
    entry->evidence = xstrdup(fields[3]);
    ++list->count;
    return NULL;
}

bool allow_list_read(const char *path, struct allow_list *list)
{
    struct bytes bytes;
    bool good = file_read(path, LIST_LIMIT, &bytes) == STATUS_DONE;
    unsigned number = 0;
    char *rest = bytes.data;
    char *line;

    *list = (struct allow_list){0};
    while (good && (line = strsep(&rest, "\n")) != NULL) {
        char *fields[FIELDS + 1];
        const char *fault = NULL;
        size_t count = 0;
        char *field;

        ++number;
        if (line[0] == '#') {
            continue;
        }
        while ((field = strsep(&line, " \t\r")) != NULL) {
            if (*field != 0 && count <= FIELDS) {
                fields[count++] = field;
            }
        }
        fault = count > 0 ? add_line(list, fields, count) : NULL;
        if (fault != NULL) {
            char *place = xformat("%s:%u", path, number);

            diag_error(place, "%s", fault);
            free(place);
            good = false;
        }
    }
    bytes_free(&bytes);
    if (!good) {
        allow_list_free(list);
    }
    return good;
}

void allow_list_free(struct allow_list *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        free(list->entries[i].module);
        free(list->entries[i].name);
        free(list->entries[i].evidence);
    }
    free(list->entries);
    *list = (struct allow_list){0};
}

bool allow_list_has(const struct allow_list *list, const char *module, const char *name, bool amd64)
{
    for (size_t i = 0; i < list->count; ++i) {
        const struct allowed_import *entry = &list->entries[i];

        if ((amd64 ? entry->amd64 : entry->x86) && strcasecmp(entry->module, module) == 0 &&
            strcmp(entry->name, name) == 0) {
            return true;
        }
    }
    return false;
}
