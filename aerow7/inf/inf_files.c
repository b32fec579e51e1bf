/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Copied files: where CopyFiles, SourceDisksFiles, SourceDisksNames and DestinationDirs send them from and to. */
#include "inf/inf_evaluate.h"

#include "inf/inf_decoration.h"
#include "inf/inf_lexer.h"
#include "base/file_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILES_LIMIT 4096

/* "Device installation functions look for architecture-specific SourceDisksFiles sections before using the generic." */
static const struct inf_line *source_line(const struct inf_evaluation *evaluation, const char *section, const char *key)
{
    char *decorated = xformat("%s.%s", section, inf_architecture_name(evaluation->target.architecture));
    const struct inf_line *line = inf_line(inf_section(evaluation->inf, decorated), key);

    free(decorated);
    return line != NULL ? line : inf_line(inf_section(evaluation->inf, section), key);
}

/* Adds the parts of `path` to `folder`, with '/' between them; "\x86\" and ".\x86" are "x86". */
static void add_path(struct text *folder, const char *path)
{
    text_add(folder, "", 0);
    while (*path != 0) {
        size_t length = strcspn(path, "\\/");

        if (length > 0 && !(length == 1 && *path == '.')) {
            if (folder->size > 0) {
                text_add(folder, "/", 1);
            }
            text_add(folder, path, length);
        }
        path += length;
        path += *path != 0 ? 1 : 0;
    }
}

/* filename=diskid[,[subdir][,size]] and diskid = disk-description[,[tag-or-cab-file][,[unused][,path]]] */
static char *source_folder(const struct inf_evaluation *evaluation, const char *source)
{
    const struct inf_line *file = source_line(evaluation, "SourceDisksFiles", source);
    const struct inf_line *disk =
        file != NULL ? source_line(evaluation, "SourceDisksNames", inf_value_text(file, 0)) : NULL;
    struct text folder = {0};

    add_path(&folder, disk != NULL ? inf_value_text(disk, 3) : "");
    add_path(&folder, file != NULL ? inf_value_text(file, 1) : "");
    return folder.data;
}

/* `list` is the file list's name, or NULL for a direct copy, which goes to DefaultDestDir. */
static void set_target(const struct inf_evaluation *evaluation, const char *list, struct inf_copied_file *file)
{
    const struct inf_section *section = inf_section(evaluation->inf, "DestinationDirs");
    const struct inf_line *line = list != NULL ? inf_line(section, list) : NULL;
    struct text folder = {0};
    uint32_t number;

    if (line == NULL) {
        line = inf_line(section, "DefaultDestDir");
    }
    file->directory_id =
        line != NULL && inf_number(inf_value_text(line, 0), &number) && number <= 0xFFFF ? (int)number : -1;
    add_path(&folder, line != NULL ? inf_value_text(line, 1) : "");
    file->target_folder = folder.data;
}

static bool same_file(const struct inf_copied_file *a, const struct inf_copied_file *b)
{
    return a->directory_id == b->directory_id && inf_same_name(a->source, b->source) &&
           inf_same_name(a->target, b->target) && inf_same_name(a->target_folder, b->target_folder) &&
           inf_same_name(a->source_folder, b->source_folder);
}

void inf_copied_file_free(struct inf_copied_file *file)
{
    free(file->source);
    free(file->source_folder);
    free(file->target);
    free(file->target_folder);
}

/* Why Windows would not take `folder`/`name` as a file of its own folder, or NULL. */
static const char *file_fault(const char *folder, const char *name)
{
    const char *fault = folder[0] != 0 ? windows_path_fault(folder) : NULL;

    return fault != NULL ? fault : strchr(name, '/') != NULL ? "names a folder" : windows_path_fault(name);
}

char *inf_copied_file_fault(const struct inf_copied_file *file)
{
    const char *fault = file_fault(file->source_folder, file->source);
    const char *separator = file->source_folder[0] != 0 ? "/" : "";

    if (fault != NULL) {
        return xformat("source file %s%s%s: %s", file->source_folder, separator, file->source, fault);
    }
    fault = file_fault(file->target_folder, file->target);
    separator = file->target_folder[0] != 0 ? "/" : "";
    return fault != NULL ? xformat("target file %s%s%s: %s", file->target_folder, separator, file->target, fault)
                         : NULL;
}

static void check_path(const struct inf_evaluation *evaluation, const struct inf_copied_file *file)
{
    char *fault = inf_copied_file_fault(file);

    if (fault != NULL) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "1015", evaluation->inf->place, file->line, "%s", fault);
    }
    free(fault);
}

/* False, with a fault, when there are too many. */
static bool add_file(struct inf_evaluation *evaluation, const char *list, const char *target, const char *source,
                     unsigned line)
{
    struct inf_package *package = evaluation->package;
    struct inf_copied_file file = {.direct = list == NULL, .line = line};

    if (package->file_count == FILES_LIMIT) {
        inf_too_many(evaluation, line, "more files are copied than by any driver package");
        return false;
    }
    file.source = xstrdup(source[0] != 0 ? source : target);
    file.source_folder = source_folder(evaluation, file.source);
    file.target = xstrdup(target);
    set_target(evaluation, list, &file);
    for (size_t i = 0; i < package->file_count; ++i) {
        if (same_file(&package->files[i], &file)) {
            inf_copied_file_free(&file);
            return true;
        }
    }
    check_path(evaluation, &file);
    package->files = inf_grow(package->files, package->file_count, sizeof(*package->files));
    package->files[package->file_count++] = file;
    return true;
}

/* destination-file-name[,[source-file-name][,[unused][,flag]]] */
static void add_list(struct inf_evaluation *evaluation, const struct inf_section *list)
{
    if (!inf_walk_begins(evaluation, INF_WALK_FILES, list)) {
        return;
    }
    for (size_t i = 0; i < list->line_count; ++i) {
        const struct inf_line *line = &list->lines[i];

        if (line->key.text == NULL && inf_value_text(line, 0)[0] != 0 &&
            !add_file(evaluation, list->name, inf_value_text(line, 0), inf_value_text(line, 1), line->line)) {
            return;
        }
    }
}

void inf_copy_files(struct inf_evaluation *evaluation, const struct inf_line *directive)
{
    for (size_t i = 0; i < directive->value_count; ++i) {
        const struct inf_value *value = &directive->values[i];

        if (value->text[0] == '@') {
            if (!add_file(evaluation, NULL, value->text + 1, "", value->line)) {
                return;
            }
        } else {
            const struct inf_section *list = inf_named_section(evaluation, "CopyFiles", value);

            if (list != NULL) {
                add_list(evaluation, list);
            }
        }
    }
}
