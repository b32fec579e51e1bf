/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "symbol_files.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH "amd64"
#else
#define ARCH "x86"
#endif

enum { LEVELS_UP = 6 };

static bool join(char *path, size_t size, const char *format, const char *directory, int length, const char *name)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return snprintf(path, size, format, length, directory, name) < (int)size;
#pragma GCC diagnostic pop
}

static bool find_listed(char *path, size_t size, const char *pdb)
{
    const char *search = getenv("NTHOST_SYMBOLS");
    while (search != NULL && *search != '\0') {
        size_t length = strcspn(search, ":");
        if (join(path, size, "%.*s/%s", search, (int)length, pdb) && access(path, R_OK) == 0)
            return true;
        search += length + (search[length] == ':');
    }
    return false;
}

static bool find_above(char *path, size_t size, const char *image, const char *pdb)
{
    size_t length = strlen(image);
    for (unsigned i = 0; i < LEVELS_UP; i++) {
        while (length > 0 && image[length - 1] != '/')
            length--;
        if (length == 0)
            return false;
        length--; /* the slash */
        if (join(path, size, "%.*s/symbols/" ARCH "/%s", image, (int)length, pdb) && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static void link_both(struct symbol_files *s, const char *image, const char *pdb, const char *image_name,
                      const char *pdb_name)
{
    const char *temporary = getenv("TMPDIR");
    char directory[PATH_MAX];
    snprintf(directory, sizeof(directory), "%s/nthost-symbols-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(directory) == NULL)
        return;
    memcpy(s->directory, directory, sizeof(s->directory));
    if (join(s->image_link, sizeof(s->image_link), "%.*s/%s", directory, PATH_MAX, image_name) &&
        join(s->pdb_link, sizeof(s->pdb_link), "%.*s/%s", directory, PATH_MAX, pdb_name) &&
        symlink(image, s->image_link) == 0 && symlink(pdb, s->pdb_link) == 0)
        memcpy(s->object, s->image_link, sizeof(s->object));
}

void symbol_files_open(struct symbol_files *s, const char *image)
{
    char full[PATH_MAX], found[PATH_MAX], full_pdb[PATH_MAX], pdb[NAME_MAX + 8];
    *s = (struct symbol_files){0};
    snprintf(s->object, sizeof(s->object), "%s", image);
    if (realpath(image, full) == NULL)
        return;
    const char *name = strrchr(full, '/') + 1;
    const char *dot = strrchr(name, '.');
    if (dot == NULL)
        return;
    snprintf(pdb, sizeof(pdb), "%.*s.pdb", (int)(dot - name), name);
    if (join(found, sizeof(found), "%.*s/%s", full, (int)(name - 1 - full), pdb) && access(found, R_OK) == 0)
        return;
    if ((find_listed(found, sizeof(found), pdb) || find_above(found, sizeof(found), full, pdb)) &&
        realpath(found, full_pdb) != NULL)
        link_both(s, full, full_pdb, name, pdb);
}

void symbol_files_close(struct symbol_files *s)
{
    if (s->directory[0] == '\0')
        return;
    unlink(s->image_link);
    unlink(s->pdb_link);
    rmdir(s->directory);
}
