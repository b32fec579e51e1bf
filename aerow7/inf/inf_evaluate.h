/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Inside of inf_package_of: what a walk over the sections of one INF for one target carries along, and the parts of
 * that walk by subject. What the INF names and does not have goes to `faults`, under the number of InfVerif's rule.
 */
#ifndef AEROW7_INF_EVALUATE_H
#define AEROW7_INF_EVALUATE_H

#include "inf/inf_package.h"
#include "base/text.h"

/* The kinds of section that directives are read in; one is read once as each kind. */
enum inf_walk {
    INF_WALK_INSTALL,
    INF_WALK_COINSTALLERS,
    INF_WALK_HARDWARE,
    INF_WALK_SERVICES,
    INF_WALK_INTERFACES,
    INF_WALK_FILES,           /* a file list */
    INF_WALK_SOFTWARE_VALUES, /* an add-registry section */
    INF_WALK_HARDWARE_VALUES,
    INF_WALK_COUNT,
};

struct inf_evaluation {
    const struct inf *inf;
    struct inf_target target;
    struct inf_package *package;
    struct findings *faults;
    bool *walked[INF_WALK_COUNT]; /* by index of the section */
    unsigned depth;
    size_t value_count; /* of all registry values */
    bool too_many;      /* was reported */
};

/* The package and every fault, none of them reported. Both are to be freed. */
void inf_evaluate(const struct inf *inf, struct inf_target target, struct inf_package *package,
                  struct findings *faults);

/* True once for each section and walk. */
bool inf_walk_begins(struct inf_evaluation *evaluation, enum inf_walk walk, const struct inf_section *section);

/* A fault, for the first thing only that there is too much of. */
void inf_too_many(struct inf_evaluation *evaluation, unsigned line, const char *what);

/* The section that `directive` names, or NULL after a fault. */
const struct inf_section *inf_named_section(struct inf_evaluation *evaluation, const char *directive,
                                            const struct inf_value *name);

/* Decimal or 0x hexadecimal; false for anything else. */
bool inf_number(const char *text, uint32_t *number);

/* The value at `index`, "" when there are fewer. */
const char *inf_value_text(const struct inf_line *line, size_t index);

/* CopyFiles = @file | file-list-section, ... */
void inf_copy_files(struct inf_evaluation *evaluation, const struct inf_line *directive);
void inf_copied_file_free(struct inf_copied_file *file);
/* What is wrong with where it comes from or goes to, or NULL. The caller frees it. */
char *inf_copied_file_fault(const struct inf_copied_file *file);

/* AddReg = add-registry-section, ... : the values are appended. False, with a fault, when the INF has too many. */
bool inf_take_registry(struct inf_evaluation *evaluation, const struct inf_section *section,
                       struct inf_registry_value **values, size_t *count);
/* The same for whoever adds each section once. */
void inf_add_registry(const struct inf_section *section, struct inf_registry_value **values, size_t *count);
void inf_registry_values_free(struct inf_registry_value *values, size_t count);

/* AddService = name, flags, service-install-section, ... */
void inf_add_service(struct inf_evaluation *evaluation, const struct inf_line *directive);
void inf_service_free(struct inf_service *service);

#endif
