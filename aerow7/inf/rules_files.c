/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about file lists, SourceDisksNames, SourceDisksFiles and DestinationDirs. */
#include "inf/inf_check.h"

#include "inf/inf_decoration.h"
#include "inf/inf_evaluate.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A section with and without architecture: SourceDisksFiles, SourceDisksFiles.x86, ... */
static void each_line_of(const struct check *check, const char *name,
                         void (*visit)(const struct check *check, const struct inf_section *section,
                                       const struct inf_line *line))
{
    size_t length = strlen(name);

    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        if (strncasecmp(section->name, name, length) != 0 ||
            (section->name[length] != 0 && section->name[length] != '.')) {
            continue;
        }
        for (size_t j = 0; j < section->line_count; ++j) {
            visit(check, section, &section->lines[j]);
        }
    }
}

static const char *key_text(const struct inf_line *line)
{
    return line->key.text != NULL ? line->key.text : inf_value_text(line, 0);
}

static void source_1008(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    uint32_t disk;

    if (line->key.text == NULL || !inf_number(inf_value_text(line, 0), &disk)) {
        inf_report(check, "1008", line->line, "\"%s\" in [%s] has disk ID \"%s\", which is no number", key_text(line),
                   section->name, line->key.text != NULL ? inf_value_text(line, 0) : "");
    }
}

static void disk_1008(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    uint32_t disk;

    if (line->key.text == NULL || !inf_number(line->key.text, &disk)) {
        inf_report(check, "1008", line->line, "\"%s\" in [%s] is no disk ID, which is a number", key_text(line),
                   section->name);
    }
}

static void rule_1008(const struct check *check)
{
    each_line_of(check, "SourceDisksFiles", source_1008);
    each_line_of(check, "SourceDisksNames", disk_1008);
}

static void each_file(const struct check *check, void (*visit)(const struct check *check, const char *architecture,
                                                               const struct inf_copied_file *file))
{
    for (int architecture = INF_X86; architecture <= INF_AMD64; ++architecture) {
        const struct inf_package *package = &check->packages[architecture];

        for (size_t i = 0; i < package->file_count; ++i) {
            visit(check, inf_architecture_name((enum inf_architecture)architecture), &package->files[i]);
        }
    }
}

static void file_1015(const struct check *check, const char *architecture, const struct inf_copied_file *file)
{
    char *fault = inf_copied_file_fault(file);

    (void)architecture;
    if (fault != NULL) {
        inf_report(check, "1015", file->line, "%s", fault);
    }
    free(fault);
}

static void rule_1015(const struct check *check)
{
    each_file(check, file_1015);
}

static void too_many(const struct check *check, const struct inf_section *section, const struct inf_line *line,
                     size_t most)
{
    if (line->value_count > most) {
        inf_report(check, "1201", line->line, "\"%s\" in [%s] has a value too many: \"%s\"", key_text(line),
                   section->name, line->values[most].text);
    }
}

static void source_1201(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    too_many(check, section, line, 3);
}

static void target_1201(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    too_many(check, section, line, 2);
}

/* Each file list, once: `visit` is called for its lines. */
static void each_list_line(const struct check *check,
                           void (*visit)(const struct check *check, const struct inf_section *section,
                                         const struct inf_line *line))
{
    bool *seen = xcalloc(check->inf->section_count, sizeof(bool));

    for (size_t i = 0; i < check->references->count; ++i) {
        const struct inf_reference *reference = &check->references->list[i];
        size_t index = reference->target != NULL ? (size_t)(reference->target - check->inf->sections) : 0;

        if (reference->target == NULL || strcmp(reference->directive, "CopyFiles") != 0 || seen[index]) {
            continue;
        }
        seen[index] = true;
        for (size_t j = 0; j < reference->target->line_count; ++j) {
            visit(check, reference->target, &reference->target->lines[j]);
        }
    }
    free(seen);
}

static void list_1201(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    too_many(check, section, line, 4);
}

static void rule_1201(const struct check *check)
{
    each_line_of(check, "SourceDisksFiles", source_1201);
    each_line_of(check, "DestinationDirs", target_1201);
    each_list_line(check, list_1201);
}

static void source_1213(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    const char *name = key_text(line);
    size_t length = strlen(name);

    if (length > 4 && strcasecmp(name + length - 4, ".cat") == 0) {
        inf_report(check, "1213", line->line, "catalog %s is listed in [%s]; it belongs to CatalogFile alone", name,
                   section->name);
    }
}

static void rule_1213(const struct check *check)
{
    each_line_of(check, "SourceDisksFiles", source_1213);
}

static void list_1229(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    if (line->key.text != NULL || inf_value_text(line, 0)[0] == 0) {
        inf_report(check, "1229", line->line, "the entry of file list [%s] names no file", section->name);
    }
}

static void rule_1229(const struct check *check)
{
    each_list_line(check, list_1229);
}

static const struct inf_line *source_line(const struct check *check, const char *section, const char *architecture,
                                          const char *key)
{
    char *decorated = xformat("%s.%s", section, architecture);
    const struct inf_line *line = inf_line(inf_section(check->inf, decorated), key);

    free(decorated);
    return line != NULL ? line : inf_line(inf_section(check->inf, section), key);
}

static void file_1230(const struct check *check, const char *architecture, const struct inf_copied_file *file)
{
    if (source_line(check, "SourceDisksFiles", architecture, file->source) == NULL) {
        inf_report(check, "1230", file->line,
                   "%s is copied and not listed in [SourceDisksFiles] or [SourceDisksFiles.%s]", file->source,
                   architecture);
    }
}

static void rule_1230(const struct check *check)
{
    each_file(check, file_1230);
}

static void source_1231(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    const char *name = key_text(line);
    size_t length = strlen(name);

    if (length > 2 && name[length - 1] == '_' && strchr(name, '.') != NULL) {
        inf_report(check, "1231", line->line, "%s in [%s] is the name of a compressed file", name, section->name);
    }
}

static void rule_1231(const struct check *check)
{
    each_line_of(check, "SourceDisksFiles", source_1231);
}

static void target_1243(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    uint32_t number;
    const char *text = inf_value_text(line, 0);

    (void)section;
    if (line->key.text == NULL || !inf_number(text[0] == '-' ? text + 1 : text, &number)) {
        inf_report(check, "1243", line->line, "\"%s\" has directory ID \"%s\", which is no number", key_text(line),
                   line->key.text != NULL ? text : "");
    }
}

static void rule_1243(const struct check *check)
{
    each_line_of(check, "DestinationDirs", target_1243);
}

static void file_1273(const struct check *check, const char *architecture, const struct inf_copied_file *file)
{
    const struct inf_line *line = source_line(check, "SourceDisksFiles", architecture, file->source);
    const char *disk = line != NULL ? inf_value_text(line, 0) : "";
    uint32_t number;

    if (inf_number(disk, &number) && source_line(check, "SourceDisksNames", architecture, disk) == NULL) {
        inf_report(check, "1273", line->line, "%s is on disk %s, which [SourceDisksNames] does not list", file->source,
                   disk);
    }
}

static void rule_1273(const struct check *check)
{
    each_file(check, file_1273);
}

static void rule_1275(const struct check *check)
{
    const struct inf_section *targets = inf_section(check->inf, "DestinationDirs");

    for (size_t i = 0; i < check->references->count; ++i) {
        const struct inf_reference *reference = &check->references->list[i];

        if (reference->role == INF_ROLE_FILES && reference->target != NULL &&
            inf_line(targets, reference->name) == NULL && inf_line(targets, "DefaultDestDir") == NULL) {
            inf_report(check, "1275", reference->line,
                       "file list [%s] is not listed in [DestinationDirs], which has no DefaultDestDir either",
                       reference->name);
        }
    }
    for (int architecture = INF_X86; architecture <= INF_AMD64; ++architecture) {
        const struct inf_package *package = &check->packages[architecture];

        for (size_t i = 0; i < package->file_count && inf_line(targets, "DefaultDestDir") == NULL; ++i) {
            if (package->files[i].directory_id < 0 && package->files[i].direct) {
                inf_report(check, "1275", package->files[i].line,
                           "@%s goes to DefaultDestDir, which [DestinationDirs] does not have",
                           package->files[i].target);
            }
        }
    }
}

static bool same_target(const struct inf_copied_file *a, const struct inf_copied_file *b)
{
    return a->directory_id == b->directory_id && inf_same_name(a->target_folder, b->target_folder) &&
           inf_same_name(a->target, b->target);
}

static void rule_1330(const struct check *check)
{
    for (int architecture = INF_X86; architecture <= INF_AMD64; ++architecture) {
        const struct inf_package *package = &check->packages[architecture];

        for (size_t i = 0; i < package->file_count; ++i) {
            for (size_t j = 0; j < i; ++j) {
                if (same_target(&package->files[i], &package->files[j]) &&
                    !inf_same_name(package->files[i].source, package->files[j].source)) {
                    inf_report(check, "1330", package->files[i].line, "%s is copied as %s, and so is %s in line %u",
                               package->files[i].source, package->files[i].target, package->files[j].source,
                               package->files[j].line);
                }
            }
        }
    }
}

static const struct inf_rule rules[] = {
    {"1008", SEVERITY_ERROR, "a disk ID is a number", rule_1008},
    {"1015", SEVERITY_ERROR, "a file comes from the package and goes to its directory, by names that Windows takes",
     rule_1015},
    {"1201", SEVERITY_WARNING, "an entry about files has no more values than it can have", rule_1201},
    {"1213", SEVERITY_ERROR, "[SourceDisksFiles] lists no catalog", rule_1213},
    {"1229", SEVERITY_ERROR, "an entry of a file list names a file", rule_1229},
    {"1230", SEVERITY_ERROR, "a file that is copied is listed in [SourceDisksFiles], for each architecture", rule_1230},
    {"1231", SEVERITY_ERROR, "[SourceDisksFiles] lists files by their uncompressed names", rule_1231},
    {"1243", SEVERITY_ERROR, "a directory ID in [DestinationDirs] is a number", rule_1243},
    {"1273", SEVERITY_ERROR, "the disk of a file that is copied is listed in [SourceDisksNames]", rule_1273},
    {"1275", SEVERITY_ERROR, "a file list has a directory in [DestinationDirs]", rule_1275},
    {"1330", SEVERITY_ERROR, "two files are not copied to one", rule_1330},
};

const struct inf_rules inf_rules_files = {rules, sizeof(rules) / sizeof(rules[0])};
