/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an INF wants to be in its catalog: files, hardware IDs, the system's name. */
#ifndef AEROW7_CATALOG_PACKAGE_H
#define AEROW7_CATALOG_PACKAGE_H

#include "base/file_tree.h"
#include "inf/inf_package.h"

#include <stddef.h>

/* The OSAttr of Windows 7: platform 2 (Windows NT), version 6.1. */
#define CATALOG_OS_ATTRIBUTE "2:6.1"

struct catalog_wishes {
    char **paths; /* of the INF and the files that it copies, relative to the INF's folder, each once */
    size_t path_count;
    char **hardware_ids; /* HWID1 first: in lower case, each once, in the INF's order */
    size_t hardware_id_count;
    char *catalog; /* the file name that the INF gives the catalog, or NULL */
    char *date;    /* of DriverVer: mm/dd/yyyy */
};

/* "7X86", "7X64": how a catalog's OS attribute names the system. */
const char *catalog_os_name(enum inf_architecture architecture);

/*
 * Adds to `out`, which begins empty, so that a catalog for both architectures can be asked about. STATUS_CHECK_FAILED,
 * reported, for an INF that has nothing for Windows 7 on this architecture. `out` is to be freed in both cases.
 */
enum status catalog_wishes_of(const char *place, const struct bytes *inf, enum inf_architecture architecture,
                              struct catalog_wishes *out);
void catalog_wishes_free(struct catalog_wishes *wishes);

/* Midnight (UTC) of a DriverVer date; -1 for what is no date. */
time_t catalog_date(const char *date);

struct catalog_parameters {
    time_t time;
    const char *os;           /* the catalog's OS attribute */
    const char *os_attribute; /* its members' OSAttr */
};

/* catalog_of_package with everything in it decided by the caller. `inf_path` is a path in `tree`. */
enum status catalog_of_wishes(const struct file_tree *tree, const char *inf_path, const struct catalog_wishes *wishes,
                              const struct catalog_parameters *parameters, struct bytes *out);

/*
 * The INF (by the name it has) and the files that it copies, from below `folder`, found without regard to case as
 * Windows finds them, into an empty tree under the names that the INF gives them. Nothing else in the folder is looked
 * at. STATUS_CHECK_FAILED, reported, for each that is not there.
 */
enum status catalog_load_package(const char *inf_path, const struct bytes *inf, const char *folder,
                                 const struct catalog_wishes *wishes, struct file_tree *tree);

#endif
