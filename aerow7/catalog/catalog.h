/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Security catalogs: a certificate trust list (szOID_CTL) whose entries are the hashes of a package's files, wrapped in
 * PKCS#7 SignedData. Version 1 (SHA-1 members) is what Windows 7 reads. ASN.1 is OpenSSL's templates both ways.
 */
#ifndef AEROW7_CATALOG_H
#define AEROW7_CATALOG_H

#include "base/file_io.h"
#include "base/file_tree.h"
#include "catalog/catalog_hash.h"
#include "inf/inf_package.h"

#include <time.h>

struct catalog_attribute {
    const char *name; /* UTF-8, like the value */
    const char *value;
};

struct catalog_file {
    const char *name; /* the file's name only; written in lower case */
    struct bytes content;
};

/* A member whose hash is known already. */
struct catalog_entry {
    const char *name;
    const char *os_attribute; /* NULL for that of the catalog */
    struct catalog_hash sha1;
};

struct catalog_spec {
    unsigned char identifier[16];               /* listIdentifier */
    time_t time;                                /* thisUpdate */
    const char *os_attribute;                   /* members' OSAttr: "2:6.1" */
    const struct catalog_attribute *attributes; /* of the catalog, in their order: OS, HWIDn ... HWID1 */
    size_t attribute_count;
    const struct catalog_file *files;
    size_t file_count;
    const struct catalog_entry *entries; /* members beside those of the files */
    size_t entry_count;
};

/*
 * The unsigned catalog (PKCS#7 without signers), DER. `out` is freed by the caller. Windows finds a member by its hash
 * alone, so files with the same content are one member, which has the name of the first; names are in ASCII, because
 * lower case is nothing that two systems agree about elsewhere.
 */
enum status catalog_make(const struct catalog_spec *spec, struct bytes *out);

/* The same with a listIdentifier that follows from everything else in the catalog; it is left in `spec`. */
enum status catalog_make_identified(struct catalog_spec *spec, struct bytes *out);

/*
 * The catalog of the package whose INF is at `inf_path` in `tree` (its files are looked up beside it): members are the
 * INF and every file that it copies for Windows 7 on `architecture`; OS, OSAttr and HWIDs follow from the INF;
 * listIdentifier follows from the content, so the same package gives the same bytes.
 */
enum status catalog_of_package(const struct file_tree *tree, const char *inf_path, enum inf_architecture architecture,
                               time_t time, struct bytes *out);

#endif
