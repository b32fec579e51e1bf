/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/windows_text.h"

#include "base/text.h"
#include "pack/driver_folder.h"

#include <string.h>

static bool is_text(const char *path, const struct bytes *content)
{
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    bool named = ends_with_any_case(name, ".md") || ends_with_any_case(name, ".txt") ||
                 (strchr(name, '.') == NULL && (starts_with(name, "LICENSE") || starts_with(name, "COPYING")));

    return named && memchr(content->data, 0, content->size) == NULL;
}

void windows_text(const char *path, struct bytes *content)
{
    struct text text = {0};

    if (!is_text(path, content)) {
        return;
    }
    for (size_t i = 0; i < content->size; ++i) {
        if (content->data[i] == '\n' && (i == 0 || content->data[i - 1] != '\r')) {
            text_add(&text, "\r", 1);
        }
        text_add(&text, &content->data[i], 1);
    }
    if (text.data != NULL) {
        bytes_free(content);
        content->data = text.data;
        content->size = text.size;
    }
}
