/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which section names which: from [Manufacturer] through models and install sections, of every Windows and
 * architecture, down to file lists and registry values. This is what the rules about sections ask.
 */
#ifndef AEROW7_INF_REFERENCES_H
#define AEROW7_INF_REFERENCES_H

#include "inf/inf_file.h"

enum inf_role {
    INF_ROLE_MODELS,
    INF_ROLE_INSTALL, /* DDInstall with all its suffixes, DefaultInstall, ClassInstall32, InterfaceInstall32's */
    INF_ROLE_SERVICE,
    INF_ROLE_EVENT_LOG,
    INF_ROLE_INTERFACE,
    INF_ROLE_FILES,    /* CopyFiles, DelFiles, RenFiles */
    INF_ROLE_REGISTRY, /* AddReg, DelReg, BitReg */
    INF_ROLE_OTHER,
    INF_ROLE_COUNT,
};

struct inf_reference {
    enum inf_role role;
    const char *directive;            /* as it is documented: "CopyFiles" */
    char *name;                       /* of the section */
    const struct inf_section *target; /* NULL when it is not there */
    const struct inf_section *from;
    unsigned line;
    bool windows7; /* read when a model that Windows 7 selects is installed */
};

struct inf_references {
    struct inf_reference *list;
    size_t count;
    const struct inf_section **models; /* each that [Manufacturer] leads to */
    size_t models_count;
    bool *used;     /* by index of the section */
    bool *windows7; /* the same, for what Windows 7 reads */
};

/* Points into `inf`. */
void inf_references_collect(const struct inf *inf, struct inf_references *references);
void inf_references_free(struct inf_references *references);

bool inf_section_is_used(const struct inf *inf, const struct inf_references *references,
                         const struct inf_section *section);
bool inf_section_is_for_windows7(const struct inf *inf, const struct inf_references *references,
                                 const struct inf_section *section);

#endif
