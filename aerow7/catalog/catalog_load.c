/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_package.h"

#include "base/progress.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_SIZE_LIMIT ((size_t)256 << 20)

/* The entry of `folder` that Windows would take for `name`; the caller frees it. NULL when there is none. */
static char *find_entry(const char *folder, const char *name, size_t length)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    char *found = NULL;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strlen(entry->d_name) != length || strncasecmp(entry->d_name, name, length) != 0) {
            continue;
        }
        /* Of several that differ in case, the one that is written alike. */
        if (found == NULL || strncmp(entry->d_name, name, length) == 0) {
            free(found);
            found = xformat("%s/%s", folder, entry->d_name);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return found;
}

static char *find_path(const char *folder, const char *path)
{
    char *at = xstrdup(folder);

    while (at != NULL) {
        size_t length = strcspn(path, "/");
        char *next = find_entry(at, path, length);

        free(at);
        at = next;
        if (path[length] == 0) {
            break;
        }
        path += length + 1;
    }
    return at;
}

enum status catalog_load_package(const char *inf_path, const struct bytes *inf, const char *folder,
                                 const struct catalog_wishes *wishes, struct file_tree *tree)
{
    enum status result = file_tree_add_copy(tree, wishes->paths[0], inf->data, inf->size);

    progress_begin("reading", wishes->path_count);
    for (size_t i = 1; i < wishes->path_count; ++i) {
        const char *fault = windows_path_fault(wishes->paths[i]);
        char *path = fault == NULL ? find_path(folder, wishes->paths[i]) : NULL;
        enum status status = STATUS_CHECK_FAILED;
        struct bytes content;

        if (path == NULL) {
            diag_error(inf_path, "it copies %s, %s%s", wishes->paths[i], fault != NULL ? "but " : "which is not below ",
                       fault != NULL ? fault : folder);
        } else {
            status = file_read(path, FILE_SIZE_LIMIT, &content);
        }
        if (status == STATUS_DONE) {
            status = file_tree_add(tree, wishes->paths[i], content);
        }
        if (result == STATUS_DONE) {
            result = status;
        }
        free(path);
        progress_add(1);
    }
    progress_end();
    return result;
}
