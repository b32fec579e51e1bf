/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/media_compare.h"

#include "base/progress.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)1 << 20)

static enum status differs(const char *name, const char *what)
{
    diag_error(name, "is not what was written: \"%s\" differs", what);
    return STATUS_NOT_WRITTEN;
}

static enum status compare_file(struct install_source *made, size_t made_index, struct media_content *content,
                                size_t index, const char *name, char *pieces)
{
    uint64_t size = content->inputs[index].size;
    enum status status = STATUS_DONE;

    if (made->inputs[made_index].size != size) {
        return differs(name, content->inputs[index].path);
    }
    for (uint64_t done = 0; done < size && status == STATUS_DONE; done += PIECE) {
        size_t wanted = size - done < PIECE ? (size_t)(size - done) : PIECE;

        status = install_source_read(made, made_index, done, pieces, wanted);
        if (status == STATUS_DONE) {
            status = media_content_read(content, index, done, pieces + PIECE, wanted);
        }
        if (status == STATUS_DONE && memcmp(pieces, pieces + PIECE, wanted) != 0) {
            status = differs(name, content->inputs[index].path);
        }
        progress_add(wanted);
    }
    return status;
}

/* Some readers round a boot image up to whole sectors, and its size may be said in it: what was given must be there. */
static enum status compare_boot(const struct iso_boot *made, const struct iso_boot *boot, const char *name)
{
    if (made->count != boot->count) {
        return differs(name, "boot catalog");
    }
    for (size_t i = 0; i < boot->count; ++i) {
        const struct bytes *a = &made->images[i].content;
        const struct bytes *b = &boot->images[i].content;

        if (made->images[i].platform != boot->images[i].platform ||
            made->images[i].sectors != boot->images[i].sectors ||
            memcmp(a->data, b->data, a->size < b->size ? a->size : b->size) != 0) {
            return differs(name, "boot image");
        }
    }
    return STATUS_DONE;
}

enum status media_compare(const char *image, const char *name, struct media_content *content,
                          const struct iso_boot *boot, cJSON *report)
{
    struct install_source made;
    char *pieces = xmalloc(2 * PIECE);
    size_t files = 0;
    size_t expected = 0;
    enum status status = install_source_open_iso(image, &made);

    if (status == STATUS_DONE) {
        status = compare_boot(&made.boot, boot, name);
    }
    for (size_t i = 0; i < made.count; ++i) {
        files += made.inputs[i].folder ? 0U : 1U;
    }
    progress_begin("reading the ISO image again", made.media.size);
    for (size_t i = 0; i < content->count && status == STATUS_DONE; ++i) {
        size_t index;

        if (content->inputs[i].folder) {
            continue;
        }
        ++expected;
        index = install_source_find(&made, content->inputs[i].path);
        status = index == SIZE_MAX ? differs(name, content->inputs[i].path)
                                   : compare_file(&made, index, content, i, name, pieces);
    }
    progress_end();
    if (status == STATUS_DONE && files != expected) {
        status = differs(name, "number of files");
    }
    if (report != NULL) {
        cJSON_AddNumberToObject(report, "files", (double)files);
        cJSON_AddNumberToObject(report, "size", (double)made.media.size);
    }
    install_source_close(&made);
    free(pieces);
    return status;
}
