/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack_content.h"

#include "base/text.h"
#include "pack/pack_sign.h"
#include "pack/pack_write.h"
#include "pack/windows_text.h"

#include <stdlib.h>
#include <string.h>

#define SCRIPT_LIMIT ((size_t)1 << 20)

void pack_begin(struct pack *pack, const struct pack_options *options, const char *from)
{
    *pack = (struct pack){.options = options, .from = from, .details = cJSON_CreateObject()};
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void note_driver(struct pack *pack, const char *name, bool opt_in)
{
    char ***names = opt_in ? &pack->opt_in : &pack->drivers;
    size_t *count = opt_in ? &pack->opt_in_count : &pack->driver_count;

    for (size_t i = 0; i < *count; ++i) {
        if (strcmp((*names)[i], name) == 0) {
            return;
        }
    }
    *names = xrealloc(*names, (*count + 1) * sizeof(**names));
    (*names)[(*count)++] = xstrdup(name);
    qsort(*names, *count, sizeof(**names), compare_names);
}

static enum status copy_files(struct pack *pack, const struct file_tree *input, const struct pack_folder *folder,
                              bool (*wanted)(const struct driver_folder *folder, const char *file))
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < input->count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &input->files[i];
        const char *name = path_below(file->path, folder->driver.path);

        if (name != NULL && wanted(&folder->driver, name)) {
            char *target = xformat("%s/%s", folder->target, name);

            status = file_tree_add_copy(&pack->content, target, file->content.data, file->content.size);
            free(target);
        }
    }
    return status;
}

enum status pack_take_folder(struct pack *pack, const struct file_tree *input, const struct pack_wish *wish)
{
    struct pack_folder folder = {.opt_in = wish->opt_in};
    enum status status = driver_folder_read(pack->from, input, wish->path, wish->architecture, &folder.driver);

    if (status != STATUS_DONE) {
        return status;
    }
    folder.name = xstrdup(wish->name);
    folder.target =
        xformat("%swin7/%s/%s", wish->opt_in ? "opt-in/" : "", architecture_name(wish->architecture), wish->name);
    pack->folders = xrealloc(pack->folders, (pack->folder_count + 1) * sizeof(*pack->folders));
    pack->folders[pack->folder_count++] = folder;
    note_driver(pack, wish->name, wish->opt_in);
    return copy_files(pack, input, &folder, wish->wanted);
}

static enum status add_file(struct file_tree *tree, const char *folder, const char *name, const char *to)
{
    char *path = folder != NULL ? xformat("%s/%s", folder, name) : xstrdup(name);
    const char *base = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
    char *target = xformat("%s%s", to, base);
    struct bytes content;
    enum status status = file_read(path, SCRIPT_LIMIT, &content);

    if (status == STATUS_DONE) {
        windows_text(target, &content);
        status = file_tree_add(tree, target, content);
    }
    free(target);
    free(path);
    return status;
}

static enum status add_resources(struct pack *pack)
{
    struct file_tree resources = {0};
    enum status status = file_tree_load(&resources, pack->options->resources);

    for (size_t i = 0; i < resources.count && status == STATUS_DONE; ++i) {
        windows_text(resources.files[i].path, &resources.files[i].content);
        status = file_tree_add(&pack->content, resources.files[i].path, resources.files[i].content);
        resources.files[i].content = (struct bytes){0};
    }
    file_tree_free(&resources);
    return status;
}

static enum status add_common(struct pack *pack)
{
    const struct option_list *licenses = pack->options->licenses;
    enum status status = add_file(&pack->content, pack->options->guest_dir, "install.cmd", "");

    if (status == STATUS_DONE) {
        status = add_file(&pack->content, pack->options->guest_dir, "enable-testsigning.cmd", "");
    }
    if (status == STATUS_DONE) {
        status = add_resources(pack);
    }
    for (size_t i = 0; i < licenses->count && status == STATUS_DONE; ++i) {
        status = add_file(&pack->content, NULL, licenses->items[i], "licenses/");
    }
    return status;
}

enum status pack_finish(struct pack *pack)
{
    enum status status = add_common(pack);

    if (status == STATUS_DONE && pack->built_here) {
        status = pack_sign(pack);
    }
    return status == STATUS_DONE ? pack_write(pack) : status;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        free(names[i]);
    }
    free(names);
}

void pack_free(struct pack *pack)
{
    free_names(pack->drivers, pack->driver_count);
    free_names(pack->opt_in, pack->opt_in_count);
    for (size_t i = 0; i < pack->folder_count; ++i) {
        driver_folder_free(&pack->folders[i].driver);
        free(pack->folders[i].name);
        free(pack->folders[i].target);
    }
    free(pack->folders);
    file_tree_free(&pack->content);
    file_tree_free(&pack->symbols);
    cJSON_Delete(pack->details);
    cJSON_Delete(pack->certificate);
    *pack = (struct pack){0};
}
