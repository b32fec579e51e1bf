/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/media_content.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t find(const struct media_content *content, const char *path)
{
    for (size_t i = 0; i < content->count; ++i) {
        if (strcasecmp(content->inputs[i].path, path) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void release(struct media_item *item)
{
    bytes_free(&item->content);
    if (item->descriptor >= 0) {
        close(item->descriptor);
    }
    free(item->file);
    *item = (struct media_item){.source = SIZE_MAX, .descriptor = -1};
}

/* The path as the media spell it already, folders too: ISO images do not merge SOURCES and sources. */
static char *spelled(const struct media_content *content, const char *path)
{
    char *result = xstrdup(path);

    for (size_t i = 0; i < content->count; ++i) {
        const char *other = content->inputs[i].path;
        size_t common = 0;

        for (size_t at = 0; other[at] != 0 && strncasecmp(other, result, at + 1) == 0; ++at) {
            if (other[at + 1] == '/' && result[at + 1] == '/') {
                common = at + 1;
            }
        }
        memcpy(result, other, common);
    }
    return result;
}

static struct media_item *add(struct media_content *content, const char *path, struct iso_input **input)
{
    size_t index = find(content, path);

    if (index == SIZE_MAX) {
        if (content->count == content->capacity) {
            content->capacity = content->capacity * 2 + 256;
            content->inputs = xrealloc(content->inputs, content->capacity * sizeof(*content->inputs));
            content->items = xrealloc(content->items, content->capacity * sizeof(*content->items));
        }
        index = content->count;
        content->inputs[index] = (struct iso_input){.path = spelled(content, path)};
        content->items[index] = (struct media_item){.source = SIZE_MAX, .descriptor = -1};
        ++content->count;
    }
    release(&content->items[index]);
    *input = &content->inputs[index];
    return &content->items[index];
}

void media_content_begin(struct media_content *content, struct install_source *source)
{
    *content = (struct media_content){.source = source, .capacity = source->count + 256};
    content->inputs = xcalloc(content->capacity, sizeof(*content->inputs));
    content->items = xcalloc(content->capacity, sizeof(*content->items));
    for (size_t i = 0; i < source->count; ++i) {
        content->inputs[i] = source->inputs[i];
        content->inputs[i].path = xstrdup(source->inputs[i].path);
        content->items[i] = (struct media_item){.source = i, .descriptor = -1};
    }
    content->count = source->count;
}

void media_content_free(struct media_content *content)
{
    for (size_t i = 0; i < content->count; ++i) {
        release(&content->items[i]);
        free((char *)(uintptr_t)content->inputs[i].path);
    }
    free(content->inputs);
    free(content->items);
    *content = (struct media_content){0};
}

void media_content_put(struct media_content *content, const char *path, struct bytes bytes)
{
    struct iso_input *input;
    struct media_item *item = add(content, path, &input);

    item->content = bytes;
    input->size = bytes.size;
}

enum status media_content_put_file(struct media_content *content, const char *path, const char *file)
{
    struct iso_input *input;
    struct media_item *item = add(content, path, &input);
    struct stat info;

    item->descriptor = open(file, O_RDONLY | O_CLOEXEC);
    item->file = xstrdup(file);
    if (item->descriptor < 0 || fstat(item->descriptor, &info) != 0) {
        diag_error(file, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    input->size = (uint64_t)info.st_size;
    return STATUS_DONE;
}

void media_content_remove(struct media_content *content, const char *path)
{
    size_t index = find(content, path);

    if (index != SIZE_MAX) {
        release(&content->items[index]);
        free((char *)(uintptr_t)content->inputs[index].path);
        --content->count;
        content->inputs[index] = content->inputs[content->count];
        content->items[index] = content->items[content->count];
    }
}

static enum status read_file(const struct media_item *item, uint64_t offset, char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(item->descriptor, bytes + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            diag_error(item->file, "cannot be read: %s", count < 0 ? strerror(errno) : "it became shorter");
            return STATUS_BAD_INPUT;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

enum status media_content_read(void *context, size_t index, uint64_t offset, void *bytes, size_t size)
{
    struct media_content *content = context;
    const struct media_item *item = &content->items[index];

    if (item->source != SIZE_MAX) {
        return install_source_read(content->source, item->source, offset, bytes, size);
    }
    if (item->file != NULL) {
        return read_file(item, offset, bytes, size);
    }
    memcpy(bytes, item->content.data + offset, size);
    return STATUS_DONE;
}
