/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A catalog held against what it is for: Windows 7, the files beside it, their INF, and who signed it. Each check adds
 * its findings; a catalog without findings of SEVERITY_ERROR is good as far as was checked.
 */
#ifndef AEROW7_CATALOG_VERIFY_H
#define AEROW7_CATALOG_VERIFY_H

#include "base/file_tree.h"
#include "base/report.h"
#include "catalog/catalog_package.h"
#include "catalog/catalog_read.h"
#include "sign/authenticode_verify.h"

/* Whether Windows 7 reads it, and whether its members say of themselves what they are. */
void catalog_check_itself(const char *place, const struct catalog *catalog, struct findings *findings);

/* The files of a folder with the hashes under which a catalog would have them. */
struct catalog_folder;

/* `name` is how the folder is called in findings. Keeps no pointer but `tree`. */
struct catalog_folder *catalog_folder_of(const char *name, const struct file_tree *tree);
void catalog_folder_free(struct catalog_folder *folder);

/* The package's files are these: no other is blamed for a member that has lost its file. Before catalog_check_files. */
void catalog_folder_want(struct catalog_folder *folder, const struct catalog_wishes *wishes);

/* Every member has its file, and that has not changed; files without a member are notes. */
void catalog_check_files(const char *place, const struct catalog *catalog, struct catalog_folder *folder,
                         struct findings *findings);

/*
 * The INF, every file that it copies and every hardware ID are in the catalog, and no other ID. After
 * catalog_check_files, with the same folder.
 */
void catalog_check_package(const char *place, const struct catalog *catalog, const char *inf_place,
                           const struct bytes *inf, const struct catalog_wishes *wishes, struct catalog_folder *folder,
                           struct findings *findings);

/* `judge_chain`: there were roots, so a chain must end in one. */
void catalog_check_signatures(const char *place, const struct signatures *signatures, bool judge_chain,
                              bool may_be_unsigned, struct findings *findings);

#endif
