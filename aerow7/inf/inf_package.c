/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_package.h"

#include "inf/inf_decoration.h"
#include "inf/inf_evaluate.h"
#include "inf/inf_lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MODELS_LIMIT 16384
#define NEEDS_DEPTH_LIMIT 16

static void walk(struct inf_evaluation *evaluation, enum inf_walk kind, const char *name);

bool inf_number(const char *text, uint32_t *number)
{
    bool hexadecimal = strncasecmp(text, "0x", 2) == 0;
    const char *digits = hexadecimal ? text + 2 : text;
    unsigned long long value;

    if (digits[0] == 0 || strspn(digits, hexadecimal ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    value = strtoull(digits, NULL, hexadecimal ? 16 : 10);
    if (errno != 0 || value > UINT32_MAX) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

const char *inf_value_text(const struct inf_line *line, size_t index)
{
    return index < line->value_count ? line->values[index].text : "";
}

bool inf_walk_begins(struct inf_evaluation *evaluation, enum inf_walk walk, const struct inf_section *section)
{
    bool *walked = &evaluation->walked[walk][section - evaluation->inf->sections];
    bool begins = !*walked;

    *walked = true;
    return begins;
}

void inf_too_many(struct inf_evaluation *evaluation, unsigned line, const char *what)
{
    if (!evaluation->too_many) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "1002", evaluation->inf->place, line, "%s", what);
        evaluation->too_many = true;
    }
}

const struct inf_section *inf_named_section(struct inf_evaluation *evaluation, const char *directive,
                                            const struct inf_value *name)
{
    const struct inf_section *section = name->text[0] != 0 ? inf_section(evaluation->inf, name->text) : NULL;

    if (section == NULL && name->text[0] != 0) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "1203", evaluation->inf->place, name->line,
                     "%s names section [%s], which is not there", directive, name->text);
    }
    return section;
}

static void add_values(struct inf_evaluation *evaluation, enum inf_walk kind, const struct inf_line *directive)
{
    struct inf_package *package = evaluation->package;
    bool hardware = kind == INF_WALK_HARDWARE;

    for (size_t i = 0; i < directive->value_count; ++i) {
        const struct inf_section *section = inf_named_section(evaluation, "AddReg", &directive->values[i]);

        if (section == NULL ||
            !inf_walk_begins(evaluation, hardware ? INF_WALK_HARDWARE_VALUES : INF_WALK_SOFTWARE_VALUES, section)) {
            continue;
        }
        if (!inf_take_registry(evaluation, section, hardware ? &package->hardware_values : &package->software_values,
                               hardware ? &package->hardware_value_count : &package->software_value_count)) {
            return;
        }
    }
}

/*
 * Needs may also name sections of this file; those of included files are Windows' own, and what they bring is not
 * known.
 */
static void walk_needed(struct inf_evaluation *evaluation, enum inf_walk kind, const struct inf_line *directive)
{
    if (evaluation->depth == NEEDS_DEPTH_LIMIT) {
        inf_too_many(evaluation, directive->line, "Needs leads from section to section too often");
        return;
    }
    ++evaluation->depth;
    for (size_t i = 0; i < directive->value_count; ++i) {
        walk(evaluation, kind, directive->values[i].text);
    }
    --evaluation->depth;
}

/* AddInterface={InterfaceClassGUID}[,[reference string][,[add-interface-section][,flags]]] */
static void walk_interface(struct inf_evaluation *evaluation, const struct inf_line *directive)
{
    const struct inf_section *section =
        directive->value_count > 2 ? inf_named_section(evaluation, "AddInterface", &directive->values[2]) : NULL;

    for (size_t i = 0; section != NULL && i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];

        if (line->key.text != NULL && inf_same_name(line->key.text, "CopyFiles")) {
            inf_copy_files(evaluation, line);
        }
    }
}

static void follow(struct inf_evaluation *evaluation, enum inf_walk kind, const struct inf_line *line)
{
    const char *directive = line->key.text;

    if (directive == NULL) {
        return;
    }
    if (inf_same_name(directive, "Needs")) {
        walk_needed(evaluation, kind, line);
    } else if (inf_same_name(directive, "CopyFiles") && (kind == INF_WALK_INSTALL || kind == INF_WALK_COINSTALLERS)) {
        inf_copy_files(evaluation, line);
    } else if (inf_same_name(directive, "AddReg") && kind != INF_WALK_SERVICES && kind != INF_WALK_INTERFACES) {
        add_values(evaluation, kind, line);
    } else if (inf_same_name(directive, "AddService") && kind == INF_WALK_SERVICES) {
        inf_add_service(evaluation, line);
    } else if (inf_same_name(directive, "AddInterface") && kind == INF_WALK_INTERFACES) {
        walk_interface(evaluation, line);
    }
}

static void walk(struct inf_evaluation *evaluation, enum inf_walk kind, const char *name)
{
    const struct inf_section *section = inf_section(evaluation->inf, name);

    if (section == NULL || !inf_walk_begins(evaluation, kind, section)) {
        return;
    }
    for (size_t i = 0; i < section->line_count; ++i) {
        follow(evaluation, kind, &section->lines[i]);
    }
}

static void walk_install(struct inf_evaluation *evaluation, const char *name)
{
    static const struct {
        const char *suffix;
        enum inf_walk kind;
    } parts[] = {
        {"", INF_WALK_INSTALL},           {".CoInstallers", INF_WALK_COINSTALLERS}, {".HW", INF_WALK_HARDWARE},
        {".Services", INF_WALK_SERVICES}, {".Interfaces", INF_WALK_INTERFACES},
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        char *part = xformat("%s%s", name, parts[i].suffix);

        walk(evaluation, parts[i].kind, part);
        free(part);
    }
}

/* device-description=install-section-name,[hw-id][,compatible-id...] */
static void add_model(struct inf_evaluation *evaluation, const struct inf_line *line)
{
    struct inf_package *package = evaluation->package;
    const char *base = inf_value_text(line, 0);
    char *install = base[0] != 0 ? inf_select_install(evaluation->inf, base, evaluation->target.architecture) : NULL;
    struct inf_model *model;

    if (install == NULL) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "1261", evaluation->inf->place, line->line,
                     "the model's install section [%s] is not there", base);
    }
    package->models = inf_grow(package->models, package->model_count, sizeof(*package->models));
    model = &package->models[package->model_count++];
    *model = (struct inf_model){
        .description = xstrdup(line->key.text),
        .install_section = install != NULL ? install : xstrdup(base),
        .ids = xcalloc(line->value_count, sizeof(*model->ids)),
        .line = line->line,
    };
    for (size_t i = 1; i < line->value_count; ++i) {
        if (line->values[i].text[0] != 0) {
            model->ids[model->id_count++] = xstrdup(line->values[i].text);
        }
    }
    if (install != NULL) {
        walk_install(evaluation, install);
    }
}

static void add_models(struct inf_evaluation *evaluation, const struct inf_line *manufacturer)
{
    char *name = inf_select_models(evaluation->inf, manufacturer, evaluation->target);
    const struct inf_section *section = name != NULL ? inf_section(evaluation->inf, name) : NULL;

    if (name != NULL && section == NULL) {
        findings_add(evaluation->faults, SEVERITY_ERROR, "1203", evaluation->inf->place, manufacturer->line,
                     "[Manufacturer] names models section [%s], which is not there", name);
    }
    for (size_t i = 0; section != NULL && i < section->line_count; ++i) {
        if (section->lines[i].key.text == NULL) {
            continue;
        }
        if (evaluation->package->model_count == MODELS_LIMIT) {
            inf_too_many(evaluation, section->lines[i].line, "there are more models than in any driver package");
            break;
        }
        add_model(evaluation, &section->lines[i]);
    }
    free(name);
}

static char *version_text(const struct inf *inf, const char *key, size_t index)
{
    const struct inf_line *line = inf_line(inf_section(inf, "Version"), key);

    return xstrdup(line != NULL ? inf_value_text(line, index) : "");
}

/* "The undecorated entry is assumed [...] on those platforms for which a decorated entry is not specified." */
static char *catalog_of(const struct inf *inf, enum inf_architecture architecture)
{
    const char *keys[] = {architecture == INF_AMD64 ? "CatalogFile.NTamd64" : "CatalogFile.NTx86", "CatalogFile.NT",
                          "CatalogFile"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); ++i) {
        const char *name = inf_text(inf, "Version", keys[i]);

        if (name != NULL && name[0] != 0) {
            return xstrdup(name);
        }
    }
    return NULL;
}

void inf_evaluate(const struct inf *inf, struct inf_target target, struct inf_package *package, struct findings *faults)
{
    struct inf_evaluation evaluation = {.inf = inf, .target = target, .package = package, .faults = faults};
    const struct inf_section *manufacturers = inf_section(inf, "Manufacturer");

    *package = (struct inf_package){
        .provider = version_text(inf, "Provider", 0),
        .class_name = version_text(inf, "Class", 0),
        .class_guid = version_text(inf, "ClassGuid", 0),
        .driver_date = version_text(inf, "DriverVer", 0),
        .driver_version = version_text(inf, "DriverVer", 1),
        .catalog = catalog_of(inf, target.architecture),
    };
    for (size_t i = 0; i < INF_WALK_COUNT; ++i) {
        evaluation.walked[i] = xcalloc(inf->section_count, sizeof(bool));
    }
    for (size_t i = 0; manufacturers != NULL && i < manufacturers->line_count; ++i) {
        add_models(&evaluation, &manufacturers->lines[i]);
    }
    for (size_t i = 0; i < INF_WALK_COUNT; ++i) {
        free(evaluation.walked[i]);
    }
}

enum status inf_package_of(const struct inf *inf, struct inf_target target, struct inf_package *package)
{
    struct findings faults = {0};
    enum status status = STATUS_DONE;

    inf_evaluate(inf, target, package, &faults);
    for (size_t i = 0; i < faults.count; ++i) {
        char *place = xformat("%s:%u", inf->place, faults.list[i].line);

        diag_error(place, "%s", faults.list[i].message);
        free(place);
        status = STATUS_CHECK_FAILED;
    }
    findings_free(&faults);
    return status;
}

void inf_package_free(struct inf_package *package)
{
    for (size_t i = 0; i < package->model_count; ++i) {
        for (size_t j = 0; j < package->models[i].id_count; ++j) {
            free(package->models[i].ids[j]);
        }
        free(package->models[i].ids);
        free(package->models[i].description);
        free(package->models[i].install_section);
    }
    for (size_t i = 0; i < package->file_count; ++i) {
        inf_copied_file_free(&package->files[i]);
    }
    for (size_t i = 0; i < package->service_count; ++i) {
        inf_service_free(&package->services[i]);
    }
    inf_registry_values_free(package->hardware_values, package->hardware_value_count);
    inf_registry_values_free(package->software_values, package->software_value_count);
    free(package->models);
    free(package->files);
    free(package->services);
    free(package->provider);
    free(package->class_name);
    free(package->class_guid);
    free(package->driver_date);
    free(package->driver_version);
    free(package->catalog);
    *package = (struct inf_package){0};
}
