/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about [Manufacturer], models sections and what a model installs. */
#include "inf/inf_check.h"

#include "inf/inf_decoration.h"
#include "inf/inf_evaluate.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Calls `visit` for each models section that [Manufacturer] leads to and that is there, each once. */
static void each_models(const struct check *check,
                        void (*visit)(const struct check *check, const struct inf_section *models))
{
    for (size_t i = 0; i < check->references->models_count; ++i) {
        visit(check, check->references->models[i]);
    }
}

static void each_manufacturer(const struct check *check,
                              void (*visit)(const struct check *check, const struct inf_line *line))
{
    const struct inf_section *section = inf_section(check->inf, "Manufacturer");

    for (size_t i = 0; section != NULL && i < section->line_count; ++i) {
        visit(check, &section->lines[i]);
    }
}

static void manufacturer_1011(const struct check *check, const struct inf_line *line)
{
    if (inf_models_base(line) == NULL) {
        inf_report(check, "1011", line->line, "the entry names no models section");
    }
}

static void rule_1011(const struct check *check)
{
    each_manufacturer(check, manufacturer_1011);
}

static void rule_1261(const struct check *check)
{
    for (size_t i = 0; i < check->references->count; ++i) {
        const struct inf_reference *reference = &check->references->list[i];

        if (reference->target == NULL && reference->role == INF_ROLE_INSTALL &&
            strcmp(reference->directive, "models") == 0) {
            inf_report(check, "1261", reference->line, "the model's install section [%s] is not there",
                       reference->name);
        }
    }
}

static void models_1271(const struct check *check, const struct inf_section *models)
{
    for (size_t i = 0; i < models->line_count; ++i) {
        const struct inf_line *line = &models->lines[i];

        if (line->key.text == NULL || inf_value_text(line, 0)[0] == 0) {
            inf_report(check, "1271", line->line, "the model names no install section");
        } else if (inf_value_text(line, 1)[0] == 0 && inf_value_text(line, 2)[0] == 0) {
            inf_report(check, "1271", line->line, "the model names no hardware ID");
        }
    }
}

static void rule_1271(const struct check *check)
{
    each_models(check, models_1271);
}

static void manufacturer_1287(const struct check *check, const struct inf_line *line)
{
    for (size_t i = 1; i < line->value_count; ++i) {
        struct inf_decoration decoration;

        if (line->values[i].text[0] != 0 && !inf_decoration_parse(line->values[i].text, &decoration)) {
            inf_report(check, "1287", line->values[i].line,
                       "\"%s\" is not of the form NT[architecture][.major[.minor[.product[.suite[.build]]]]]",
                       line->values[i].text);
        }
    }
}

static void rule_1287(const struct check *check)
{
    each_manufacturer(check, manufacturer_1287);
}

static void manufacturer_1288(const struct check *check, const struct inf_line *line)
{
    for (size_t i = 1; i < line->value_count; ++i) {
        struct inf_decoration decoration;

        if (inf_decoration_parse(line->values[i].text, &decoration) && decoration.has_build &&
            (decoration.major < 10 || decoration.build < 14310)) {
            inf_report(check, "1288", line->values[i].line,
                       "\"%s\" names a build; builds are understood from Windows 10 build 14310 on",
                       line->values[i].text);
        }
    }
}

static void rule_1288(const struct check *check)
{
    each_manufacturer(check, manufacturer_1288);
}

struct claimed_id {
    const char *id;
    unsigned line;
};

static int compare_ids(const void *a, const void *b)
{
    const struct claimed_id *left = a;
    const struct claimed_id *right = b;
    int order = strcasecmp(left->id, right->id);

    return order != 0 ? order : left->line < right->line ? -1 : left->line > right->line;
}

static void models_1294(const struct check *check, const struct inf_section *models)
{
    struct claimed_id *ids = xcalloc(models->line_count, sizeof(*ids));
    size_t count = 0;

    /* A compatible ID may well be another model's hardware ID. */
    for (size_t i = 0; i < models->line_count; ++i) {
        const struct inf_line *line = &models->lines[i];

        if (inf_value_text(line, 1)[0] != 0) {
            ids[count++] = (struct claimed_id){inf_value_text(line, 1), line->line};
        }
    }
    qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count; ++i) {
        if (strcasecmp(ids[i - 1].id, ids[i].id) == 0) {
            inf_report(check, "1294", ids[i].line, "[%s] has hardware ID %s twice, in line %u too", models->name,
                       ids[i].id, ids[i - 1].line);
        }
    }
    free(ids);
}

static void rule_1294(const struct check *check)
{
    each_models(check, models_1294);
}

static bool has_function_driver(const struct inf_section *services)
{
    for (size_t i = 0; services != NULL && i < services->line_count; ++i) {
        const struct inf_line *line = &services->lines[i];
        uint32_t flags = 0;

        if (line->key.text == NULL) {
            continue;
        }
        /* What Needs brings from Windows' own INFs is not known here: it is taken to bring the service. */
        if (inf_same_name(line->key.text, "Needs")) {
            return true;
        }
        if (inf_same_name(line->key.text, "AddService") && inf_number(inf_value_text(line, 1), &flags) &&
            (flags & 2) != 0) {
            return true;
        }
    }
    return false;
}

static const struct inf_section *services_of(const struct inf *inf, const char *install)
{
    char *name = xformat("%s.Services", install);
    const struct inf_section *services = inf_section(inf, name);

    free(name);
    return services;
}

static void models_1296(const struct check *check, const struct inf_package *package, unsigned char *known)
{
    for (size_t i = 0; i < package->model_count; ++i) {
        const struct inf_model *model = &package->models[i];
        const struct inf_section *services = services_of(check->inf, model->install_section);
        unsigned char *has = services != NULL ? &known[services - check->inf->sections] : NULL;

        if (has != NULL && *has == 0) {
            *has = has_function_driver(services) ? 1 : 2;
        }
        if ((has == NULL || *has != 1) && inf_section(check->inf, model->install_section) != NULL) {
            inf_report(check, "1296", model->line,
                       "[%s.Services] adds no service with flag 2, so %s would have no driver", model->install_section,
                       model->id_count > 0 ? model->ids[0] : "the device");
        }
    }
}

static void rule_1296(const struct check *check)
{
    /* Many models share a section: what it has is found out once, 1 a function driver, 2 none. */
    unsigned char *known = xcalloc(check->inf->section_count, 1);

    models_1296(check, &check->packages[INF_X86], known);
    models_1296(check, &check->packages[INF_AMD64], known);
    free(known);
}

static void rule_1297(const struct check *check)
{
    const struct inf_section *section = inf_section(check->inf, "Manufacturer");

    for (size_t i = 0; i < check->inf->section_count; ++i) {
        if (strncasecmp(check->inf->sections[i].name, "DefaultInstall", 14) == 0) {
            return;
        }
    }
    if (check->packages[INF_X86].model_count + check->packages[INF_AMD64].model_count == 0) {
        inf_report(check, "1297", section != NULL ? section->line : 0,
                   "no model is for Windows 7: the driver installs on no device");
    }
}

static void manufacturer_2010(const struct check *check, const struct inf_line *line)
{
    const char *base = inf_models_base(line);

    if (base != NULL && line->value_count == 1 && inf_section(check->inf, base) != NULL) {
        inf_report(check, "2010", line->line, "[%s] has no architecture and is for x86 only; write NTx86 or NTamd64",
                   base);
    }
    for (size_t i = 1; i < line->value_count; ++i) {
        struct inf_decoration decoration;

        if (inf_decoration_parse(line->values[i].text, &decoration) && decoration.platform == INF_PLATFORM_ANY) {
            inf_report(check, "2010", line->values[i].line,
                       "\"%s\" names no architecture and is for x86 only; write NTx86 or NTamd64",
                       line->values[i].text);
        }
    }
}

static void rule_2010(const struct check *check)
{
    each_manufacturer(check, manufacturer_2010);
}

static const struct inf_rule rules[] = {
    {"1011", SEVERITY_ERROR, "an entry of [Manufacturer] names a models section", rule_1011},
    {"1261", SEVERITY_ERROR, "the install section that a model names is there", rule_1261},
    {"1271", SEVERITY_ERROR, "a model names an install section and a hardware ID", rule_1271},
    {"1287", SEVERITY_ERROR, "a decoration in [Manufacturer] is one that Windows can read", rule_1287},
    {"1288", SEVERITY_ERROR, "a decoration with a build number is for Windows 10 build 14310 or later", rule_1288},
    {"1294", SEVERITY_ERROR, "a models section has each hardware ID once", rule_1294},
    {"1296", SEVERITY_ERROR, "each model that Windows 7 installs has a function driver", rule_1296},
    {"1297", SEVERITY_ERROR, "some model is for Windows 7", rule_1297},
    {"2010", SEVERITY_WARNING, "a models section names the architecture that it is for", rule_2010},
};

const struct inf_rules inf_rules_models = {rules, sizeof(rules) / sizeof(rules[0])};
