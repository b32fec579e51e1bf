/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_references.h"

#include "inf/inf_decoration.h"
#include "inf/inf_evaluate.h"
#include "inf/inf_lexer.h"
#include "inf/inf_strings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_LIMIT 16

struct collector {
    const struct inf *inf;
    struct inf_references *references;
    bool *visited[INF_ROLE_COUNT];
    bool *installed; /* of install sections, that all their decorations and suffixes were visited */
    bool windows7;
    unsigned depth;
};

/* Where a directive names sections: in all of its values, or in the one at `index`. */
struct directive {
    const char *name;
    enum inf_role role;
    int index;
};

#define ALL_VALUES (-1)

static const struct directive directives[] = {
    {"CopyFiles", INF_ROLE_FILES, ALL_VALUES},
    {"DelFiles", INF_ROLE_FILES, ALL_VALUES},
    {"RenFiles", INF_ROLE_FILES, ALL_VALUES},
    {"AddReg", INF_ROLE_REGISTRY, ALL_VALUES},
    {"DelReg", INF_ROLE_REGISTRY, ALL_VALUES},
    {"BitReg", INF_ROLE_REGISTRY, ALL_VALUES},
    {"AddService", INF_ROLE_SERVICE, 2},
    {"AddService", INF_ROLE_EVENT_LOG, 3},
    {"AddInterface", INF_ROLE_INTERFACE, 2},
    {"AddProperty", INF_ROLE_OTHER, ALL_VALUES},
    {"DelProperty", INF_ROLE_OTHER, ALL_VALUES},
    {"AddPowerSetting", INF_ROLE_OTHER, ALL_VALUES},
    {"LogConfig", INF_ROLE_OTHER, ALL_VALUES},
    {"ProfileItems", INF_ROLE_OTHER, ALL_VALUES},
    {"UpdateInis", INF_ROLE_OTHER, ALL_VALUES},
    {"UpdateIniFields", INF_ROLE_OTHER, ALL_VALUES},
    {"Ini2Reg", INF_ROLE_OTHER, ALL_VALUES},
    {"RegisterDlls", INF_ROLE_OTHER, ALL_VALUES},
    {"UnregisterDlls", INF_ROLE_OTHER, ALL_VALUES},
    {"WMIInterface", INF_ROLE_OTHER, 2},
    {"KmdfService", INF_ROLE_OTHER, 1},
    {"UmdfService", INF_ROLE_OTHER, 1},
    {"AddFilter", INF_ROLE_OTHER, 2},
    {"AddComponent", INF_ROLE_OTHER, 2},
    {"AddSoftware", INF_ROLE_OTHER, 2},
    {"AddEventProvider", INF_ROLE_OTHER, 1},
    {"AddTrigger", INF_ROLE_OTHER, ALL_VALUES},
    {"FailureActions", INF_ROLE_OTHER, ALL_VALUES},
};

static void visit(struct collector *collector, const struct inf_section *section, enum inf_role role);

static void add_reference(struct collector *collector, enum inf_role role, const char *directive, const char *name,
                          const struct inf_section *from, unsigned line)
{
    struct inf_references *references = collector->references;
    struct inf_reference reference = {
        .role = role,
        .directive = directive,
        .name = xstrdup(name),
        .target = inf_section(collector->inf, name),
        .from = from,
        .line = line,
        .windows7 = collector->windows7,
    };

    references->list = inf_grow(references->list, references->count, sizeof(*references->list));
    references->list[references->count++] = reference;
    if (reference.target != NULL) {
        visit(collector, reference.target, reference.role);
    }
}

static void follow_values(struct collector *collector, const struct inf_section *section, const struct inf_line *line,
                          const struct directive *directive)
{
    size_t first = directive->index == ALL_VALUES ? 0 : (size_t)directive->index;
    size_t end = directive->index == ALL_VALUES ? line->value_count : first + 1;

    for (size_t i = first; i < end && i < line->value_count; ++i) {
        const struct inf_value *value = &line->values[i];

        /* CopyFiles=@filename names a file. */
        if (value->text[0] != 0 && value->text[0] != '@') {
            add_reference(collector, directive->role, directive->name, value->text, section, value->line);
        }
    }
}

/* Sections of this file that Needs names are read like the one that names them; others are Windows' own. */
static void follow_needs(struct collector *collector, const struct inf_line *line, enum inf_role role)
{
    for (size_t i = 0; i < line->value_count; ++i) {
        const struct inf_section *needed = inf_section(collector->inf, line->values[i].text);

        if (needed != NULL) {
            visit(collector, needed, role);
        }
    }
}

static void visit(struct collector *collector, const struct inf_section *section, enum inf_role role)
{
    size_t index = (size_t)(section - collector->inf->sections);
    bool has_directives = role == INF_ROLE_INSTALL || role == INF_ROLE_SERVICE || role == INF_ROLE_EVENT_LOG ||
                          role == INF_ROLE_INTERFACE;

    collector->references->used[index] = true;
    collector->references->windows7[index] |= collector->windows7;
    if (collector->visited[role][index] || !has_directives || collector->depth == DEPTH_LIMIT) {
        return;
    }
    collector->visited[role][index] = true;
    ++collector->depth;
    for (size_t i = 0; i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];

        if (line->key.text == NULL) {
            continue;
        }
        if (inf_same_name(line->key.text, "Needs")) {
            follow_needs(collector, line, role);
        }
        for (size_t j = 0; j < sizeof(directives) / sizeof(directives[0]); ++j) {
            if (inf_same_name(line->key.text, directives[j].name)) {
                follow_values(collector, section, line, &directives[j]);
            }
        }
    }
    --collector->depth;
}

/* True when there was any. */
static bool visit_install(struct collector *collector, const char *base)
{
    static const char *const extensions[] = {"", ".NT", ".NTx86", ".NTamd64", ".NTia64", ".NTarm", ".NTarm64"};
    static const char *const suffixes[] = {
        "",         ".CoInstallers", ".HW",       ".Services",          ".Interfaces", ".FactDef",
        ".WMI",     ".Wdf",          ".Software", ".LogConfigOverride", ".Components", ".Events",
        ".Filters", ".COM",          ".Remove",   ".Remove.Services"};
    const struct inf_section *undecorated = inf_section(collector->inf, base);
    bool found = false;

    if (undecorated != NULL && collector->installed[undecorated - collector->inf->sections]) {
        return true;
    }
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); ++i) {
        for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); ++j) {
            char *name = xformat("%s%s%s", base, extensions[i], suffixes[j]);
            const struct inf_section *section = inf_section(collector->inf, name);

            free(name);
            if (section != NULL) {
                visit(collector, section, INF_ROLE_INSTALL);
                found |= j == 0;
            }
        }
    }
    if (undecorated != NULL) {
        collector->installed[undecorated - collector->inf->sections] = true;
    }
    return found;
}

static void visit_models(struct collector *collector, const struct inf_section *models)
{
    struct inf_references *references = collector->references;
    size_t index = (size_t)(models - collector->inf->sections);

    if (collector->visited[INF_ROLE_MODELS][index]) {
        return;
    }
    collector->visited[INF_ROLE_MODELS][index] = true;
    references->models = inf_grow(references->models, references->models_count, sizeof(*references->models));
    references->models[references->models_count++] = models;
    visit(collector, models, INF_ROLE_MODELS);
    for (size_t i = 0; i < models->line_count; ++i) {
        const struct inf_line *line = &models->lines[i];
        const char *install = inf_value_text(line, 0);

        if (line->key.text != NULL && install[0] != 0 && !visit_install(collector, install)) {
            add_reference(collector, INF_ROLE_INSTALL, "models", install, models, line->line);
        }
    }
}

/* The models sections that Windows 7 selects come first, so that what they lead to is known to be read by it. */
static void visit_windows7(struct collector *collector, const struct inf_line *manufacturer)
{
    collector->windows7 = true;
    for (int architecture = INF_X86; architecture <= INF_AMD64; ++architecture) {
        struct inf_target target = {.architecture = (enum inf_architecture)architecture, .major = 6, .minor = 1};
        char *name = inf_select_models(collector->inf, manufacturer, target);
        const struct inf_section *models = name != NULL ? inf_section(collector->inf, name) : NULL;

        free(name);
        if (models != NULL) {
            visit_models(collector, models);
        }
    }
    collector->windows7 = false;
}

static void visit_manufacturer(struct collector *collector, const struct inf_section *from,
                               const struct inf_line *manufacturer)
{
    const char *base = inf_models_base(manufacturer);
    const struct inf_section *undecorated = base != NULL ? inf_section(collector->inf, base) : NULL;

    for (size_t i = 1; base != NULL && i < manufacturer->value_count; ++i) {
        const struct inf_value *decoration = &manufacturer->values[i];
        char *name = xformat("%s.%s", base, decoration->text);
        const struct inf_section *models = inf_section(collector->inf, name);

        if (models != NULL) {
            visit_models(collector, models);
        } else if (decoration->text[0] != 0) {
            add_reference(collector, INF_ROLE_MODELS, "Manufacturer", name, from, decoration->line);
        }
        free(name);
    }
    if (undecorated != NULL) {
        visit_models(collector, undecorated);
    } else if (base != NULL && manufacturer->value_count == 1) {
        add_reference(collector, INF_ROLE_MODELS, "Manufacturer", base, from, manufacturer->line);
    }
}

/* DefaultInstall, ClassInstall32 and their like begin of themselves, whatever they are decorated with. */
static void visit_fixed(struct collector *collector)
{
    static const char *const installs[] = {"ClassInstall32", "DefaultInstall", "DefaultUninstall"};
    const struct inf_section *interfaces = inf_section(collector->inf, "InterfaceInstall32");

    for (size_t i = 0; i < collector->inf->section_count; ++i) {
        const struct inf_section *section = &collector->inf->sections[i];

        for (size_t j = 0; j < sizeof(installs) / sizeof(installs[0]); ++j) {
            size_t length = strlen(installs[j]);

            if (strncasecmp(section->name, installs[j], length) == 0 &&
                (section->name[length] == 0 || section->name[length] == '.')) {
                visit(collector, section, INF_ROLE_INSTALL);
            }
        }
    }
    for (size_t i = 0; interfaces != NULL && i < interfaces->line_count; ++i) {
        follow_values(collector, interfaces, &interfaces->lines[i],
                      &(struct directive){"InterfaceInstall32", INF_ROLE_INSTALL, 0});
    }
}

void inf_references_collect(const struct inf *inf, struct inf_references *references)
{
    struct collector collector = {.inf = inf, .references = references};
    const struct inf_section *manufacturers = inf_section(inf, "Manufacturer");

    *references = (struct inf_references){0};
    collector.installed = xcalloc(inf->section_count, sizeof(bool));
    references->used = xcalloc(inf->section_count, sizeof(bool));
    references->windows7 = xcalloc(inf->section_count, sizeof(bool));
    for (size_t i = 0; i < INF_ROLE_COUNT; ++i) {
        collector.visited[i] = xcalloc(inf->section_count, sizeof(bool));
    }
    for (size_t i = 0; manufacturers != NULL && i < manufacturers->line_count; ++i) {
        visit_windows7(&collector, &manufacturers->lines[i]);
    }
    for (size_t i = 0; manufacturers != NULL && i < manufacturers->line_count; ++i) {
        visit_manufacturer(&collector, manufacturers, &manufacturers->lines[i]);
    }
    visit_fixed(&collector);
    free(collector.installed);
    for (size_t i = 0; i < INF_ROLE_COUNT; ++i) {
        free(collector.visited[i]);
    }
}

void inf_references_free(struct inf_references *references)
{
    for (size_t i = 0; i < references->count; ++i) {
        free(references->list[i].name);
    }
    free(references->list);
    free(references->models);
    free(references->used);
    free(references->windows7);
    *references = (struct inf_references){0};
}

static bool is_known_name(const char *name)
{
    static const char *const names[] = {
        "Version",
        "Manufacturer",
        "DestinationDirs",
        "ControlFlags",
        "SourceDisksNames",
        "SourceDisksFiles",
        "InterfaceInstall32",
        "SourceDisksNames.x86",
        "SourceDisksNames.amd64",
        "SourceDisksNames.ia64",
        "SourceDisksNames.arm",
        "SourceDisksNames.arm64",
        "SourceDisksFiles.x86",
        "SourceDisksFiles.amd64",
        "SourceDisksFiles.ia64",
        "SourceDisksFiles.arm",
        "SourceDisksFiles.arm64",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (inf_same_name(name, names[i])) {
            return true;
        }
    }
    return inf_is_strings_section(name) || strncasecmp(name, "SignatureAttributes", 19) == 0;
}

/* A list's .Security section goes with the list. */
static const struct inf_section *owner(const struct inf *inf, const struct inf_section *section)
{
    size_t length = strlen(section->name);
    const struct inf_section *list = NULL;

    if (length > 9 && inf_same_name(section->name + length - 9, ".security")) {
        char *name = xformat("%.*s", (int)(length - 9), section->name);

        list = inf_section(inf, name);
        free(name);
    }
    return list != NULL ? list : section;
}

bool inf_section_is_used(const struct inf *inf, const struct inf_references *references,
                         const struct inf_section *section)
{
    return is_known_name(section->name) || references->used[owner(inf, section) - inf->sections];
}

bool inf_section_is_for_windows7(const struct inf *inf, const struct inf_references *references,
                                 const struct inf_section *section)
{
    return references->windows7[section - inf->sections];
}
