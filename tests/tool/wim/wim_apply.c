/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * wim_apply WIM OUT EPOCH < CHANGES: the writer of WIMs by itself, without a plan; OUT "-" is in place. A line of
 * CHANGES is "image N", "folder PATH", "add PATH FILE", "replace PATH FILE" or "remove PATH"; no names with blanks.
 * wim_apply --tree WIM INDEX: what the reader makes of an image, an entry a line: path, kind, size, SHA-1 of its
 * content, SHA-1 of its security descriptor or "-". wim_apply --split WIM SWM SIZE: in parts; how many there are.
 */
#include "base/text.h"
#include "wim/wim_source.h"
#include "wim/wim_split.h"
#include "wim/wim_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_LIMIT 16
#define FILE_LIMIT ((size_t)256 << 20)

struct walk {
    const struct source *source;
    const char *path;
};

static void print_digest(const struct bytes *content)
{
    uint8_t digest[WIM_HASH_SIZE];

    if (content->size == 0) {
        printf(" -");
        return;
    }
    wim_sha1(content->data, content->size, digest);
    putchar(' ');
    for (size_t i = 0; i < WIM_HASH_SIZE; ++i) {
        printf("%02x", digest[i]);
    }
}

static enum status print_entry(void *context, const struct source_entry *entry)
{
    const struct walk *walk = context;
    char *path = xformat("%s%s%s", walk->path, walk->path[0] != 0 ? "/" : "", entry->name);
    struct walk below = {.source = walk->source, .path = path};
    struct bytes content = {0};
    struct bytes security = {0};
    enum status status = source_security(walk->source, path, &security);

    if (status == STATUS_DONE && !entry->folder && !entry->reparse_point) {
        status = source_read(walk->source, path, FILE_LIMIT, &content);
    }
    if (status == STATUS_DONE) {
        printf("%s %s %llu", path, entry->folder ? "folder" : (entry->reparse_point ? "link" : "file"),
               (unsigned long long)entry->size);
        print_digest(&content);
        print_digest(&security);
        putchar('\n');
    }
    if (status == STATUS_DONE && entry->folder && !entry->reparse_point) {
        status = source_list(walk->source, path, print_entry, &below);
    }
    bytes_free(&security);
    bytes_free(&content);
    free(path);
    return status;
}

static enum status print_tree(struct wim_file *wim, unsigned index)
{
    const struct source *source;
    enum status status = wim_source_open(wim, index, &source);

    if (status == STATUS_DONE) {
        status = source_list(source, "", print_entry, &(struct walk){.source = source, .path = ""});
        wim_source_close(source);
    }
    return status;
}

static enum status read_change(struct changes *changes, const char *line)
{
    char action[16];
    char path[1024];
    char file[1024] = "";
    struct bytes content = {0};
    int count = sscanf(line, "%15s %1023s %1023s", action, path, file);
    enum status status = STATUS_DONE;

    if (count == 3) {
        status = file_read(file, FILE_LIMIT, &content);
    }
    if (status == STATUS_DONE) {
        changes_add(changes,
                    strcmp(action, "folder") == 0    ? CHANGE_FOLDER
                    : strcmp(action, "add") == 0     ? CHANGE_ADD
                    : strcmp(action, "replace") == 0 ? CHANGE_REPLACE
                                                     : CHANGE_REMOVE,
                    path, content, NULL);
    }
    return status;
}

static enum status apply(struct wim_file *wim, const char *out, time_t when)
{
    struct wim_image_changes images[IMAGE_LIMIT] = {0};
    struct changes lists[IMAGE_LIMIT] = {0};
    struct wim_state state;
    enum status status = STATUS_DONE;
    size_t count = 0;
    char line[4096];

    while (status == STATUS_DONE && fgets(line, sizeof(line), stdin) != NULL) {
        if (strncmp(line, "image ", 6) == 0 && count < IMAGE_LIMIT) {
            images[count].changes = &lists[count];
            images[count++].index = (unsigned)strtoul(line + 6, NULL, 10);
        } else {
            status = count == 0 ? STATUS_USAGE : read_change(&lists[count - 1], line);
        }
    }
    if (status == STATUS_DONE) {
        bool in_place = strcmp(out, "-") == 0;
        const struct wim_target target = {.out = in_place ? wim->path : out, .in_place = in_place};

        status = wim_write(wim, images, count, when, &target, &state);
    }
    for (size_t i = 0; i < count; ++i) {
        changes_free(&lists[i]);
    }
    return status;
}

static enum status split(const char *wim, const char *swm, uint64_t size)
{
    unsigned parts;
    enum status status = wim_split(wim, swm, size, &parts);

    if (status == STATUS_DONE) {
        printf("%u\n", parts);
    }
    return status;
}

int main(int argc, char **argv)
{
    bool tree = argc == 4 && strcmp(argv[1], "--tree") == 0;
    struct wim_file *wim;
    enum status status;

    if (argc == 5 && strcmp(argv[1], "--split") == 0) {
        return (int)split(argv[2], argv[3], strtoull(argv[4], NULL, 10));
    }
    if (argc != 4) {
        return STATUS_USAGE;
    }
    status = tree && ends_with(argv[2], ".swm") ? wim_open_parts(argv[2], &wim) : wim_open(argv[tree ? 2 : 1], &wim);
    if (status == STATUS_DONE) {
        status = tree ? print_tree(wim, (unsigned)strtoul(argv[3], NULL, 10))
                      : apply(wim, argv[2], (time_t)strtoll(argv[3], NULL, 10));
        wim_close(wim);
    }
    return (int)status;
}
