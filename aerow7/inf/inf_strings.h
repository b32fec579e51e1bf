/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * %strkey% tokens. "Windows selects a single Strings section that is used to translate all %strkey% tokens": the one
 * for the system's language, here English, the language of what this tool reports. The texts are not translated again.
 */
#ifndef AEROW7_INF_STRINGS_H
#define AEROW7_INF_STRINGS_H

#include "inf/inf_file.h"
#include "base/text.h"

struct inf_string {
    const char *key;
    const char *text;
    unsigned line;
};

struct inf_strings {
    struct inf_string *list; /* by key, of equal keys the first one first */
    size_t count;
};

bool inf_is_strings_section(const char *name);

/* Points into `inf`. */
void inf_strings_collect(const struct inf *inf, struct inf_strings *strings);
void inf_strings_free(struct inf_strings *strings);
const struct inf_string *inf_strings_find(const struct inf_strings *strings, const char *key, size_t length);

/*
 * Adds `source` to `out` with its tokens replaced. A directory number such as %12% stays as it is. So does a token that
 * no string stands for: the first of them goes to `undefined` with its length, else that becomes NULL.
 */
void inf_strings_expand(const struct inf_strings *strings, const char *source, struct text *out, const char **undefined,
                        size_t *undefined_length);

#endif
