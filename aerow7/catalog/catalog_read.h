/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A security catalog as it was found, of version 1 or 2, signed or not. Input is untrusted: what cannot be understood
 * is refused with its place, what can be understood and is wrong (a tag that is not its digest) is left to who asks.
 * Signatures are authenticode_verify.h's.
 */
#ifndef AEROW7_CATALOG_READ_H
#define AEROW7_CATALOG_READ_H

#include "base/file_io.h"

#include <stdbool.h>
#include <stddef.h>

#define CATALOG_SIZE_LIMIT ((size_t)16 << 20)
#define CATALOG_DIGEST_LIMIT 64

enum catalog_kind {
    CATALOG_KIND_ABSENT,
    CATALOG_KIND_PE,
    CATALOG_KIND_FLAT,
    CATALOG_KIND_OTHER, /* a subject that is known to exist and not understood here, like a cabinet */
};

struct catalog_text {
    char *name;
    char *value;
};

struct catalog_texts {
    struct catalog_text *list;
    size_t count;
};

struct catalog_member {
    char *tag;                  /* upper-case hexadecimal digits */
    const char *file;           /* into `texts`, like the next; NULL when absent */
    const char *os_attribute;   /* the systems that it is valid for, "2:6.0,2:6.1" */
    enum catalog_kind kind;     /* by the indirect data, or by the member information of version 2 */
    enum catalog_kind declared; /* by the member information */
    char *digest_name;          /* "sha1"; NULL without indirect data */
    char *digest;               /* upper-case hexadecimal digits */
    struct catalog_texts texts; /* every name with its value, in their order */
};

struct catalog {
    unsigned version; /* 1 or 2 */
    char *identifier; /* upper-case hexadecimal digits */
    char *time;       /* "2026-01-31T23:59:59Z" */
    struct catalog_texts attributes;
    struct catalog_member *members;
    size_t member_count;
    size_t signer_count;
};

/* `place` is for messages. `out` is to be freed after STATUS_DONE only. */
enum status catalog_parse(const char *place, const struct bytes *file, struct catalog *out);
void catalog_free(struct catalog *catalog);

/* The value of the first attribute with this name, or NULL. */
const char *catalog_text_of(const struct catalog_texts *texts, const char *name);

/* Whether the comma-separated list (an OSAttr, an OS) has `item`. */
bool catalog_list_has(const char *list, const char *item);

#endif
