/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about several INFs: aliases, and IDs that two packages claim. */
#include "inf/inf_check.h"

#include "inf/inf_decoration.h"
#include "inf/inf_evaluate.h"
#include "inf/inf_identity.h"
#include "inf/inf_lexer.h"
#include "inf/inf_strings.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct claim {
    const char *id; /* belongs to a package */
    const struct inf *inf;
    unsigned line;
};

struct claims {
    struct claim *list;
    size_t count;
};

static void add_claims(struct claims *claims, const struct inf *inf, const struct inf_package *package)
{
    for (size_t i = 0; i < package->model_count; ++i) {
        const struct inf_model *model = &package->models[i];

        for (size_t j = 0; j < model->id_count; ++j) {
            claims->list = inf_grow(claims->list, claims->count, sizeof(*claims->list));
            claims->list[claims->count++] = (struct claim){model->ids[j], inf, model->line};
        }
    }
}

static int compare_claims(const void *a, const void *b)
{
    const struct claim *left = a;
    const struct claim *right = b;
    int order = strcasecmp(left->id, right->id);

    return order != 0 ? order : strcmp(left->inf->place, right->inf->place);
}

static void check_claims(const struct inf_set *set, enum inf_architecture architecture, struct findings *findings)
{
    struct inf_target target = {.architecture = architecture, .major = 6, .minor = 1};
    struct inf_package *packages = xcalloc(set->count, sizeof(*packages));
    struct claims claims = {0};

    for (size_t i = 0; i < set->count; ++i) {
        const struct inf *inf = &set->list[i];
        struct findings faults = {0};

        if (inf_is_opt_in(inf->place) || !inf_is_for(inf->place, architecture)) {
            continue;
        }
        inf_evaluate(inf, target, &packages[i], &faults);
        findings_free(&faults);
        add_claims(&claims, inf, &packages[i]);
    }
    if (claims.count > 0) {
        qsort(claims.list, claims.count, sizeof(*claims.list), compare_claims);
    }
    for (size_t i = 1; i < claims.count; ++i) {
        const struct claim *first = &claims.list[i - 1];
        const struct claim *second = &claims.list[i];

        if (first->inf != second->inf && strcasecmp(first->id, second->id) == 0) {
            findings_add(findings, SEVERITY_ERROR, "aero-duplicate-id", second->inf->place, second->line,
                         "%s is claimed for %s by %s too, in line %u", second->id, inf_architecture_name(architecture),
                         first->inf->place, first->line);
        }
    }
    free(claims.list);
    for (size_t i = 0; i < set->count; ++i) {
        inf_package_free(&packages[i]);
    }
    free(packages);
}

struct alias {
    const struct inf *inf;
    const struct inf *original;
    struct inf_references references;
    struct inf_references original_references;
    struct findings *findings;
};

__attribute__((format(printf, 3, 4))) static void drift(const struct alias *alias, unsigned line, const char *format,
                                                        ...)
{
    va_list arguments;
    char *message;

    va_start(arguments, format);
    message = xvformat(format, arguments);
    va_end(arguments);
    findings_add(alias->findings, SEVERITY_ERROR, "aero-alias-drift", alias->inf->place, line, "%s", message);
    free(message);
}

static bool is_models(const struct inf_references *references, const struct inf_section *section)
{
    for (size_t i = 0; i < references->models_count; ++i) {
        if (references->models[i] == section) {
            return true;
        }
    }
    return false;
}

static bool same_value(const struct inf_value *a, const struct inf_value *b)
{
    return (a->text == NULL) == (b->text == NULL) && (a->text == NULL || strcmp(a->text, b->text) == 0);
}

static bool same_line(const struct inf_line *a, const struct inf_line *b)
{
    if (!same_value(&a->key, &b->key) || a->value_count != b->value_count) {
        return false;
    }
    for (size_t i = 0; i < a->value_count; ++i) {
        if (!same_value(&a->values[i], &b->values[i])) {
            return false;
        }
    }
    return true;
}

/* A package of its own has a catalog of its own. */
static bool may_differ(const struct inf_section *section, const struct inf_line *line)
{
    return inf_same_name(section->name, "Version") && line->key.text != NULL &&
           strncasecmp(line->key.text, "CatalogFile", 11) == 0;
}

/* Its own models may have names of their own; the strings of the original stay. */
static void compare_strings(const struct alias *alias, const struct inf_section *ours, const struct inf_section *theirs)
{
    for (size_t i = 0; i < theirs->line_count; ++i) {
        const struct inf_line *line = &theirs->lines[i];
        const struct inf_line *same = line->key.text != NULL ? inf_line(ours, line->key.text) : NULL;

        if (line->key.text != NULL && (same == NULL || !same_line(same, line))) {
            drift(alias, same != NULL ? same->line : ours->line, "string %s is not as in %s, line %u", line->key.text,
                  alias->original->place, line->line);
        }
    }
}

static void compare_sections(const struct alias *alias, const struct inf_section *ours,
                             const struct inf_section *theirs)
{
    size_t i;

    if (inf_is_strings_section(ours->name)) {
        compare_strings(alias, ours, theirs);
        return;
    }
    for (i = 0; i < ours->line_count && i < theirs->line_count; ++i) {
        if (!same_line(&ours->lines[i], &theirs->lines[i]) &&
            !(may_differ(ours, &ours->lines[i]) && may_differ(theirs, &theirs->lines[i]))) {
            drift(alias, ours->lines[i].line, "the line is not as in %s, line %u", alias->original->place,
                  theirs->lines[i].line);
            return;
        }
    }
    if (ours->line_count != theirs->line_count) {
        drift(alias, i < ours->line_count ? ours->lines[i].line : ours->line, "[%s] has %zu entries, in %s it has %zu",
              ours->name, ours->line_count, alias->original->place, theirs->line_count);
    }
}

static void compare_files(struct alias *alias)
{
    inf_references_collect(alias->inf, &alias->references);
    inf_references_collect(alias->original, &alias->original_references);
    for (size_t i = 0; i < alias->inf->section_count; ++i) {
        const struct inf_section *ours = &alias->inf->sections[i];
        const struct inf_section *theirs = inf_section(alias->original, ours->name);

        if (is_models(&alias->references, ours)) {
            continue;
        }
        if (theirs == NULL) {
            drift(alias, ours->line, "[%s] is not in %s", ours->name, alias->original->place);
        } else {
            compare_sections(alias, ours, theirs);
        }
    }
    for (size_t i = 0; i < alias->original->section_count; ++i) {
        const struct inf_section *theirs = &alias->original->sections[i];

        if (!is_models(&alias->original_references, theirs) && inf_section(alias->inf, theirs->name) == NULL) {
            drift(alias, 0, "[%s] of %s is missing", theirs->name, alias->original->place);
        }
    }
    inf_references_free(&alias->references);
    inf_references_free(&alias->original_references);
}

/* The one in the same folder, else one for the same architecture. */
static const struct inf *find_original(const struct inf_set *set, const struct inf *alias, const char *name)
{
    const char *slash = strrchr(alias->place, '/');
    size_t folder = slash != NULL ? (size_t)(slash - alias->place) + 1 : 0;
    const struct inf *found = NULL;

    for (size_t i = 0; i < set->count; ++i) {
        const struct inf *candidate = &set->list[i];
        char *file = inf_file_name(candidate->place);
        bool named = strcasecmp(file, name) == 0;
        bool beside =
            strncmp(candidate->place, alias->place, folder) == 0 && strchr(candidate->place + folder, '/') == NULL;
        bool shared = inf_is_for(candidate->place, INF_X86) == inf_is_for(alias->place, INF_X86) &&
                      inf_is_for(candidate->place, INF_AMD64) == inf_is_for(alias->place, INF_AMD64);

        free(file);
        if (named && beside) {
            return candidate;
        }
        found = named && shared ? candidate : found;
    }
    return found;
}

static void check_alias(const struct inf_set *set, const struct inf *inf, struct findings *findings)
{
    char *file = inf_file_name(inf->place);
    char *original = inf_alias_original(file);
    struct alias alias = {.inf = inf, .findings = findings};

    if (original != NULL) {
        alias.original = find_original(set, inf, original);
        if (alias.original != NULL) {
            compare_files(&alias);
        } else {
            findings_add(findings, SEVERITY_NOTE, "aero-alias-drift", inf->place, 0,
                         "%s is not among the files, so it was not compared", original);
        }
    }
    free(original);
    free(file);
}

void inf_check_set(const struct inf_set *set, bool tree, struct findings *findings)
{
    for (size_t i = 0; i < set->count; ++i) {
        check_alias(set, &set->list[i], findings);
    }
    if (tree) {
        check_claims(set, INF_X86, findings);
        check_claims(set, INF_AMD64, findings);
    }
}

static const struct inf_rule rules[] = {
    {"aero-alias-drift", SEVERITY_ERROR,
     "virtio-NAME.inf equals aero_virtio_NAME.inf but for models, their strings and the catalog's name", NULL},
    {"aero-duplicate-id", SEVERITY_ERROR, "no two INFs of a --tree claim one ID for one architecture", NULL},
};

const struct inf_rules inf_rules_sets = {rules, sizeof(rules) / sizeof(rules[0])};
