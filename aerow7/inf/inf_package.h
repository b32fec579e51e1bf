/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an INF says to one Windows: the models that its TargetOS decorations select, the files that are copied and where
 * they come from, the services, the registry values. This is what catalogs, packages, guest tools and injection ask.
 */
#ifndef AEROW7_INF_PACKAGE_H
#define AEROW7_INF_PACKAGE_H

#include "inf/inf_file.h"

#include <stdint.h>

enum inf_architecture {
    INF_X86,
    INF_AMD64,
};

struct inf_target {
    enum inf_architecture architecture;
    unsigned major; /* 6.1 is Windows 7 */
    unsigned minor;
};

/* One line of a models section. The hardware ID first, then its compatible IDs, in the order of the line. */
struct inf_model {
    char *description;
    char *install_section; /* the section that is really used, decoration included */
    char **ids;
    size_t id_count;
    unsigned line;
};

struct inf_copied_file {
    char *source;        /* the name in SourceDisksFiles, without folders */
    char *source_folder; /* below the INF's folder, '/' between parts, "" for beside the INF */
    char *target;        /* the name that it gets */
    int directory_id;    /* of DestinationDirs: 12 is system32\drivers; -1 when none applies */
    char *target_folder; /* below it, "" for none */
    bool direct;         /* CopyFiles=@file, not a file list */
    unsigned line;
};

struct inf_registry_value {
    char *root;     /* HKR, HKLM, ... */
    char *key;      /* may be "" */
    char *name;     /* "" is the default value */
    uint32_t flags; /* FLG_ADDREG_* */
    char **data;    /* as text; a REG_DWORD is one element */
    size_t data_count;
    unsigned line;
};

struct inf_service {
    char *name;
    uint32_t flags; /* SPSVCINST_*: 2 is the function driver's */
    uint32_t type;  /* this and the next two: UINT32_MAX when the INF does not say */
    uint32_t start;
    uint32_t error_control;
    char *display_name;                /* or NULL */
    char *binary;                      /* ServiceBinary with %12% and the like left as "12\name.sys" */
    char *load_order_group;            /* or NULL */
    struct inf_registry_value *values; /* AddReg of the service section, under Services\NAME */
    size_t value_count;
    unsigned line;
};

struct inf_package {
    char *provider; /* this and the next four: "" when the INF does not say */
    char *class_name;
    char *class_guid;  /* with braces, as written */
    char *driver_date; /* mm/dd/yyyy */
    char *driver_version;
    char *catalog; /* the catalog file that this target uses, or NULL */
    struct inf_model *models;
    size_t model_count;
    struct inf_copied_file *files; /* of all models' install sections, each once, in the order met */
    size_t file_count;
    struct inf_service *services;
    size_t service_count;
    struct inf_registry_value *hardware_values; /* AddReg of the .HW sections: the device's hardware key */
    size_t hardware_value_count;
    struct inf_registry_value *software_values; /* AddReg of the install sections: the driver key */
    size_t software_value_count;
};

/*
 * The package as `target` sees it. STATUS_DONE with model_count 0 when no decoration selects it. STATUS_CHECK_FAILED,
 * reported, when the INF names a section that is not there. `package` is to be freed in both cases.
 */
enum status inf_package_of(const struct inf *inf, struct inf_target target, struct inf_package *package);
void inf_package_free(struct inf_package *package);

#endif
